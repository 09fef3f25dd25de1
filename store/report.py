"""I/O. What the digest counts: one method a query, each over the time from `since` on and before `until`.

A mail counts in the window in which Firstline took it, a decision in which it was made, a mail of ours in which it left:
whatever happened stands in exactly one digest, however late it came.
"""

from collections.abc import Mapping
from datetime import datetime

from store.db import Reader, Row, Transaction
from store.figures import ChainHead, Decided, Response, Window

#: What answers a customer: mails of ours that left, and what a human wrote themselves.
_OURS = "p.state = 'sent' AND e.role IN ('reply', 'offer', 'questions', 'relay')"
_THEIRS = "e.direction = 'out' AND e.role IS NULL AND e.kind = 'agent'"
#: When the customer asked first, and that nobody answered the case before.
_FIRST = (
    " e.case_id, (SELECT min(coalesce(a.received_at, a.at)) FROM turn a WHERE a.case_id = e.case_id"
    " AND a.direction = 'in' AND a.kind = 'customer' AND a.refused IS NULL) AS asked_at"
)
_EARLIER = (
    " NOT EXISTS (SELECT 1 FROM turn f LEFT JOIN outbox q ON q.id = f.outbox_id WHERE f.case_id = e.case_id"
    " AND f.direction = 'out' AND ((q.state = 'sent' AND f.role IN ('reply', 'offer', 'questions', 'relay')"
    " AND q.settled_at < answered_at) OR (f.role IS NULL AND f.kind = 'agent' AND f.at < answered_at)))"
)


