"""I/O. The watcher of the support mailbox: connect, catch up by UID, mark, wait for news; on any doubt start over.

Nothing depends on IDLE being told the truth: what counts is the stored position, from which every wait is followed by
a search. A wait is never longer than `poll_seconds`, and a connection on which something is odd is closed.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Protocol

from daemon.edges.catch_up import CatchUp, MailStore
from daemon.edges.idle import Wake
from daemon.edges.mailbox import Mailbox, Selected, classify
from daemon.edges.marks import ChangeStore, Marks
from daemon.errors import FirstlineError, PermanentError, TransientError
from daemon.settings import LimitSettings, MailboxSettings
from daemon.steps.retry import delay

log = logging.getLogger(__name__)

# Seconds. After a fault that passes by itself: found again within a minute of its end, a connection's time-out included.
RETRY_BASE, RETRY_LIMIT = 1.0, 20.0
# After a refusal, such as a wrong password: slower, since servers lock out those who insist.
REFUSED_BASE, REFUSED_LIMIT = 5.0, 60.0
STEADY = 60.0  #: a connection that lived this long ends a row of failures
SETTLE = 0.5  #: until the second look after news: a server need not tell IDLE of mail that came just before it began
PULSE = 15.0  #: between signs of progress while nothing happens
LAST_WORDS = 2.0  #: for the connection's end, once we were told to stop


class WatcherStore(MailStore, ChangeStore, Protocol):
    """What the watcher needs of the store."""


class Watcher:
    """Watches one folder until it is told to stop. A server's fault never ends it; the store's faults do."""

    #: Called, in the event loop, at each sign of progress.
    progressed: Callable[[], None] | None = None

    def __init__(
        self,
        settings: MailboxSettings,
        *,
        limits: LimitSettings,
        secret: Callable[[], Awaitable[str]],
        store: WatcherStore,
        on_mail: Callable[[], None],
        rng: random.Random,
        since: datetime | None = None,
    ) -> None:
        self._settings = settings
        self._secret = secret
        self._rng = rng
        self._catch_up = CatchUp(
            settings.folder,
            message_bytes=limits.message_bytes,
            store=store,
            on_mail=on_mail,
            progress=self._progress,
            since=since,
        )
        self._marks = Marks(settings, store)
        self._wake = Wake()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="imap")
        self._watching = False
        #: set once the folder was read to its end, or could not be for the first time: who waits for it goes on
        self.looked = asyncio.Event()
        self._said: str | None = None  # the fault that was logged last
        self._stirred = True  # something happened just now
        self._steady_at = 0.0  # event loop time from which on the connection counts as steady

    @property
    def watching(self) -> bool:
        """Whether the mailbox is being watched: caught up, and in IDLE or between polls."""
        return self._watching

    def wake(self) -> None:
        """Say that changes wait. Ends the wait for mail at once; safe from any thread."""
        self._wake.ring()

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until `stop` is set. To be called once."""
        watching = asyncio.create_task(self._watch(stop), name="imap-watch")
        stopped = asyncio.create_task(stop.wait(), name="imap-stop")
        try:
            await asyncio.wait({watching, stopped}, return_when=asyncio.FIRST_COMPLETED)
            self.wake()
            await asyncio.wait({watching}, timeout=LAST_WORDS)
        finally:
            stopped.cancel()
            watching.cancel()
            await asyncio.wait({watching})
            self._thread.submit(self._wake.close)  # the thread's last job: nobody polls the pipe any more
            self._thread.shutdown(wait=False)
        if watching.done() and not watching.cancelled():
            watching.result()  # a fault of the store goes to whoever runs us

    async def _watch(self, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while not stop.is_set():
            self._steady_at, self._stirred = float("inf"), True
            try:
                await self._connection(stop)
            except (TransientError, PermanentError) as fault:
                self.looked.set()
                failures = 1 if loop.time() >= self._steady_at else failures + 1
                self._say(fault)
                refused = isinstance(fault, PermanentError)
                pause = delay(
                    failures,
                    base=REFUSED_BASE if refused else RETRY_BASE,
                    limit=REFUSED_LIMIT if refused else RETRY_LIMIT,
                    rng=self._rng,
                )
                self._progress()
                await _sleep_or_stop(stop, pause)

    async def _connection(self, stop: asyncio.Event) -> None:
        """Watch over one connection, until `stop` is set or the connection is in doubt."""
        mailbox = Mailbox(self._settings)
        try:
            await self._call(mailbox.connect, await self._current_secret())
            selected = await self._open(mailbox)
            await self._catch_up.begin(self._call, mailbox, selected)
            await self._catch_up.read(self._call, mailbox)  # before all marks: no fault of theirs may hold mail up
            while not stop.is_set():
                selected = await self._tidy(mailbox, selected)
                await self._catch_up.read(self._call, mailbox)
                self._watched()
                await self._wait(mailbox, stop)
            await self._call(mailbox.logout)
        finally:
            self._watching = False
            mailbox.abort()
            self._thread.submit(mailbox.close)

    async def _open(self, mailbox: Mailbox) -> Selected:
        """Open the folder that is watched."""
        selected: Selected = await self._call(mailbox.select, self._settings.folder)
        return selected

    async def _tidy(self, mailbox: Mailbox, selected: Selected) -> Selected:
        """Do in the mailbox what waits to be done there. Returns how the folder stands open then."""
        if not await self._marks.perform(self._call, mailbox, selected):
            return selected
        again: Selected = await self._open(mailbox)
        if again.uidvalidity != selected.uidvalidity:
            raise TransientError("The folder's UIDVALIDITY changed.")
        return again

    async def _wait(self, mailbox: Mailbox, stop: asyncio.Event) -> None:
        """Wait for news, for the bell, or for the time of the next look."""
        loop = asyncio.get_running_loop()
        seconds = min(self._settings.poll_seconds, self._settings.idle_seconds)
        until = loop.time() + (min(SETTLE, seconds) if self._stirred else seconds)
        self._stirred = False
        idle = mailbox.can("IDLE")
        if idle:
            await self._call(mailbox.idle)
        while not stop.is_set() and not mailbox.news and (left := until - loop.time()) > 0:
            heard = await self._call(mailbox.wait, self._wake, min(left, PULSE))
            self._progress()
            if heard.woken or heard.mail:
                self._stirred = True
                break
        if idle:
            await self._call(mailbox.done)

    async def _current_secret(self) -> str:
        try:
            return await self._secret()
        except FirstlineError as exc:  # a file or a command that somebody can mend while we wait
            raise PermanentError(exc.message, remedy=exc.remedy) from exc

    async def _call(self, method: Callable[..., Any], *arguments: Any) -> Any:
        """Run a method of the connection in its thread; its exceptions come out as ours."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, method, *arguments)
        except Exception as exc:
            # Whatever a server can make IMAPClient raise: the connection is started over, the daemon lives.
            raise classify(exc, self._settings) from exc

    def _watched(self) -> None:
        if not self._watching:
            self._watching = True
            self.looked.set()
            self._steady_at = asyncio.get_running_loop().time() + STEADY
            if self._said is not None:
                log.info("The mailbox is watched again", extra={"folder": self._settings.folder})
                self._said = None
        self._progress()

    def _say(self, fault: FirstlineError) -> None:
        if fault.message != self._said:
            self._said = fault.message
            log.warning(
                "The mailbox cannot be watched; it is tried again until it can",
                extra={"cause": fault.message, "remedy": fault.remedy},
            )

    def _progress(self) -> None:
        if self.progressed is not None:
            self.progressed()


async def _sleep_or_stop(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        pass
