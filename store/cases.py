"""I/O. Cases and their mails: found, opened, claimed by due time under a lease, moved on."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from store.db import Database, Reader, Row, Transaction
from store.records import Case, CaseStatus, ClaimedCase, Direction, Kind, Mode, Owner, Resolution, Role, Turn
from threading_.message import Candidate, address_key

_FIELDS = [
    "reference",
    "status",
    "owner",
    "mode",
    "version",
    "customer",
    "customer_name",
    "subject",
    "opened_at",
    "updated_at",
    "resolution",
    "language",
    "topic",
    "automatic_replies",
    "clarifications",
    "noticed_at",
    "promised_at",
    "queue_id",
    "tied_to",
    "due_at",
    "since",
    "reminders",
    "follow_up",
    "follow_up_at",
    "priority",
    "agent",
    "queue",
    "channel",
    "phone",
    "product",
    "severity",
]

#: What `move` may change: a step never writes a column that it does not name.
_MOVABLE = frozenset(
    [
        "status",
        "owner",
        "mode",
        "resolution",
        "language",
        "topic",
        "automatic_replies",
        "clarifications",
        "noticed_at",
        "promised_at",
        "queue_id",
        "due_at",
        "since",
        "reminders",
        "follow_up",
        "follow_up_at",
        "priority",
        "agent",
        "queue",
    ]
)

_MOST_CANDIDATES = 30
#: A case as it is named somewhere; where another took it in, that one.
_CURRENT = "SELECT cases.* FROM cases named JOIN cases ON cases.id = coalesce(named.merged_into, named.id)"


def case_from_row(row: Row) -> Case:
    """The only place where a row of `cases` becomes a value."""
    values = {name: row[name] for name in _FIELDS}
    return Case(
        **values
        | {
            "id": row["id"],
            "status": CaseStatus(row["status"]),
            "owner": Owner(row["owner"]),
            "mode": Mode(row["mode"]),
            "resolution": Resolution(row["resolution"]) if row["resolution"] else None,
        }
    )


def turn_from_row(row: Row) -> Turn:
    """The only place where a row of `turn` becomes a value."""
    return Turn(
        id=row["id"],
        direction=Direction(row["direction"]),
        at=row["at"],
        sender=row["sender"],
        sender_name=row["sender_name"],
        subject=row["subject"],
        text=row["text"],
        kind=Kind(row["kind"]),
        message_id=row["message_id"],
        references=tuple(row["refs"]),
        role=Role(row["role"]) if row["role"] else None,
        inbox_id=row["inbox_id"],
        refused=row["refused"],
        trusted=bool(row["trusted"]),
        handled=bool(row["handled"]),
        received_at=row["received_at"],
        note=row["note"],
        unreadable=row["unreadable"],
        unproven=row["unproven"],
    )


class Cases:
    """One method a query. What changes a case takes the transaction it belongs to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def candidates(
        self, reader: Reader, ids: Sequence[str], references: Sequence[str] = ()
    ) -> list[tuple[Case, Candidate]]:
        """The cases that know one of the ids, or that one of the references names. Costs the same among any number of cases."""
        known: dict[int, dict[str, bool]] = {}
        for reference in references:
            named = await self.by_reference(reader, reference)
            if named is not None:
                known.setdefault(named.id, {})
        for message_id in ids:
            # An id that hundreds of cases mention tells nothing; the latest of them are enough.
            rows = await reader.all(
                "SELECT case_id, ghost FROM known_id WHERE message_id = :id ORDER BY case_id DESC LIMIT 20",
                id=message_id,
            )
            for row in rows:
                known.setdefault(row["case_id"], {})[message_id] = bool(row["ghost"])
        return [
            (case := await self.get(reader, case_id), await self._candidate(reader, case, known[case_id]))
            for case_id in list(known)[:_MOST_CANDIDATES]
        ]

    async def _candidate(self, reader: Reader, case: Case, ids: Mapping[str, bool]) -> Candidate:
        people = await reader.all("SELECT address FROM participant WHERE case_id = :id", id=case.id)
        merged = await reader.all("SELECT reference FROM cases WHERE merged_into = :id", id=case.id)
        return Candidate(
            case=case.reference,
            customer=address_key(case.customer),
            participants=frozenset(row["address"] for row in people),
            ids=frozenset(ids),
            ghosts=frozenset(message_id for message_id, ghost in ids.items() if ghost),
            closed=case.status is CaseStatus.CLOSED,
            resolved=case.status is CaseStatus.RESOLVED,
            opened_at=case.opened_at,
            last_activity=case.updated_at,
            aliases=frozenset(row["reference"] for row in merged),
            tied_to=case.tied_to,
        )

    async def open(
        self,
        tx: Transaction,
        *,
        reference: str,
        mode: Mode,
        customer: str,
        customer_name: str,
        subject: str,
        now: datetime,
        tied_to: str | None = None,
        told: Mapping[str, str] | None = None,
    ) -> Case:
        """Open a case for a customer. `told` is what came beside the text: `channel`, `phone`, `product`, `severity`."""
        beside = {"channel": "email", "phone": "", "product": "", "severity": ""} | dict(told or {})
        case_id = await tx.insert(
            "INSERT INTO cases (reference, status, owner, mode, customer, customer_key, customer_name, subject, opened_at,"
            " updated_at, since, tied_to, channel, phone, product, severity) VALUES (:reference, :status, :owner, :mode,"
            " :customer, :customer_key, :customer_name, :subject, :now_at, :now_at, :now_at, :tied_to, :channel, :phone,"
            " :product, :severity) RETURNING id",
            reference=reference,
            status=CaseStatus.OPEN,
            owner=Owner.DAEMON,
            mode=mode,
            customer=customer,
            customer_key=address_key(customer),
            customer_name=customer_name,
            subject=subject,
            now_at=now,
            tied_to=tied_to,
            **beside,
        )
        await self.join(tx, case_id, [customer])
        row = await tx.one("SELECT * FROM cases WHERE id = :id", id=case_id)
        assert row is not None  # noqa: S101 - it was inserted two statements ago in this transaction
        return case_from_row(row)

    async def join(self, tx: Transaction, case_id: int, addresses: Sequence[str]) -> None:
        """Let these addresses write on the case."""
        await tx.many(
            "INSERT INTO participant (case_id, address) VALUES (:case_id, :address) ON CONFLICT DO NOTHING",
            [{"case_id": case_id, "address": address_key(address)} for address in addresses if address],
        )

    async def know(self, tx: Transaction, case_id: int, ids: Sequence[str], *, ghosts: Sequence[str] = ()) -> None:
        """Remember these Message-IDs as those of the case's mails, and `ghosts` as those that its mails mention."""
        await tx.many(
            "INSERT INTO known_id (message_id, case_id, ghost) VALUES (:message_id, :case_id, :ghost)"
            " ON CONFLICT (message_id, case_id) DO UPDATE SET ghost = 0 WHERE excluded.ghost = 0",
            [
                {"message_id": message_id, "case_id": case_id, "ghost": ghost}
                for ghost, group in ((1, ghosts), (0, ids))
                for message_id in group
            ],
        )

    async def know_if_new(self, tx: Transaction, case_id: int, ids: Sequence[str]) -> None:
        """Remember these Message-IDs where no case knows them: a stranger's mail takes no id from a case."""
        await tx.many(
            "INSERT INTO known_id (message_id, case_id) SELECT :message_id, :case_id"
            " WHERE NOT EXISTS (SELECT 1 FROM known_id WHERE message_id = :message_id)",
            [{"message_id": message_id, "case_id": case_id} for message_id in ids],
        )

    async def add_turn(self, tx: Transaction, case_id: int, turn: Mapping[str, object]) -> int:
        """Add a mail to the case; the keys are the columns of `turn`."""
        columns = ", ".join(turn)
        values = ", ".join(f":{name}" for name in turn)
        return await tx.insert(
            f"INSERT INTO turn (case_id, {columns}) VALUES (:case_id, {values}) RETURNING id",  # noqa: S608 - our names
            case_id=case_id,
            **turn,
        )

    async def arrive(self, tx: Transaction, case_id: int, *, due: datetime, now: datetime, moves: bool) -> None:
        """A mail came in: the case is due. `moves` says that it changes what should be decided: a new version."""
        await tx.do(
            "UPDATE cases SET version = version + :step, updated_at = :now_at, due_at = :due_at WHERE id = :id",
            step=1 if moves else 0,
            now_at=now,
            due_at=due,
            id=case_id,
        )

    async def by_reference(self, reader: Reader, reference: str) -> Case | None:
        """The case of that reference, or the one that took it in."""
        row = await reader.one(f"{_CURRENT} WHERE named.reference = :reference", reference=reference)
        return None if row is None else case_from_row(row)

    async def open_of(self, reader: Reader, customers: Sequence[str]) -> list[str]:
        """References of the cases of these customers (address keys) that are neither solved nor closed."""
        found: list[str] = []
        for customer in customers:
            rows = await reader.all(
                "SELECT reference FROM cases WHERE customer_key = :key AND merged_into IS NULL"
                " AND status NOT IN ('resolved', 'closed') ORDER BY id DESC LIMIT 5",
                key=customer,
            )
            found += [row["reference"] for row in rows]
        return found

    async def get(self, reader: Reader, case_id: int) -> Case:
        """The case of that number, or the one that took it in."""
        row = await reader.one(f"{_CURRENT} WHERE named.id = :id", id=case_id)
        if row is None:
            raise LookupError(f"no case {case_id}")
        return case_from_row(row)

    async def claim(self, now: datetime, lease: timedelta) -> ClaimedCase | None:
        """Take the case that has been due longest. The lease lets another worker take it should this one die."""
        return await self._claim(
            "due_at <= :now AND (lease_until IS NULL OR lease_until <= :now) ORDER BY due_at", now, lease
        )

    async def claim_follow_up(self, now: datetime, lease: timedelta) -> ClaimedCase | None:
        """Take the case whose clock rang longest ago. Where a mail waits to be decided the clock stands still."""
        return await self._claim(
            "follow_up_at <= :now AND due_at IS NULL AND (lease_until IS NULL OR lease_until <= :now)"
            " ORDER BY follow_up_at",
            now,
            lease,
        )

    async def _claim(self, first: str, now: datetime, lease: timedelta) -> ClaimedCase | None:
        """Take the first case under that condition and in that order."""
        async with self._database.transaction() as tx:
            row = await tx.one(
                "UPDATE cases SET lease_until = :until, token = token + 1 WHERE id = ("  # noqa: S608 - our words
                f" SELECT id FROM cases WHERE {first} LIMIT 1) RETURNING *",
                now=now,
                until=now + lease,
            )
            return None if row is None else ClaimedCase(case=case_from_row(row), token=row["token"])

    async def not_closed(self, reader: Reader) -> list[Case]:
        """Every case that is not closed."""
        rows = await reader.all("SELECT * FROM cases WHERE status <> 'closed' AND merged_into IS NULL ORDER BY id")
        return [case_from_row(row) for row in rows]

    async def claim_one(self, case_id: int, now: datetime, lease: timedelta) -> ClaimedCase:
        """Take this case, due or not: `explain` and `replay` wait for no clock."""
        async with self._database.transaction() as tx:
            row = await tx.one(
                "UPDATE cases SET lease_until = :until, token = token + 1 WHERE id = :id RETURNING *",
                id=case_id,
                until=now + lease,
            )
            if row is None:
                raise LookupError(f"no case {case_id}")
            return ClaimedCase(case=case_from_row(row), token=row["token"])

    async def still_held(self, tx: Transaction, claimed: ClaimedCase) -> bool:
        """Whether the worker still holds the case and nothing moved since it was claimed."""
        row = await tx.one("SELECT version, token FROM cases WHERE id = :id", id=claimed.case.id)
        return row is not None and (row["version"], row["token"]) == (claimed.case.version, claimed.token)

    async def release(self, tx: Transaction, claimed: ClaimedCase) -> None:
        """Give the case back without a result; it stays due."""
        await tx.do(
            "UPDATE cases SET lease_until = NULL WHERE id = :id AND token = :token",
            id=claimed.case.id,
            token=claimed.token,
        )

    async def move(
        self, tx: Transaction, case_id: int, *, now: datetime, moves: bool, changes: Mapping[str, object]
    ) -> Case:
        """Write the result of a step and give the lease back. Returns the case as it stands then."""
        unknown = set(changes) - _MOVABLE
        if unknown:
            raise ValueError(f"not columns that a step may change: {sorted(unknown)}")
        assignments = "".join(f", {name} = :{name}" for name in changes)
        row = await tx.one(
            f"UPDATE cases SET version = version + :step, updated_at = :now_at, lease_until = NULL{assignments}"  # noqa: S608 - names of _MOVABLE
            " WHERE id = :id RETURNING *",
            step=1 if moves else 0,
            now_at=now,
            id=case_id,
            **changes,
        )
        if row is None:
            raise LookupError(f"no case {case_id}")
        return case_from_row(row)

    async def history(self, reader: Reader, case_id: int) -> list[Turn]:
        """The mails of a case, oldest first; of ours those that left or are on their way."""
        rows = await reader.all(
            "SELECT turn.* FROM turn LEFT JOIN outbox ON outbox.id = turn.outbox_id"
            " WHERE turn.case_id = :id AND (outbox.id IS NULL OR outbox.state NOT IN ('stale', 'dead')) ORDER BY turn.id",
            id=case_id,
        )
        return [turn_from_row(row) for row in rows]

    async def handle(self, tx: Transaction, turn_ids: Sequence[int], decision_id: int) -> None:
        """These mails were decided upon."""
        await tx.many(
            "UPDATE turn SET handled = 1, decision_id = :decision_id WHERE id = :id",
            [{"id": turn_id, "decision_id": decision_id} for turn_id in turn_ids],
        )

    async def add_decision(
        self,
        tx: Transaction,
        case_id: int,
        *,
        now: datetime,
        action: str,
        because: str,
        confidence: float | None,
        mode: str,
        record: Mapping[str, object],
        unadjusted: float | None = None,
    ) -> int:
        """Put a decision with its reasons on record. `unadjusted` is the confidence before people's verdicts moved it."""
        return await tx.insert(
            "INSERT INTO decision (case_id, decided_at, action, because, confidence, unadjusted, mode, record)"
            " VALUES (:case_id, :now_at, :action, :because, :confidence, :unadjusted, :mode, :record) RETURNING id",
            case_id=case_id,
            now_at=now,
            action=action,
            because=because,
            confidence=confidence,
            unadjusted=unadjusted,
            mode=mode,
            record=dict(record),
        )

    async def decisions(self, case_id: int) -> list[Row]:
        """The decisions on a case, oldest first, as rows: `record` is a dict."""
        return await self._database.reader.all("SELECT * FROM decision WHERE case_id = :id ORDER BY id", id=case_id)

    async def list(self, *, status: str | None = None, everything: bool = False, limit: int = 100) -> list[Case]:
        """Cases, the most recently moved first; without `everything` the closed ones are left out."""
        rows = await self._database.reader.all(
            "SELECT * FROM cases WHERE merged_into IS NULL AND (:status IS NULL OR status = :status)"
            " AND (:everything = 1 OR :status IS NOT NULL OR status <> 'closed') ORDER BY updated_at DESC, id DESC LIMIT :limit",
            status=status,
            everything=1 if everything else 0,
            limit=limit,
        )
        return [case_from_row(row) for row in rows]

    async def overdue(self, reader: Reader, before: datetime) -> tuple[int, Case | None]:
        """How many cases were due before that time and are due still, and the one that has waited longest."""
        count = await reader.one("SELECT count(*) AS n FROM cases WHERE due_at < :before", before=before)
        row = await reader.one("SELECT * FROM cases WHERE due_at < :before ORDER BY due_at LIMIT 1", before=before)
        return (int(count["n"]) if count else 0), (None if row is None else case_from_row(row))
