r"""I/O. What is done in the mailbox for people to see: our keyword, \Answered, the copy in Sent.

The store knows what is due and keeps it until it is done, so it may come late and may be repeated; a change whose mail
is gone, or whose folder has another UIDVALIDITY by now, is done.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from daemon.edges.catch_up import Call
from daemon.edges.mailbox import Mailbox, Selected
from daemon.errors import FirstlineError, PermanentError, TransientError
from daemon.settings import After, MailboxSettings
from store.records import MailboxChange

log = logging.getLogger(__name__)

CHANGES = 100  #: looked at in one go
ANSWERED = "\\Answered"

Act = Callable[[Sequence[int]], None]


class ChangeStore(Protocol):
    """Where changes wait until they are done."""

    async def changes(self, mailbox: str, limit: int = 100) -> list[MailboxChange]:
        """The oldest changes that are due."""

    async def change_done(self, change_id: int) -> None:
        """Forget a change."""

    async def change_failed(self, change_id: int, error: str) -> None:
        """Count a failure; it comes back later."""


class Marks:
    """Performs the changes of one folder. Lives as long as the watcher, so that it warns once."""

    def __init__(self, settings: MailboxSettings, store: ChangeStore) -> None:
        self._settings = settings
        self._store = store
        self._warned: set[str] = set()
        self._moved: dict[int, int] = {}  # UID → UID in the folder that we moved it to, since we started

    async def perform(self, call: Call, mailbox: Mailbox, selected: Selected) -> bool:
        """Do what is due. True where another folder was opened for it, so that the mailbox must be selected again."""
        elsewhere = False
        while changes := await self._store.changes(self._settings.folder, CHANGES):
            here = [change for change in changes if change.kind != "sent_copy"]
            gone = [change for change in here if change.uidvalidity != selected.uidvalidity]
            for change in gone:
                log.info("A mail to mark is gone with its UIDVALIDITY", extra={"uid": change.uid})
                await self._store.change_done(change.id)
            here = [change for change in here if change not in gone]
            answered = [change for change in here if change.kind == "answered"]
            moved = [change for change in answered if change.uid in self._moved]
            failed = await self._all(
                call,
                [change for change in answered if change not in moved],
                lambda uids: mailbox.flag(uids, ANSWERED),
            )
            failed += await self._marked(call, mailbox, selected, [change for change in here if change.kind == "mark"])
            if moved:
                elsewhere = True
                failed += await self._all(call, moved, lambda uids: self._answer_moved(mailbox, uids))
            copies = [change for change in changes if change.kind == "sent_copy"]
            if copies:
                elsewhere = True
                failed += await self._copied(call, mailbox, copies)
            if failed or elsewhere or len(changes) < CHANGES:
                return elsewhere
        return elsewhere

    def _answer_moved(self, mailbox: Mailbox, uids: Sequence[int]) -> None:
        mailbox.flag_elsewhere(self._settings.move_to, [self._moved[uid] for uid in uids], ANSWERED)

    def _move(self, mailbox: Mailbox, uids: Sequence[int]) -> None:
        self._moved |= mailbox.move(uids, self._settings.move_to)

    async def _marked(self, call: Call, mailbox: Mailbox, selected: Selected, changes: Sequence[MailboxChange]) -> int:
        settings = self._settings
        match settings.after:
            case After.MOVE:
                return await self._all(call, changes, lambda uids: self._move(mailbox, uids))
            case After.KEYWORD if selected.keywords:
                return await self._all(call, changes, lambda uids: mailbox.flag(uids, settings.keyword))
            case After.KEYWORD if changes:
                self._warn(
                    "The server keeps no keywords of ours; mails are left unmarked",
                    'set [mailbox] after = "leave" or "move"',
                )
            case _:
                pass
        for change in changes:
            await self._store.change_done(change.id)
        return 0

    async def _copied(self, call: Call, mailbox: Mailbox, changes: Sequence[MailboxChange]) -> int:
        folder = await call(mailbox.sent_folder)
        if folder is None:
            self._warn("There is no folder for sent mail; no copies are kept", "name one in [mailbox] sent_folder")
            for change in changes:
                await self._store.change_done(change.id)
            return 0
        failed = 0
        try:
            await call(mailbox.open_sent, folder)
        except PermanentError as exc:
            for change in changes:
                await self._store.change_failed(change.id, exc.message)
            return len(changes)
        for change in changes:
            try:
                await call(mailbox.append_once, folder, change.message_id, change.raw or b"")
            except FirstlineError as exc:
                failed += 1
                await self._store.change_failed(change.id, exc.message)
                if isinstance(exc, TransientError):  # counted all the same: it may be what breaks the connection
                    raise
            else:
                await self._store.change_done(change.id)
        return failed

    async def _all(self, call: Call, changes: Sequence[MailboxChange], act: Act) -> int:
        """Do it for all at once and, where the server refuses, one by one. Returns how many failed."""
        if not changes:
            return 0
        try:
            await call(act, [change.uid for change in changes])
        except TransientError as exc:
            for change in changes:  # counted: it may be what breaks the connection
                await self._store.change_failed(change.id, exc.message)
            raise
        except PermanentError as exc:
            if len(changes) == 1:
                await self._store.change_failed(changes[0].id, exc.message)
                return 1
            return sum([await self._all(call, [change], act) for change in changes])
        for change in changes:
            await self._store.change_done(change.id)
        return 0

    def _warn(self, message: str, remedy: str) -> None:
        if message not in self._warned:
            self._warned.add(message)
            log.warning("Something in the mailbox cannot be done", extra={"cause": message, "remedy": remedy})