class Reports:
    """One method a query."""

    async def came(self, reader: Reader, window: Window) -> dict[str, int]:
        """Mails that came, by kind."""
        rows = await reader.all(
            "SELECT turn.kind AS name, count(*) AS n FROM arrival JOIN turn ON turn.inbox_id = arrival.inbox_id"
            " WHERE arrived_at >= :since AND arrived_at < :until GROUP BY turn.kind",
            **_bound(window),
        )
        return _counts(rows)

    async def arrivals(self, reader: Reader, window: Window) -> list[datetime]:
        """When customers' mails came."""
        rows = await reader.all(
            "SELECT arrived_at FROM arrival JOIN turn ON turn.inbox_id = arrival.inbox_id"
            " WHERE arrived_at >= :since AND arrived_at < :until AND turn.kind = 'customer' ORDER BY arrived_at",
            **_bound(window),
        )
        return [row["arrived_at"] for row in rows]

    async def opened(self, reader: Reader, window: Window) -> int:
        """Cases that were opened, those that another took in left out."""
        row = await reader.one(
            "SELECT count(*) AS n FROM cases WHERE opened_at >= :since AND opened_at < :until AND merged_into IS NULL",
            **_bound(window),
        )
        return int(row["n"]) if row else 0

    async def decided(self, reader: Reader, window: Window) -> list[Decided]:
        """What was decided on the mails that came. A mail counts by the decision that stands."""
        rows = await reader.all(
            "SELECT d.action, d.because, d.mode, count(*) AS n FROM decision d JOIN turn t ON t.decision_id = d.id"
            " WHERE d.decided_at >= :since AND d.decided_at < :until AND t.direction = 'in' AND t.handled = 1"
            " GROUP BY d.action, d.because, d.mode",
            **_bound(window),
        )
        return [Decided(action=row["action"], because=row["because"], mode=row["mode"], count=row["n"]) for row in rows]

    async def left(self, reader: Reader, window: Window) -> dict[tuple[str, str], int]:
        """Mails of ours by role and state (`sent`, `dead`, `uncertain`) that reached it."""
        rows = await reader.all(
            "SELECT role, state, count(*) AS n FROM outbox WHERE settled_at >= :since AND settled_at < :until"
            " AND state IN ('sent', 'dead', 'uncertain') GROUP BY role, state",
            **_bound(window),
        )
        return {(row["role"], row["state"]): row["n"] for row in rows}

    async def sent_at(self, reader: Reader, window: Window) -> list[datetime]:
        """When answers of ours to customers left."""
        rows = await reader.all(
            "SELECT settled_at FROM outbox WHERE settled_at >= :since AND settled_at < :until AND state = 'sent'"
            " AND role IN ('reply', 'offer')",
            **_bound(window),
        )
        return [row["settled_at"] for row in rows]

    async def endings(self, reader: Reader, window: Window) -> dict[str, int]:
        """Cases that ended, by resolution, and those that were opened again (`reopened`)."""
        rows = await reader.all(
            "SELECT what AS name, count(*) AS n FROM ending WHERE at >= :since AND at < :until GROUP BY what",
            **_bound(window),
        )
        return _counts(rows)

    async def responses(self, reader: Reader, window: Window) -> list[Response]:
        """The first answers of cases that were first answered in the window; the notice that somebody will is none."""
        ours = await reader.all(
            f"SELECT{_FIRST}, p.settled_at AS answered_at, e.role, v.id AS approved FROM outbox p"
            " JOIN turn e ON e.outbox_id = p.id"
            " LEFT JOIN verdict v ON v.decision_id = p.decision_id AND v.verdict IN ('sent', 'edited')"
            f" WHERE {_OURS} AND p.settled_at >= :since AND p.settled_at < :until AND"
            f"{_EARLIER.replace('answered_at', 'p.settled_at')}",
            **_bound(window),
        )
        theirs = await reader.all(
            f"SELECT{_FIRST}, e.at AS answered_at, e.role, NULL AS approved FROM turn e"
            f" WHERE {_THEIRS} AND e.at >= :since AND e.at < :until AND{_EARLIER.replace('answered_at', 'e.at')}",
            **_bound(window),
        )
        rows = sorted((*ours, *theirs), key=lambda row: row["answered_at"])
        first: dict[int, Response] = {}
        for row in rows:
            if row["asked_at"] is not None:
                first.setdefault(
                    row["case_id"],
                    Response(
                        case_id=row["case_id"],
                        asked_at=row["asked_at"],
                        answered_at=row["answered_at"],
                        automatic=row["role"] not in (None, "relay") and row["approved"] is None,
                    ),
                )
        return list(first.values())

    async def verdicts(self, reader: Reader, window: Window) -> dict[str, int]:
        """What humans did with drafts and hand-overs: `sent`, `edited`, `rejected`, `answered`."""
        rows = await reader.all(
            "SELECT verdict AS name, count(*) AS n FROM verdict WHERE at >= :since AND at < :until GROUP BY verdict",
            **_bound(window),
        )
        return _counts(rows)

    async def drafts_waiting(self, reader: Reader) -> int:
        """Cases whose draft nobody has judged."""
        row = await reader.one(
            "SELECT count(DISTINCT c.id) AS n FROM outbox o JOIN cases c ON c.id = o.case_id"
            " WHERE c.status = 'awaiting_human' AND o.role = 'draft' AND o.state = 'sent'"
            " AND NOT EXISTS (SELECT 1 FROM verdict v WHERE v.case_id = c.id AND v.at >= o.created_at)"
        )
        return int(row["n"]) if row else 0

    async def waiting(self, reader: Reader) -> dict[str, int]:
        """Cases that wait for a human now, by priority."""
        rows = await reader.all(
            "SELECT priority AS name, count(*) AS n FROM cases WHERE status = 'awaiting_human' GROUP BY priority"
        )
        return _counts(rows)

    async def oldest(self, reader: Reader) -> tuple[str, datetime] | None:
        """The case that has waited for us or for a human longest, and since when."""
        row = await reader.one(
            "SELECT reference, coalesce(since, updated_at) AS waiting_at FROM cases"
            " WHERE status IN ('open', 'awaiting_human') ORDER BY waiting_at, id LIMIT 1"
        )
        return (row["reference"], row["waiting_at"]) if row else None

    async def ratings(self, reader: Reader, window: Window) -> dict[int, int]:
        """How many customers gave each number of stars."""
        rows = await reader.all(
            "SELECT stars, count(*) AS n FROM rating WHERE at >= :since AND at < :until GROUP BY stars",
            **_bound(window),
        )
        return {row["stars"]: row["n"] for row in rows}

    # ── the daemon itself ───────────────────────────────────────────────────────────────────────────────────────

    async def quarantined(self, reader: Reader, window: Window) -> int:
        """Mails that came and that nobody could read."""
        row = await reader.one(
            "SELECT count(*) AS n FROM arrival JOIN inbox ON inbox.id = arrival.inbox_id"
            " WHERE arrived_at >= :since AND arrived_at < :until AND inbox.state = 'quarantined'",
            **_bound(window),
        )
        return int(row["n"]) if row else 0

    async def uncertain(self, reader: Reader) -> int:
        """Mails of ours of which nobody knows now whether they left."""
        row = await reader.one("SELECT count(*) AS n FROM outbox WHERE state = 'uncertain'")
        return int(row["n"]) if row else 0

    async def events(self, reader: Reader, window: Window, event: str) -> list[tuple[datetime, dict[str, object]]]:
        """When something is on the audit, and its details."""
        rows = await reader.all(
            "SELECT at, details FROM audit WHERE event = :event AND at >= :since AND at < :until ORDER BY sequence",
            event=event,
            **_bound(window),
        )
        return [(row["at"], row["details"]) for row in rows]

    async def chain_head(self, reader: Reader) -> ChainHead | None:
        """The last link of the audit chain."""
        row = await reader.one("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1")
        return None if row is None else ChainHead(sequence=row["sequence"], hash=row["hash"])

    # ── which digests were written ──────────────────────────────────────────────────────────────────────────────

    async def covered_until(self, reader: Reader, name: str) -> datetime | None:
        """Up to when digests of that name cover; None before the first."""
        row = await reader.one("SELECT max(until_at) AS last_at FROM report WHERE name = :name", name=name)
        return row["last_at"] if row else None

    async def cover(self, tx: Transaction, name: str, window: Window) -> None:
        """A digest covers the window."""
        await tx.do(
            "INSERT INTO report (name, since_at, until_at) VALUES (:name, :since, :until)", name=name, **_bound(window)
        )


def _bound(window: Window) -> Mapping[str, datetime]:
    return {"since": window.since, "until": window.until}


def _counts(rows: list[Row]) -> dict[str, int]:
    return {row["name"]: row["n"] for row in rows}
