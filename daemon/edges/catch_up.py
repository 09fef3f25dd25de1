"""I/O. Reading a folder from where it was left: by UID, in batches, each stored before the next is asked for.

A mail that the server cannot give, or over which the connection breaks again and again, costs its text and not the
mails behind it: it is kept as far as it can be had, with the reason, for a human.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, TypeVar

from daemon.edges.mailbox import UNKNOWN_TIME, Facts, Mailbox, Selected
from daemon.errors import PermanentError, TransientError
from store.records import Fetched, Position

log = logging.getLogger(__name__)

BATCH = 50  #: mails asked for at once: half the time of one by one, and 500 gain nothing more (measured)
BATCH_BYTES = 32_000_000  #: of memory that one batch may take; a larger mail goes alone
BROKEN = 3  #: connections that a mail may cost before only its header is asked for; twice that, and not even this

#: After a new UIDVALIDITY: what a mail may take from its writer to the server. Moved to another server, a whole archive
#: may look as if it had just come; by its own dates it has not.
UNDERWAY = timedelta(days=1)

_Found = TypeVar("_Found")
Call = Callable[..., Awaitable[Any]]  #: runs a method of the connection in its thread


class MailStore(Protocol):
    """Where mails and positions are kept."""

    async def position(self, mailbox: str) -> Position | None:
        """How far the mailbox was read; None at first sight."""

    async def note_position(self, position: Position) -> None:
        """Set the position: at first sight, and after a new UIDVALIDITY."""

    async def keep(self, mails: Sequence[Fetched], position: Position) -> None:
        """Store mails and the new position in one transaction; a mail that is there already is passed over."""


class CatchUp:
    """Reads one folder. Lives as long as the watcher, so that it remembers which mails break connections."""

    def __init__(
        self,
        folder: str,
        *,
        message_bytes: int,
        store: MailStore,
        on_mail: Callable[[], None],
        progress: Callable[[], None],
        since: datetime | None,
    ) -> None:
        self.folder = folder
        self.position = Position(mailbox=folder, uidvalidity=0, last_uid=0)
        self._message_bytes = message_bytes
        self._store = store
        self._on_mail = on_mail
        self._progress = progress
        self._since = since  # None once it has been obeyed
        self._cut_off = (0, UNKNOWN_TIME)  # up to this UID, only what arrived at that time or later
        self._written_since = UNKNOWN_TIME  # the same for the mail's own date
        self._broken: Counter[int] = Counter()
        self._carefully = False

    async def begin(self, call: Call, mailbox: Mailbox, selected: Selected) -> None:
        """Find where to read on. At first sight that is the end: nothing older is taken.

        After a new UIDVALIDITY UIDs tell nothing any more, so time does: what the server got since the mail that was
        taken last. That one may come again, as may others of its second; the guard knows duplicates.
        """
        known, since = await self._store.position(self.folder), self._since
        if known is None or known.uidvalidity != selected.uidvalidity:
            self._written_since = UNKNOWN_TIME
            if known is not None:
                log.warning(
                    "The folder has a new UIDVALIDITY; it is read on from the time of the mail that was taken last",
                    extra={"folder": self.folder, "before": known.uidvalidity, "now": selected.uidvalidity},
                )
                if since is None and known.received_at not in (None, UNKNOWN_TIME):
                    since = known.received_at
                    self._written_since = since - UNDERWAY
            self._broken.clear()
            known = Position(
                mailbox=self.folder, uidvalidity=selected.uidvalidity, last_uid=max(0, selected.uidnext - 1)
            )
            if since is None:
                await self._store.note_position(known)
        self.position = known
        if since is not None:
            # The server's day is not ours; the exact time is compared mail by mail.
            uids = await call(mailbox.since, since.date() - timedelta(days=1))
            self._cut_off = (selected.uidnext - 1, since)
            self.position = replace(known, last_uid=min(known.last_uid, min(uids, default=selected.uidnext) - 1))
            await self._store.note_position(self.position)
            self._since = None

    async def read(self, call: Call, mailbox: Mailbox) -> None:
        """Fetch and keep everything above the position, until the server knows of nothing more."""
        while True:
            uids = await call(mailbox.newer, self.position.last_uid)
            self._progress()
            for batch in _batches(uids, 1 if self._carefully else BATCH):
                await self._take(call, mailbox, batch)
            self._carefully = False
            if not mailbox.news:
                return

    async def _take(self, call: Call, mailbox: Mailbox, uids: Sequence[int]) -> None:
        facts, refused = await _fetch(call, mailbox.facts, uids)
        for group in _groups(uids, facts, self._message_bytes):
            mails = await self._fetch_all(call, mailbox, group, facts, refused)
            mails = [mail for mail in mails if self._is_wanted(mail)]
            self.position = replace(self.position, last_uid=group[-1])
            await self._store.keep(mails, self.position)
            for uid in group:
                self._broken.pop(uid, None)
            self._progress()
            if mails:
                self._on_mail()

    def _is_wanted(self, mail: Fetched) -> bool:
        last_uid, received_at = self._cut_off
        return mail.uid > last_uid or (mail.received_at >= received_at and _written(mail.raw) >= self._written_since)

    async def _fetch_all(
        self, call: Call, mailbox: Mailbox, uids: Sequence[int], facts: dict[int, Facts], refused: dict[int, str]
    ) -> list[Fetched]:
        given_up = set(refused)
        why = {uid: f"the server refuses to give it: {reason}" for uid, reason in refused.items()}
        for uid in uids:
            if uid in facts and facts[uid].size > self._message_bytes:
                why[uid] = f"{facts[uid].size} bytes, over the limit of {self._message_bytes}"
            elif self._broken[uid] >= BROKEN:
                why[uid] = f"the connection broke {self._broken[uid]} times while it was fetched"
        whole = [uid for uid in uids if uid in facts and uid not in why]
        headers = [uid for uid in uids if uid in why and self._broken[uid] < 2 * BROKEN]
        try:
            raw, refused = await _fetch(call, mailbox.mails, whole)
            why |= {uid: f"the server refuses to give it: {reason}" for uid, reason in refused.items()}
            cut, _ = await _fetch(call, mailbox.headers, [*headers, *refused])
        except TransientError:
            self._carefully = True
            if len(uids) == 1:
                self._broken[uids[0]] += 1
            raise
        # What is in neither was expunged meanwhile.
        return [
            Fetched(
                mailbox=self.folder,
                uidvalidity=self.position.uidvalidity,
                uid=uid,
                raw=cut.get(uid, b"") if uid in why else raw[uid],
                received_at=facts[uid].received_at if uid in facts else UNKNOWN_TIME,
                cut=why.get(uid),
            )
            for uid in uids
            if uid in raw or (uid in why and (uid in facts or uid in given_up))
        ]


async def _fetch(
    call: Call, method: Callable[..., dict[int, _Found]], uids: Sequence[int]
) -> tuple[dict[int, _Found], dict[int, str]]:
    """Ask for all at once and, where the server refuses, one by one. Returns what was found, and why what was refused."""
    if not uids:
        return {}, {}
    try:
        return await call(method, uids), {}
    except PermanentError as exc:
        if len(uids) == 1:
            return {}, {uids[0]: exc.message}
    found: dict[int, _Found] = {}
    refused: dict[int, str] = {}
    for uid in uids:
        one, why = await _fetch(call, method, [uid])
        found |= one
        refused |= why
    return found, refused


def _batches(uids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), size):
        yield uids[start : start + size]


def _groups(uids: Sequence[int], facts: dict[int, Facts], message_bytes: int) -> Iterator[Sequence[int]]:
    """Split, in order, so that what is fetched at once fits into BATCH_BYTES."""
    group: list[int] = []
    total = 0
    for uid in uids:
        size = facts[uid].size if uid in facts else 0
        size = size if size <= message_bytes else 0  # only its header is fetched
        if group and total + size > BATCH_BYTES:
            yield group
            group, total = [], 0
        group.append(uid)
        total += size
    if group:
        yield group


def _written(raw: bytes) -> datetime:
    """When a mail was written, by itself; where it does not say, it is taken for new."""
    try:
        at = parsedate_to_datetime(str(BytesHeaderParser().parsebytes(raw)["Date"]))
    except (ValueError, TypeError, OverflowError):
        return datetime.max.replace(tzinfo=UTC)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
