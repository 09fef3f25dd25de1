"""I/O. The store as a whole: one database, and a window on it for each noun."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path

from store.audit import Audit
from store.cases import Cases
from store.db import Database, Reader, Transaction, open_database
from store.duty import Duty
from store.humans import Humans
from store.inbox import Inbox
from store.learning import Learning
from store.limits import Limits
from store.llm import LlmDays
from store.outbox import Outbox
from store.report import Reports

#: The name of the database in the state folder.
FILE = "firstline.sqlite3"


class Store:
    """What happened. Everything is written inside `transaction()`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.inbox = Inbox(database)
        self.cases = Cases(database)
        self.outbox = Outbox(database)
        self.limits = Limits()
        self.humans = Humans()
        self.duty = Duty()
        self.llm = LlmDays()
        self.audit = Audit(database)
        self.reports = Reports()
        self.learning = Learning()

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """All of it is kept, durably, or nothing."""
        return self._database.transaction()

    async def scrub(self) -> bool:
        """Write the file anew without what was erased; see `Database.scrub`."""
        return await self._database.scrub()

    @property
    def reader(self) -> Reader:
        """Reads what is committed."""
        return self._database.reader

    async def paused(self, reader: Reader | None = None) -> bool:
        """Whether sending is paused: decisions go on, nothing leaves."""
        row = await (reader or self.reader).one("SELECT value FROM setting WHERE name = 'paused'")
        return row is not None and row["value"] == "yes"

    async def pause(self, tx: Transaction, paused: bool) -> None:
        """Stop or go on sending; outlives the process."""
        await tx.do(
            "INSERT INTO setting (name, value) VALUES ('paused', :value)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            value="yes" if paused else "no",
        )

    async def heartbeat(self, tx: Transaction, now: datetime) -> datetime | None:
        """The daemon runs at that time. Returns when it was noted last, None where never."""
        row = await tx.one("SELECT value FROM setting WHERE name = 'heartbeat'")
        await tx.do(
            "INSERT INTO setting (name, value) VALUES ('heartbeat', :value)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            value=now.isoformat(),
        )
        return datetime.fromisoformat(row["value"]) if row else None


@asynccontextmanager
async def open_store(path: Path, *, durable: bool = True) -> AsyncIterator[Store]:
    """Open the store in that file; see `open_database` for what it raises."""
    async with open_database(path, durable=durable) as database:
        yield Store(database)
