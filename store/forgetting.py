"""I/O. A person is forgotten: every word, name and address of theirs leaves the store, and what is counted stays.

It goes by the schema. What belongs to the person's cases, mails, decisions and mails on their way is found by the columns
that name these; a table that nobody told of here loses the rows that belong. Then whatever else names the address has it
replaced. The audit's chain stays: what is personal in it stands beside it, under a salted digest.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from store.cases import case_from_row
from store.db import JSON_COLUMNS, Reader, Transaction
from store.records import Case, CaseStatus
from threading_.message import address_key

#: Tables whose rows stay for what is counted of them, and the columns of text that hold nothing personal. The other ones
#: are emptied; times and numbers stay.
BLANKED: Mapping[str, frozenset[str]] = {
    name: frozenset(kept.split())
    for name, kept in {
        "cases": "reference status owner mode resolution language topic queue_id tied_to since follow_up priority agent"
        " queue channel severity",
        "turn": "direction kind role refused link_by auth",
        "inbox": "mailbox state",
        "outbox": "cause role message_id envelope_sender state",
        "decision": "action because mode",
        "automatic_mail": "",
        "handover_mail": "",
        "arrival": "",
        "draft": "message_id state agent",
        "verdict": "agent verdict topic",
        "agreement": "topic labelled_by",
        "ending": "what",
        "rating": "",
        "reopened": "",
        "mailbox_change": "kind mailbox",
        "breaker": "state",
    }.items()
}
#: Nothing in them belongs to a case.
APART = frozenset({"mailbox", "migration", "setting", "report", "llm_day", "audit", "suggestion"})
#: What a column names, and the set of the person's that it is compared with.
_NAMES = {"case_id": "case", "turn_id": "turn", "inbox_id": "inbox", "outbox_id": "outbox", "decision_id": "decision"}
_SELF = {"cases": "case", "turn": "turn", "inbox": "inbox", "outbox": "outbox", "decision": "decision"}
#: Suggested articles that were made of the person's cases (store/learning.py).
_SUGGESTED = (
    "file <> '' AND (source IN (SELECT 'turn:' || id FROM forgotten_turn) OR source IN"
    " (SELECT 'verdict:' || id FROM verdict WHERE case_id IN (SELECT id FROM forgotten_case)))"
)
_WAITING = "('queued', 'claimed', 'retry', 'transmitting', 'uncertain')"


@dataclass(frozen=True, slots=True)
class Person:
    """What the store holds of an address."""

    address: str  #: lower case
    cases: tuple[Case, ...]
    mails: int  #: both ways, on these cases and on those of others
    on_others: int  #: cases of others that they wrote on
    undelivered: int  #: mails about their cases that have not left for sure
    transmitting: int  #: those of them that a server may be taking right now
    mentioned: bool  #: the address stands somewhere, with or without a case

    @property
    def open_cases(self) -> tuple[Case, ...]:
        """Those that somebody waits on."""
        return tuple(one for one in self.cases if one.status not in (CaseStatus.CLOSED, CaseStatus.RESOLVED))


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was erased: rows by table; and what could not be."""

    rows: Mapping[str, int] = field(default_factory=dict)
    files: tuple[str, ...] = ()  #: suggested articles that were made of their cases: for a person to look at
    left_in_audit: int = 0  #: entries of the chain that name the address: written by a Firstline before this one


def names_it(address: str) -> re.Pattern[str]:
    """The address as a whole, in any case: no part of a longer one."""
    return re.compile(rf"(?<![\w.+%-]){re.escape(address)}(?![\w-]|\.\w)", re.IGNORECASE)


async def look(reader: Reader, address: str) -> Person:
    """What the store holds of an address."""
    key = address_key(address.strip())
    rows = await reader.all("SELECT * FROM cases WHERE customer_key = :key ORDER BY id", key=key)
    spelled = await _spellings(reader, key)
    mails = others = undelivered = transmitting = 0
    turns = await reader.all(
        "SELECT turn.case_id, turn.sender, cases.customer_key FROM turn JOIN cases ON cases.id = turn.case_id"
    )
    touched = set()
    for turn in turns:
        if turn["customer_key"] == key or turn["sender"] in spelled:
            mails += 1
            touched |= {turn["case_id"]} if turn["customer_key"] != key else set()
    others = len(touched)
    for row in await reader.all(
        "SELECT outbox.state, outbox.recipient, cases.customer_key FROM outbox LEFT JOIN cases ON cases.id = outbox.case_id"  # noqa: S608 - our words
        f" WHERE outbox.state IN {_WAITING}"
    ):
        if row["customer_key"] == key or row["recipient"] in spelled:
            undelivered += 1
            transmitting += row["state"] == "transmitting"
    mentioned = bool(rows or mails or spelled)
    for table, column in (("participant", "address"), ("suppressed", "address"), ("arrival", "sender")):
        found = await reader.one(f"SELECT 1 FROM {table} WHERE {column} = :key LIMIT 1", key=key)  # noqa: S608 - our words
        mentioned = mentioned or found is not None
    return Person(key, tuple(map(case_from_row, rows)), mails, others, undelivered, transmitting, mentioned)


