"""I/O. What the store remembers of a customer, by the exact address: earlier cases, how they ended, what was promised.

Nothing here looks at a domain, a name or a part of an address: memories never cross customers.
"""

from datetime import datetime

from store.cases import case_from_row
from store.db import Reader, Row
from store.records import Case
from threading_.message import address_key

_MOST = 20  #: earlier cases that are told one by one
_LATELY = 5  #: mails that the tone is the mean of
#: What solves a case: an answer of ours, or what a person wrote (from their own mail program: without a role).
_ANSWERS = "(role IS NULL OR role IN ('reply', 'offer', 'relay'))"
#: A case that nobody but a machine, or somebody who is not believed, wrote on is none of the customer's.
_THEIRS = (
    "EXISTS (SELECT 1 FROM turn WHERE turn.case_id = cases.id AND turn.direction = 'in' AND turn.refused IS NULL"
    " AND turn.unproven IS NULL)"
)


async def earlier_cases(reader: Reader, customer: str, before_id: int) -> list[Row]:
    """The cases of that very address before this one, the latest first: the case's columns, and `role`, `note` and
    `answer` (the text) of the last answer on it. Empty for a customer without an address."""
    key = address_key(customer)
    if not key:
        return []
    return await reader.all(
        "SELECT cases.reference, cases.topic, cases.subject, cases.opened_at, cases.updated_at, cases.status,"  # noqa: S608 - our words
        " cases.resolution, turn.role, turn.note, turn.text AS answer, turn.id IS NOT NULL AS answered FROM cases"
        " LEFT JOIN turn ON turn.id = (SELECT max(id) FROM turn WHERE turn.case_id = cases.id AND direction = 'out'"
        f" AND {_ANSWERS}) WHERE cases.customer_key = :key AND cases.id < :id AND cases.merged_into IS NULL AND {_THEIRS}"
        " ORDER BY cases.id DESC LIMIT :most",
        key=key,
        id=before_id,
        most=_MOST,
    )


async def count_earlier(reader: Reader, customer: str, before_id: int) -> int:
    """How many there are."""
    key = address_key(customer)
    row = await reader.one(
        f"SELECT count(*) AS n FROM cases WHERE customer_key = :key AND id < :id AND merged_into IS NULL AND {_THEIRS}",  # noqa: S608 - our words
        key=key,
        id=before_id,
    )
    return int(row["n"]) if row and key else 0


async def open_promises(reader: Reader, customer: str, case_id: int) -> list[Row]:
    """`reference` and `promised_at` of this case and of the customer's others that wait for a person, nearest first."""
    return await reader.all(
        "SELECT reference, promised_at FROM cases WHERE promised_at IS NOT NULL AND merged_into IS NULL AND (id = :id"
        " OR (customer_key = :key AND :key <> '' AND status = 'awaiting_human')) ORDER BY promised_at LIMIT 10",
        id=case_id,
        key=address_key(customer),
    )


async def sentiments(reader: Reader, customer: str, case_id: int) -> list[float]:
    """How the customer's last mails sounded, on cases before this one, the latest first."""
    rows = await reader.all(
        "SELECT decision.record FROM decision JOIN cases ON cases.id = decision.case_id WHERE cases.customer_key = :key"
        " AND :key <> '' AND cases.id < :id ORDER BY decision.id DESC LIMIT :most",
        key=address_key(customer),
        id=case_id,
        most=_LATELY,
    )
    judged = [row["record"].get("triage") for row in rows]
    return [float(one["sentiment"]) for one in judged if isinstance(one, dict) and one.get("sentiment") is not None]


async def waiting_since(reader: Reader, case_id: int) -> datetime | None:
    """When the customer's oldest mail came that nobody has answered; None where every one is."""
    row = await reader.one(
        "SELECT min(coalesce(received_at, at)) AS waiting_at FROM turn WHERE case_id = :id AND direction = 'in'"  # noqa: S608 - our words
        " AND refused IS NULL AND id > coalesce((SELECT max(id) FROM turn WHERE case_id = :id AND direction = 'out'"
        f" AND (role IN ('questions', 'closure') OR {_ANSWERS})), 0)",
        id=case_id,
    )
    return row["waiting_at"] if row else None


async def waiting(reader: Reader) -> list[tuple[Case, datetime]]:
    """The cases that wait for a person, and since when the customer does."""
    rows = await reader.all("SELECT * FROM cases WHERE status = 'awaiting_human' AND merged_into IS NULL")
    cases = map(case_from_row, rows)
    return [(case, await waiting_since(reader, case.id) or case.since or case.updated_at) for case in cases]
