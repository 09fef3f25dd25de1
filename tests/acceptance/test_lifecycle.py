"""Issue 2, line 6, and what else an operator does to a running daemon: start, stop, pause, watch from systemd."""

import asyncio
import json
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from importlib import resources
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from daemon.demo.server import MailServer
from store.records import OutboxState
from store.store import FILE, Store
from tests.servers.house import PASSWORD, QUEUE, SUPPORT, eventually, mail, seen
from tests.servers.process import RUN, SCRIPTED_RUN, ServiceManager, daemon, firstline, write_configuration

#: The same answer is not sent to one person twice a day.
CUSTOMERS = ("alice@customer.test", "bob@customer.test")
CUSTOMER = CUSTOMERS[0]
NO_LOGIN = {"smtp": {"auth": "none", "user": "", "password_file": ""}}


def question(number: int = 1) -> bytes:
    text = "How do I get a stuck label out of the printer?\n"
    return mail(CUSTOMERS[number - 1], f"Stuck {number}", text, message_id=f"stuck-{number}@customer.test")


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with AsyncExitStack() as stack:
        users = dict.fromkeys((SUPPORT, QUEUE, *CUSTOMERS), PASSWORD)
        mail_server = MailServer(users, clock=lambda: datetime.now(UTC))
        await mail_server.start(stack)
        yield mail_server


@pytest.fixture
def manager(short_folder: Path) -> AsyncIterator[ServiceManager]:
    listening = ServiceManager(short_folder)
    yield listening
    listening.close()


class Postman:
    """An SMTP server that takes a mail's text, and keeps its reply to itself until told."""

    def __init__(self) -> None:
        self.has_text, self.may_reply = asyncio.Event(), asyncio.Event()
        self.port = 0

    async def start(self, stack: AsyncExitStack) -> None:
        loop = asyncio.get_running_loop()
        listening = await loop.create_server(lambda: SMTP(self, hostname="postman.test"), "127.0.0.1", 0)
        stack.callback(listening.close)
        self.port = listening.sockets[0].getsockname()[1]

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
        self.has_text.set()
        await self.may_reply.wait()
        return "250 OK"


@pytest.fixture
async def postman() -> AsyncIterator[Postman]:
    async with AsyncExitStack() as stack:
        slow = Postman()
        await slow.start(stack)
        yield slow


async def outbox_states(store: Store) -> list[str]:
    return [row["state"] for row in await store.reader.all("SELECT state FROM outbox ORDER BY id")]


@pytest.mark.model
async def test_it_watches_while_the_model_still_loads_and_answers_as_soon_as_it_can(
    server: MailServer, manager: ServiceManager, tmp_path: Path
) -> None:
    """What comes while the articles are read for the first time is answered from them, not handed over."""
    changes = {
        "knowledge": {"folders": [str(resources.files("daemon.demo") / "knowledge")]},
        "policy": {"send_at": 0.5, "draft_at": 0.5},  # what is looked at is the road, not the calibration
    }
    configuration = write_configuration(tmp_path, server.imap_port, server.submission_port, changes)
    loop = asyncio.get_running_loop()
    began = loop.time()
    notify = {"NOTIFY_SOCKET": str(manager.path)}
    async with daemon(*RUN, configuration, log=tmp_path / "log", environment=notify) as process:
        await manager.hears("READY=1")
        async with process.watching(tmp_path / "state") as store:
            print(f"time to watching       {loop.time() - began:5.1f} s")
            text = "We have a new router. How do I connect my Tapir One to the new Wi-Fi network?\n"
            await server.deliver(SUPPORT, mail(CUSTOMER, "New router", text, message_id="router@customer.test"))

            async def understood() -> bool:
                return await store.reader.one("SELECT id FROM inbox WHERE state = 'ingested'") is not None

            await eventually(understood, "the mail to be on its case")
            assert "the knowledge base is ready" not in process.log
            became = await eventually(lambda: seen(store, "router@customer.test"), "the decision")
            print(f"time to first decision {loop.time() - began:5.1f} s")
        assert became.decision["action"] == "answer", became.decision["record"]
        assert len(await server.mails(CUSTOMER)) == 1
        await manager.hears("WATCHDOG=1")
        assert await process.stopped() == 0, process.log
        await manager.hears("STOPPING=1")
        assert manager.heard[0] == "READY=1"


async def test_the_end_waits_for_the_mail_that_is_being_transmitted(
    server: MailServer, postman: Postman, tmp_path: Path
) -> None:
    configuration = write_configuration(tmp_path, server.imap_port, postman.port, NO_LOGIN)
    async with daemon(*SCRIPTED_RUN, configuration, log=tmp_path / "log") as process:
        async with process.watching(tmp_path / "state") as store:
            await server.deliver(SUPPORT, question())
            await asyncio.wait_for(postman.has_text.wait(), 60)
            process.signal(signal.SIGTERM)
            await process.says("stopping")
            postman.may_reply.set()
            assert await process.ended() == 0, process.log
            assert await outbox_states(store) == [OutboxState.SENT]
        assert "ended" in process.log.splitlines()[-1]


async def test_asked_twice_it_ends_at_once(server: MailServer, postman: Postman, tmp_path: Path) -> None:
    changes = {**NO_LOGIN, "service": {"shutdown_seconds": 600}}
    configuration = write_configuration(tmp_path, server.imap_port, postman.port, changes)
    async with daemon(*SCRIPTED_RUN, configuration, log=tmp_path / "log") as process:
        async with process.watching(tmp_path / "state"):
            await server.deliver(SUPPORT, question())
        await asyncio.wait_for(postman.has_text.wait(), 60)
        process.signal(signal.SIGTERM)
        await process.says("stopping")
        process.signal(signal.SIGTERM)
        assert await process.ended() == 1, process.log
        assert "ending at once" in process.log
        assert "Traceback" not in process.log, process.log


