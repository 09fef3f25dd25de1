"""I/O. Commit of a mail that goes out: into the outbox, onto its case, known by its id, counted by the limits."""

from datetime import datetime, timedelta

from daemon.settings import Settings
from daemon.steps.relay import newest_of_customer
from daemon.steps.settle import digest
from daemon.steps.verdicts import ComposedMail
from store.db import Transaction
from store.records import Case, Direction, Draft, Kind, Role, Trace
from store.store import Store
from threading_.write import write

#: What a mail is counted by that no mail of somebody's caused.
NOBODY = Trace()
#: Mails to the team that only answer one of theirs: no storm of hand-overs is counted by them.
_UNCOUNTED = frozenset({Role.RECEIPT, Role.REMINDER, Role.REPORT})


class OutgoingCommit:
    """Writes mails that go out."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    async def put(
        self,
        tx: Transaction,
        composed: ComposedMail,
        case: Case,
        decision_id: int | None,
        *,
        cause: str,
        now: datetime,
        trace: Trace = NOBODY,
        told: str = "",
        due: datetime | None = None,
    ) -> int:
        """Put a mail into the outbox and onto the case; it leaves at `due` at the earliest. Returns its row's number."""
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
            due=due,
        )
        if role not in _UNCOUNTED:
            to, text = mail.to.address, digest(composed)
            await self._store.limits.wrote(tx, outbox_id, role, to, trace, now=now, text=text, told=told)
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
            "note": composed.note,
            "outbox_id": outbox_id,
            "decision_id": decision_id,
            "handled": 1,
        }
        await self._store.cases.add_turn(tx, case.id, turn)
        await self._store.cases.know(tx, case.id, [mail.message_id])
        if composed.draft is not None:
            await self._keep(tx, composed, case, decision_id, now)
        return outbox_id

    async def _keep(
        self, tx: Transaction, composed: ComposedMail, case: Case, decision_id: int | None, now: datetime
    ) -> None:
        """The reply that the mail shows waits for a person's word."""
        shown = composed.draft
        if shown is None:
            return
        newest = newest_of_customer(await self._store.cases.history(tx, case.id))
        await self._store.humans.add_draft(
            tx,
            Draft(
                case_id=case.id,
                decision_id=decision_id,
                message_id=composed.mail.message_id,
                turn_id=newest.id if newest else 0,
                at=now,
                recipient=shown.to.address,
                recipient_name=shown.to.name,
                subject=shown.subject,
                text=shown.text.strip(),
                html=shown.html,
                in_reply_to=shown.in_reply_to,
                references=shown.references,
            ),
        )
