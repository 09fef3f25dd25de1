"""A person is forgotten: no word of theirs in any table, nor in a byte of the file; and the record still verifies."""

import json
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from daemon.cli.forget import erased
from daemon.edges.smtp import Outcome
from store.db import open_database
from store.forgetting import APART, BLANKED, _belongs, _schema, look, names_it
from store.store import FILE, Store
from tests.servers.desk import Desk, written
from tests.servers.process import firstline
from tests.servers.world import ALICE

BOB, MALICE = "bob@customer.test", "malice@customer.test"
NAME, WORD, TOPIC = "Xanthippe Quillfeather", "zyzzyva", "whatchamacallit"
MARKS = (ALICE, NAME.split()[0], NAME.split()[1], WORD, TOPIC)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_database(tmp_path / FILE, durable=False) as database:
        yield Store(database)


def theirs(text: str, id_: str, subject: str = f"About the {TOPIC}", **more: Any) -> bytes:
    return written(text, id_=id_, sender=f"{NAME} <{ALICE}>", subject=subject, **more)


async def lived(store: Store) -> Desk:
    """Alice asked, was answered, asked for a person, wrote on Bob's case, bounced and was held back; others wrote too."""
    desk = Desk(store, {"caps": {"handovers_per_sender": 2}})
    await desk.take(theirs(f"How do I get a stuck label out of the {WORD}?", f"{WORD}@x.test"))
    await desk.work()
    for number in range(4):
        await desk.take(
            theirs(f"I want to talk to a person about the {WORD}, {number * 'please '}now.", f"p{number}@x.test")
        )
        await desk.work()
    desk.now += timedelta(hours=2)
    raw = written("How do I load a roll of labels?", id_="b1@x.test", sender=f"Bob <{BOB}>", subject="Roll")
    await desk.take(raw.replace(b"Subject:", f"Cc: {NAME} <{ALICE.upper()}>\nSubject:".encode(), 1))
    await desk.work()
    (bobs,) = await store.reader.all("SELECT reference FROM cases WHERE customer = :bob", bob=BOB)
    await desk.take(theirs(f"I have the same {WORD}!", "a9@x.test", f"Re: Roll [{bobs['reference']}]",
                           headers=(("In-Reply-To", "<b1@x.test>"),)))  # fmt: skip
    await desk.work()
    await desk.take(written("How do I pair it by Bluetooth?", id_="m1@x.test", sender=MALICE, subject="Pairing"))
    await desk.work()
    desk.smtp.outcome, desk.smtp.response = Outcome.PERMANENT, f"550 5.1.1 <{ALICE}>: user unknown"
    await desk.take(theirs(f"How do I clean the {WORD} roller of the printer, and how often?", "c1@x.test", "Cleaning"))
    await desk.work()
    desk.smtp.outcome, desk.smtp.response = Outcome.SENT, "250 OK"
    return desk


async def fill_the_rest(store: Store) -> list[str]:
    """A row full of marks in each table that no mail above has filled, as the schema says. Returns those tables."""
    filled = []
    async with store.transaction() as tx:
        schema = await _schema(tx)
        ids = {
            "case_id": "SELECT min(id) AS n FROM cases WHERE customer_key = :key",
            "turn_id": "SELECT min(turn.id) AS n FROM turn JOIN cases ON cases.id = case_id WHERE customer_key = :key",
            "inbox_id": "SELECT min(inbox_id) AS n FROM turn WHERE sender = :key",
            "outbox_id": "SELECT min(id) AS n FROM outbox WHERE recipient = :key",
            "decision_id": "SELECT min(decision.id) AS n FROM decision JOIN cases ON cases.id = case_id"
            " WHERE customer_key = :key",
        }
        for table, columns in schema.items():
            count = await tx.one(f"SELECT count(*) AS n FROM {table}")
            if table in APART or not _belongs(table, columns) or (count and count["n"]):
                continue
            allowed = (await tx.one("SELECT sql FROM sqlite_master WHERE name = :name", name=table) or {})["sql"]
            values: dict[str, object] = {}
            for column, (kind, required) in columns.items():
                choices = allowed.partition(f"CHECK ({column} IN ('")[2].partition("'")[0]
                if column in ids:
                    found = await tx.one(ids[column], key=ALICE)
                    values[column] = found["n"] if found else None
                elif column == "at" or column.endswith(("_at", "_until")):
                    values[column] = "2026-11-20T10:00:00.000000+00:00"
                elif column in BLANKED.get(table, ()):
                    values[column] = choices or "ours"
                elif kind in ("TEXT", "BLOB"):
                    values[column] = choices or (json.dumps([WORD]) if column == "refs" else f"{WORD} {ALICE} {NAME}")
                elif required and column != "id":
                    values[column] = 1
            names = ", ".join(values)
            await tx.do(f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in values)})", **values)
            filled.append(table)
    return filled


def marked(path: Path, marks: tuple[str, ...] = MARKS) -> dict[str, list[str]]:
    """Which tables hold a mark, in which columns: read by another connection, as the bytes they are."""
    found: dict[str, list[str]] = {}
    with sqlite3.connect(path) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            cursor = connection.execute(f"SELECT * FROM {table}")
            names = [one[0] for one in cursor.description]
            for row in cursor:
                for name, value in zip(names, row, strict=True):
                    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
                    if any(names_it(mark).search(text) for mark in marks):
                        found.setdefault(table, []).append(name)
    connection.close()
    return found