async def test_a_reload_takes_the_new_configuration_and_refuses_a_broken_one(
    server: MailServer, manager: ServiceManager, tmp_path: Path
) -> None:
    silent = {"policy": {"mode": "shadow"}}
    configuration = write_configuration(tmp_path, server.imap_port, server.submission_port, silent)
    notify = {"NOTIFY_SOCKET": str(manager.path)}
    async with (
        daemon(*SCRIPTED_RUN, configuration, log=tmp_path / "log", environment=notify) as process,
        process.watching(tmp_path / "state") as store,
    ):
        good = configuration.read_text()
        configuration.write_text(good.replace('mode = "shadow"', 'mode = "loud"'))
        process.signal(signal.SIGHUP)
        await process.says("the configuration has a problem, the present one stays")
        configuration.write_text(good.replace('mode = "shadow"', 'mode = "auto"'))
        process.signal(signal.SIGHUP)
        await process.says("mode=auto")
        await manager.hears("RELOADING=1")
        await server.deliver(SUPPORT, question())

        async def sent() -> bool:
            return await outbox_states(store) == [OutboxState.SENT]

        await eventually(sent, "the answer to leave")
        assert await process.stopped() == 0, process.log
    assert "Traceback" not in process.log


async def test_the_log_may_be_one_json_object_a_line(server: MailServer, tmp_path: Path) -> None:
    configuration = write_configuration(tmp_path, server.imap_port, server.submission_port)
    command = (*SCRIPTED_RUN[:-1], "--json", SCRIPTED_RUN[-1])
    async with daemon(*command, configuration, log=tmp_path / "log") as process:
        await process.says('"message": "started"')
        assert await process.stopped() == 0, process.log
        events = [json.loads(line) for line in process.log.splitlines()]
    assert events[-1]["message"] == "ended"
    assert {"at", "level", "logger"} <= set(events[0])


async def test_a_part_that_dies_takes_the_daemon_down_with_code_1(server: MailServer, tmp_path: Path) -> None:
    configuration = write_configuration(tmp_path, server.imap_port, server.submission_port)
    async with daemon(*SCRIPTED_RUN, configuration, log=tmp_path / "log") as process:
        async with process.watching(tmp_path / "state"):
            pass
        with sqlite3.connect(tmp_path / "state" / FILE) as database:
            database.execute("ALTER TABLE outbox RENAME TO somewhere_else")
        database.close()
        assert await process.ended() == 1, process.log
        assert "a part of the daemon died part=" in process.log


async def test_pause_holds_mails_back_and_resume_lets_them_go(server: MailServer, tmp_path: Path) -> None:
    configuration = write_configuration(tmp_path, server.imap_port, server.submission_port)
    async with (
        daemon(*SCRIPTED_RUN, configuration, log=tmp_path / "log") as process,
        process.watching(tmp_path / "state") as store,
    ):
        code, said = await firstline("pause", "--config", configuration)
        assert (code, "nothing leaves" in said) == (0, True), said
        for number in (1, 2):
            await server.deliver(SUPPORT, question(number))

            async def decided(count: int = number) -> bool:
                return len(await outbox_states(store)) == count

            await eventually(decided, f"mail {number} to be decided upon: it goes on deciding")
        assert await outbox_states(store) == [OutboxState.QUEUED, OutboxState.QUEUED]
        assert [await server.mails(one) for one in CUSTOMERS] == [[], []]

        code, said = await firstline("resume", "--config", configuration)
        assert (code, "(2 mails are waiting)" in said) == (0, True), said
        for number in (1, 2):
            message_id = f"stuck-{number}@customer.test"
            became = await eventually(partial(seen, store, message_id), f"the answer to mail {number}")
            assert became.decision["action"] == "answer"
        assert [len(await server.mails(one)) for one in CUSTOMERS] == [1, 1]
        assert await process.stopped() == 0


async def test_shadow_decides_and_leaves_everything_as_it_was(server: MailServer, tmp_path: Path) -> None:
    changes = {"policy": {"mode": "shadow"}}
    configuration = write_configuration(tmp_path, server.imap_port, server.submission_port, changes)
    async with (
        daemon(*SCRIPTED_RUN, configuration, log=tmp_path / "log") as process,
        process.watching(tmp_path / "state") as store,
    ):
        await server.deliver(SUPPORT, question())
        became = await eventually(lambda: seen(store, "stuck-1@customer.test"), "the decision")
        assert (became.decision["action"], became.decision["mode"]) == ("answer", "shadow")
        assert became.decision["record"]["mails"], "what it would have sent is on record"
        assert await outbox_states(store) == []
        assert await process.stopped() == 0
    assert await server.flags(SUPPORT) == [frozenset()]
    for user, folder in ((SUPPORT, "Sent"), (CUSTOMER, "INBOX"), (QUEUE, "INBOX")):
        assert await server.mails(user, folder) == []


async def test_articles_that_vanished_leave_the_index_of_before_in_use(server: MailServer, tmp_path: Path) -> None:
    """A disk that is not mounted must not end the first line of support; the log says what is wrong."""
    configuration = write_configuration(tmp_path, server.imap_port, server.submission_port)
    (tmp_path / "articles" / "jam.md").unlink()
    async with (
        daemon(*SCRIPTED_RUN, configuration, log=tmp_path / "log") as process,
        process.watching(tmp_path / "state") as store,
    ):
        await server.deliver(SUPPORT, question())
        became = await eventually(lambda: seen(store, "stuck-1@customer.test"), "the answer")
        assert became.decision["action"] == "answer"
        assert "what was indexed before stays in use: All articles are gone. → see that the folder" in process.log
        assert await process.stopped() == 0
