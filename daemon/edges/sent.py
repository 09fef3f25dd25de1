"""I/O. The watcher of the Sent folder: a connection of its own, which only reads. What people answer there is noticed."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from daemon.edges.catch_up import CatchUp
from daemon.edges.imap import Watcher, WatcherStore
from daemon.edges.mailbox import Mailbox, Selected
from daemon.errors import PermanentError
from daemon.settings import LimitSettings, MailboxSettings
from daemon.steps.sent import SENT


class SentWatcher(Watcher):
    """Watches Sent, whatever it is called. It begins once the inbox was looked into (`after`), so that the mails that
    people answered are known before their answers."""

    def __init__(
        self,
        settings: MailboxSettings,
        *,
        limits: LimitSettings,
        secret: Callable[[], Awaitable[str]],
        store: WatcherStore,
        on_mail: Callable[[], None],
        rng: random.Random,
        after: asyncio.Event,
    ) -> None:
        super().__init__(settings, limits=limits, secret=secret, store=store, on_mail=on_mail, rng=rng)
        self._after = after
        self._make: Callable[[str], CatchUp] = lambda folder: CatchUp(
            f"{SENT}{folder}",
            message_bytes=limits.message_bytes,
            store=store,
            on_mail=on_mail,
            progress=self._progress,
            since=None,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until `stop` is set. To be called once."""
        waiting = [asyncio.create_task(self._after.wait()), asyncio.create_task(stop.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        await super().run(stop)

    async def _open(self, mailbox: Mailbox) -> Selected:
        folder = await self._call(mailbox.sent_folder)
        if folder is None:
            raise PermanentError(
                "The server marks no folder as that of sent mail: what people answer is not noticed.",
                remedy="Name the folder in [mailbox] sent_folder, or set watch_sent = false.",
            )
        if self._catch_up.folder != f"{SENT}{folder}":
            self._catch_up = self._make(folder)
        selected: Selected = await self._call(mailbox.examine, folder)
        return selected

    async def _tidy(self, mailbox: Mailbox, selected: Selected) -> Selected:
        return selected
