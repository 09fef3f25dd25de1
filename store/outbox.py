"""I/O. The transactional outbox: mails are written with the decision that caused them and leave only from here.

Two marks tell what a crash may repeat: `claimed` (nothing was transmitted) and `transmitting` (the server may have it).
What was cut off in `transmitting` becomes `uncertain` and is settled by evidence, never by sending again; mails to the
queue and notices carry a fixed Message-ID and may be repeated.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from store.db import Database, Reader, Row, Transaction
from store.records import OutboxItem, OutboxState, Role

#: Word for word the condition of the index `outbox_waiting`: only so does a query find its few rows among all that left.
_WAITING = "state IN ('queued', 'retry', 'claimed', 'transmitting')"


def item_from_row(row: Row) -> OutboxItem:
    """The only place where a row of `outbox` becomes a value."""
    return OutboxItem(
        id=row["id"],
        case_id=row["case_id"],
        case_version=row["case_version"],
        role=Role(row["role"]),
        message_id=row["message_id"],
        envelope_sender=row["envelope_sender"],
        recipient=row["recipient"],
        raw=bytes(row["raw"]),
        state=OutboxState(row["state"]),
        attempts=row["attempts"],
        token=row["token"],
        created_at=row["created_at"],
        valid_until=row["valid_until"],
        last_error=row["last_error"],
    )


class Outbox:
    """One method a query."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        tx: Transaction,
        *,
        cause: str,
        case_id: int | None,
        decision_id: int | None,
        case_version: int,
        role: Role,
        message_id: str,
        envelope_sender: str,
        recipient: str,
        raw: bytes,
        now: datetime,
        valid_until: datetime | None,
        due: datetime | None = None,
    ) -> int:
        """Queue a mail, to leave at `due` at the earliest. A second live mail of the same cause is refused by the table
        (IntegrityError)."""
        return await tx.insert(
            "INSERT INTO outbox (cause, case_id, decision_id, case_version, role, message_id, envelope_sender, recipient,"
            " raw, created_at, due_at, valid_until) VALUES (:cause, :case_id, :decision_id, :case_version, :role,"
            " :message_id, :envelope_sender, :recipient, :raw, :now_at, :due_at, :valid_until) RETURNING id",
            cause=cause,
            case_id=case_id,
            decision_id=decision_id,
            case_version=case_version,
            role=role,
            message_id=message_id,
            envelope_sender=envelope_sender,
            recipient=recipient,
            raw=raw,
            now_at=now,
            due_at=due or now,
            valid_until=valid_until,
        )

    async def knows(self, reader: Reader, cause: str) -> bool:
        """Whether a live mail of that cause exists."""
        return (
            await reader.one("SELECT 1 FROM outbox WHERE cause = :cause AND state <> 'stale'", cause=cause) is not None
        )

    async def claim(self, now: datetime, lease: timedelta) -> OutboxItem | None:
        """Take the mail that has waited longest; also one whose holder died before anything was transmitted."""
        async with self._database.transaction() as tx:
            row = await tx.one(
                "UPDATE outbox SET state = 'claimed', token = token + 1, attempts = attempts + 1, lease_until = :until"  # noqa: S608 - our words
                f" WHERE id = (SELECT id FROM outbox WHERE {_WAITING} AND ((state IN ('queued', 'retry') AND due_at <= :now)"
                " OR (state = 'claimed' AND lease_until <= :now)) ORDER BY due_at, id LIMIT 1) RETURNING *",
                now=now,
                until=now + lease,
            )
            return None if row is None else item_from_row(row)

    async def held(self, tx: Transaction, item: OutboxItem, state: OutboxState) -> bool:
        """Whether this worker still holds the mail in that state."""
        row = await tx.one("SELECT state, token FROM outbox WHERE id = :id", id=item.id)
        return row is not None and (row["state"], row["token"]) == (state, item.token)

    async def transmit(self, tx: Transaction, item: OutboxItem, now: datetime, longest: timedelta) -> None:
        """From here on the server may have the mail. `longest` is how long the transmission may take at the most."""
        await tx.do(
            "UPDATE outbox SET state = 'transmitting', lease_until = :until WHERE id = :id",
            id=item.id,
            until=now + longest,
        )

    async def finish(
        self, tx: Transaction, item_id: int, state: OutboxState, *, now: datetime, error: str | None = None
    ) -> None:
        """The mail's way ends here (sent, dead, stale) or waits for evidence (uncertain)."""
        await tx.do(
            "UPDATE outbox SET state = :state, settled_at = :now_at, lease_until = NULL, last_error = :error WHERE id = :id",
            state=state,
            now_at=now,
            error=error,
            id=item_id,
        )

    async def retry(self, tx: Transaction, item_id: int, *, due: datetime, error: str) -> None:
        """Try again at that time."""
        await tx.do(
            "UPDATE outbox SET state = 'retry', due_at = :due_at, lease_until = NULL, last_error = :error WHERE id = :id",
            due_at=due,
            error=error,
            id=item_id,
        )

    async def release(self, tx: Transaction, item: OutboxItem, due: datetime) -> None:
        """Give a claimed mail back untouched."""
        await tx.do(
            "UPDATE outbox SET state = 'queued', due_at = :due_at, attempts = attempts - 1, lease_until = NULL"
            " WHERE id = :id AND token = :token",
            due_at=due,
            id=item.id,
            token=item.token,
        )

    async def cut_off(self, tx: Transaction, now: datetime, *, restarted: bool) -> list[OutboxItem]:
        """Mails whose transmission nobody is waiting for any more: after a restart all, else those past their lease."""
        rows = await tx.all(
            f"SELECT * FROM outbox WHERE {_WAITING} AND state = 'transmitting'"  # noqa: S608 - our words
            " AND (:restarted = 1 OR lease_until <= :now)",
            restarted=1 if restarted else 0,
            now=now,
        )
        return [item_from_row(row) for row in rows]

    async def free_claims(self, tx: Transaction) -> None:
        """After a restart: nobody holds anything."""
        await tx.do("UPDATE outbox SET lease_until = NULL, state = 'queued' WHERE state = 'claimed'")
        await tx.do("UPDATE cases SET lease_until = NULL WHERE lease_until IS NOT NULL")

    async def uncertain_since(self, tx: Transaction, before: datetime) -> list[OutboxItem]:
        """Uncertain mails older than that, of which no human was told."""
        rows = await tx.all(
            "SELECT * FROM outbox WHERE state = 'uncertain' AND told_human = 0 AND settled_at <= :before", before=before
        )
        return [item_from_row(row) for row in rows]

    async def told_human(self, tx: Transaction, item_id: int) -> None:
        """A human knows of the uncertain mail."""
        await tx.do("UPDATE outbox SET told_human = 1 WHERE id = :id", id=item_id)

    async def uncertain_among(self, reader: Reader, message_ids: Sequence[str]) -> list[OutboxItem]:
        """Which of these mails of ours are uncertain: that somebody names the id proves that it arrived."""
        found = []
        for message_id in message_ids:
            row = await reader.one(
                "SELECT * FROM outbox WHERE message_id = :message_id AND state = 'uncertain'", message_id=message_id
            )
            if row is not None:
                found.append(item_from_row(row))
        return found

    async def withdraw(self, tx: Transaction, item: OutboxItem, now: datetime) -> bool:
        """The mail is out of date: take back what its decision did, so that the mails behind it are decided again.

        Everything of the same decision that has not left is withdrawn with it. Returns False where another part of
        the decision is already on its way, so that nothing can be taken back: then only this mail is withdrawn. Where
        the case then stands is the caller's to write.
        """
        row = await tx.one("SELECT decision_id, case_id FROM outbox WHERE id = :id", id=item.id)
        # The row's case, not the item's: it may have been merged into another since the item was claimed.
        decision_id, case_id = (row["decision_id"], row["case_id"]) if row else (None, item.case_id)
        siblings = await tx.all(
            "SELECT id, state, role FROM outbox WHERE case_id = :case_id AND decision_id = :decision_id AND id <> :id",
            case_id=case_id,
            decision_id=decision_id,
            id=item.id,
        )
        if any(sibling["state"] not in ("queued", "retry", "stale") for sibling in siblings):
            await self.finish(tx, item.id, OutboxState.STALE, now=now, error="the case moved on")
            return False
        for outbox_id in (item.id, *(sibling["id"] for sibling in siblings)):
            await self.finish(tx, outbox_id, OutboxState.STALE, now=now, error="the case moved on")
        await tx.do(
            "UPDATE turn SET handled = 0 WHERE case_id = :case_id AND decision_id = :id AND direction = 'in'",
            case_id=case_id,
            id=decision_id,
        )
        await tx.do(
            "UPDATE cases SET due_at = :now_at, version = version + 1,"
            " automatic_replies = CASE WHEN automatic_replies > 0 THEN automatic_replies - :replies ELSE 0 END,"
            " clarifications = CASE WHEN clarifications > 0 THEN clarifications - :questions ELSE 0 END WHERE id = :id",
            now_at=now,
            id=case_id,
            replies=1 if item.role.answers and item.role is not Role.CLOSURE else 0,
            questions=1 if item.role is Role.QUESTIONS else 0,
        )
        return True

    async def silence(self, tx: Transaction, case_id: int, now: datetime) -> tuple[Role, ...]:
        """A person answered the customer themselves: nothing that we have written to the customer leaves any more.

        Returns what was withdrawn. What a server may have already stays as it is, and so does what a person wrote.
        """
        rows = await tx.all(
            "UPDATE outbox SET state = 'stale', settled_at = :now_at, lease_until = NULL,"
            " last_error = 'a person answered' WHERE case_id = :id AND state IN ('queued', 'retry', 'claimed')"
            " AND role IN ('reply', 'offer', 'questions', 'closure', 'notice', 'nudge', 'status') RETURNING role",
            id=case_id,
            now_at=now,
        )
        return tuple(Role(row["role"]) for row in rows)

    async def answered_mails(self, reader: Reader, item: OutboxItem) -> list[int]:
        """The inbox rows of the customer's mails that this mail answers."""
        rows = await reader.all(
            "SELECT turn.inbox_id FROM turn JOIN outbox ON outbox.case_id = turn.case_id"
            " AND outbox.decision_id = turn.decision_id"
            " WHERE outbox.id = :id AND turn.direction = 'in' AND turn.inbox_id IS NOT NULL",
            id=item.id,
        )
        return [row["inbox_id"] for row in rows]

    async def handover_among(self, reader: Reader, message_ids: Sequence[str]) -> OutboxItem | None:
        """The hand-over or draft that one of these ids is of."""
        for message_id in message_ids:
            row = await reader.one(
                "SELECT * FROM outbox WHERE message_id = :id AND role IN ('handover', 'draft')", id=message_id
            )
            if row is not None:
                return item_from_row(row)
        return None

    async def lost_to_team(self, reader: Reader) -> list[tuple[str, str]]:
        """(case, address) of hand-overs and drafts that did not arrive, on cases that wait for a person and of which no
        later one did, the oldest first."""
        rows = await reader.all(
            "SELECT cases.reference, outbox.recipient FROM outbox JOIN cases ON cases.id = outbox.case_id"
            " WHERE cases.status = 'awaiting_human' AND outbox.role IN ('handover', 'draft') AND outbox.state = 'dead'"
            " AND NOT EXISTS (SELECT 1 FROM outbox later WHERE later.case_id = outbox.case_id AND later.id > outbox.id"
            " AND later.role IN ('handover', 'draft') AND later.state <> 'stale') ORDER BY outbox.id"
        )
        return [(row["reference"], row["recipient"]) for row in rows]

    async def counts(self) -> dict[str, int]:
        """How many mails stand in each state."""
        rows = await self._database.reader.all("SELECT state, count(*) AS n FROM outbox GROUP BY state")
        return {row["state"]: row["n"] for row in rows}