async def forget(tx: Transaction, address: str, alias: str) -> Forgotten:
    """Erase everything of the person, inside the transaction. `alias` takes the address's place elsewhere: unlike any other."""
    key = address_key(address.strip())
    schema = await _schema(tx)
    await _collect(tx, key)
    files = await tx.all(f"SELECT file FROM suggestion WHERE {_SUGGESTED}")  # noqa: S608 - our words
    references = {row["reference"] for row in await tx.all(
        "SELECT reference FROM cases WHERE id IN (SELECT id FROM forgotten_case)"
    )}  # fmt: skip
    counts: dict[str, int] = {}
    for sequence in [row["sequence"] for row in await tx.all("SELECT sequence, case_reference FROM audit")
                     if row["case_reference"] in references]:  # fmt: skip
        counts["audit_personal"] = counts.get("audit_personal", 0) + await tx.do(
            "DELETE FROM audit_personal WHERE sequence = :sequence", sequence=sequence
        )
    await tx.do(f"UPDATE suggestion SET file = '' WHERE {_SUGGESTED}")  # noqa: S608 - our words
    await _stop(tx)
    await tx.do("DELETE FROM participant WHERE address = :key", key=key)
    counts["suppressed"] = await tx.do("DELETE FROM suppressed WHERE address = :key", key=key)
    for table in sorted(schema, key=lambda one: one in _SELF):  # what refers to a row goes before the row
        where = _belongs(table, schema[table])
        if where and table not in APART:
            counts[table] = counts.get(table, 0) + await _erase(tx, table, schema[table], where)
    swept, left = await _sweep(tx, schema, key, alias)
    for table, count in swept.items():
        counts[table] = counts.get(table, 0) + count
    for name in ("case", "turn", "inbox", "outbox", "decision"):
        await tx.do(f"DROP TABLE forgotten_{name}")
    return Forgotten(
        rows={table: count for table, count in sorted(counts.items()) if count},
        files=tuple(dict.fromkeys(row["file"] for row in files)),
        left_in_audit=left,
    )


async def _collect(tx: Transaction, key: str) -> None:
    """What is the person's: their cases and all on them; on others' cases their mails, and ours to them or about them."""
    spelled = await _spellings(tx, key)
    for name in ("case", "turn", "inbox", "outbox", "decision"):
        await tx.do(f"CREATE TEMP TABLE forgotten_{name} (id INTEGER PRIMARY KEY)")
    await tx.do("INSERT INTO forgotten_case SELECT id FROM cases WHERE customer_key = :key AND :key <> ''", key=key)
    for one in spelled:
        await tx.do("INSERT OR IGNORE INTO forgotten_turn SELECT id FROM turn WHERE sender = :one", one=one)
        await tx.do("INSERT OR IGNORE INTO forgotten_outbox SELECT id FROM outbox WHERE recipient = :one", one=one)
    # Hand-overs tell the whole conversation: on a case that the person wrote on, all of them do.
    for statement in (
        "INSERT OR IGNORE INTO forgotten_turn SELECT id FROM turn WHERE case_id IN (SELECT id FROM forgotten_case)",
        "INSERT OR IGNORE INTO forgotten_decision SELECT id FROM decision WHERE case_id IN"
        " (SELECT id FROM forgotten_case)",
        "INSERT OR IGNORE INTO forgotten_decision SELECT decision_id FROM turn WHERE decision_id IS NOT NULL"
        " AND id IN (SELECT id FROM forgotten_turn)",
        "INSERT OR IGNORE INTO forgotten_outbox SELECT id FROM outbox WHERE case_id IN (SELECT id FROM forgotten_case)",
        "INSERT OR IGNORE INTO forgotten_outbox SELECT id FROM outbox WHERE decision_id IN"
        " (SELECT id FROM forgotten_decision)",
        "INSERT OR IGNORE INTO forgotten_outbox SELECT id FROM outbox WHERE case_id IN"
        " (SELECT case_id FROM turn WHERE id IN (SELECT id FROM forgotten_turn))"
        " AND role IN ('handover', 'draft', 'reminder', 'receipt')",
        "INSERT OR IGNORE INTO forgotten_turn SELECT id FROM turn WHERE outbox_id IN (SELECT id FROM forgotten_outbox)",
        "INSERT OR IGNORE INTO forgotten_inbox SELECT inbox_id FROM turn WHERE inbox_id IS NOT NULL"
        " AND id IN (SELECT id FROM forgotten_turn)",
    ):
        await tx.do(statement)


async def _stop(tx: Transaction) -> None:
    """Nothing more is done about these cases: they are closed, nothing of them leaves, what a worker found is void."""
    await tx.do(
        "UPDATE cases SET status = 'closed', owner = 'daemon', due_at = NULL, follow_up = NULL, follow_up_at = NULL,"
        " lease_until = NULL, version = version + 1, token = token + 1 WHERE id IN (SELECT id FROM forgotten_case)"
    )
    await tx.do(
        "UPDATE outbox SET state = 'stale', lease_until = NULL, token = token + 1"  # noqa: S608 - our words
        f" WHERE state IN {_WAITING} AND id IN (SELECT id FROM forgotten_outbox)"
    )
    await tx.do("UPDATE mailbox_change SET done = 1 WHERE outbox_id IN (SELECT id FROM forgotten_outbox)")
    await tx.do("UPDATE turn SET handled = 1 WHERE id IN (SELECT id FROM forgotten_turn)")


