"""The store on real SQLite files: what is promised of transactions, claims, leases, the outbox and the audit."""

import asyncio
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store.db import StoreError, migrations, open_database
from store.records import (
    Case,
    CaseStatus,
    Direction,
    Fetched,
    Kind,
    Mode,
    OutboxItem,
    OutboxState,
    Owner,
    Position,
    Role,
)
from store.store import Store, open_store

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
LEASE = timedelta(minutes=2)


def mail(uid: int, raw: bytes = b"Subject: hi\r\n\r\nhello") -> Fetched:
    return Fetched(mailbox="INBOX", uidvalidity=7, uid=uid, raw=raw, received_at=NOW)


async def opened(store: Store, reference: str = "FL-AAAA-AA", *, due: datetime | None = NOW) -> Case:
    async with store.transaction() as tx:
        case = await store.cases.open(
            tx,
            reference=reference,
            mode=Mode.AUTO,
            customer="Alice@Example.com",
            customer_name="Alice",
            subject="Help",
            now=NOW,
        )
        if due:
            await store.cases.arrive(tx, case.id, due=due, now=NOW, moves=True)
        return await store.cases.get(tx, case.id)


async def received(store: Store, case: Case, message_id: str = "m1@example.com") -> int:
    async with store.transaction() as tx:
        return await store.cases.add_turn(
            tx,
            case.id,
            {
                "direction": Direction.IN,
                "at": NOW,
                "sender": "alice@example.com",
                "sender_name": "Alice",
                "subject": "Help",
                "text": "Help!",
                "kind": Kind.CUSTOMER,
                "message_id": message_id,
                "refs": [],
            },
        )


async def queued(
    store: Store, case: Case, *, cause: str = "c1", role: Role = Role.REPLY, decision: int | None = None
) -> int:
    async with store.transaction() as tx:
        return await store.outbox.add(
            tx,
            cause=cause,
            case_id=case.id,
            decision_id=decision,
            case_version=case.version,
            role=role,
            message_id=f"{cause}.{role}@example.com",
            envelope_sender="bounce@example.com",
            recipient="alice@example.com",
            raw=b"x",
            now=NOW,
            valid_until=None,
        )


@pytest.fixture
async def store(tmp_path: Path):
    async with open_store(tmp_path / "s.sqlite3") as opened_store:
        yield opened_store


async def test_what_fails_inside_a_transaction_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(RuntimeError):
        async with store.transaction() as tx:
            await store.pause(tx, True)
            raise RuntimeError

    assert not await store.paused()


async def test_a_failing_transaction_takes_no_other_tasks_insert_with_it(store: Store) -> None:
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def fails() -> None:
        async with store.transaction():
            inside.set()
            await go_on.wait()
            raise RuntimeError

    async def writes() -> None:
        await inside.wait()
        go_on.set()
        async with store.transaction() as tx:
            await store.pause(tx, True)

    await asyncio.gather(fails(), writes(), return_exceptions=True)

    assert await store.paused()


async def test_a_cancelled_transaction_is_rolled_back_and_the_next_one_works(store: Store) -> None:
    started = asyncio.Event()

    async def hangs() -> None:
        async with store.transaction() as tx:
            await store.pause(tx, True)
            started.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hangs())
    await started.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert not await store.paused()
    async with store.transaction() as tx:
        await store.pause(tx, True)
    assert await store.paused()


async def test_the_same_uid_is_stored_once_and_identical_mails_twice(store: Store) -> None:
    position = Position(mailbox="INBOX", uidvalidity=7, last_uid=2)
    await store.inbox.keep([mail(1), mail(2)], position)
    await store.inbox.keep([mail(2)], position)

    assert [stored.mail.uid for stored in await store.inbox.waiting()] == [1, 2]
    assert await store.inbox.position("INBOX") == position


async def test_an_identical_mail_inside_the_window_is_a_duplicate(store: Store) -> None:
    await store.inbox.keep([mail(1), mail(2)], Position(mailbox="INBOX", uidvalidity=7, last_uid=2))
    first, second = await store.inbox.waiting()
    digest = (await store.reader.one("SELECT digest FROM inbox"))["digest"]

    async def repeats(stored, since: datetime) -> str | None:
        return await store.inbox.duplicate_of(store.reader, stored, None, "", digest, since)

    assert await repeats(first, NOW - timedelta(days=7)) is None
    assert await repeats(second, NOW - timedelta(days=7)) is not None
    assert await repeats(second, NOW + timedelta(seconds=1)) is None


