"""I/O. Mails from Sent, and copies of what people wrote from the support address: noticed, and Firstline falls silent."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, tzinfo

from daemon.commits.audit import Auditor
from daemon.commits.sent import SentCommit
from daemon.settings import Settings
from daemon.steps.agency import unproven_agent
from daemon.steps.authenticate import authenticate
from daemon.steps.guard import Ours, without_tag
from daemon.steps.sent import SENT, answered, ours, recipients
from daemon.steps.understand import MOST_IDS
from store.records import Case, Direction, Mode, StoredMail
from store.store import Store
from threading_.headers import read_addresses
from threading_.ids import read_id, spellings
from threading_.message import Candidate, Message
from threading_.parse import Limits, parse
from threading_.quotes import new_text
from threading_.subject import case_tag

log = logging.getLogger(__name__)

_HEADER_BYTES = 200_000


class SentMails:
    """Takes the mails that a person may have written to a customer without us."""

    def __init__(
        self,
        *,
        store: Store,
        settings: Settings,
        ours: Ours,
        zone: tzinfo,
        auditor: Auditor,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._settings = settings
        self._ours = ours
        self._clock = clock
        self._commit = SentCommit(store, settings, auditor, zone)
        limits = settings.limits
        self._limits = Limits(
            message_bytes=limits.message_bytes,
            parts=limits.parts,
            depth=limits.depth,
            header_bytes=limits.header_bytes,
        )

    async def take(self, stored: StoredMail) -> bool:
        """Deal with the mail. False where it is for the sequence: it came in, and is no answer of a colleague's.

        In Sent lies only what a person with the mailbox's password sent. A copy that comes in has to be proven.
        """
        from_sent = stored.mail.mailbox.startswith(SENT)
        if not from_sent and not self._bears_our_address(stored.mail.raw):
            return False
        message = await asyncio.to_thread(parse, stored.mail.raw, self._limits)
        own = ours(message, self._ours.ring)
        if not from_sent:
            auth = authenticate(message, self._settings.authentication.authserv_id)
            if own is not None or unproven_agent(message, auth, self._settings) is not None:
                return False
        now, store = self._clock(), self._store
        if own is not None:
            await self._copy_of_ours(stored, message, own, now)
            return True
        found = answered(message, await self._candidates(message))
        case = await store.cases.by_reference(store.reader, found.case) if found else None
        if case is None:
            if from_sent:
                async with store.transaction() as tx:
                    await self._commit.nothing(tx, stored)
            return from_sent
        texts = [turn.text for turn in reversed(await store.cases.history(store.reader, case.id))]
        async with store.transaction() as tx:
            case = await self._commit.answered(
                tx, stored, message, new_text(message, texts), await store.cases.get(tx, case.id), now
            )
            if not from_sent and self._settings.policy.mode is not Mode.SHADOW:
                await store.inbox.want_change(tx, "mark", stored.id)
        log.info("a person answered the customer", extra={"case": case.reference})
        return True

    async def _copy_of_ours(self, stored: StoredMail, message: Message, reference: str, now: datetime) -> None:
        store = self._store
        case = await store.cases.by_reference(store.reader, reference)
        ids = [one for one in self._ids(message) if read_id(self._ours.ring, one) is not None]
        proven = await store.outbox.uncertain_among(store.reader, [one for one in ids if one == message.message_id])
        async with store.transaction() as tx:
            if case is None:  # of a store that is no more
                await self._commit.nothing(tx, stored)
            else:
                await self._commit.ours(tx, stored, message, case, proven, now)

    async def _candidates(self, message: Message) -> list[Candidate]:
        """The cases that the mail may answer: those that it names, and those of its recipients that are open."""
        store = self._store
        tag = case_tag(message.subject)
        ids = tuple(dict.fromkeys(name for one in message.referenced[:MOST_IDS] for name in spellings(one)))
        signed = [found.case for one in ids if (found := read_id(self._ours.ring, one)) is not None]
        open_ = await store.cases.open_of(store.reader, sorted(recipients(message))[:20])
        named = tuple(dict.fromkeys((*signed, *([tag] if tag else []), *open_)))
        return [
            replace(candidate, subjects=await self._subjects(case))
            for case, candidate in await store.cases.candidates(store.reader, ids, named)
        ]

    async def _subjects(self, case: Case) -> frozenset[str]:
        history = await self._store.cases.history(self._store.reader, case.id)
        return frozenset({case.subject, *(turn.subject for turn in history if turn.direction is Direction.IN)})

    def _ids(self, message: Message) -> list[str]:
        return [message.message_id] if message.message_id else []

    def _bears_our_address(self, raw: bytes) -> bool:
        """Whether From is one of the mailbox's own addresses. Reads no more of the mail than that."""
        head = raw[:_HEADER_BYTES].replace(b"\r\n", b"\n").split(b"\n\n", 1)[0]
        lines = head.decode("utf-8", "replace").replace("\n ", " ").replace("\n\t", " ").split("\n")
        given = [line[5:] for line in lines if line[:5].lower() == "from:"]
        return any(without_tag(address.key) in self._ours.addresses for address in read_addresses(given))
