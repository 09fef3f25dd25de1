"""I/O. The one port to the database: open, migrate, read, and write inside `transaction()`.

SQLite today. SQL stands in the sibling modules once, with named parameters, in the dialect that SQLite (3.35 and
later) and PostgreSQL share; what differs between the two belongs into this file and its folder of migrations.

One connection writes, behind a lock: on a connection that coroutines share, an insert of one was seen to vanish with
the rollback of another. Readers have a connection of their own and see what is committed.

Columns named `at`, `since`, `*_at` or `*_until` hold times: aware datetimes outside, ISO 8601 in UTC of fixed width
inside, so that the text sorts as the time does. Columns named in `JSON_COLUMNS` hold JSON.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import aiosqlite

Row = dict[str, Any]
Parameters = Mapping[str, object]

#: Columns that hold JSON, in every table.
JSON_COLUMNS = frozenset({"refs", "details", "personal", "record"})

_PRAGMAS = ("busy_timeout = 10000", "foreign_keys = ON", "temp_store = MEMORY")
#: Tries, a twentieth of a second apart: where two processes make the same file a WAL at once, SQLite refuses one of them
#: without waiting for the busy time-out (sqlite.org/wal.html, "Sometimes Queries Return SQLITE_BUSY In WAL Mode").
_WAL_TRIES = 200


class StoreError(Exception):
    """The database cannot be used."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message} Remedy: {remedy}" if remedy else message)


def _bind(parameters: Parameters) -> dict[str, object]:
    bound: dict[str, object] = {}
    for name, value in parameters.items():
        if isinstance(value, datetime):
            bound[name] = value.astimezone(UTC).isoformat(timespec="microseconds")
        elif isinstance(value, dict | list | tuple):
            bound[name] = json.dumps(value, ensure_ascii=False, sort_keys=True)
        else:
            bound[name] = value
    return bound


def _row(cursor_row: aiosqlite.Row) -> Row:
    row: Row = {}
    for name in cursor_row.keys():  # noqa: SIM118 - sqlite3.Row iterates over its values
        value = cursor_row[name]
        if value is not None and (name in ("at", "since") or name.endswith(("_at", "_until"))):
            value = datetime.fromisoformat(value)
        elif value is not None and name in JSON_COLUMNS:
            value = json.loads(value)
        row[name] = value
    return row


class Reader:
    """Reads rows. What it returns are plain dicts; `from_row` functions beside the queries make values of them."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def all(self, sql: str, **parameters: object) -> list[Row]:
        """Every row of the query."""
        return [_row(row) for row in await self._rows(sql, parameters)]

    async def one(self, sql: str, **parameters: object) -> Row | None:
        """The first row of the query, None where there is none."""
        return next((_row(row) for row in await self._rows(sql, parameters)), None)

    async def _rows(self, sql: str, parameters: Parameters) -> Iterable[aiosqlite.Row]:
        """Run a statement to its end. One way to the connection's thread and back; a cursor of ours would take three."""
        return await self._connection.execute_fetchall(sql, _bind(parameters))


class Transaction(Reader):
    """A unit of work: all of it is kept, or nothing."""

    async def do(self, sql: str, **parameters: object) -> int:
        """Run a statement; returns how many rows it changed."""
        return (await self._connection.execute(sql, _bind(parameters))).rowcount

    async def many(self, sql: str, rows: Sequence[Parameters]) -> None:
        """Run a statement once for each set of parameters."""
        await self._connection.executemany(sql, [_bind(row) for row in rows])

    async def insert(self, sql: str, **parameters: object) -> int:
        """Run an INSERT … RETURNING id; returns the id."""
        for row in await self._rows(sql, parameters):
            return int(row[0])
        raise StoreError("an insert returned no id")


