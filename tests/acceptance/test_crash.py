"""Killed at every named boundary and started again: nothing is lost, nothing is half written, nothing is sent twice.

Each row is a real process that SIGKILLs itself at the boundary, on real IMAP and SMTP servers that live on in the test.
Run with `-s` to see the table.
"""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.demo.server import MailServer
from store.records import OutboxState
from store.store import FILE, Store, open_store

CUSTOMER = "alice@customer.test"
PASSWORD = "secret"
MAIL = (
    b"From: Alice Archer <alice@customer.test>\r\nTo: support@example.test\r\nSubject: The label is stuck\r\n"
    b"Message-ID: <jam-1@customer.test>\r\nDate: %s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"
    b"Hello,\r\n\r\nhow do I get a stuck label out of the printer?\r\n\r\nAlice\r\n"
)

#: Before the mark `transmitting` is on disk, whatever happens is repeated: exactly one reply.
REPEATED = (
    "watch.fetched",
    "watch.kept",
    "ingest.parsed",
    "ingest.understood",
    "ingest.writing",
    "ingest.committed",
    "act.claimed",
    "act.gathered",
    "act.decided",
    "act.writing",
    "act.committed",
    "deliver.claimed",
    "deliver.marking",
)
#: From the mark until its result is on disk nobody knows: at most one reply, the row is `uncertain`, a human is told.
UNKNOWN = {"deliver.transmitting": 0, "deliver.transmitted": 1, "deliver.recording": 1}
#: After that the mail is sent and known to be.
KNOWN = ("deliver.recorded",)


class Daemon:
    """Starts the daemon as a process, on the test's servers and state folder."""

    def __init__(self, server: MailServer, state: Path) -> None:
        self._wanted = {"imap": server.imap_port, "submission": server.submission_port, "state": str(state)}

    async def start(self, kill: str | None) -> asyncio.subprocess.Process:
        child = Path(__file__).with_name("child.py")
        return await asyncio.create_subprocess_exec(
            sys.executable,
            str(child),
            json.dumps({**self._wanted, "kill": kill}),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        process = await self.start(None)
        assert process.stdout is not None
        await asyncio.wait_for(process.stdout.readline(), 30)  # it listens to signals now
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            _, errors = await asyncio.wait_for(process.communicate(), 30)
            assert process.returncode == 0, errors.decode()

    async def killed_at(self, boundary: str) -> None:
        process = await self.start(boundary)
        _, errors = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == -signal.SIGKILL, f"{boundary} was never reached:\n{errors.decode()}"


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    users = dict.fromkeys(("support@example.test", "queue@example.test", CUSTOMER), PASSWORD)
    async with AsyncExitStack() as stack:
        mail_server = MailServer(users, clock=lambda: datetime.now(UTC))
        await mail_server.start(stack)
        yield mail_server


async def settled(store: Store) -> bool:
    """Whether nothing waits any more: every mail understood, no case due, nothing on its way."""
    row = await store.reader.one(
        "SELECT (SELECT count(*) FROM inbox WHERE state = 'stored')"
        " + (SELECT count(*) FROM cases WHERE due_at IS NOT NULL)"
        " + (SELECT count(*) FROM outbox WHERE state IN ('queued', 'claimed', 'transmitting', 'retry'))"
        " + (SELECT count(*) FROM outbox WHERE state = 'uncertain' AND told_human = 0)"
        " + (SELECT count(*) FROM mailbox_change WHERE done = 0)"
        " + (SELECT count(*) = 0 FROM inbox) AS waiting"
    )
    return row is not None and row["waiting"] == 0


async def until_settled(state: Path) -> None:
    async with asyncio.timeout(60):
        while not (state / FILE).exists():
            await asyncio.sleep(0.05)
        async with open_store(state / FILE) as store:
            while not await settled(store):
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("boundary", [*REPEATED, *UNKNOWN, *KNOWN])
async def test_a_kill_loses_nothing_and_sends_nothing_twice(boundary: str, server: MailServer, tmp_path: Path) -> None:
    date = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000").encode()
    await server.deliver("support@example.test", MAIL % date)
    daemon = Daemon(server, tmp_path)

    await daemon.killed_at(boundary)
    async with daemon.running():
        await until_settled(tmp_path)

    replies = len(await server.mails(CUSTOMER))
    queue = len(await server.mails("queue@example.test"))
    copies = len(await server.mails("support@example.test", "Sent"))
    async with open_store(tmp_path / FILE) as store:
        answers = await store.reader.all("SELECT state, told_human FROM outbox WHERE role = 'reply'")
        mails = await store.reader.all(
            "SELECT inbox.state, turn.handled FROM inbox LEFT JOIN turn ON turn.inbox_id = inbox.id"
            " WHERE inbox.mailbox = 'INBOX'"  # our own copy in Sent is read too
        )
        count, wrong = await store.audit.verify()
    states = [row["state"] for row in answers if row["state"] != OutboxState.STALE]
    print(f"{boundary:<22} replies {replies}  outbox {states}  told a human {queue}  audit {count}")

    assert [(row["state"], row["handled"]) for row in mails] == [("ingested", 1)], "one mail, one turn, decided upon"
    assert wrong == []
    if boundary in UNKNOWN:
        assert replies == UNKNOWN[boundary]
        assert states == [OutboxState.UNCERTAIN]
        assert queue == 1, "a human is told"
    else:
        assert replies == 1
        assert states == [OutboxState.SENT]
        assert queue == 0
        assert copies == 1, "people in the mailbox see the reply in Sent, once"