async def test_a_case_is_held_by_one_worker_until_its_lease_ends(store: Store) -> None:
    await opened(store)

    first = await store.cases.claim(NOW, LEASE)
    assert first is not None
    assert await store.cases.claim(NOW, LEASE) is None
    second = await store.cases.claim(NOW + LEASE, LEASE)
    assert second is not None

    async with store.transaction() as tx:
        assert not await store.cases.still_held(tx, first), "the first worker's token is fenced off"
        assert await store.cases.still_held(tx, second)


async def test_a_case_that_moved_since_it_was_claimed_is_not_held(store: Store) -> None:
    case = await opened(store)
    claimed = await store.cases.claim(NOW, LEASE)
    assert claimed is not None

    async with store.transaction() as tx:
        await store.cases.arrive(tx, case.id, due=NOW, now=NOW, moves=True)
        assert not await store.cases.still_held(tx, claimed)


async def test_a_case_is_not_due_before_its_time(store: Store) -> None:
    await opened(store, due=NOW + timedelta(seconds=5))

    assert await store.cases.claim(NOW, LEASE) is None
    assert await store.cases.claim(NOW + timedelta(seconds=5), LEASE) is not None


async def test_one_live_mail_a_cause(store: Store) -> None:
    case = await opened(store)
    first = await queued(store, case)

    with pytest.raises(sqlite3.IntegrityError):
        await queued(store, case, role=Role.QUESTIONS)

    async with store.transaction() as tx:
        await store.outbox.finish(tx, first, OutboxState.STALE, now=NOW)
    await queued(store, case, role=Role.OFFER)


async def claimed_item(store: Store, at: datetime = NOW) -> OutboxItem:
    item = await store.outbox.claim(at, LEASE)
    assert item is not None
    return item


async def test_a_claimed_mail_comes_back_when_its_holder_died_and_a_transmitting_one_does_not(store: Store) -> None:
    await queued(store, await opened(store))
    item = await claimed_item(store)

    assert await store.outbox.claim(NOW, LEASE) is None
    again = await claimed_item(store, NOW + LEASE)
    assert again.id == item.id

    async with store.transaction() as tx:
        assert not await store.outbox.held(tx, item, OutboxState.CLAIMED), "the first holder is fenced off"
        await store.outbox.transmit(tx, again, NOW + LEASE, LEASE)
    assert await store.outbox.claim(NOW + 10 * LEASE, LEASE) is None
    async with store.transaction() as tx:
        cut = await store.outbox.cut_off(tx, NOW + 10 * LEASE, restarted=False)
    assert [one.id for one in cut] == [item.id]


async def test_withdrawing_a_stale_reply_lets_its_mails_be_decided_again(store: Store) -> None:
    case = await opened(store)
    turn_id = await received(store, case)
    async with store.transaction() as tx:
        decision = await store.cases.add_decision(
            tx, case.id, now=NOW, action="answer", because="x", confidence=1.0, mode="auto", record={}
        )
        await store.cases.handle(tx, [turn_id], decision)
        case = await store.cases.move(
            tx,
            case.id,
            now=NOW,
            moves=True,
            changes={"status": CaseStatus.AWAITING_CUSTOMER, "automatic_replies": 1, "due_at": None},
        )
    await queued(store, case, decision=decision)
    item = await claimed_item(store)

    async with store.transaction() as tx:
        assert await store.outbox.withdraw(tx, item, NOW)

    history = await store.cases.history(store.reader, case.id)
    moved = await store.cases.get(store.reader, case.id)
    assert [turn.handled for turn in history] == [False]
    assert (moved.owner, moved.automatic_replies, moved.due_at) == (Owner.DAEMON, 0, NOW)
    assert moved.version > case.version


async def test_a_decision_that_left_in_part_is_not_taken_back(store: Store) -> None:
    case = await opened(store)
    turn_id = await received(store, case)
    async with store.transaction() as tx:
        decision = await store.cases.add_decision(
            tx, case.id, now=NOW, action="draft", because="x", confidence=1.0, mode="auto", record={}
        )
        await store.cases.handle(tx, [turn_id], decision)
    await queued(store, case, cause="first", role=Role.OFFER, decision=decision)
    item = await claimed_item(store)
    other = await queued(store, case, cause="second", role=Role.HANDOVER, decision=decision)
    async with store.transaction() as tx:
        await store.outbox.finish(tx, other, OutboxState.SENT, now=NOW)
        assert not await store.outbox.withdraw(tx, item, NOW)

    assert [turn.handled for turn in await store.cases.history(store.reader, case.id)] == [True]


