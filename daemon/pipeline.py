"""I/O. The sequence: `ingest`, `act`, `deliver`, each gather → decide → commit. The one road of daemon, explain and replay.

    mailbox ─► inbox ─► ingest ─► case, due ─► act ─► outbox ─► deliver ─► sent
                        serial,               one case             the only
                        milliseconds          at a time            way out

Each named boundary (`self._at(...)`) is a point at which a crash must lose nothing and send nothing twice;
tests/acceptance/test_crash.py kills the process at every one of them.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from daemon import gather
from daemon.commits.arrival import ArrivalCommit
from daemon.commits.audit import Auditor
from daemon.commits.decision import DecisionCommit
from daemon.commits.delivery import DeliveryCommit
from daemon.commits.limits import LimitsCommit
from daemon.edges.smtp import Delivery, Outcome
from daemon.record import decision_record
from daemon.settings import Settings
from daemon.steps.alert import BREAKER, OVERDUE, STUMBLED, alert, held_back
from daemon.steps.caps import Sent, cap, hold
from daemon.steps.compose import compose
from daemon.steps.guard import Ours, Seen, guard
from daemon.steps.hours import promise
from daemon.steps.settle import Settled, digest, judge
from daemon.steps.understand import understand
from daemon.steps.verdicts import Action, Cap, Decision, Guarded, TurnView, Understood
from daemon.steps.voice import Voice
from store.db import Reader
from store.records import BreakerState, Case, ClaimedCase, Kind, Mode, OutboxItem, OutboxState, StoredMail
from store.store import Store
from threading_.message import Link, LinkedBy, Message, NewText
from threading_.parse import Limits, parse

log = logging.getLogger(__name__)

#: Parsing a mail larger than this leaves the event loop's thread: at 5 MB it takes 70 ms.
_LARGE = 200_000


_SET_ASIDE = Guarded(
    kind=Kind.UNREADABLE, reply=False, rule="unreadable", why="Firstline stumbled over it; see the log"
)
_UNLINKED = Link(by=LinkedBy.NEW, case=None, trusted=True, why="it could not be linked")


class Sending(Protocol):
    """What the sequence needs of the SMTP edge."""

    async def send(self, item: OutboxItem, transmitting: Callable[[], Awaitable[bool]]) -> Delivery:
        """Send one mail; see daemon/edges/smtp.py."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """A mail that is on its case now."""

    stored: StoredMail
    mail: Understood
    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """A turn that was decided."""

    case: Case  #: as it stands after the decision
    view: TurnView
    settled: Settled
    cap: Cap | None
    mode: Mode
    sent: Sent | None = None  #: what counted against the caps


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A mail that left, or did not."""

    item: OutboxItem
    delivery: Delivery
    state: OutboxState


Observed = Ingested | Acted | Delivered


