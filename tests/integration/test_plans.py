"""The daily road asks the database for a few rows by an index, however many mails lie there already."""

import re
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.demo.server import MailServer
from daemon.settings import Settings
from store import db
from tests.servers.house import PASSWORD, QUEUE, SUPPORT, eventually, mail, running, seen
from tests.servers.scripted_knowledge import SureKnowledge

ALICE = "alice@customer.test"
#: Tables that grow with every mail.
GROWING = re.compile(
    r"^SCAN (inbox|mailbox_change|cases|decision|outbox|turn|known_id|participant|audit|arrival|\w+_mail)$"
)
#: Not on the daily road, or not what they look like.
ALLOWED = (
    "UPDATE outbox SET lease_until = NULL",  # once, at the start: who held something when the daemon ended
    "UPDATE cases SET lease_until = NULL",
    "INSERT INTO ",  # the plan names tables that refer to this one; they are read where a reference is broken already
    "SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1",  # from the end, by the key: one row
    "SELECT (SELECT count(*) FROM inbox",  # the test's own
)


async def test_no_statement_of_the_daily_road_reads_a_whole_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, db.Parameters] = {}
    bind = db._bind

    def remember(reader: object, sql: str, parameters: db.Parameters) -> object:
        asked[sql] = parameters
        return rows(reader, sql, parameters)

    async def remember_change(tx: object, sql: str, **parameters: object) -> int:
        asked[sql] = parameters
        return await do(tx, sql, **parameters)

    rows, do = db.Reader._rows, db.Transaction.do
    monkeypatch.setattr(db.Reader, "_rows", remember)
    monkeypatch.setattr(db.Transaction, "do", remember_change)

    async with AsyncExitStack() as stack:
        users = dict.fromkeys((SUPPORT, QUEUE, ALICE), PASSWORD)
        server = MailServer(users, clock=lambda: datetime.now(UTC))
        await server.start(stack)
        login = {"user": SUPPORT, "host": server.host, "security": "plain"}
        settings = Settings.model_validate(
            {
                "mailbox": {**login, "address": SUPPORT, "port": server.imap_port},
                "smtp": {**login, "port": server.submission_port},
                "queue": {"address": QUEUE},
                "policy": {"mode": "auto", "coalesce_seconds": 0},
            }
        )
        app = await stack.enter_async_context(running(settings, tmp_path, look_up=SureKnowledge()))
        for message_id, text in (
            ("one@customer.test", "How do I get a stuck label out of the printer?"),
            ("two@customer.test", "Please let a human call me, I want to cancel my contract."),
        ):
            await server.deliver(SUPPORT, mail(f"Alice <{ALICE}>", "Label", text, message_id=message_id))
            await eventually(lambda known=message_id: seen(app.store, known), "the mail to be dealt with")
        first = "one@customer.test"
        again = mail(
            f"Alice <{ALICE}>", "Re: Label", "It is still stuck.", message_id="three@customer.test", in_reply_to=first
        )
        await server.deliver(SUPPORT, again)
        await eventually(lambda: seen(app.store, "three@customer.test"), "the second mail to be dealt with")
        await app.pipeline.aftercare.sweep()
        assert any("ORDER BY due_at, id LIMIT 1" in sql for sql in asked)

        whole = {}
        for sql, parameters in list(asked.items()):
            if sql.startswith(ALLOWED):
                continue
            plan = await app.store.reader.all(f"EXPLAIN QUERY PLAN {sql}", **bind(parameters))
            scans = [step["detail"] for step in plan if GROWING.match(str(step["detail"]))]
            if scans:
                whole[sql] = scans
        assert not whole, "\n".join(f"{scans}: {sql}" for sql, scans in whole.items())
