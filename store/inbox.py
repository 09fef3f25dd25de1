"""I/O. The durable inbox: raw mail by where it lay, how far each mailbox was read, what is still to be done there."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from store.db import Database, Reader, Row, Transaction
from store.records import Fetched, MailboxChange, Position, StoredMail


class Inbox:
    """One method a query."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def position(self, mailbox: str) -> Position | None:
        """How far the mailbox was read; None at first sight."""
        row = await self._database.reader.one(
            "SELECT name, uidvalidity, last_uid,"
            " (SELECT received_at FROM inbox WHERE mailbox = :mailbox ORDER BY id DESC LIMIT 1) AS received_at"
            " FROM mailbox WHERE name = :mailbox",
            mailbox=mailbox,
        )
        if row is None:
            return None
        return Position(
            mailbox=row["name"],
            uidvalidity=row["uidvalidity"],
            last_uid=row["last_uid"],
            received_at=row["received_at"],
        )

    async def note_position(self, position: Position) -> None:
        """Set how far the mailbox was read: at first sight, and when its UIDVALIDITY changed."""
        async with self._database.transaction() as tx:
            await self._note(tx, position)

    async def _note(self, tx: Transaction, position: Position) -> None:
        await tx.do(
            "INSERT INTO mailbox (name, uidvalidity, last_uid) VALUES (:mailbox, :uidvalidity, :last_uid)"
            " ON CONFLICT (name) DO UPDATE SET uidvalidity = excluded.uidvalidity, last_uid = excluded.last_uid",
            mailbox=position.mailbox,
            uidvalidity=position.uidvalidity,
            last_uid=position.last_uid,
        )

    async def keep(self, mails: Sequence[Fetched], position: Position) -> None:
        """Store raw mails and the new position in one transaction. A mail that is there already stays as it is."""
        async with self._database.transaction() as tx:
            for mail in mails:
                await self._keep(tx, mail)
            await self._note(tx, position)

    async def keep_one(self, mail: Fetched) -> None:
        """Store a raw mail that no mailbox holds."""
        async with self._database.transaction() as tx:
            await self._keep(tx, mail)

    async def _keep(self, tx: Transaction, mail: Fetched) -> None:
        await tx.do(
            "INSERT INTO inbox (mailbox, uidvalidity, uid, raw, cut, digest, received_at)"
            " VALUES (:mailbox, :uidvalidity, :uid, :raw, :cut, :digest, :received_at)"
            " ON CONFLICT (mailbox, uidvalidity, uid) DO NOTHING",
            mailbox=mail.mailbox,
            uidvalidity=mail.uidvalidity,
            uid=mail.uid,
            raw=mail.raw,
            cut=mail.cut,
            digest=hashlib.sha256(mail.raw).hexdigest(),
            received_at=mail.received_at,
        )

    async def waiting(self, limit: int = 50) -> list[StoredMail]:
        """Mails that are stored but not yet understood, in order of arrival."""
        rows = await self._database.reader.all(
            "SELECT * FROM inbox WHERE state = 'stored' ORDER BY id LIMIT :limit", limit=limit
        )
        return [_stored(row) for row in rows]

    async def get(self, inbox_id: int) -> StoredMail | None:
        """One stored mail with its raw bytes."""
        row = await self._database.reader.one("SELECT * FROM inbox WHERE id = :id", id=inbox_id)
        return None if row is None else _stored(row)

    async def duplicate_of(
        self, reader: Reader, stored: StoredMail, message_id: str | None, sender: str, digest: str, since: datetime
    ) -> str | None:
        """What earlier mail inside the window this one repeats: byte-identical, or the same Message-ID and sender.

        The sender counts, because a stranger who has seen a customer's id must not be taken for that customer.
        """
        row = await reader.one(
            "SELECT id FROM inbox WHERE digest = :digest AND id < :id AND received_at >= :since LIMIT 1",
            digest=digest,
            id=stored.id,
            since=since,
        )
        if row is not None:
            return message_id or f"mail {row['id']}"
        if message_id is None:
            return None
        row = await reader.one(
            "SELECT turn.message_id FROM turn WHERE message_id = :message_id AND direction = 'in' AND lower(sender) = :sender"
            " AND inbox_id <> :id AND at >= :since LIMIT 1",
            message_id=message_id,
            sender=sender,
            id=stored.id,
            since=since,
        )
        return None if row is None else str(row["message_id"])

    async def finish(self, tx: Transaction, inbox_id: int, *, quarantined: bool = False) -> None:
        """The mail is understood (or set aside): it is not taken up again."""
        await tx.do(
            "UPDATE inbox SET state = :state WHERE id = :id",
            state="quarantined" if quarantined else "ingested",
            id=inbox_id,
        )

    async def want_change(self, tx: Transaction, kind: str, inbox_id: int, outbox_id: int | None = None) -> None:
        """Note something to be done in the mailbox that the mail came from."""
        await tx.do(
            "INSERT INTO mailbox_change (kind, mailbox, uidvalidity, uid, outbox_id)"
            " SELECT :kind, mailbox, uidvalidity, uid, :outbox_id FROM inbox WHERE id = :inbox_id",
            kind=kind,
            inbox_id=inbox_id,
            outbox_id=outbox_id,
        )

    async def changes(self, mailbox: str, limit: int = 100) -> list[MailboxChange]:
        """What is still to be done in the mailbox, oldest first."""
        rows = await self._database.reader.all(
            "SELECT c.*, o.raw, o.message_id FROM mailbox_change c LEFT JOIN outbox o ON o.id = c.outbox_id"
            " WHERE c.mailbox = :mailbox AND c.done = 0 ORDER BY c.id LIMIT :limit",
            mailbox=mailbox,
            limit=limit,
        )
        return [
            MailboxChange(
                id=row["id"],
                kind=row["kind"],
                mailbox=row["mailbox"],
                uidvalidity=row["uidvalidity"],
                uid=row["uid"],
                raw=row["raw"],
                message_id=row["message_id"],
                attempts=row["attempts"],
            )
            for row in rows
        ]

    async def change_done(self, change_id: int) -> None:
        """The mailbox was changed."""
        async with self._database.transaction() as tx:
            await tx.do("UPDATE mailbox_change SET done = 1 WHERE id = :id", id=change_id)

    async def change_failed(self, change_id: int, error: str) -> None:
        """The mailbox could not be changed. After five refusals it is given up, on record: it is a courtesy."""
        async with self._database.transaction() as tx:
            await tx.do(
                "UPDATE mailbox_change SET attempts = attempts + 1, last_error = :error,"
                " done = CASE WHEN attempts >= 4 THEN 1 ELSE 0 END WHERE id = :id",
                id=change_id,
                error=error,
            )


def _stored(row: Row) -> StoredMail:
    return StoredMail(
        id=row["id"],
        mail=Fetched(
            mailbox=row["mailbox"],
            uidvalidity=row["uidvalidity"],
            uid=row["uid"],
            raw=bytes(row["raw"]),
            received_at=row["received_at"],
            cut=row["cut"],
        ),
    )
