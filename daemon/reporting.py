"""I/O. The digest: gathers its figures, writes it when it is due, exactly once; and what else is done by the clock: it is noted
that the daemon runs, and people's verdicts move the confidence."""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo

from daemon.agreeing import Confidence, compare_all, people_made_of_ours
from daemon.commits.audit import Auditor
from daemon.settings import Settings
from daemon.steps.breaker import waits_until
from daemon.steps.digest import Agreed, Figures, Health, Theme, fate, speed
from daemon.steps.digest_pages import as_mail
from daemon.steps.digest_time import cause, days, due
from daemon.steps.learnt import Verdicts, learnt
from daemon.steps.nearness import Embedding
from daemon.steps.voice import Voice
from store.figures import Window
from store.records import Mode, Role
from store.store import Store
from threading_.write import write

log = logging.getLogger(__name__)

#: How often it is noted that the daemon runs. A gap of twice as much before a start was downtime.
BEAT = timedelta(minutes=1)
#: How often our answers are compared with those that people gave since, and the confidence learns from it.
COMPARE = timedelta(hours=1)

Themes = Callable[[Window], Awaitable[tuple[Sequence[Theme], Sequence[Theme]]]]
"""The gaps in the articles and the problems that came back, in a window."""


async def figures(store: Store, settings: Settings, zone: tzinfo, window: Window, themes: Themes | None) -> Figures:
    """Count everything that a digest over the window says. What waits is what waits now."""
    reader, reports = store.reader, store.reports
    left = await reports.left(reader, window)
    responses = await reports.responses(reader, window)
    arrivals = Counter(at.astimezone(zone).date() for at in await reports.arrivals(reader, window))
    answers = Counter(at.astimezone(zone).date() for at in await reports.sent_at(reader, window))
    gaps, problems = await themes(window) if themes is not None else ((), ())
    return Figures(
        since=window.since,
        until=window.until,
        came=await reports.came(reader, window),
        opened=await reports.opened(reader, window),
        fates=tuple(
            fate(one.action, one.because, one.mode, one.count) for one in await reports.decided(reader, window)
        ),
        left={role: count for (role, state), count in left.items() if state == "sent"},
        verdicts=await reports.verdicts(reader, window),
        drafts_waiting=await reports.drafts_waiting(reader),
        endings=await reports.endings(reader, window),
        automatic=speed(one.answered_at - one.asked_at for one in responses if one.automatic),
        human=speed(one.answered_at - one.asked_at for one in responses if not one.automatic),
        oldest=await reports.oldest(reader),
        waiting=await reports.waiting(reader),
        ratings=await reports.ratings(reader, window),
        agreement=tuple(
            Agreed(topic=topic, agree=agree, compared=compared)
            for topic, agree, compared in await store.learning.agreement(reader, window)
        ),
        gaps=tuple(gaps),
        problems=tuple(problems),
        days=tuple((day, arrivals[day], answers[day]) for day in days(window, zone)),
        health=await _health(store, settings, window, left),
    )


async def _health(store: Store, settings: Settings, window: Window, left: dict[tuple[str, str], int]) -> Health:
    reader, reports = store.reader, store.reports
    breaker = await store.limits.breaker(reader)
    rest = timedelta(minutes=settings.caps.breaker_rest_minutes)
    opened = [one for _, one in await reports.events(reader, window, "breaker") if one.get("state") == "open"]
    overdue, _ = await store.cases.overdue(
        reader, window.until - timedelta(minutes=settings.service.alert_after_minutes)
    )
    head = await reports.chain_head(reader)
    return Health(
        downtimes=tuple(
            (gone, back)
            for back, details in await reports.events(reader, window, "started")
            if (gone := _moment(details.get("last_seen"))) is not None and back - gone > 2 * BEAT
        ),
        breaker=breaker.state if waits_until(breaker, window.until, rest) is not None else "closed",
        breaker_opened=len(opened),
        paused=await store.paused(),
        uncertain=await reports.uncertain(reader),
        failed={role: count for (role, state), count in left.items() if state == "dead"},
        quarantined=await reports.quarantined(reader, window),
        overdue=overdue,
        chain=head.hash if head else "",
        entries=head.sequence if head else 0,
    )


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


