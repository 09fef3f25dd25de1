"""I/O. Wiring and lifetime: builds every part and runs them as one group.

A part that dies takes the daemon down with it, so that systemd starts it anew from the store; a mail or a case that
makes a step stumble does not: it is put off, and shown to a human. SIGTERM drains: what is being decided or transmitted
is finished, then everything is closed in reverse order.
"""

import asyncio
import logging
import random
import secrets
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from daemon.commits.audit import Auditor
from daemon.edges.alone import alone
from daemon.edges.imap import Watcher
from daemon.edges.keyring import load_or_create
from daemon.edges.schedule import Ticker
from daemon.edges.sent import SentWatcher
from daemon.edges.smtp import Sender
from daemon.edges.systemd import Notifier
from daemon.errors import ConfigurationError, FirstlineError, KnowledgeBaseError
from daemon.gather import Knowledge
from daemon.learning import Themes
from daemon.pipeline import Observed, Pipeline
from daemon.reporting import Reporting
from daemon.sent import SentMails
from daemon.settings import Settings
from daemon.wiring import customers_of, nonces, ours_of, utc_now, voice_of, wording_of
from kb.index import KnowledgeBase
from store.store import FILE, Store, open_store
from threading_.ids import KeyRing
from threading_.language import language

log = logging.getLogger(__name__)

Secret = Callable[[], Awaitable[str]]

KNOWLEDGE_FILE = "knowledge.sqlite3"
#: How often due times are looked at. What a mail causes does not wait for it.
TICK_SECONDS = 1.0
SWEEP_SECONDS = 30.0


async def no_key() -> str:
    """A server of one's own asks for none."""
    return ""


