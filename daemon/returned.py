"""I/O. A mail to the team that came back, or was refused for good: sent again to the fallback address, once."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, tzinfo

from daemon.commits.audit import Auditor
from daemon.commits.outgoing import OutgoingCommit
from daemon.settings import Settings
from daemon.steps.bounce import read_bounce
from daemon.steps.followup import with_follow_up
from daemon.steps.relay import newest_of_customer
from daemon.steps.returned import again
from daemon.steps.transition import life
from daemon.steps.verdicts import Action, ComposedMail
from daemon.steps.voice import Voice
from store.db import Transaction
from store.records import Case, ClaimedCase, OutboxItem, OutboxState, Role, Turn
from store.store import Store
from threading_.parse import Limits, parse

log = logging.getLogger(__name__)

_ROLES = (Role.HANDOVER, Role.DRAFT)


class Returned:
    """Looks after mails to the team that did not arrive. Where there is no other address, the log and
    `firstline cases list` say so: no mail is sent to where the last one failed."""

    def __init__(
        self,
        *,
        store: Store,
        settings: Settings,
        voice: Voice,
        clock: Callable[[], datetime],
        nonces: Iterator[str],
        auditor: Auditor,
        limits: Limits,
        zone: tzinfo,
    ) -> None:
        self._store = store
        self._settings = settings
        self._voice = voice
        self._clock = clock
        self._nonces = nonces
        self._auditor = auditor
        self._outgoing = OutgoingCommit(store, settings)
        self._limits = limits
        self._zone = zone

    async def by(self, turn: Turn) -> OutboxItem | None:
        """The mail to the team that a bounce returns; None where it returns another, or failed only for now."""
        stored = await self._store.inbox.get(turn.inbox_id) if turn.inbox_id is not None else None
        bounce = read_bounce(parse(stored.mail.raw, self._limits)) if stored else None
        if bounce is None or not bounce.permanent:
            return None
        return await self._store.outbox.handover_among(self._store.reader, bounce.original_ids)

    async def came_back(self, claimed: ClaimedCase, turn: Turn, item: OutboxItem, *, more: bool) -> Case | None:
        """Decide on such a bounce. None where the case moved meanwhile."""
        store, case, now = self._store, claimed.case, self._clock()
        composed = await self._again(case, item, "came back", now)
        async with store.transaction() as tx:
            if not await store.cases.still_held(tx, claimed):
                await store.cases.release(tx, claimed)
                return None
            decision_id = await store.cases.add_decision(
                tx,
                case.id,
                now=now,
                action=Action.IGNORE,
                because="handover_returned",
                confidence=None,
                mode=case.mode,
                record={"why": [f"the mail to {item.recipient} came back"]},
            )
            await store.cases.handle(tx, [turn.id], decision_id)
            await store.outbox.finish(tx, item.id, OutboxState.DEAD, now=now, error="it came back")
            case = await self._send(tx, case, item, composed, now)
            then = with_follow_up(replace(case, due_at=now if more else None), self._settings, self._zone)
            return await store.cases.move(tx, case.id, now=now, moves=False, changes=life(then))

    async def refused(self, item: OutboxItem, response: str) -> None:
        """A server refused such a mail for good."""
        if item.role not in _ROLES or item.case_id is None:
            log.error("a mail to the team cannot be delivered", extra={"outbox": item.id, "role": item.role})
            return
        now, store = self._clock(), self._store
        case = await store.cases.get(store.reader, item.case_id)
        composed = await self._again(case, item, f"was refused ({response[:200]})", now)
        async with store.transaction() as tx:
            case = await store.cases.get(tx, case.id)
            case = await self._send(tx, case, item, composed, now)
            await store.cases.move(
                tx, case.id, now=now, moves=False, changes={"queue": case.queue, "agent": case.agent}
            )

    async def _again(self, case: Case, item: OutboxItem, what: str, now: datetime) -> ComposedMail | None:
        fallback = self._settings.queue.fallback
        if not fallback or fallback.casefold() == item.recipient.casefold():
            return None
        history = await self._store.cases.history(self._store.reader, case.id)
        lost = next((turn for turn in history if turn.message_id == item.message_id), None)
        newest = newest_of_customer(tuple(history))
        stored = await self._store.inbox.get(newest.inbox_id) if newest and newest.inbox_id is not None else None
        raw = stored.mail.raw if stored else b""
        text = lost.text if lost else parse(item.raw, self._limits).text  # a refused mail is in no history
        subject = lost.subject if lost else parse(item.raw, self._limits).subject
        why = f"This mail to {item.recipient} {what}: it comes to you as the fallback of the queue."
        return again(
            case, self._voice, role=item.role, to=fallback, subject=subject, text=text, why=why, original=raw,
            nonce=next(self._nonces), now=now,
        )  # fmt: skip

    async def _send(
        self, tx: Transaction, case: Case, item: OutboxItem, composed: ComposedMail | None, now: datetime
    ) -> Case:
        """Once a mail. What follows on the case goes to the new address."""
        cause = f"{item.message_id}:fallback"
        details = {"role": item.role, "again": composed is not None}
        await self._auditor.append(tx, now, case.reference, "handover_returned", details, {"to": item.recipient})
        if composed is None:
            log.error(
                "a mail to the team did not arrive, and there is no other address",
                extra={"case": case.reference, "role": item.role, "remedy": "set [queue] fallback"},
            )
            return case
        if await self._store.outbox.knows(tx, cause):
            return case
        await self._outgoing.put(tx, composed, case, None, cause=cause, now=now)
        return replace(case, queue=composed.mail.to.address, agent="")
