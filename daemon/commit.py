"""I/O. Commit: what a step decided, written in one transaction with its audit entry."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from daemon.edges.smtp import Delivery, Outcome
from daemon.settings import Settings
from daemon.steps.retry import delay
from daemon.steps.settle import Settled
from daemon.steps.transition import after
from daemon.steps.verdicts import Action, ComposedMail, Decision, TurnView, Understood
from store.db import Transaction
from store.records import (
    Case,
    CaseStatus,
    Direction,
    Kind,
    Mode,
    OutboxItem,
    OutboxState,
    Owner,
    Role,
    StoredMail,
    Turn,
)
from store.store import Store
from threading_.ids import case_reference
from threading_.message import Link, Message
from threading_.write import write

#: Mails that only humans or nobody acts on may be repeated with the same Message-ID.
_REPEATABLE = frozenset({Role.HANDOVER, Role.DRAFT, Role.NOTICE})
#: After so long a refusal "for now" is one for good (RFC 5321 §4.5.4.1 gives up after 4 to 5 days).
GIVE_UP = timedelta(days=5)


class Commit:
    """Writes results. `rng` makes references and salts; `settings` says what policy a new case starts under."""

    def __init__(self, store: Store, settings: Settings, rng: random.Random, ours: frozenset[str]) -> None:
        self._store = store
        self._settings = settings
        self._rng = rng
        self._ours = ours

    async def audit(
        self,
        tx: Transaction,
        now: datetime,
        case: str | None,
        event: str,
        details: Mapping[str, object],
        personal: Mapping[str, object] | None = None,
    ) -> None:
        """Append to the chain inside this transaction."""
        await self._store.audit.append(
            tx,
            at=now,
            case=case,
            event=event,
            details=details,
            personal=personal or {},
            salt=f"{self._rng.getrandbits(128):032x}",
        )

    async def arrived(
        self, tx: Transaction, stored: StoredMail, mail: Understood, proven: Sequence[OutboxItem], now: datetime
    ) -> Case:
        """The mail is on its case, the case is due. Returns the case."""
        message, guarded, link = mail.message, mail.guarded, mail.link
        case = await self._store.cases.by_reference(tx, link.case) if link.case else None
        if case is None:
            case = await self._open(tx, message, link, now)
        elif guarded.reply and case.status is CaseStatus.RESOLVED:
            changes = {"status": CaseStatus.OPEN, "owner": Owner.DAEMON, "resolution": None}
            case = await self._store.cases.move(tx, case.id, now=now, moves=False, changes=changes)
        sender = message.sender
        unreadable = message.unreadable or (f"it is encrypted ({message.encryption})" if message.encryption else None)
        if sender is None and guarded.reply:
            unreadable = unreadable or "it has no sender"
        await self._store.cases.add_turn(
            tx,
            case.id,
            {
                "direction": Direction.IN,
                "at": message.date or stored.mail.received_at,
                "sender": sender.address if sender else "",
                "sender_name": sender.name if sender else "",
                "subject": message.subject,
                "text": mail.new.text,
                "cut_text": mail.new.quoted,
                "kind": guarded.kind,
                "message_id": message.message_id,
                "refs": list(message.references),
                "inbox_id": stored.id,
                "refused": guarded.rule if not guarded.reply else None,
                "trusted": 1 if link.trusted else 0,
                "received_at": stored.mail.received_at,
                "unreadable": unreadable,
                "link_by": link.by,
                "link_why": link.why,
            },
        )
        if guarded.kind is not Kind.BOUNCE:
            ids = [*message.referenced, *([message.message_id] if message.message_id else [])]
            await self._store.cases.know(tx, case.id, ids)
        if link.trusted and guarded.reply:
            people = [address.key for address in (*message.to, *message.cc) if address.key not in self._ours]
            await self._store.cases.join(tx, case.id, people[:50])
        quiet = timedelta(seconds=self._settings.policy.coalesce_seconds if guarded.reply else 0)
        await self._store.cases.arrive(tx, case.id, due=now + quiet, now=now, moves=guarded.reply)
        for item in proven:
            await self.settle_uncertain(tx, item, now, "a mail that names it came in")
        await self._store.inbox.finish(tx, stored.id, quarantined=message.unreadable is not None)
        if self._settings.policy.mode is not Mode.SHADOW:
            await self._store.inbox.want_change(tx, "mark", stored.id)
        details = {
            "kind": guarded.kind,
            "rule": guarded.rule,
            "link": link.by,
            "trusted": link.trusted,
            "mail": stored.id,
        }
        personal = {"from": sender.address if sender else "", "message_id": message.message_id}
        await self.audit(tx, now, case.reference, "received", details, personal)
        return case

    async def _open(self, tx: Transaction, message: Message, link: Link, now: datetime) -> Case:
        reference = case_reference(self._rng.getrandbits(30))
        while await self._store.cases.by_reference(tx, reference) is not None:
            reference = case_reference(self._rng.getrandbits(30))
        return await self._store.cases.open(
            tx,
            reference=reference,
            mode=self._settings.policy.mode,
            customer=message.sender.address if message.sender else "",
            customer_name=message.sender.name if message.sender else "",
            subject=message.subject,
            now=now,
            tied_to=link.tied_to,
        )

    async def decided(
        self,
        tx: Transaction,
        view: TurnView,
        settled: Settled,
        *,
        mode: Mode,
        record: Mapping[str, object],
        promised: datetime | None,
        more: bool,
    ) -> Case:
        """The decision, the case after it, its mails in the outbox, the audit: together or not at all."""
        decision, now = settled.decision, view.now
        confidence = view.evidence.confidence if view.evidence else None
        decision_id = await self._store.cases.add_decision(
            tx,
            view.case.id,
            now=now,
            action=decision.action,
            because=decision.because,
            confidence=confidence,
            mode=mode,
            record=record,
        )
        await self._store.cases.handle(tx, [turn.id for turn in view.current], decision_id)
        # In shadow the case moves as if the mails had left: its later turns are decided as they would be.
        moving = settled.mails if mode is Mode.SHADOW else settled.outgoing
        moved = after(view, settled.carried, moving, now, promised)
        names = (
            "status owner resolution language topic automatic_replies clarifications noticed_at promised_at queue_id"
        )
        changes = {name: getattr(moved, name) for name in names.split()} | {"due_at": now if more else None}
        case = await self._store.cases.move(
            tx, view.case.id, now=now, moves=bool(moving) or moved.status != view.case.status, changes=changes
        )
        for composed in settled.outgoing:
            # One live answer a turn of the customer; each hand-over is its own.
            turn = f"{case.reference}:{view.newest.id}"
            cause = turn + (":answer" if composed.role.answers else f":{composed.role}:{decision_id}")
            await self._queue(tx, composed, case, decision_id, cause=cause, now=now)
        details = {
            "decision": decision.action,
            "because": decision.because,
            "confidence": confidence,
            "cited": sorted({passage.article for passage in view.evidence.cited}) if view.evidence else [],
            "mode": mode,
            "mails": [mail.role for mail in settled.outgoing],
            "status": case.status,
        }
        await self.audit(tx, now, case.reference, "decided", details, {"why": list(decision.why)})
        return case

    async def _queue(
        self, tx: Transaction, composed: ComposedMail, case: Case, decision_id: int, *, cause: str, now: datetime
    ) -> None:
        """Put a mail into the outbox and onto the case."""
        mail, role = composed.mail, composed.role
        outbox_id = await self._store.outbox.add(
            tx,
            cause=cause,
            case_id=case.id,
            decision_id=decision_id,
            case_version=case.version,
            role=role,
            message_id=mail.message_id,
            envelope_sender=composed.envelope_sender,
            recipient=mail.to.address.lower(),
            raw=write(mail),
            now=now,
            valid_until=now + timedelta(hours=self._settings.policy.valid_hours) if role.answers else None,
        )
        turn = {
            "direction": Direction.OUT,
            "at": now,
            "sender": mail.sender.address,
            "sender_name": mail.sender.name,
            "subject": mail.subject,
            "text": mail.text,
            "kind": Kind.OWN,
            "message_id": mail.message_id,
            "refs": list(mail.references),
            "role": role,
            "outbox_id": outbox_id,
            "decision_id": decision_id,
            "handled": 1,
        }
        await self._store.cases.add_turn(tx, case.id, turn)
        await self._store.cases.know(tx, case.id, [mail.message_id])

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
                why = "waited too long" if late else "the case moved on"
                await self.audit(tx, now, case.reference, "withdrawn", {"role": item.role, "why": why, "again": again})
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
                await self._show_in_mailbox(tx, item)
                state = OutboxState.SENT
            case Outcome.UNCERTAIN if item.role not in _REPEATABLE:
                await outbox.finish(tx, item.id, OutboxState.UNCERTAIN, now=now, error=error)
                state = OutboxState.UNCERTAIN
            case Outcome.PERMANENT:
                await outbox.finish(tx, item.id, OutboxState.DEAD, now=now, error=error)
                state = OutboxState.DEAD
            case _ if now - item.created_at > GIVE_UP:
                await outbox.finish(tx, item.id, OutboxState.DEAD, now=now, error=error)
                state = OutboxState.DEAD
            case _:
                wait = delay(item.attempts - 1, base=2.0, limit=30.0 if item.attempts < 30 else 900.0, rng=self._rng)
                await outbox.retry(tx, item.id, due=now + timedelta(seconds=wait), error=error)
                state = OutboxState.RETRY
        case = await self._store.cases.get(tx, item.case_id) if item.case_id is not None else None
        details = {"role": item.role, "state": state, "attempt": item.attempts, "response": error[:500]}
        await self.audit(tx, now, case.reference if case else None, "delivery", details, {"to": item.recipient})
        return state

    async def _show_in_mailbox(self, tx: Transaction, item: OutboxItem) -> None:
        """People in the mailbox see what was done: a copy in Sent, and the customer's mail marked as answered."""
        if not item.role.to_customer:
            return
        mails = await self._store.outbox.answered_mails(tx, item)
        # A notice is no answer: a mail marked as answered would be passed over by the people in the mailbox.
        for inbox_id in mails if item.role.answers else ():
            await self._store.inbox.want_change(tx, "answered", inbox_id)
        if mails:
            await self._store.inbox.want_change(tx, "sent_copy", mails[-1], item.id)

    async def settle_uncertain(self, tx: Transaction, item: OutboxItem, now: datetime, evidence: str) -> None:
        """Evidence says that an uncertain mail arrived."""
        await self._store.outbox.finish(tx, item.id, OutboxState.SENT, now=now)
        await self._show_in_mailbox(tx, item)
        case = await self._store.cases.get(tx, item.case_id) if item.case_id is not None else None
        details = {"role": item.role, "state": OutboxState.SENT, "evidence": evidence}
        await self.audit(tx, now, case.reference if case else None, "settled", details)

    async def stumbled(
        self, tx: Transaction, case: Case, current: Sequence[Turn], mail: ComposedMail, why: str, now: datetime
    ) -> None:
        """A step failed on the case: a human has it now."""
        decision_id = await self._hand_to_human(tx, case, Action.ESCALATE, "stumbled", (why,), now)
        await self._store.cases.handle(tx, [turn.id for turn in current], decision_id)
        if case.mode is not Mode.SHADOW and self._settings.policy.mode is not Mode.SHADOW:
            await self._queue(tx, mail, case, decision_id, cause=f"{case.reference}:stumbled:{decision_id}", now=now)

    async def tell_human(
        self, tx: Transaction, item: OutboxItem, view: TurnView, mails: Sequence[ComposedMail], decision: Decision
    ) -> None:
        """A hand-over about a mail of ours that did not, or may not have, arrived; the case is a human's from here on."""
        case, now = view.case, view.now
        decision_id = await self._hand_to_human(tx, case, decision.action, decision.because, decision.why, now)
        for mail in mails:
            if not mail.role.to_customer:
                await self._queue(tx, mail, case, decision_id, cause=f"{item.message_id}:{decision.because}", now=now)
        await self._store.outbox.told_human(tx, item.id)

    async def _hand_to_human(
        self, tx: Transaction, case: Case, action: Action, because: str, why: tuple[str, ...], now: datetime
    ) -> int:
        changes = {"status": CaseStatus.AWAITING_HUMAN, "owner": Owner.HUMAN, "due_at": None}
        await self._store.cases.move(tx, case.id, now=now, moves=True, changes=changes)
        decision_id = await self._store.cases.add_decision(
            tx,
            case.id,
            now=now,
            action=action,
            because=because,
            confidence=None,
            mode=case.mode,
            record={"why": list(why)},
        )
        await self.audit(tx, now, case.reference, "handed_over", {"because": because}, {"why": list(why)})
        return decision_id
