"""I/O. The append-only audit: what was done, when and why, each entry hashed together with the one before it.

Personal text is not in the chain but beside it, under a salted digest: erasing the text keeps the chain verifiable.
Entries are appended inside the transaction of what they tell of, so neither exists without the other; with one writer
that is also the one sequencer.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime

from store.db import Database, Row, Transaction
from store.records import AuditEntry

#: What the first entry is hashed with.
GENESIS = "0" * 64


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def personal_digest(salt: str, personal: Mapping[str, object]) -> str:
    """The salted digest that stands in the chain for personal text."""
    return hashlib.sha256((salt + _canonical(personal)).encode()).hexdigest()


def entry_hash(previous: str, entry: Row) -> str:
    """The hash of an entry: over everything in it and the hash before it."""
    moment: datetime = entry["at"]
    text = _canonical(
        [
            previous,
            entry["sequence"],
            moment.astimezone(UTC).isoformat(timespec="microseconds"),
            entry["case_reference"],
            entry["event"],
            entry["details"],
            entry["digest"],
        ]
    )
    return hashlib.sha256(text.encode()).hexdigest()


class Audit:
    """Appends, reads and verifies."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(
        self,
        tx: Transaction,
        *,
        at: datetime,
        case: str | None,
        event: str,
        details: Mapping[str, object],
        personal: Mapping[str, object],
        salt: str,
    ) -> None:
        """Append one entry inside the transaction of what it tells of. `salt` is fresh randomness for each entry."""
        last = await tx.one("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1")
        plain = json.loads(_canonical(details))
        entry: Row = {
            "sequence": (last["sequence"] if last else 0) + 1,
            "at": at,
            "case_reference": case,
            "event": event,
            "details": plain,
            "digest": personal_digest(salt, personal) if personal else "",
        }
        entry["hash"] = entry_hash(last["hash"] if last else GENESIS, entry)
        await tx.do(
            "INSERT INTO audit (sequence, at, case_reference, event, details, digest, hash)"
            " VALUES (:sequence, :at, :case_reference, :event, :details, :digest, :hash)",
            **entry,
        )
        if personal:
            await tx.do(
                "INSERT INTO audit_personal (sequence, salt, personal) VALUES (:sequence, :salt, :personal)",
                sequence=entry["sequence"],
                salt=salt,
                personal=dict(personal),
            )

    async def entries(self, case: str | None = None, batch: int = 1000) -> AsyncIterator[AuditEntry]:
        """Every entry in order, of one case or of all."""
        after = 0
        while True:
            rows = await self._database.reader.all(
                "SELECT a.*, p.personal FROM audit a LEFT JOIN audit_personal p ON p.sequence = a.sequence"
                " WHERE a.sequence > :after AND (:reference IS NULL OR a.case_reference = :reference)"
                " ORDER BY a.sequence LIMIT :batch",
                after=after,
                reference=case,
                batch=batch,
            )
            for row in rows:
                yield AuditEntry(
                    sequence=row["sequence"],
                    at=row["at"],
                    case=row["case_reference"],
                    event=row["event"],
                    details=row["details"],
                    personal=row["personal"],
                    digest=row["digest"],
                    hash=row["hash"],
                )
            if len(rows) < batch:
                return
            after = rows[-1]["sequence"]

    async def verify(self) -> tuple[int, list[str]]:
        """Recompute the chain: (entries read, what is wrong with which entry)."""
        previous, count, wrong = GENESIS, 0, []
        salts = {
            row["sequence"]: row["salt"]
            for row in await self._database.reader.all("SELECT sequence, salt FROM audit_personal")
        }
        async for entry in self.entries():
            count += 1
            if entry.sequence != count:
                wrong.append(f"entry {count} is missing: the next one is {entry.sequence}")
                count = entry.sequence
            row: Row = {
                "sequence": entry.sequence,
                "at": entry.at,
                "case_reference": entry.case,
                "event": entry.event,
                "details": entry.details,
                "digest": entry.digest,
            }
            if entry_hash(previous, row) != entry.hash:
                wrong.append(f"entry {entry.sequence} was changed, or the one before it")
            if entry.personal is not None and personal_digest(salts[entry.sequence], entry.personal) != entry.digest:
                wrong.append(f"the personal text of entry {entry.sequence} was changed")
            previous = entry.hash
        return count, wrong
