"""I/O. What people do by mail: the mails to the team that they answer, drafts that wait for them, what they made of them."""

from collections.abc import Sequence
from datetime import datetime

from store.db import Reader, Row, Transaction
from store.records import Draft, DraftState, Judgement, OutboxState, Relayed

_TEAM = "('handover', 'draft', 'receipt', 'reminder')"


def draft_from_row(row: Row) -> Draft:
    """The only place where a row of `draft` becomes a value."""
    return Draft(
        id=row["id"],
        case_id=row["case_id"],
        decision_id=row["decision_id"],
        message_id=row["message_id"],
        turn_id=row["turn_id"],
        state=DraftState(row["state"]),
        at=row["at"],
        agent=row["agent"],
        recipient=row["recipient"],
        recipient_name=row["recipient_name"],
        subject=row["subject"],
        in_reply_to=row["in_reply_to"],
        references=tuple(row["refs"]),
        text=row["text"],
        html=row["html"],
        inbox_id=row["inbox_id"],
    )


class Humans:
    """One method a query."""

    async def answered(self, reader: Reader, ids: Sequence[str]) -> Row | None:
        """The first of these ids that is of a mail of ours to the team: `reference` of its case as it is called now,
        `role`, `recipient`, `created_at` and `turn`, its number among the mails of the case."""
        for message_id in ids:
            row = await reader.one(
                "SELECT outbox.message_id, outbox.role, outbox.recipient, outbox.created_at, cases.reference,"  # noqa: S608 - our words
                " (SELECT max(id) FROM turn WHERE turn.outbox_id = outbox.id) AS turn"
                " FROM outbox JOIN cases ON cases.id = outbox.case_id"
                " WHERE outbox.id IN (SELECT id FROM outbox WHERE message_id = :message_id"
                "  UNION SELECT outbox_id FROM sent_as WHERE message_id = :message_id)"
                f" AND outbox.role IN {_TEAM} AND outbox.state <> 'stale'",
                message_id=message_id,
            )
            if row is not None:
                return row
        return None

    async def sent_as(self, tx: Transaction, outbox_id: int, ids: Sequence[str]) -> None:
        """A provider put these ids in the place of ours."""
        await tx.many(
            "INSERT INTO sent_as (message_id, outbox_id) VALUES (:message_id, :outbox_id) ON CONFLICT DO NOTHING",
            [{"message_id": message_id, "outbox_id": outbox_id} for message_id in ids],
        )

    async def add_draft(self, tx: Transaction, draft: Draft) -> int:
        """A reply waits for a person's word. An older one of ours on the case does so no longer."""
        if not draft.agent:
            await tx.do(
                "UPDATE draft SET state = 'superseded' WHERE case_id = :case_id AND state = 'waiting' AND agent = ''",
                case_id=draft.case_id,
            )
        return await tx.insert(
            "INSERT INTO draft (case_id, decision_id, message_id, turn_id, state, at, agent, recipient, recipient_name,"
            " subject, in_reply_to, refs, text, html, inbox_id) VALUES (:case_id, :decision_id, :message_id, :turn_id,"
            " :state, :at, :agent, :recipient, :recipient_name, :subject, :in_reply_to, :refs, :text, :html, :inbox_id)"
            " RETURNING id",
            case_id=draft.case_id,
            decision_id=draft.decision_id,
            message_id=draft.message_id,
            turn_id=draft.turn_id,
            state=draft.state,
            at=draft.at,
            agent=draft.agent,
            recipient=draft.recipient,
            recipient_name=draft.recipient_name,
            subject=draft.subject,
            in_reply_to=draft.in_reply_to,
            refs=list(draft.references),
            text=draft.text,
            html=draft.html,
            inbox_id=draft.inbox_id,
        )

    async def drafts(self, reader: Reader, case_id: int) -> list[Draft]:
        """Every draft of a case, oldest first."""
        rows = await reader.all("SELECT * FROM draft WHERE case_id = :id ORDER BY id", id=case_id)
        return [draft_from_row(row) for row in rows]

    async def decide_draft(self, tx: Transaction, draft_id: int, state: DraftState, now: datetime) -> None:
        """What became of a draft."""
        await tx.do(
            "UPDATE draft SET state = :state, decided_at = :now_at WHERE id = :id", state=state, now_at=now, id=draft_id
        )

    async def show_draft(self, tx: Transaction, draft_id: int, turn_id: int) -> None:
        """Whoever approves the draft has been shown the customer's mail of that number."""
        await tx.do("UPDATE draft SET turn_id = :turn_id WHERE id = :id", turn_id=turn_id, id=draft_id)

    async def relays(self, reader: Reader, case_id: int) -> list[Relayed]:
        """What people had sent to the customer of a case, oldest first, without what was taken back."""
        rows = await reader.all(
            "SELECT outbox.id, outbox.message_id, outbox.state, outbox.created_at, turn.note FROM outbox"
            " LEFT JOIN turn ON turn.outbox_id = outbox.id"
            " WHERE outbox.case_id = :id AND outbox.role = 'relay' AND outbox.state <> 'stale' ORDER BY outbox.id",
            id=case_id,
        )
        return [
            Relayed(
                outbox_id=row["id"],
                message_id=row["message_id"],
                state=OutboxState(row["state"]),
                created_at=row["created_at"],
                agent=row["note"] or "",
            )
            for row in rows
        ]

    async def take_back(self, tx: Transaction, outbox_id: int, now: datetime) -> bool:
        """Withdraw a mail that a person had sent. Returns False where it is being transmitted, or has left."""
        changed = await tx.do(
            "UPDATE outbox SET state = 'stale', settled_at = :now_at, lease_until = NULL, last_error = 'taken back'"
            " WHERE id = :id AND state IN ('queued', 'retry', 'claimed')",
            now_at=now,
            id=outbox_id,
        )
        return changed > 0

    async def judge(
        self,
        tx: Transaction,
        case_id: int,
        judgement: Judgement,
        *,
        agent: str,
        decision_id: int | None,
        topic: str,
        now: datetime,
    ) -> None:
        """Keep what a person made of ours; the confidence is that of the decision."""
        await tx.do(
            "INSERT INTO verdict (case_id, decision_id, at, agent, verdict, confidence, topic, before, after)"
            " VALUES (:case_id, :decision_id, :at, :agent, :verdict,"
            " (SELECT confidence FROM decision WHERE id = :decision_id), :topic, :before, :after)",
            case_id=case_id,
            decision_id=decision_id,
            at=now,
            agent=agent,
            verdict=judgement.verdict,
            topic=topic,
            before=judgement.before,
            after=judgement.after,
        )

    async def unjudge(self, tx: Transaction, case_id: int, at: datetime) -> None:
        """What was taken back says nothing of ours, even where it was compared, and what it decided of drafts is open again."""
        await tx.do(
            "DELETE FROM agreement WHERE label IS NULL AND turn_id IS NULL AND decision_id IN"
            " (SELECT decision_id FROM verdict WHERE case_id = :id AND at = :at)",
            id=case_id,
            at=at,
        )
        await tx.do("DELETE FROM verdict WHERE case_id = :id AND at = :at", id=case_id, at=at)
        await tx.do(
            "UPDATE draft SET state = 'waiting', decided_at = NULL WHERE case_id = :id AND decided_at = :at",
            id=case_id,
            at=at,
        )

    async def last_decision(self, reader: Reader, case_id: int) -> int | None:
        """The last decision of ours that a person had to act upon."""
        row = await reader.one(
            "SELECT id FROM decision WHERE case_id = :id AND action NOT IN ('record', 'ignore') ORDER BY id DESC LIMIT 1",
            id=case_id,
        )
        return None if row is None else int(row["id"])

    async def answered_mail(self, reader: Reader, outbox_id: int) -> int | None:
        """The inbox row of the customer's mail that a person's answer speaks to: their newest one before it."""
        row = await reader.one(
            "SELECT turn.inbox_id FROM turn JOIN turn relay ON relay.case_id = turn.case_id"
            " WHERE relay.outbox_id = :id AND turn.id < relay.id AND turn.kind = 'customer' AND turn.direction = 'in'"
            " AND turn.refused IS NULL AND turn.inbox_id IS NOT NULL ORDER BY turn.id DESC LIMIT 1",
            id=outbox_id,
        )
        return None if row is None else int(row["inbox_id"])

    async def receipts(self, reader: Reader, recipient: str, since: datetime) -> int:
        """How many receipts were written to this address since then."""
        row = await reader.one(
            "SELECT count(*) AS n FROM outbox WHERE recipient = :recipient AND created_at > :since AND role = 'receipt'",
            recipient=recipient.lower(),
            since=since,
        )
        return int(row["n"]) if row else 0

    async def forget_handled(self, tx: Transaction, case_id: int) -> bool:
        """What the customer wrote since we or a person last answered is to be decided again. Returns whether there is any."""
        changed = await tx.do(
            "UPDATE turn SET handled = 0 WHERE case_id = :id AND direction = 'in' AND kind = 'customer' AND refused IS NULL"
            " AND id > coalesce((SELECT max(turn.id) FROM turn JOIN outbox ON outbox.id = turn.outbox_id"
            "  WHERE turn.case_id = :id AND turn.role IN ('reply', 'offer', 'questions', 'relay', 'closure')"
            "  AND outbox.state NOT IN ('stale', 'dead')), 0)",
            id=case_id,
        )
        return changed > 0
