"""I/O. Commit of what lies in Sent: a person's answer is on its case and nothing automatic leaves; our copies teach ids."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, tzinfo

from daemon.commits.audit import Auditor
from daemon.commits.delivery import settle_uncertain
from daemon.settings import Settings
from daemon.steps.followup import with_follow_up
from daemon.steps.lifecycle import Event
from daemon.steps.sent import BY_HUMAN
from daemon.steps.transition import life, moved
from daemon.steps.verdicts import Action
from store.db import Transaction
from store.records import Case, Direction, DraftState, Kind, OutboxItem, StoredMail
from store.store import Store
from threading_.link import own_ids
from threading_.message import Message, NewText


class SentCommit:
    """Writes what was found in Sent. `zone` is that of the business hours."""

    def __init__(self, store: Store, settings: Settings, auditor: Auditor, zone: tzinfo) -> None:
        self._store = store
        self._settings = settings
        self._auditor = auditor
        self._zone = zone

    async def ours(
        self,
        tx: Transaction,
        stored: StoredMail,
        message: Message,
        case: Case,
        proven: Sequence[OutboxItem],
        now: datetime,
    ) -> None:
        """A copy of our own mail: the case learns the id that a provider gave it, and that it left is proven."""
        await self._store.cases.know(tx, case.id, own_ids(message))
        for item in proven:
            await settle_uncertain(self._store, self._auditor, tx, item, now, "a copy of it lies in Sent")
        await self._store.inbox.finish(tx, stored.id)

    async def answered(
        self, tx: Transaction, stored: StoredMail, message: Message, new: NewText, case: Case, now: datetime
    ) -> Case:
        """A person answered the customer: their mail is on the case, which is theirs; ours that wait do not leave.

        What the customer wrote before counts as answered. What came later is passed on to the person.
        """
        store, sent_at = self._store, stored.mail.received_at
        decision_id = await store.cases.add_decision(
            tx,
            case.id,
            now=now,
            action=Action.RECORD,
            because="answered_by_human",
            confidence=None,
            mode=case.mode,
            record={"why": ["a person answered the customer directly"]},
        )
        waiting = [
            turn
            for turn in await store.cases.history(tx, case.id)
            if turn.direction is Direction.IN and not turn.handled
        ]
        before = [turn for turn in waiting if (turn.received_at or turn.at) <= sent_at]
        await store.cases.handle(tx, [turn.id for turn in before], decision_id)
        taken = await store.outbox.silence(tx, case.id, now)
        sender = message.sender
        turn = {
            "direction": Direction.OUT,
            "at": message.date or sent_at,
            "sender": sender.address if sender else "",
            "sender_name": sender.name if sender else "",
            "subject": message.subject,
            "text": new.text,
            "cut_text": new.quoted,
            "kind": Kind.AGENT,
            "message_id": message.message_id,
            "refs": list(message.references),
            "inbox_id": stored.id,
            "note": BY_HUMAN,
            "handled": 1,
            "decision_id": decision_id,
        }
        await store.cases.add_turn(tx, case.id, turn)
        await store.cases.know(tx, case.id, own_ids(message))
        for draft in await store.humans.drafts(tx, case.id):
            if draft.state is DraftState.WAITING:
                await store.humans.decide_draft(tx, draft.id, DraftState.REJECTED, now)
        then = moved(await store.cases.get(tx, case.id), Event.REPLIED, now)
        then = replace(
            then,
            due_at=case.due_at or now if len(waiting) > len(before) else None,
            automatic_replies=max(0, then.automatic_replies - sum(role.answers for role in taken)),
        )
        then = with_follow_up(then, self._settings, self._zone)
        changes = life(then) | {"automatic_replies": then.automatic_replies}
        case = await store.cases.move(tx, case.id, now=now, moves=True, changes=changes)
        await store.inbox.finish(tx, stored.id)
        details = {"withdrawn": list(taken), "mails": len(before), "status": case.status}
        personal = {"by": sender.address if sender else "", "message_id": message.message_id}
        await self._auditor.append(tx, now, case.reference, "answered_by_human", details, personal)
        return case

    async def nothing(self, tx: Transaction, stored: StoredMail) -> None:
        """A mail that is about no case."""
        await self._store.inbox.finish(tx, stored.id)
