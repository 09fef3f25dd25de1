"""I/O. What the caps count: mails inside sliding windows, suppressed addresses, the breaker. A query costs what lies in
its window, however much the store holds."""

from collections.abc import Mapping
from datetime import datetime

from store.db import Reader, Transaction
from store.outbox import item_from_row
from store.records import Breaker, BreakerState, Held, HeldLine, OutboxItem, Role, Trace

_LISTED = 100  #: held hand-overs that one list names


class Limits:
    """One method a query."""

    # ── what came in ────────────────────────────────────────────────────────────────────────────────────────────

    async def came(self, tx: Transaction, inbox_id: int, trace: Trace, *, person: bool, now: datetime) -> None:
        """A mail came in; `person` says that a person must have written it."""
        await tx.do(
            "INSERT INTO arrival (inbox_id, sender, arrived_at, content, person)"
            " VALUES (:inbox_id, :sender, :now_at, :content, :person) ON CONFLICT (inbox_id) DO NOTHING",
            inbox_id=inbox_id,
            sender=trace.sender,
            now_at=now,
            content=trace.content,
            person=1 if person else 0,
        )

    async def came_before(self, reader: Reader, trace: Trace, since: datetime) -> bool:
        """Whether this sender wrote the same since then."""
        row = await reader.one(
            "SELECT 1 FROM arrival WHERE sender = :sender AND content = :content AND arrived_at >= :since LIMIT 1",
            sender=trace.sender,
            content=trace.content,
            since=since,
        )
        return row is not None

    async def came_lately(self, reader: Reader, sender: str, since: datetime) -> int:
        """How many mails came from this address since then; more than a hundred are not counted."""
        row = await reader.one(
            "SELECT count(*) AS n FROM (SELECT 1 FROM arrival WHERE sender = :sender AND arrived_at > :since LIMIT 100) t",
            sender=sender,
            since=since,
        )
        return int(row["n"]) if row else 0

    async def take_back(self, tx: Transaction, trace: Trace) -> None:
        """What this sender wrote in these words was no sign of a person."""
        await tx.do(
            "UPDATE arrival SET person = 0 WHERE sender = :sender AND content = :content AND person = 1",
            sender=trace.sender,
            content=trace.content,
        )

    async def last_sent_to(self, reader: Reader, recipient: str, limit: int = 5) -> list[datetime]:
        """When the last automatic mails to this address left, newest first."""
        rows = await reader.all(
            "SELECT coalesce(settled_at, at) AS sent_at FROM live_automatic_mail WHERE recipient = :recipient"
            " ORDER BY at DESC LIMIT :limit",
            recipient=recipient,
            limit=limit,
        )
        return [row["sent_at"] for row in rows]

    async def reopened(self, tx: Transaction, case_id: int, now: datetime) -> None:
        """A mail opened the case again."""
        await tx.do("INSERT INTO reopened (case_id, at) VALUES (:case_id, :now)", case_id=case_id, now=now)

    # ── what went out ───────────────────────────────────────────────────────────────────────────────────────────

    async def wrote(
        self,
        tx: Transaction,
        outbox_id: int,
        role: Role,
        recipient: str,
        trace: Trace,
        *,
        now: datetime,
        text: str,
        told: str,
    ) -> None:
        """A mail was put into the outbox because of the mail that `trace` is of."""
        if role.to_customer:
            await tx.do(
                "INSERT INTO automatic_mail (outbox_id, at, recipient, domain, content, subject, text)"
                " VALUES (:outbox_id, :now, :recipient, :domain, :content, :subject, :text)",
                outbox_id=outbox_id,
                now=now,
                recipient=recipient.lower(),
                domain=trace.domain,
                content=trace.content,
                subject=trace.subject,
                text=text,
            )
        else:
            await tx.do(
                "INSERT INTO handover_mail (outbox_id, at, sender, content, told)"
                " VALUES (:outbox_id, :now, :sender, :content, :told)",
                outbox_id=outbox_id,
                now=now,
                sender=trace.sender,
                content=trace.content,
                told=told,
            )

    async def counts(
        self, reader: Reader, trace: Trace, case_id: int, windows: Mapping[str, datetime]
    ) -> dict[str, int]:
        """The automatic mails in each window; `windows` has the start of `hour`, `day` and `week`.

        `in_a_row` are those since a person last wrote from the address. A window that is not asked for, because its
        part of `trace` is '', counts 0.
        """
        row = await reader.one(
            "SELECT"
            " (SELECT count(*) FROM (SELECT 1 FROM live_automatic_mail WHERE recipient = :sender AND at >= coalesce("
            "   (SELECT max(arrived_at) FROM arrival WHERE sender = :sender AND person = 1), '') LIMIT 100) t) AS in_a_row,"
            " (SELECT count(*) FROM live_automatic_mail WHERE recipient = :sender AND at > :day) AS sender_per_day,"
            " (SELECT count(*) FROM live_automatic_mail WHERE domain = :domain AND domain <> '' AND at > :hour)"
            "   AS domain_per_hour,"
            " (SELECT count(*) FROM live_automatic_mail WHERE content = :content AND content <> '' AND at > :hour)"
            "   AS similar_text,"
            " (SELECT count(*) FROM live_automatic_mail WHERE subject = :subject AND subject <> '' AND at > :hour)"
            "   AS similar_subject,"
            " (SELECT count(*) FROM reopened WHERE case_id = :case_id AND at > :week) AS reopened,"
            " (SELECT count(*) FROM live_automatic_mail WHERE at > :hour) AS total_per_hour,"
            " (SELECT count(*) FROM live_automatic_mail WHERE at > :day) AS total_per_day",
            sender=trace.sender,
            domain=trace.domain,
            content=trace.content,
            subject=trace.subject,
            case_id=case_id,
            **windows,
        )
        return {name: int(number) for name, number in (row or {}).items()}

    async def said_to(self, reader: Reader, recipient: str, since: datetime) -> frozenset[str]:
        """Digests of what this address was told automatically since then."""
        rows = await reader.all(
            "SELECT text FROM live_automatic_mail WHERE recipient = :recipient AND at > :since AND text <> ''",
            recipient=recipient,
            since=since,
        )
        return frozenset(row["text"] for row in rows)

    # ── hand-overs and what a storm holds back of them ──────────────────────────────────────────────────────────

    async def handed(self, reader: Reader, trace: Trace, told: str, since: datetime) -> dict[str, int]:
        """How many hand-over mails were written since then: of this sender, of like content, for this limit, in all."""
        row = await reader.one(
            "SELECT"
            " (SELECT count(*) FROM handover_mail WHERE sender = :sender AND at > :since) AS of_sender,"
            " (SELECT count(*) FROM handover_mail WHERE content = :content AND content <> '' AND at > :since) AS similar,"
            " (SELECT count(*) FROM handover_mail WHERE told = :told AND told <> '' AND at > :since) AS of_limit,"
            " (SELECT count(*) FROM handover_mail WHERE at > :since) AS total",
            sender=trace.sender,
            content=trace.content,
            told=told,
            since=since,
        )
        return {name: int(number) for name, number in (row or {}).items()}

    async def hold(self, tx: Transaction, told: str, case_id: int, turn_id: int, now: datetime) -> None:
        """A hand-over is held back for the list of this limit."""
        await tx.do(
            "INSERT INTO held (told, case_id, turn_id, held_at) VALUES (:told, :case_id, :turn_id, :now_at)",
            told=told,
            case_id=case_id,
            turn_id=turn_id,
            now_at=now,
        )

    async def held_since(self, reader: Reader, before: datetime) -> list[Held]:
        """What was held back and is due to be listed: everything of a limit whose first has waited since `before`."""
        due = await reader.all(
            "SELECT told, count(*) AS n FROM held WHERE listed_at IS NULL GROUP BY told HAVING min(held_at) <= :before",
            before=before,
        )
        found = []
        for limit in due:
            rows = await reader.all(
                "SELECT held.case_id, cases.reference, held.held_at, turn.sender, turn.subject FROM held"
                " JOIN cases ON cases.id = held.case_id JOIN turn ON turn.id = held.turn_id"
                " WHERE held.told = :told AND held.listed_at IS NULL ORDER BY held.held_at, held.id LIMIT :limit",
                told=limit["told"],
                limit=_LISTED,
            )
            found.append(Held(told=limit["told"], count=limit["n"], lines=tuple(HeldLine(**row) for row in rows)))
        return found

    async def listed(self, tx: Transaction, told: str, now: datetime) -> int:
        """Everything that this limit held back is on a list now; returns how much it was."""
        return await tx.do(
            "UPDATE held SET listed_at = :now_at WHERE told = :told AND listed_at IS NULL", told=told, now_at=now
        )

    # ── addresses that failed for good ──────────────────────────────────────────────────────────────────────────

    async def ours_among(self, reader: Reader, message_ids: tuple[str, ...]) -> list[OutboxItem]:
        """Which of these ids are of automatic mails of ours."""
        found = []
        for message_id in message_ids:
            row = await reader.one(
                "SELECT outbox.* FROM outbox JOIN automatic_mail ON automatic_mail.outbox_id = outbox.id"
                " WHERE outbox.message_id = :message_id",
                message_id=message_id,
            )
            if row is not None:
                found.append(item_from_row(row))
        return found

    async def bounced(self, tx: Transaction, outbox_id: int) -> bool:
        """The mail came back. Returns False where that was known."""
        return (
            await tx.do("UPDATE automatic_mail SET bounced = 1 WHERE outbox_id = :id AND bounced = 0", id=outbox_id) > 0
        )

    async def suppress(self, tx: Transaction, address: str, until: datetime, why: str) -> None:
        """Nothing automatic goes to this address until then."""
        await tx.do(
            "INSERT INTO suppressed (address, until_at, why) VALUES (:address, :until_at, :why)"
            " ON CONFLICT (address) DO UPDATE SET until_at = excluded.until_at, why = excluded.why",
            address=address.lower(),
            until_at=until,
            why=why,
        )

    async def lift(self, tx: Transaction, address: str) -> bool:
        """The address lives. Returns whether it was suppressed."""
        return await tx.do("DELETE FROM suppressed WHERE address = :address", address=address) > 0

    async def suppressed(self, reader: Reader, address: str, now: datetime) -> str | None:
        """Why nothing automatic goes to this address, None where it may."""
        row = await reader.one(
            "SELECT why FROM suppressed WHERE address = :address AND until_at > :now", address=address, now=now
        )
        return None if row is None else str(row["why"])

    # ── the breaker ─────────────────────────────────────────────────────────────────────────────────────────────

    async def breaker(self, reader: Reader) -> Breaker:
        """Where the breaker stands."""
        row = await reader.one("SELECT * FROM breaker WHERE id = 1")
        if row is None:
            return Breaker()
        return Breaker(
            state=BreakerState(row["state"]),
            since=row["since_at"],
            trial_id=row["trial_id"],
            case_id=row["case_id"],
            told=bool(row["told"]),
        )

    async def set_breaker(self, tx: Transaction, breaker: Breaker) -> None:
        """It stands like this now."""
        await tx.do(
            "INSERT INTO breaker (id, state, since_at, trial_id, case_id, told)"
            " VALUES (1, :state, :since_at, :trial_id, :case_id, :told) ON CONFLICT (id) DO UPDATE SET"
            " state = excluded.state, since_at = excluded.since_at, trial_id = excluded.trial_id,"
            " case_id = excluded.case_id, told = excluded.told",
            state=breaker.state,
            since_at=breaker.since,
            trial_id=breaker.trial_id,
            case_id=breaker.case_id,
            told=1 if breaker.told else 0,
        )

    async def failures(self, reader: Reader, of_the_last: int, since: datetime | None) -> int:
        """How many of the last automatic mails that left since then were refused for good or came back."""
        row = await reader.one(
            "SELECT count(*) AS n FROM (SELECT automatic_mail.bounced, outbox.state FROM automatic_mail"
            " JOIN outbox ON outbox.id = automatic_mail.outbox_id WHERE outbox.state IN ('sent', 'dead')"
            " AND outbox.settled_at > :since ORDER BY automatic_mail.outbox_id DESC LIMIT :most) t"
            " WHERE t.bounced = 1 OR t.state = 'dead'",
            since=since or "",
            most=of_the_last,
        )
        return int(row["n"]) if row else 0