async def test_the_audit_chain_tells_what_was_changed_and_survives_forgetting(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite3"
    async with open_store(path) as store:
        async with store.transaction() as tx:
            for number in range(3):
                await store.audit.append(
                    tx,
                    at=NOW,
                    case="FL-AAAA-AA",
                    event="received",
                    details={"number": number},
                    personal={"from": "alice@example.com"},
                    salt=f"salt{number}",
                )
        assert await store.audit.verify() == (3, [])
        async with store.transaction() as tx:
            await tx.do("DELETE FROM audit_personal WHERE sequence = 2")
        assert await store.audit.verify() == (3, []), "a forgotten person does not break the chain"
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            async with store.transaction() as tx:
                await tx.do("UPDATE audit SET event = 'sent' WHERE sequence = 2")
        async with store.transaction() as tx:
            await tx.do("DROP TRIGGER audit_is_append_only_update")
            await tx.do("UPDATE audit SET event = 'sent' WHERE sequence = 2")
        count, wrong = await store.audit.verify()
    assert count == 3
    assert wrong == ["entry 2 was changed, or the one before it"]


async def test_a_file_that_is_no_database_is_named_with_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite3"
    path.write_bytes(b"this is not a database, but it is long enough to be taken for one" * 20)

    with pytest.raises(StoreError, match="restore the file from a backup"):
        async with open_store(path):
            pass


async def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite3"
    async with open_database(path) as database, database.transaction() as tx:
        await tx.do("INSERT INTO migration VALUES (9999, 'from the future')")

    with pytest.raises(StoreError, match="newer Firstline"):
        async with open_database(path):
            pass


def made_by(path: Path, last: int) -> sqlite3.Connection:
    """A database as the version left it whose last migration had that number."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("CREATE TABLE migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL)")
    for number, name, script in migrations():
        if number <= last:
            connection.executescript(script)
            connection.execute("INSERT INTO migration VALUES (?, ?)", (number, name))
    return connection


async def test_decisions_from_before_verdicts_moved_anything_were_as_sure_as_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite3"
    before = made_by(path, 10)
    before.execute(
        "INSERT INTO cases (id, reference, status, owner, mode, customer, customer_key, customer_name, subject, opened_at,"
        " updated_at) VALUES (1, 'FL-AAAA-AA', 'open', 'daemon', 'auto', 'a@b', 'a@b', '', '', :now, :now)",
        {"now": NOW.isoformat()},
    )
    before.executemany(
        "INSERT INTO decision (id, case_id, decided_at, action, because, confidence, mode, record)"
        " VALUES (?, 1, ?, ?, '', ?, 'auto', '{}')",
        [(1, NOW.isoformat(), "answer", 0.93), (2, NOW.isoformat(), "record", None)],
    )
    before.close()

    async with open_store(path) as store:
        rows = await store.cases.decisions(1)
        async with store.transaction() as tx:
            await store.cases.add_decision(
                tx, 1, now=NOW, action="draft", because="", confidence=0.8, unadjusted=0.9, mode="auto", record={}
            )
        later = (await store.cases.decisions(1))[-1]
    assert [(row["confidence"], row["unadjusted"]) for row in rows] == [(0.93, 0.93), (None, None)]
    assert (later["confidence"], later["unadjusted"]) == (0.8, 0.9)


async def test_a_folder_that_cannot_be_used_is_named_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="writable"):
        async with open_store(tmp_path / "file" / "s.sqlite3"):
            pass


async def test_the_database_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "s.sqlite3"
    async with open_store(path):
        assert path.stat().st_mode & 0o777 == 0o600


OPENS = """
import asyncio, sys
from pathlib import Path
from store.store import open_store

async def main():
    async with open_store(Path(sys.argv[1])) as store:
        await store.outbox.counts()

asyncio.run(main())
"""


def test_processes_that_make_a_new_store_at_once_all_get_it(tmp_path: Path) -> None:
    for number in range(3):
        path = tmp_path / f"{number}.sqlite3"
        several = [
            subprocess.Popen(
                [sys.executable, "-c", OPENS, str(path)],
                cwd=Path(__file__).parents[2],
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(5)
        ]
        assert [process.communicate(timeout=60)[1] for process in several] == [""] * 5
