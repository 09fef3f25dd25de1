"""Issue 2, line 5: whatever the servers do, the daemon is back within 60 s of the fault's end, by itself.

A customer's mail is delivered while the fault lasts; it is answered once. Where the connection ended between the text and
the server's reply to it, nobody knows whether the customer has the answer: it is never sent again, and a human is told.
What is answered does not matter here, so the knowledge base is a scripted one. Run with `-s` to see the seconds.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from daemon.app import App
from daemon.demo.server import MailServer
from daemon.settings import Settings
from store.records import OutboxState
from tests.servers.dovecot import Dovecot
from tests.servers.house import DEADLINE, PASSWORD, QUEUE, SUPPORT, eventually, mail, running, seen, settled
from tests.servers.scripted_knowledge import SureKnowledge
from tests.servers.smtp import Fault, SmtpServer

_numbers = count(1)


def configured(imap_port: int, smtp: SmtpServer, **mailbox: Any) -> Settings:
    """What users run with, but for the time-outs that a test names."""
    return Settings.model_validate(
        {
            "mailbox": {
                "address": SUPPORT,
                "user": SUPPORT,
                "host": "127.0.0.1",
                "port": imap_port,
                "security": "plain",
                **mailbox,
            },
            "smtp": {
                "host": "127.0.0.1",
                "port": smtp.port,
                "security": "plain",
                "auth": "none",
                "timeout_seconds": 2,
                "uncertain_minutes": 0,
            },
            "queue": {"address": QUEUE},
            "policy": {"mode": "auto", "coalesce_seconds": 0},
        }
    )


def customer(number: int) -> str:
    """Each question has its own customer: the same answer is not sent to one person twice a day."""
    return f"customer-{number}@customer.test"


def question(number: int) -> bytes:
    text = "How do I get a stuck label out of the printer?\n"
    return mail(customer(number), f"Stuck {number}", text, message_id=f"stuck-{number}@customer.test")


def replies(smtp: SmtpServer, number: int) -> int:
    """How many replies to this question the SMTP server has kept."""
    wanted = f"In-Reply-To: <stuck-{number}@customer.test>".encode()
    return sum(wanted in kept.raw and kept.recipients == (customer(number),) for kept in smtp.mails)


async def answered_once(app: App, smtp: SmtpServer, number: int, fault: str, ended_at: float) -> None:
    """The mail is answered within the deadline, and only once."""
    loop = asyncio.get_running_loop()

    async def answered() -> bool:
        return replies(smtp, number) > 0

    await eventually(answered, f"the answer after the fault: {fault}", DEADLINE - (loop.time() - ended_at))
    print(f"{fault:<62} {loop.time() - ended_at:5.1f} s")
    await eventually(lambda: seen(app.store, f"stuck-{number}@customer.test"), "all that follows to be done")
    assert replies(smtp, number) == 1
    assert [one for one in smtp.mails if QUEUE in one.recipients] == []


# ── The IMAP server ──────────────────────────────────────────────────────────────────────────────────────────────────


class Imap:
    """Dovecot, and mail for it that comes by another way than its own while it is down."""

    def __init__(self, dovecot: Dovecot, app: App) -> None:
        self.dovecot = dovecot
        self.app = app

    async def deliver(self, raw: bytes) -> None:
        await asyncio.to_thread(self.dovecot.deliver, SUPPORT, raw, "bounces@customer.test")

    async def drop(self, raw: bytes) -> None:
        """Deliver as a local delivery agent does: a file in the Maildir."""
        name, domain = SUPPORT.split("@")
        path = self.dovecot.folder / "home" / domain / name / "Maildir/new" / f"{next(_numbers)}.test"
        path.write_bytes(raw)
        shutil.chown(path, "mail", "mail")

    async def unwatched(self) -> None:
        """Wait until the daemon has noticed."""

        async def noticed() -> bool:
            return not self.app.watching

        await eventually(noticed, "the daemon to notice the fault")


async def dies(imap: Imap, raw: bytes) -> None:
    await asyncio.to_thread(imap.dovecot.kill)
    await imap.drop(raw)
    await imap.unwatched()
    await asyncio.to_thread(imap.dovecot.start)


async def hangs(imap: Imap, raw: bytes) -> None:
    imap.dovecot.freeze()
    await imap.drop(raw)
    await imap.unwatched()
    imap.dovecot.thaw()


async def hangs_unnoticed(imap: Imap, raw: bytes) -> None:
    imap.dovecot.freeze()
    await imap.drop(raw)
    imap.dovecot.thaw()


async def says_bye(imap: Imap, raw: bytes) -> None:
    await asyncio.to_thread(imap.dovecot.kick, SUPPORT)
    await imap.deliver(raw)


async def changes_uidvalidity(imap: Imap, raw: bytes) -> None:
    await asyncio.to_thread(imap.dovecot.new_uidvalidity, SUPPORT, 4_000_000_000)
    await imap.deliver(raw)


async def is_moved_to_another_machine(imap: Imap, raw: bytes) -> None:
    """All UIDs are new, and an old mail looks as if it had just come."""
    await asyncio.to_thread(imap.dovecot.kill)
    await imap.drop(raw)
    long_ago = datetime.now(UTC) - timedelta(days=30)
    await imap.drop(
        mail("old@customer.test", "Old", "How do I print?\n", message_id="archived@customer.test", date=long_ago)
    )
    await imap.unwatched()
    await asyncio.to_thread(imap.dovecot.start)
    await asyncio.to_thread(imap.dovecot.new_uidvalidity, SUPPORT, 4_000_000_000)


#: Short time-outs, where the fault would otherwise last as long as [mailbox] poll_seconds and timeout_seconds do.
SHORT = {"poll_seconds": 2, "timeout_seconds": 2}


@pytest.mark.dovecot
@pytest.mark.parametrize(
    ("fault", "mailbox"),
    [
        pytest.param(dies, {}, id="IMAP server dies and is started again"),
        pytest.param(hangs, SHORT, id="IMAP server hangs: accepts and never answers"),
        pytest.param(hangs_unnoticed, {}, id="IMAP server hangs for a moment"),
        pytest.param(says_bye, {}, id="IMAP server says BYE"),
        pytest.param(changes_uidvalidity, {}, id="IMAP server changes UIDVALIDITY"),
        pytest.param(
            is_moved_to_another_machine, {}, id="IMAP server is moved: dies, comes back with another UIDVALIDITY"
        ),
    ],
)
async def test_the_imap_server_recovers_and_so_do_we(
    fault: Callable[[Imap, bytes], Awaitable[None]],
    mailbox: dict[str, Any],
    dovecot: Dovecot,
    smtp_server: SmtpServer,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    before, during, after = (next(_numbers) for _ in range(3))
    settings = configured(dovecot.imap_port, smtp_server, **mailbox)
    async with running(settings, tmp_path, look_up=SureKnowledge()) as app:
        imap = Imap(dovecot, app)
        await imap.deliver(question(before))
        await eventually(lambda: seen(app.store, f"stuck-{before}@customer.test"), "the daemon to work at all")

        await fault(imap, question(during))
        ended_at = asyncio.get_running_loop().time()
        await answered_once(app, smtp_server, during, request.node.callspec.id, ended_at)

        await imap.deliver(question(after))
        await eventually(lambda: seen(app.store, f"stuck-{after}@customer.test"), "the next mail")
        assert [replies(smtp_server, number) for number in (before, during, after)] == [1, 1, 1]
        assert await app.store.cases.candidates(app.store.reader, ["archived@customer.test"]) == []


# ── The SMTP server ──────────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def on_pymap(smtp: SmtpServer, state: Path) -> AsyncIterator[tuple[MailServer, App]]:
    async with AsyncExitStack() as stack:
        server = MailServer({SUPPORT: PASSWORD}, clock=lambda: datetime.now(UTC))
        await server.start(stack)
        settings = configured(server.imap_port, smtp)
        yield server, await stack.enter_async_context(running(settings, state, look_up=SureKnowledge()))


async def in_state(app: App, state: OutboxState) -> bool:
    return await app.store.reader.one("SELECT id FROM outbox WHERE state = :state", state=state) is not None


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(None, id="SMTP server refuses connections"),
        pytest.param(Fault.SILENT, id="SMTP server accepts and says nothing"),
        pytest.param(Fault.BUSY_GREETING, id="SMTP server is busy (421)"),
        pytest.param(Fault.SLOW, id="SMTP server is slow: no reply to RCPT"),
        pytest.param(Fault.GREYLIST, id="SMTP server greylists (451 to RCPT)"),
        pytest.param(Fault.DROP_AT_DATA, id="SMTP server drops the connection at DATA, before the text"),
        pytest.param(Fault.REJECT_TEXT_FOR_NOW, id="SMTP server has a full disk (452 to the text)"),
    ],
)
async def test_the_smtp_server_recovers_and_so_do_we(
    fault: Fault | None, smtp_server: SmtpServer, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    number = next(_numbers)
    async with on_pymap(smtp_server, tmp_path) as (server, app):
        if fault is None:
            await smtp_server.stop()
        else:
            smtp_server.fail(fault)
        await server.deliver(SUPPORT, question(number))
        await eventually(lambda: in_state(app, OutboxState.RETRY), "the first attempt to fail")
        assert replies(smtp_server, number) == 0
        if fault is None:
            await smtp_server.start()
        else:
            smtp_server.heal()
        ended_at = asyncio.get_running_loop().time()
        await answered_once(app, smtp_server, number, request.node.callspec.id, ended_at)


@pytest.mark.parametrize(
    ("fault", "kept"),
    [
        pytest.param(Fault.DROP_BEFORE_REPLY, 1, id="SMTP server drops after DATA, and has the mail"),
        pytest.param(Fault.DROP_AFTER_DATA, 0, id="SMTP server drops after DATA, and has lost the mail"),
    ],
)
async def test_what_may_have_been_sent_is_not_sent_again_and_a_human_is_told(
    fault: Fault,
    kept: int,
    smtp_server: SmtpServer,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("daemon.app.SWEEP_SECONDS", 1.0)  # else half a minute passes until the human is told
    number, after = next(_numbers), next(_numbers)
    async with on_pymap(smtp_server, tmp_path) as (server, app):
        smtp_server.fail(fault, times=1)
        await server.deliver(SUPPORT, question(number))
        await eventually(lambda: in_state(app, OutboxState.UNCERTAIN), "the mail to become uncertain")
        ended_at = asyncio.get_running_loop().time()
        await eventually(lambda: seen(app.store, f"stuck-{number}@customer.test"), "a human to be told")
        print(f"{request.node.callspec.id:<62} {asyncio.get_running_loop().time() - ended_at:5.1f} s")

        [told] = [one for one in smtp_server.mails if one.recipients == (QUEUE,)]
        assert b"may or may not have reached" in told.raw
        await app.pipeline.aftercare.sweep()
        await server.deliver(SUPPORT, question(after))
        await eventually(lambda: seen(app.store, f"stuck-{after}@customer.test"), "the next mail")
        assert (replies(smtp_server, number), replies(smtp_server, after)) == (kept, 1)
        assert len([one for one in smtp_server.mails if one.recipients == (QUEUE,)]) == 1
        case = await app.store.reader.one("SELECT * FROM cases WHERE subject = :subject", subject=f"Stuck {number}")
        assert case is not None
        assert (case["status"], case["owner"]) == ("awaiting_human", "human")
        await eventually(lambda: settled(app.store), "our own copies in Sent to be read")