class Database:
    """The open database. Made by `open_database`."""

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self._writer = writer
        self._lock = asyncio.Lock()
        self.reader = Reader(reader)
        self._reader = reader

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Everything written inside is committed at the end, durably, or rolled back with the exception."""
        async with self._lock:
            await self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(self._writer)
            except BaseException:
                # A cancellation too must not leave the connection inside a transaction.
                await asyncio.shield(self._writer.execute("ROLLBACK"))
                raise
            await asyncio.shield(self._writer.execute("COMMIT"))

    async def scrub(self) -> bool:
        """Write the file anew, so that nothing that was erased can be read in it or in its log any more.

        Others may have the database open. Returns False where one of them kept the old pages in use.
        """
        async with self._lock:
            await self._writer.execute("PRAGMA temp_store = FILE")  # a copy of it all may not fit into the memory
            await self._writer.execute("VACUUM")
            await self._writer.execute("PRAGMA temp_store = MEMORY")
            rows = await self._writer.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
            return all(row[0] == 0 for row in rows)

    async def close(self) -> None:
        """Give both connections back."""
        async with self._lock:
            await self._reader.close()
            await self._writer.close()


@asynccontextmanager
async def open_database(path: Path, *, durable: bool = True) -> AsyncIterator[Database]:
    """Open (and make, readable by its owner alone) the database file and bring its tables up to date.

    `durable` False gives up safety against a power cut, for throw-away stores. Raises StoreError with a remedy where
    the folder or the file cannot be used, or where a newer Firstline made it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600, exist_ok=True)  # noqa: ASYNC240 - once, before anything else runs
        writer = await aiosqlite.connect(path, isolation_level=None)
    except OSError as error:
        raise StoreError(
            f"{path}: {error.strerror or error}.",
            remedy="make the state folder writable by the user that runs Firstline",
        ) from error
    except aiosqlite.Error as error:
        raise StoreError(f"{path}: {error}.", remedy="make the state folder writable, or name another") from error
    reader = await aiosqlite.connect(path, isolation_level=None)
    try:
        for connection in (writer, reader):
            connection.row_factory = aiosqlite.Row
            for pragma in _PRAGMAS:
                await connection.execute(f"PRAGMA {pragma}")
            await _write_ahead(connection)
            await connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
        await _migrate(writer, path)
        database = Database(writer, reader)
        yield database
    except aiosqlite.DatabaseError as error:
        if "not a database" in str(error) or "malformed" in str(error):
            raise StoreError(f"{path}: {error}.", remedy="restore the file from a backup, or move it away") from error
        raise
    finally:
        await reader.close()
        await writer.close()


async def _write_ahead(connection: aiosqlite.Connection) -> None:
    for left in range(_WAL_TRIES, -1, -1):
        try:
            await connection.execute("PRAGMA journal_mode = WAL")
        except aiosqlite.OperationalError as error:
            if "locked" not in str(error) or not left:
                raise
            await asyncio.sleep(0.05)
        else:
            return


def migrations() -> list[tuple[int, str, str]]:
    """The numbered migrations that ship: (number, name, script), in order."""
    folder = resources.files("store").joinpath("migrations/sqlite")
    found = sorted((item for item in folder.iterdir() if item.name.endswith(".sql")), key=lambda item: item.name)
    return [(int(item.name.split("_")[0]), item.name, item.read_text("utf-8")) for item in found]


async def _migrate(writer: aiosqlite.Connection, path: Path) -> None:
    await writer.execute("CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL)")
    done, known = await _migrated(writer), migrations()
    if done > known[-1][0]:
        raise StoreError(
            f"{path} was made by a newer Firstline (migration {done}, this one knows {known[-1][0]}).",
            remedy="install the newer version again, or restore the backup made before the upgrade",
        )
    for number, name, script in known:
        if number <= done:
            continue
        try:
            # executescript commits by itself: BEGIN and COMMIT around it keep a migration whole. Its own row comes first:
            # of two processes that start at once, the one that waited for the lock fails on it and finds all done.
            await writer.executescript(
                f"BEGIN IMMEDIATE;\nINSERT INTO migration VALUES ({number}, '{name}');\n{script}\nCOMMIT;"
            )
        except aiosqlite.IntegrityError:
            await writer.execute("ROLLBACK")
            if await _migrated(writer) < number:
                raise


async def _migrated(writer: aiosqlite.Connection) -> int:
    """The number of the last migration that this database has seen."""
    async with writer.execute("SELECT coalesce(max(number), 0) FROM migration") as cursor:
        row = await cursor.fetchone()
    return int(row[0]) if row else 0