class Pipeline:
    """The sequence over one store. Everything it cannot know by itself is handed in: clock, randomness, edges."""

    def __init__(
        self,
        *,
        store: Store,
        settings: Settings,
        voice: Voice,
        ours: Ours,
        clock: Callable[[], datetime],
        rng: random.Random,
        nonces: Iterator[str],
        knowledge: gather.Knowledge | None = None,
        sender: Sending | None = None,
        observe: Callable[[Observed], None] = lambda _: None,
        at: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._voice = voice
        self._ours = ours
        self._clock = clock
        self._nonces = nonces
        self._knowledge = knowledge
        self._sender = sender
        self._observe = observe
        self._at = at
        auditor = Auditor(store, rng)
        self._arrival = ArrivalCommit(store, settings, auditor, ours.addresses | ours.queue)
        self._decision = DecisionCommit(store, settings, auditor)
        self._delivery = DeliveryCommit(store, settings, auditor)
        self._limited = LimitsCommit(store, settings, auditor)
        limits = settings.limits
        self._limits = Limits(message_bytes=limits.message_bytes, parts=limits.parts, depth=limits.depth)

    # ── ingest: stored → on its case ────────────────────────────────────────────────────────────────────────────

    async def ingest(self, stored: StoredMail) -> Ingested:
        """Understand a stored mail and put it on its case. Serial: two mails of one new thread are one case."""
        message = await self._parse(stored)
        self._at("ingest.parsed")
        guarded = self._guard(message, await gather.duplicate_of(self._store, stored, message))
        known = await gather.arrival(self._store, message, guarded, self._ours)
        mail = self._understand(message, guarded, known)
        self._at("ingest.understood")
        now, caps = self._clock(), self._settings.caps
        came = await gather.came(self._store, stored, message, mail.guarded, mail.new.text, caps)
        async with self._store.transaction() as tx:
            case = await self._arrival.arrived(tx, stored, mail, known.proven, now)
            await self._limited.came(tx, case, stored.id, came, mail.guarded.bounce, now)
            self._at("ingest.writing")
        self._at("ingest.committed")
        ingested = Ingested(stored=stored, mail=mail, case=case)
        self._observe(ingested)
        return ingested

    # ── act: due case → decision and mails in the outbox ────────────────────────────────────────────────────────

    async def act(self, claimed: ClaimedCase) -> Acted | None:
        """Decide what is to be decided on a claimed case. None where nothing was, or where the case moved meanwhile."""
        self._at("act.claimed")
        now, case, store = self._clock(), claimed.case, self._store
        history, current = await gather.current_turns(store, store.reader, case)
        if not current:
            async with store.transaction() as tx:
                await store.cases.move(tx, case.id, now=now, moves=False, changes={"due_at": None})
            return None
        language = self._settings.reply.language
        view = await gather.view(store, store.reader, case, history, current, now=now, default_language=language)
        sent = await self._sent(store.reader, view)
        reached = cap(sent, self._settings.caps)
        handed = await gather.handed(store, store.reader, sent, reached, now)
        held = hold(reached, handed, sent.trace, self._settings.caps)
        view = await gather.look_up(view, self._knowledge)
        self._at("act.gathered")
        mode = Mode.SHADOW if case.mode is Mode.SHADOW else self._settings.policy.mode
        settled = judge(
            view, self._settings.policy, reached, self._voice, mode, self._nonces, said=sent.said, hold=held
        )
        self._at("act.decided")
        async with store.transaction() as tx:
            if not (await store.cases.still_held(tx, claimed) and await self._has_room(tx, view, settled)):
                await store.cases.release(tx, claimed)
                return None
            case = await self._decision.decided(
                tx,
                view,
                settled,
                mode=mode,
                record=decision_record(view, settled, reached),
                promised=promise(now, self._voice.hours, self._voice.zone),
                trace=sent.trace,
                reached=reached,
                more=any(not turn.handled and turn not in current for turn in history if turn.inbox_id is not None),
            )
            self._at("act.writing")
        self._at("act.committed")
        acted = Acted(case=case, view=view, settled=settled, cap=reached, mode=mode, sent=sent)
        self._observe(acted)
        return acted

    # ── deliver: outbox → sent ──────────────────────────────────────────────────────────────────────────────────

    async def deliver(self, item: OutboxItem) -> Delivered:
        """Send a claimed mail. The last look at its case is taken when the server waits for DATA."""
        self._at("deliver.claimed")

        async def transmitting() -> bool:
            async with self._store.transaction() as tx:
                leaves = await self._delivery.may_leave(tx, item, self._clock())
                self._at("deliver.marking")
            self._at("deliver.transmitting")
            return leaves

        if self._sender is None:
            raise RuntimeError("a pipeline without an SMTP edge cannot deliver")
        delivery = await self._sender.send(item, transmitting)
        self._at("deliver.transmitted")
        async with self._store.transaction() as tx:
            state = await self._delivery.delivered(tx, item, delivery, self._clock())
            self._at("deliver.recording")
        self._at("deliver.recorded")
        if state is OutboxState.DEAD:
            await self._tell_human(item, "dead", f"a mail of ours was refused for good: {delivery.response}")
        delivered = Delivered(item=item, delivery=delivery, state=state)
        self._observe(delivered)
        return delivered

    # ── what time and restarts leave behind ─────────────────────────────────────────────────────────────────────

    async def recover(self) -> None:
        """After a start: nobody holds a lease, and what was being transmitted is uncertain."""
        async with self._store.transaction() as tx:
            await self._store.outbox.free_claims(tx)
        await self.sweep(restarted=True)

    async def sweep(self, *, restarted: bool = False) -> None:
        """Settle transmissions that nobody waits for, and tell a human of what stayed uncertain too long."""
        now = self._clock()
        async with self._store.transaction() as tx:
            for item in await self._store.outbox.cut_off(tx, now, restarted=restarted):
                cut = Delivery(outcome=Outcome.UNCERTAIN, response="the daemon ended while the mail was transmitted")
                await self._delivery.delivered(tx, item, cut, now)
            minutes = self._settings.smtp.uncertain_minutes
            untold = await self._store.outbox.uncertain_since(tx, now - timedelta(minutes=minutes))
        for item in untold:
            why = f"our mail may or may not have reached {item.recipient}: the connection ended after DATA; please look"
            await self._tell_human(item, "uncertain", why)
        await self._tell_of_limits(now)

    async def _tell_of_limits(self, now: datetime) -> None:
        """The queue hears once that the breaker is open, and once an hour what a storm held back."""
        store = self._store
        breaker = await store.limits.breaker(store.reader)
        if breaker.state is not BreakerState.CLOSED and not breaker.told and breaker.case_id is not None:
            case = await store.cases.get(store.reader, breaker.case_id)
            subject, why = "Firstline sends no mail to customers", "too much of what it sent was refused or came back"
            nonce = next(self._nonces)
            mail = alert(case, self._voice, subject=subject, why=why, what=BREAKER, nonce=nonce, now=now)
            async with store.transaction() as tx:
                await self._decision.alerted(tx, case, mail, now, because="breaker")
                await self._limited.told(tx)
        for held in await store.limits.held_since(store.reader, now - timedelta(hours=1)):
            case = await store.cases.get(store.reader, held.lines[0].case_id)
            why, what = held_back(held)
            nonce = next(self._nonces)
            mail = alert(
                case, self._voice, subject="Mails that came in a storm", why=why, what=what, nonce=nonce, now=now
            )
            async with store.transaction() as tx:
                if await self._decision.alerted(tx, case, mail, now, because="held", told=held.told):
                    await store.limits.listed(tx, held.told, now)

    async def watch_over(self) -> None:
        """Never silently dead: the queue hears, once an hour, of a case that should have been worked on long ago."""
        now, store = self._clock(), self._store
        minutes = self._settings.service.alert_after_minutes
        count, case = await store.cases.overdue(store.reader, now - timedelta(minutes=minutes))
        if case is None or case.due_at is None:
            return
        waited = (now - case.due_at).total_seconds() / 60
        why = f"{count} {'case is' if count == 1 else 'cases are'} overdue, this one for {waited:.0f} minutes"
        log.error("cases are overdue", extra={"count": count, "minutes": round(waited), "case": case.reference})
        if Mode.SHADOW in (case.mode, self._settings.policy.mode):
            return
        nonce = next(self._nonces)
        subject = "Firstline is behind"
        mail = alert(case, self._voice, subject=subject, why=why, what=OVERDUE, nonce=nonce, now=now)
        async with store.transaction() as tx:
            await self._decision.alerted(tx, case, mail, now)

    async def stumbled(self, claimed: ClaimedCase) -> None:
        """A step failed on this case: it is a human's from here on, so that it neither blocks others nor is lost."""
        now, case, store = self._clock(), claimed.case, self._store
        _, current = await gather.current_turns(store, store.reader, case)
        newest = current[-1].inbox_id if current else None
        stored = await store.inbox.get(newest) if newest is not None else None
        why = "a step of Firstline failed on this case"
        original = stored.mail.raw if stored else b""
        mail = alert(
            case,
            self._voice,
            subject="Firstline stumbled over this case",
            why=why,
            what=STUMBLED,
            nonce=next(self._nonces),
            now=now,
            original=original,
        )
        async with store.transaction() as tx:
            if await store.cases.still_held(tx, claimed):
                await self._decision.stumbled(tx, case, current, mail, why, now)
            else:
                await store.cases.release(tx, claimed)

    async def _tell_human(self, item: OutboxItem, because: str, why: str) -> None:
        if item.case_id is None or not item.role.to_customer:
            log.error("a mail to the queue cannot be delivered", extra={"outbox": item.id, "role": item.role})
            return
        now, store = self._clock(), self._store
        case = await store.cases.get(store.reader, item.case_id)
        history = tuple(await store.cases.history(store.reader, case.id))
        received = tuple(turn for turn in history if turn.inbox_id is not None and turn.refused is None)[-1:]
        if not received:
            return
        language = self._settings.reply.language
        view = await gather.view(store, store.reader, case, history, received, now=now, default_language=language)
        decision = Decision(action=Action.ESCALATE, because=because, why=(why,))
        mails = compose(view, decision, self._voice, self._nonces)
        async with store.transaction() as tx:
            await self._decision.tell_human(tx, item, view, mails, decision)

    # ── parts of ingest and act ─────────────────────────────────────────────────────────────────────────────────

    async def _sent(self, reader: Reader, view: TurnView) -> Sent:
        return await gather.sent(self._store, reader, view.newest, view.case, view.now, self._settings.caps)

    async def _has_room(self, reader: Reader, view: TurnView, settled: Settled) -> bool:
        """Whether no cap was reached by another worker since this one looked: what goes to a customer is counted again."""
        going = [mail for mail in settled.outgoing if mail.role.to_customer]
        if not going:
            return True
        sent = await self._sent(reader, view)
        return cap(sent, self._settings.caps) is None and not any(digest(mail) in sent.said for mail in going)

    async def _parse(self, stored: StoredMail) -> Message:
        raw, cut = stored.mail.raw, stored.mail.cut
        message = await asyncio.to_thread(parse, raw, self._limits) if len(raw) > _LARGE else parse(raw, self._limits)
        return replace(message, unreadable=cut) if cut else message

    def _guard(self, message: Message, repeated: str | None) -> Guarded:
        try:
            return guard(message, self._ours, Seen(duplicate_of=repeated))
        except Exception:
            # A bad mail harms only itself: it is set aside and shown to a human, and the next one is taken up.
            log.exception("the guard failed on a mail", extra={"digest": message.digest})
            return _SET_ASIDE

    def _understand(self, message: Message, guarded: Guarded, known: gather.Arrival) -> Understood:
        try:
            return understand(
                message,
                guarded,
                gather.tied_to_ours(guarded, message, known),
                known.candidates,
                our_texts=known.our_texts,
                plus_case=known.plus_case,
                ring=self._ours.ring,
                settings=self._settings,
                now=self._clock(),
            )
        except Exception:
            log.exception("a mail could not be understood", extra={"digest": message.digest})
            return Understood(message=message, guarded=_SET_ASIDE, link=_UNLINKED, new=NewText(text=message.text))