class Reporting:
    """Called by the clock and at the start."""

    def __init__(
        self,
        *,
        store: Store,
        settings: Settings,
        voice: Voice,
        clock: Callable[[], datetime],
        nonces: Iterator[str],
        auditor: Auditor,
        themes: Themes | None = None,
        embedding: Embedding | None = None,
        confidence: Confidence | None = None,
    ) -> None:
        """`confidence` is what people's verdicts move."""
        self._store = store
        self._settings = settings
        self._voice = voice
        self._clock = clock
        self._nonces = nonces
        self._auditor = auditor
        self._themes = themes
        self._embedding = embedding
        self._confidence = confidence
        self._verdicts: Verdicts = ()
        self._last_compared: datetime | None = None
        self._last_beat: datetime | None = None

    async def started(self) -> None:
        """The daemon runs: since when it did not stands on the audit. From its first start on time is covered."""
        now = self._clock()
        async with self._store.transaction() as tx:
            last = await self._store.heartbeat(tx, now)
            seen = {"last_seen": last.isoformat() if last else None}
            await self._auditor.append(tx, now, None, "started", seen)
        await self.tick()

    async def tick(self) -> None:
        """Note that the daemon runs, learn from what people answered, and write the digests that are due."""
        now = self._clock()
        if self._last_beat is None or not timedelta() <= now - self._last_beat < BEAT:
            self._last_beat = now
            async with self._store.transaction() as tx:
                await self._store.heartbeat(tx, now)
        if self._last_compared is None or not timedelta() <= now - self._last_compared < COMPARE:
            self._last_compared = now
            await compare_all(self._store, now, self._embedding)
            await self._learn()
        for name, wanted in (("daily", self._settings.digest.daily), ("weekly", self._settings.digest.weekly)):
            if wanted:
                await self._write_if_due(name, now)

    async def _learn(self) -> None:
        """People's verdicts move the confidence of what is decided from now on."""
        found = await people_made_of_ours(self._store)
        if self._confidence is None or found == self._verdicts:
            return
        self._confidence.adjust(found)
        self._verdicts = found
        did = learnt(found, self._settings.policy.send_at)
        told = {"verdicts": did.count, "right": did.right, "confidence": did.before, "becomes": round(did.now, 4)}
        log.info("people's verdicts move the confidence", extra=told)

    async def _write_if_due(self, name: str, now: datetime) -> None:
        store, settings = self._store, self._settings
        covered = await store.reports.covered_until(store.reader, name)
        if covered is None:  # the first one covers the time from now on
            async with store.transaction() as tx:
                await store.reports.cover(tx, name, Window(since=now, until=now))
            return
        window = due(name, covered, now, settings.digest.at, settings.hours, self._voice.zone)
        if window is None:
            return
        to = settings.digest.to or settings.queue.address
        if settings.policy.mode is Mode.SHADOW and not settings.digest.to:  # nothing leaves that nobody asked for
            async with store.transaction() as tx:
                await store.reports.cover(tx, name, window)
            return
        told = await figures(store, settings, self._voice.zone, window, self._themes)
        mail = as_mail(name, told, self._voice, to=to, nonce=next(self._nonces), now=now)
        async with store.transaction() as tx:
            if await store.reports.covered_until(tx, name) != covered:
                return
            await store.reports.cover(tx, name, window)
            await store.outbox.add(
                tx,
                cause=cause(name, window, self._voice.zone),
                case_id=None,
                decision_id=None,
                case_version=0,
                role=Role.REPORT,
                message_id=mail.message_id,
                envelope_sender=self._voice.envelope_sender,
                recipient=to.lower(),
                raw=write(mail),
                now=now,
                valid_until=None,
            )
            covers = {"digest": name, "since": window.since.isoformat(), "until": window.until.isoformat()}
            await self._auditor.append(tx, now, None, "reported", covers)
        log.info("a digest was written", extra={"digest": name})
