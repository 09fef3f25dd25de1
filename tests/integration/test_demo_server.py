"""The embedded mail server behaves as the servers do that the daemon meets outside."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from daemon.demo.server import MailServer

SUPPORT, ALICE = "support@tapir.example", "alice@customer.example"
MAIL = b"From: alice@customer.example\r\nTo: support@tapir.example\r\nSubject: hello\r\n\r\nHello.\r\n"


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with AsyncExitStack() as stack:
        server = MailServer({SUPPORT: "secret", ALICE: "other"}, clock=lambda: datetime.now(UTC))
        await server.start(stack)
        yield server


def client(server: MailServer, user: str = SUPPORT, password: str = "secret") -> IMAPClient:
    imap = IMAPClient(server.host, server.imap_port, ssl=False, timeout=5)
    try:
        imap.login(user, password)
    except LoginError:
        imap.shutdown()
        raise
    return imap


def submit(server: MailServer, recipient: str, login: tuple[str, str] | None) -> None:
    with smtplib.SMTP(server.host, server.submission_port, timeout=5) as smtp:
        if login:
            smtp.login(*login)
        smtp.sendmail(SUPPORT, [recipient], MAIL)


async def test_a_user_logs_in_and_finds_the_usual_folders(server: MailServer) -> None:
    def look() -> list[str]:
        with client(server) as imap:
            return sorted(name for _, _, name in imap.list_folders())

    assert await asyncio.to_thread(look) == ["Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash"]


async def test_a_wrong_password_is_refused(server: MailServer) -> None:
    with pytest.raises(LoginError):
        await asyncio.to_thread(client, server, SUPPORT, "wrong")


async def test_mail_that_arrives_is_pushed_to_an_idling_client(server: MailServer) -> None:
    def idle(ready: asyncio.Event, loop: asyncio.AbstractEventLoop) -> list[object]:
        with client(server) as imap:
            imap.select_folder("INBOX")
            imap.idle()
            loop.call_soon_threadsafe(ready.set)
            imap._imap.sock.settimeout(5)
            line = imap._imap.readline()
            imap.idle_done()
            return [line]

    ready = asyncio.Event()
    idling = asyncio.create_task(asyncio.to_thread(idle, ready, asyncio.get_running_loop()))
    await ready.wait()
    await server.deliver(SUPPORT, MAIL)
    assert b"EXISTS" in bytes((await idling)[0])  # type: ignore[call-overload]  # readline returns bytes


async def test_keywords_are_kept(server: MailServer) -> None:
    uid = await server.deliver(SUPPORT, MAIL)

    def mark() -> tuple[bytes, ...]:
        with client(server) as imap:
            imap.select_folder("INBOX")
            imap.add_flags([uid], ["$Firstline", "\\Answered"])
            return tuple(imap.get_flags([uid])[uid])

    assert {b"$Firstline", b"\\Answered"} <= set(await asyncio.to_thread(mark))
    assert await server.flags(SUPPORT) == [frozenset({"$Firstline", "\\Answered"})]


async def test_what_a_user_submits_after_login_reaches_the_recipient_as_it_was(server: MailServer) -> None:
    await asyncio.to_thread(submit, server, ALICE, (SUPPORT, "secret"))
    raw = await server.wait_for(ALICE, lambda raw: b"hello" in raw, 5)
    head, _, mail = raw.partition(b"From:")
    assert b"From:" + mail == MAIL
    assert b"Return-Path: <support@tapir.example>\r\nDelivered-To: alice@customer.example\r\n" in head


async def test_submission_without_login_is_refused(server: MailServer) -> None:
    with pytest.raises(smtplib.SMTPSenderRefused) as refused:
        await asyncio.to_thread(submit, server, ALICE, None)
    assert refused.value.smtp_code == 530


async def test_a_wrong_password_at_submission_is_refused(server: MailServer) -> None:
    with pytest.raises(smtplib.SMTPAuthenticationError):
        await asyncio.to_thread(submit, server, ALICE, (SUPPORT, "wrong"))


async def test_mail_to_an_unknown_user_is_refused_for_good(server: MailServer) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        await asyncio.to_thread(submit, server, "nobody@customer.example", (SUPPORT, "secret"))
    assert refused.value.recipients["nobody@customer.example"][0] == 550


async def test_the_world_delivers_without_login_and_plus_addresses_belong_to_their_user(server: MailServer) -> None:
    def send() -> None:
        with smtplib.SMTP(server.host, server.smtp_port, timeout=5) as smtp:
            smtp.sendmail("", ["support+fl-7k2q@tapir.example"], MAIL)

    await asyncio.to_thread(send)
    [raw] = await server.mails(SUPPORT)
    assert raw.startswith(b"Return-Path: <>\r\nDelivered-To: support+fl-7k2q@tapir.example\r\n")


async def test_waiting_for_a_mail_that_never_comes_ends(server: MailServer) -> None:
    with pytest.raises(TimeoutError):
        await server.wait_for(ALICE, lambda raw: True, 0.05)


async def test_appended_mail_is_found_in_its_folder(server: MailServer) -> None:
    def append() -> None:
        with client(server) as imap:
            imap.append("Sent", MAIL)

    await asyncio.to_thread(append)
    assert await server.wait_for(SUPPORT, lambda raw: True, 5, "Sent") == MAIL


async def test_stopping_ends_the_connections_that_are_open() -> None:
    async with AsyncExitStack() as stack:
        server = MailServer({SUPPORT: "secret"}, clock=lambda: datetime.now(UTC))
        await server.start(stack)
        imap = await asyncio.to_thread(client, server)
    with pytest.raises(IMAPClient.AbortError):
        await asyncio.to_thread(lambda: [imap.noop() for _ in range(3)])
    imap.shutdown()
