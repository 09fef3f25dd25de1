"""I/O. Commit of a delivery: the last look before DATA, and what became of the mail."""

from datetime import datetime, timedelta, tzinfo

from daemon.commits.audit import Auditor
from daemon.commits.limits import LimitsCommit
from daemon.edges.smtp import Delivery, Outcome
from daemon.settings import Settings
from daemon.steps.followup import with_follow_up
from daemon.steps.lifecycle import Event
from daemon.steps.retry import delay
from daemon.steps.submission import message_ids
from daemon.steps.transition import life, moved
from store.db import Transaction
from store.records import CaseStatus, OutboxItem, OutboxState, Owner, Role
from store.store import Store

#: Mails that only humans or nobody acts on may be repeated with the same Message-ID.
_REPEATABLE = frozenset({Role.HANDOVER, Role.DRAFT, Role.NOTICE, Role.REPORT, Role.REMINDER, Role.RECEIPT})
#: After so long a refusal "for now" is one for good (RFC 5321 §4.5.4.1 gives up after 4 to 5 days).
GIVE_UP = timedelta(days=5)


class DeliveryCommit:
    """Writes deliveries. `zone` is that of the business hours."""

    def __init__(self, store: Store, settings: Settings, auditor: Auditor, zone: tzinfo) -> None:
        self._store = store
        self._settings = settings
        self._zone = zone
        self._auditor = auditor
        self._limits = LimitsCommit(store, settings, auditor)

    async def may_leave(self, tx: Transaction, item: OutboxItem, now: datetime) -> bool:
        """The last look before DATA: is the mail still ours to send, is the case as it was? Marks it `transmitting`."""
        if not await self._store.outbox.held(tx, item, OutboxState.CLAIMED):
            return False
        if await self._store.paused(tx):
            await self._store.outbox.release(tx, item, now)
            return False
        if item.role.answers and item.case_id is not None:
            case = await self._store.cases.get(tx, item.case_id)
            late = item.valid_until is not None and item.valid_until <= now
            if case.version != item.case_version or case.owner is Owner.HUMAN or late:
                again = await self._store.outbox.withdraw(tx, item, now)
                if again:
                    then = moved(await self._store.cases.get(tx, case.id), Event.WITHDRAWN, now)
                    then = with_follow_up(then, self._settings, self._zone)
                    await self._store.cases.move(tx, then.id, now=now, moves=False, changes=life(then))
                why = "waited too long" if late else "the case moved on"
                await self._auditor.append(
                    tx, now, case.reference, "withdrawn", {"role": item.role, "why": why, "again": again}
                )
                return False
        if (item.role.follows_up or item.role is Role.NOTICE) and item.case_id is not None:
            case = await self._store.cases.get(tx, item.case_id)
            # That a colleague will answer is still true when the customer writes again, and no more once one has.
            waits = item.role is Role.NOTICE and case.status is CaseStatus.AWAITING_HUMAN
            if case.version != item.case_version and not waits:
                await self._store.outbox.finish(tx, item.id, OutboxState.STALE, now=now, error="the case moved on")
                details = {"role": item.role, "why": "the case moved on", "again": False}
                await self._auditor.append(tx, now, case.reference, "withdrawn", details)
                return False
        until = await self._limits.waits_until(tx, item, now)
        if until is not None:
            await self._store.outbox.release(tx, item, until)
            return False
        longest = timedelta(seconds=self._settings.smtp.data_timeout_seconds + 60)
        await self._store.outbox.transmit(tx, item, now, longest)
        return True

    async def delivered(self, tx: Transaction, item: OutboxItem, delivery: Delivery, now: datetime) -> OutboxState:
        """What became of the mail. Returns the state it is in now."""
        outbox, error = self._store.outbox, delivery.response
        match delivery.outcome:
            case Outcome.WITHDRAWN:
                return OutboxState.STALE
            case Outcome.SENT:
                await outbox.finish(tx, item.id, OutboxState.SENT, now=now)
                await _show_in_mailbox(self._store, tx, item)
                if item.case_id is not None and delivery.assigned_id:
                    # A provider that puts its own id in the place of ours is answered under that one.
                    answered = await self._store.cases.get(tx, item.case_id)
                    await self._store.cases.know(tx, answered.id, message_ids(delivery.assigned_id))
                    await self._store.humans.sent_as(tx, item.id, message_ids(delivery.assigned_id))
                state = OutboxState.SENT
            case Outcome.UNCERTAIN if item.role not in _REPEATABLE:
                await outbox.finish(tx, item.id, OutboxState.UNCERTAIN, now=now, error=error)
                state = OutboxState.UNCERTAIN
            case Outcome.PERMANENT:
                await outbox.finish(tx, item.id, OutboxState.DEAD, now=now, error=error)
                await self._limits.refused(tx, item, error, now)
                state = OutboxState.DEAD
            case _ if now - item.created_at > GIVE_UP:
                await outbox.finish(tx, item.id, OutboxState.DEAD, now=now, error=error)
                state = OutboxState.DEAD
            case _:
                wait = delay(
                    item.attempts - 1, base=2.0, limit=30.0 if item.attempts < 30 else 900.0, rng=self._auditor.rng
                )
                await outbox.retry(tx, item.id, due=now + timedelta(seconds=wait), error=error)
                state = OutboxState.RETRY
        case = await self._store.cases.get(tx, item.case_id) if item.case_id is not None else None
        details = {"role": item.role, "state": state, "attempt": item.attempts}
        personal = {"to": item.recipient, "response": error[:500]}  # servers repeat the address in what they say
        await self._auditor.append(tx, now, case.reference if case else None, "delivery", details, personal)
        return state


async def settle_uncertain(
    store: Store, auditor: Auditor, tx: Transaction, item: OutboxItem, now: datetime, evidence: str
) -> None:
    """Evidence says that an uncertain mail arrived."""
    await store.outbox.finish(tx, item.id, OutboxState.SENT, now=now)
    await _show_in_mailbox(store, tx, item)
    case = await store.cases.get(tx, item.case_id) if item.case_id is not None else None
    details = {"role": item.role, "state": OutboxState.SENT, "evidence": evidence}
    await auditor.append(tx, now, case.reference if case else None, "settled", details)


async def _show_in_mailbox(store: Store, tx: Transaction, item: OutboxItem) -> None:
    """People in the mailbox see what was done: a copy in Sent, and the customer's mail marked as answered."""
    if not item.role.to_customer:
        return
    mails = await store.outbox.answered_mails(tx, item)
    # A notice is no answer: a mail marked as answered would be passed over by the people in the mailbox.
    for inbox_id in mails if item.role.answers else ():
        await store.inbox.want_change(tx, "answered", inbox_id)
    if item.role is Role.RELAY and (theirs := await store.humans.answered_mail(tx, item.id)) is not None:
        await store.inbox.want_change(tx, "answered", theirs)
    if mails:
        await store.inbox.want_change(tx, "sent_copy", mails[-1], item.id)