async def test_every_table_that_holds_a_word_of_the_person_holds_none_afterwards(store: Store, tmp_path: Path) -> None:
    await lived(store)
    await fill_the_rest(store)
    before = marked(tmp_path / FILE)
    assert set(before) >= {
        *("cases", "turn", "inbox", "outbox", "decision", "participant", "known_id", "audit_personal", "arrival"),
        *("automatic_mail", "handover_mail", "suppressed", "held", "draft", "verdict", "agreement"),
    }
    assert not set(before) & {"audit", "setting", "mailbox"}, "what can never be erased must never be written"
    done, clean = await erased(store, ALICE)
    assert clean
    assert marked(tmp_path / FILE) == {}
    assert done.left_in_audit == 0
    assert (await store.audit.verify())[1] == []


async def test_no_byte_of_it_is_left_in_the_files_of_the_database(store: Store, tmp_path: Path) -> None:
    await lived(store)
    await fill_the_rest(store)
    await erased(store, ALICE)
    for file in sorted(tmp_path.glob(f"{FILE}*")):  # noqa: ASYNC240 - nothing else runs
        content = file.read_bytes().lower()
        assert [mark for mark in (WORD, TOPIC, "quillfeather") if mark.encode() in content] == [], file


async def test_every_table_says_what_becomes_of_its_rows(store: Store) -> None:
    schema = await _schema(store.reader)
    deleted = {"participant", "known_id", "held", "suppressed", "audit_personal"}
    unknown = set(schema) - set(BLANKED) - APART - deleted
    assert not [table for table in unknown if not _belongs(table, schema[table])], (
        "say in store/forgetting.py whose rows these are"
    )
    for table, kept in BLANKED.items():
        assert kept <= set(schema[table]), table


async def test_others_keep_what_is_theirs_and_a_longer_address_is_another_persons(store: Store, tmp_path: Path) -> None:
    await lived(store)
    before = {
        row["id"]: row for row in await store.reader.all("SELECT * FROM turn WHERE sender IN (:b, :m)", b=BOB, m=MALICE)
    }
    raws = "SELECT raw FROM inbox WHERE id IN (SELECT inbox_id FROM turn WHERE sender = :who)"
    malices = await store.reader.all(raws, who=MALICE)
    await erased(store, ALICE)
    after = {
        row["id"]: row for row in await store.reader.all("SELECT * FROM turn WHERE sender IN (:b, :m)", b=BOB, m=MALICE)
    }
    assert [row["text"] for row in after.values()] == [row["text"] for row in before.values()]
    assert await store.reader.all(raws, who=MALICE) == malices
    (bobs,) = await store.reader.all(raws, who=BOB)
    assert b"How do I load a roll" in bytes(bobs["raw"])
    assert (await look(store.reader, MALICE)).mails >= 1
    counted = await store.reader.one("SELECT count(*) AS n FROM decision")
    assert counted is not None
    assert counted["n"] >= 6, "what is counted stays"


async def test_the_daemon_goes_on_and_a_later_mail_of_the_person_is_a_new_customers(store: Store) -> None:
    desk = await lived(store)
    (reply, *_) = desk.read(ALICE)
    await erased(store, ALICE)
    taken = len(desk.smtp.taken)
    while await desk.act():
        pass
    await desk.deliver()
    assert len(desk.smtp.taken) == taken, "nothing is sent about who was forgotten"
    desk.now += timedelta(days=1)
    await desk.take(theirs("It is me again: how do I get labels?", "z1@x.test", "Re: x",
                           headers=(("In-Reply-To", f"<{reply.message_id}>"),)))  # fmt: skip
    (acted,) = await desk.work()
    assert acted.view.known_customer_cases == 0
    assert acted.view.customer is not None
    assert acted.view.customer.history == ()


async def test_a_mail_that_has_not_left_is_counted_and_never_leaves_once_its_person_is_forgotten(store: Store) -> None:
    desk = Desk(store)
    await desk.take(theirs("How do I get a stuck label out?", "a1@x.test"))
    assert await desk.act()
    assert (await look(store.reader, ALICE.upper())).undelivered >= 1
    await erased(store, ALICE)
    await desk.deliver()
    assert not desk.smtp.taken
    assert (await look(store.reader, ALICE)).undelivered == 0


async def test_the_command_refuses_asks_and_says_what_it_erased(tmp_path: Path) -> None:
    state = tmp_path / "state"
    config = tmp_path / "config.toml"
    config.write_text(f'[service]\nstate = "{state}"\n')
    async with open_database(state / FILE, durable=False) as database:
        desk = Desk(Store(database))
        await desk.take(theirs("How do I get a stuck label out?", "a1@x.test"))
        await desk.act()
    options = ("--config", str(config))
    code, said = await firstline("forget", ALICE, "--yes", *options)
    assert (code, "not left yet" in said) == (1, True), said
    code, said = await firstline("forget", "nobody@customer.test", "--yes", *options)
    assert (code, "Nothing of nobody@customer.test is kept" in said) == (1, True), said
    code, said = await firstline("forget", ALICE, "--force", "--json", *options)
    assert (code, "--yes" in said) == (1, True), said
    code, said = await firstline("forget", ALICE, "--force", *options)
    assert (code, "still open" in said or "case" in said) == (1, True), "without an answer nothing is erased"
    code, said = await firstline("forget", ALICE, "--force", "--yes", "--json", *options)
    assert code == 0, said
    report = json.loads(said)
    assert (report["erased"]["cases"], report["file_rewritten"], len(report["cases"])) == (1, True, 1)
    code, said = await firstline("audit", "verify", *options)
    assert code == 0, said