def _belongs(table: str, columns: Mapping[str, tuple[str, bool]]) -> str:
    """The condition under which a row is the person's; '' where nothing in the table names what is theirs."""
    named = {column: name for column, name in _NAMES.items() if column in columns}
    if table in _SELF:
        named = {"id": _SELF[table]}
    return " OR ".join(f"{column} IN (SELECT id FROM forgotten_{name})" for column, name in named.items())  # noqa: S608 - our names


async def _erase(tx: Transaction, table: str, columns: Mapping[str, tuple[str, bool]], where: str) -> int:
    if table not in BLANKED:
        return await tx.do(f"DELETE FROM {table} WHERE {where}")  # noqa: S608 - names of the schema
    emptied = []
    for column, (kind, required) in columns.items():
        if kind not in ("TEXT", "BLOB") or column in BLANKED[table] or _is_time(column):
            continue
        emptied.append(f"{column} = {_nothing(column, kind, required)}")
    if not emptied:
        return 0
    return await tx.do(f"UPDATE {table} SET {', '.join(emptied)} WHERE {where}")  # noqa: S608 - names of the schema


def _nothing(column: str, kind: str, required: bool) -> str:
    if column in JSON_COLUMNS:
        return "'[]'" if column == "refs" else "'{}'"
    if not required:
        return "NULL"
    return "''" if kind == "TEXT" else "x''"


async def _sweep(
    tx: Transaction, schema: Mapping[str, Mapping[str, tuple[str, bool]]], key: str, alias: str
) -> tuple[dict[str, int], int]:
    """Whatever names the address has it replaced. Returns how many rows, by table, and how many of the audit remain."""
    raw = _mention(key)
    counts: dict[str, int] = {}
    left = 0
    for table, columns in schema.items():
        for column, (kind, _) in columns.items():
            if kind not in ("TEXT", "BLOB") or _is_time(column) or table == "migration":
                continue
            where = f"(instr(lower(CAST({column} AS TEXT)), :key) > 0 OR instr(CAST({column} AS BLOB), :bytes) > 0)"
            where += " AND state <> 'stored'" if table == "inbox" else ""  # is still to be read as it came
            for row in await tx.all(
                f"SELECT rowid AS number, CAST({column} AS BLOB) AS found FROM {table} WHERE {where}",  # noqa: S608 - names of the schema
                key=key,
                bytes=key.encode(),
            ):
                found = bytes(row["found"])
                if not raw.search(found):
                    continue
                if table == "audit":
                    left += 1
                elif table == "audit_personal":
                    counts[table] = counts.get(table, 0) + await tx.do(
                        "DELETE FROM audit_personal WHERE rowid = :number", number=row["number"]
                    )
                else:
                    swept = raw.sub(lambda match: f" <{alias}>".encode() if b"<" in match[0] else alias.encode(), found)
                    value: object = swept.decode("utf-8", "replace") if kind == "TEXT" else swept
                    counts[table] = counts.get(table, 0) + await tx.do(
                        f"UPDATE {table} SET {column} = :value WHERE rowid = :number",  # noqa: S608 - names of the schema
                        value=value,
                        number=row["number"],
                    )
    return counts, left


def _mention(key: str) -> re.Pattern[bytes]:
    """The address in a mail's bytes; where it stands in angle brackets, with the name before it."""
    address = re.escape(key.encode())
    name = rb"(?:\"[^\"\r\n<>@,]{1,100}\"|[^\"\r\n<>@,:;]{1,100})?"
    alone = rb"(?<![\w.+%\x80-\xff-])" + address + rb"(?![\w\x80-\xff-]|\.\w)"
    return re.compile(name + rb"\s?<" + address + rb">|" + alone, re.IGNORECASE)


async def _spellings(reader: Reader, key: str) -> frozenset[str]:
    """Every way in which the address is written in the mails."""
    rows = await reader.all(
        "SELECT DISTINCT sender AS one FROM turn UNION SELECT DISTINCT recipient FROM outbox UNION SELECT customer FROM cases"
    )
    return frozenset(row["one"] for row in rows if key and address_key(row["one"]) == key)


async def _schema(reader: Reader) -> dict[str, dict[str, tuple[str, bool]]]:
    """Each table's columns: (type, whether it must hold something)."""
    tables = await reader.all("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return {
        table["name"]: {
            row["name"]: (row["type"], bool(row["notnull"] or row["pk"]))
            for row in await reader.all(f"PRAGMA table_info({table['name']})")
        }
        for table in tables
    }


def _is_time(column: str) -> bool:
    return column in ("at", "since", "day") or column.endswith(("_at", "_until"))