class Bell:
    """Wakes everyone who waits that there is work; a ring that nobody heard is heard by the next who waits."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """There is work."""
        self._event.set()

    async def heard(self, stop: asyncio.Event) -> None:
        """Wait for a ring, or for the stop."""
        await _either(self._event, stop)
        self._event.clear()


class App:
    """The daemon, built and ready to run."""

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        knowledge: KnowledgeBase | None,
        pipeline: Pipeline,
        reporting: Reporting,
        sent: SentMails,
        notifier: Notifier,
        clock: Callable[[], datetime],
    ) -> None:
        self.settings = settings
        self.store = store
        self.knowledge = knowledge
        self.pipeline = pipeline
        self.reporting = reporting
        self.sent = sent
        self.mail_came = Bell()
        self._due = [Bell() for _ in range(settings.service.workers)]
        self._outgoing = [Bell() for _ in range(settings.smtp.connections)]
        self._notifier = notifier
        self._clock = clock
        self._progress = clock()
        self._learned = asyncio.Event()  # there is nothing to learn any more
        self._articles_due = Bell()
        self._unreadable = ""  # why the articles could not be read the last time
        self._watcher: Watcher | None = None
        self._sent_watcher: SentWatcher | None = None

    def watch_with(self, watcher: Watcher) -> None:
        """Hand over the part that watches the mailbox."""
        self._watcher = watcher

    def watch_sent_with(self, watcher: SentWatcher) -> None:
        """Hand over the part that watches the Sent folder."""
        self._sent_watcher = watcher

    def progressed(self) -> None:
        """Something moved: the watchdog is content."""
        self._progress = self._clock()

    def wake(self) -> None:
        """Everything that waits looks again."""
        for bell in (self.mail_came, *self._due, *self._outgoing):
            bell.ring()

    @property
    def watching(self) -> bool:
        """Whether the mailbox is being watched."""
        return self._watcher is not None and self._watcher.watching

    async def run(self, stop: asyncio.Event, *, reloads: Callable[[], bool] = lambda: False) -> None:
        """Run every part until `stop` is set, then drain. Raises what a part died of, as an exception group.

        `reloads` says whether another daemon follows in this process, with the configuration read anew.
        """
        await self.pipeline.aftercare.recover()
        await self.reporting.started()
        ticker = Ticker()
        ticker.every(TICK_SECONDS, self._tick, "due times")
        ticker.every(SWEEP_SECONDS, self.pipeline.aftercare.sweep, "sweep")
        ticker.every(SWEEP_SECONDS, self.pipeline.aftercare.watch_over, "watch over")
        ticker.every(SWEEP_SECONDS, self.reporting.tick, "digest")
        parts: list[tuple[str, Awaitable[None]]] = [
            ("ticker", ticker.run(stop)),
            ("ingest", self._ingest(stop)),
            *((f"act {number}", self._act(stop, bell)) for number, bell in enumerate(self._due)),
            *((f"deliver {number}", self._deliver(stop, bell)) for number, bell in enumerate(self._outgoing)),
        ]
        if self._watcher is not None:
            parts.append(("watch", self._watcher.run(stop)))
        if self._sent_watcher is not None:
            parts.append(("watch sent", self._sent_watcher.run(stop)))
        if self.knowledge is not None:
            parts.append(("learn", self._learn(self.knowledge, stop)))
            if minutes := self.settings.knowledge.refresh_minutes:
                ticker.every(minutes * 60, self._articles_due.ring, "articles")
        else:
            self._learned.set()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_named(part, name), name=name) for name, part in parts]
            self._notifier.ready()
            await stop.wait()
            if reloads():
                self._notifier.reloading()
            else:
                self._notifier.stopping()
            self.wake()
            _, late = await asyncio.wait(tasks, timeout=self.settings.service.shutdown_seconds)
            for task in late:
                log.warning("a part did not end in time", extra={"part": task.get_name()})
                task.cancel()

    async def _tick(self) -> None:
        for bell in (*self._due, *self._outgoing):
            bell.ring()
        # Progress, not mere life: a daemon that only ticks while its watcher hangs must be restarted.
        if self._clock() - self._progress < timedelta(minutes=5):
            self._notifier.watchdog()

    async def _learn(self, knowledge: KnowledgeBase, stop: asyncio.Event) -> None:
        """Load the model and bring the index up to date, and again when it is time, while the mailbox is watched."""
        learning = asyncio.create_task(self._keep_up_to_date(knowledge, stop))
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({learning, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            learning.cancel()  # the articles written so far stay; the rest follows at the next start
            await asyncio.wait({learning})
        if not learning.cancelled():
            learning.result()

    async def _keep_up_to_date(self, knowledge: KnowledgeBase, stop: asyncio.Event) -> None:
        # First what takes no model, so that a wrong folder is told of at once.
        error = await self._read_anew(knowledge)
        if error is not None and knowledge.count() == 0:
            raise _no_knowledge(error) from error
        try:
            await knowledge.load()
        except KnowledgeBaseError as error:
            raise _no_knowledge(error) from error
        await asyncio.to_thread(language, "The model of languages takes half a second at its first use.")
        self.progressed()
        self._learned.set()
        log.info("the knowledge base is ready")
        while not stop.is_set():
            await self._articles_due.heard(stop)
            if not stop.is_set():
                await self._read_anew(knowledge)

    async def _read_anew(self, knowledge: KnowledgeBase) -> KnowledgeBaseError | None:
        """Bring the index to what the folders hold. What goes wrong is returned, and told once until it is another."""
        wanted = self.settings.knowledge
        try:
            report = await knowledge.update(
                [Path(folder) for folder in wanted.folders],
                base_url=wanted.base_url,
                max_deletion=wanted.max_deletion,
                today=self._clock().date(),
            )
        except KnowledgeBaseError as error:
            if error.message != self._unreadable and knowledge.count():  # else the daemon ends with it
                log.error(
                    "the articles could not be read anew; what was indexed before stays in use",
                    extra={"cause": error.message, "remedy": error.remedy},
                )
            self._unreadable = error.message
            return error
        first = not self._learned.is_set()
        if first or self._unreadable or report.added or report.changed or report.removed or report.expired:
            log.info("the articles are indexed", extra={"report": str(report)})
        self._unreadable = ""
        return None

    async def _ingest(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            waiting = await self.store.inbox.waiting()
            if not waiting:
                await self.mail_came.heard(stop)
                continue
            for stored in waiting:
                if stop.is_set():
                    return
                if not await self.sent.take(stored):
                    await self.pipeline.ingest(stored)
                self.progressed()
            for bell in self._due:
                bell.ring()
            if self._watcher is not None:
                self._watcher.wake()  # marks are waiting

    async def _act(self, stop: asyncio.Event, bell: Bell) -> None:
        lease = timedelta(seconds=self.settings.service.lease_seconds)
        # On half an index the first mails after a start would be handed over for want of an article.
        await _either(self._learned, stop)
        await self._read_up(stop, bell)
        while not stop.is_set():
            claimed = await self.store.cases.claim(self._clock(), lease)
            if claimed is None and await self._follow_up(lease):
                continue
            if claimed is None:
                await bell.heard(stop)
                continue
            try:
                acted = await self.pipeline.act(claimed)
            except (sqlite3.Error, OSError, KnowledgeBaseError):
                raise  # not this case's fault: the daemon ends and starts anew
            except Exception:
                log.exception("a case could not be decided", extra={"case": claimed.case.reference})
                await self.pipeline.aftercare.stumbled(claimed)
                continue
            self.progressed()
            if acted is not None and acted.settled.outgoing:
                for outgoing in self._outgoing:
                    outgoing.ring()

    async def _follow_up(self, lease: timedelta) -> bool:
        """Do what one clock is set to that rang; False where none did."""
        claimed = await self.store.cases.claim_follow_up(self._clock(), lease)
        if claimed is None:
            return False
        try:
            followed = await self.pipeline.follow_up(claimed)
        except (sqlite3.Error, OSError):
            raise  # not this case's fault: the daemon ends and starts anew
        except Exception:
            log.exception("a case could not be followed up", extra={"case": claimed.case.reference})
            await self.pipeline.aftercare.stumbled(claimed)
            return True
        self.progressed()
        if followed is not None and followed.mails:
            for outgoing in self._outgoing:
                outgoing.ring()
        return True

    async def _read_up(self, stop: asyncio.Event, bell: Bell) -> None:
        """Wait until what people answered while the daemon was away is known, so that nothing is answered twice."""
        if self._sent_watcher is None:
            return
        await _either(self._sent_watcher.looked, stop)
        while not stop.is_set() and await self.store.inbox.waiting(limit=1):
            await bell.heard(stop)

    async def _deliver(self, stop: asyncio.Event, bell: Bell) -> None:
        lease = timedelta(seconds=self.settings.service.lease_seconds)
        while not stop.is_set():
            item = None
            if not await self.store.paused():
                item = await self.store.outbox.claim(self._clock(), lease)
            if item is None:
                await bell.heard(stop)
                continue
            await self.pipeline.deliver(item)
            self.progressed()
            if self._watcher is not None:
                self._watcher.wake()  # a copy for Sent is waiting


async def _either(event: asyncio.Event, stop: asyncio.Event) -> None:
    waiting = [asyncio.create_task(event.wait()), asyncio.create_task(stop.wait())]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()


def _no_knowledge(error: KnowledgeBaseError) -> ConfigurationError:
    return ConfigurationError([f"knowledge base: {error.message}"], remedy=error.remedy)


async def _named(part: Awaitable[None], name: str) -> None:
    try:
        await part
    except FirstlineError:
        raise  # whoever runs us says cause and remedy; a traceback would only hide them
    except Exception:
        log.exception("a part of the daemon died", extra={"part": name})
        raise


@asynccontextmanager
async def build(
    settings: Settings,
    *,
    state: Path,
    imap_secret: Secret,
    smtp_secret: Secret,
    llm_key: Secret = no_key,
    clock: Callable[[], datetime] = utc_now,
    rng: random.Random | None = None,
    observe: Callable[[Observed], None] = lambda _: None,
    at: Callable[[str], None] = lambda _: None,
    look_up: Knowledge | None = None,
    notify_socket: str | None = None,
    since: datetime | None = None,
) -> AsyncIterator[App]:
    """Everything built and nothing started; closed in reverse order at the end.

    `at` is called at each named boundary of the sequence (tests end the process there). `look_up` takes the place of the
    configured articles. `since` also takes mail that lay in the mailbox before the first start. Raises what the store, the key ring and the templates raise.
    """
    chance = rng or secrets.SystemRandom()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(state / FILE))
        stack.enter_context(alone(state))
        ring = KeyRing(load_or_create(state))
        voice = voice_of(settings, ring)
        knowledge: KnowledgeBase | None = None
        if settings.knowledge.folders:
            knowledge = KnowledgeBase.open(
                state / KNOWLEDGE_FILE, model=settings.knowledge.model, reranker=settings.knowledge.reranker
            )
            stack.push_async_callback(knowledge.close)
        elif look_up is None:
            log.warning("no knowledge base is configured: every case is handed over")
        customers = customers_of(settings)
        if customers is not None:
            await customers.refresh()  # what is wrong with a row is told at the start
        we = ours_of(settings, ring)
        sender = Sender(settings.smtp, secret=smtp_secret, local_hostname=voice.domain)
        stack.push_async_callback(sender.close)
        pipeline = Pipeline(
            store=store,
            settings=settings,
            voice=voice,
            ours=we,
            clock=clock,
            rng=chance,
            nonces=nonces(chance),
            knowledge=look_up or knowledge,
            wording=wording_of(settings, llm_key, knowledge, clock=clock, store=store) if knowledge else None,
            customers=customers,
            sender=sender,
            observe=observe,
            at=at,
        )
        reporting = Reporting(
            store=store,
            settings=settings,
            voice=voice,
            clock=clock,
            nonces=nonces(chance),
            auditor=Auditor(store, chance),
            themes=Themes(store, knowledge) if knowledge is not None else None,
            embedding=knowledge,
            confidence=knowledge,
        )
        app = App(
            settings=settings,
            store=store,
            knowledge=knowledge,
            pipeline=pipeline,
            reporting=reporting,
            sent=SentMails(
                store=store,
                settings=settings,
                ours=we,
                zone=voice.zone,
                auditor=Auditor(store, chance),
                clock=clock,
            ),
            notifier=Notifier(notify_socket),
            clock=clock,
        )
        watcher = Watcher(
            settings.mailbox,
            limits=settings.limits,
            secret=imap_secret,
            store=store.inbox,
            on_mail=app.mail_came.ring,
            rng=chance,
            since=since,
        )
        watcher.progressed = app.progressed
        app.watch_with(watcher)
        if settings.mailbox.watch_sent:
            sent_watcher = SentWatcher(
                settings.mailbox,
                limits=settings.limits,
                secret=imap_secret,
                store=store.inbox,
                on_mail=app.mail_came.ring,
                rng=chance,
                after=watcher.looked,
            )
            app.watch_sent_with(sent_watcher)
        yield app
