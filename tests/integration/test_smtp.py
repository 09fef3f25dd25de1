"""Each way in which an SMTP server fails has one outcome, and no outcome but a refusal is followed by a duplicate."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from daemon.edges.smtp import Delivery, Outcome, Sender
from daemon.errors import ConfigurationError
from daemon.settings import Authentication, Security, SmtpSettings
from store.records import OutboxItem, OutboxState, Role
from tests.servers.smtp import PASSWORD, USER, Fault, SmtpServer

RAW = b"From: support@example.test\r\nTo: alice@customer.test\r\nSubject: Re: hello\r\n\r\nHello.\r\n.dot\r\n"


def item(raw: bytes = RAW, recipient: str = "alice@customer.test", sender: str = "bounce@example.test") -> OutboxItem:
    return OutboxItem(
        id=1,
        case_id=1,
        case_version=1,
        role=Role.REPLY,
        message_id="1.abc@example.test",
        envelope_sender=sender,
        recipient=recipient,
        raw=raw,
        state=OutboxState.CLAIMED,
        attempts=0,
        token=1,
        created_at=datetime(2026, 11, 23, tzinfo=UTC),
        valid_until=None,
    )


def settings(server: SmtpServer, **values: object) -> SmtpSettings:
    usual = {
        "host": server.host,
        "port": server.port,
        "security": Security.PLAIN,
        "auth": Authentication.NONE,
        "timeout_seconds": 5,
        "data_timeout_seconds": 5,
    }
    # model_copy does not hold the bounds, so that a test may time out after a twentieth of a second.
    return SmtpSettings().model_copy(update=usual | values)


async def secret() -> str:
    return PASSWORD


async def go() -> bool:
    return True


@asynccontextmanager
async def sending(
    server: SmtpServer, secret: Callable[[], Awaitable[str]] = secret, **values: object
) -> AsyncIterator[Sender]:
    sender = Sender(settings(server, **values), secret=secret, local_hostname="daemon.example.test")
    try:
        yield sender
    finally:
        await sender.close()


async def send_once(server: SmtpServer, **values: object) -> Delivery:
    async with sending(server, **values) as sender:
        return await sender.send(item(), go)


async def test_a_mail_arrives_as_it_was_written(smtp_server: SmtpServer) -> None:
    delivery = await send_once(smtp_server)
    assert delivery == Delivery(outcome=Outcome.SENT, response="250 OK")
    [mail] = smtp_server.mails
    assert (mail.sender, mail.recipients, mail.raw) == ("bounce@example.test", ("alice@customer.test",), RAW)


async def test_line_ends_are_made_whole_and_dots_survive(smtp_server: SmtpServer) -> None:
    async with sending(smtp_server) as sender:
        await sender.send(item(raw=b"Subject: x\n\n.\n..two\nlast"), go)
    assert smtp_server.mails[0].raw == b"Subject: x\r\n\r\n.\r\n..two\r\nlast\r\n"


async def test_the_null_path_and_eight_bit_text_are_said_to_the_server(smtp_server: SmtpServer) -> None:
    async with sending(smtp_server) as sender:
        await sender.send(item(raw="Subject: x\r\n\r\nGrüße\r\n".encode(), sender=""), go)
    [mail] = smtp_server.mails
    assert mail.sender == ""
    assert "BODY=8BITMIME" in mail.options
    assert mail.raw.endswith("Grüße\r\n".encode())


async def test_an_address_beyond_ascii_is_sent_with_smtputf8(smtp_server: SmtpServer) -> None:
    async with sending(smtp_server) as sender:
        await sender.send(item(recipient="zoë@customer.test"), go)
    assert smtp_server.mails[0].recipients == ("zoë@customer.test",)


async def test_the_evidence_copy_gets_the_same_mail(smtp_server: SmtpServer) -> None:
    await send_once(smtp_server, evidence_copy="proof@example.test")
    assert smtp_server.mails[0].recipients == ("alice@customer.test", "proof@example.test")


@pytest.mark.parametrize(
    ("reply", "assigned"),
    [
        pytest.param("250 2.0.0 Ok: queued as 4F1B2C3D4E", "4F1B2C3D4E", id="Postfix"),
        pytest.param("250 Ok 0100018c9b7f-3a4b-000000", "0100018c9b7f-3a4b-000000", id="Amazon SES: bare"),
        pytest.param("250 2.6.0 <DB9P@prod.outlook.com> [InternalId=4711] Queued", "DB9P@prod.outlook.com", id="M365"),
        pytest.param("250 OK id=1tAbCd-0001xY-2Z", "1tAbCd-0001xY-2Z", id="Exim"),
        pytest.param("250 2.0.0 OK", None, id="none"),
    ],
)
async def test_the_id_that_the_server_gave_is_known(smtp_server: SmtpServer, reply: str, assigned: str | None) -> None:
    smtp_server.reply = reply
    assert (await send_once(smtp_server)).assigned_id == assigned


@pytest.mark.parametrize(
    ("fault", "outcome", "kept"),
    [
        pytest.param(Fault.BUSY_GREETING, Outcome.TRANSIENT, 0),
        pytest.param(Fault.SILENT, Outcome.TRANSIENT, 0),
        pytest.param(Fault.REJECT_SENDER_FOR_NOW, Outcome.TRANSIENT, 0),
        pytest.param(Fault.REJECT_SENDER, Outcome.PERMANENT, 0),
        pytest.param(Fault.GREYLIST, Outcome.TRANSIENT, 0),
        pytest.param(Fault.REJECT_RECIPIENT, Outcome.PERMANENT, 0),
        pytest.param(Fault.DENY_RELAY, Outcome.TRANSIENT, 0),
        pytest.param(Fault.SLOW, Outcome.TRANSIENT, 0),
        pytest.param(Fault.DROP_AT_RCPT, Outcome.TRANSIENT, 0),
        pytest.param(Fault.DROP_AT_DATA, Outcome.TRANSIENT, 0),
        pytest.param(Fault.DROP_AFTER_DATA, Outcome.UNCERTAIN, 0),
        pytest.param(Fault.DROP_BEFORE_REPLY, Outcome.UNCERTAIN, 1),
        pytest.param(Fault.TIMEOUT_AFTER_DATA, Outcome.UNCERTAIN, 1),
        pytest.param(Fault.NONSENSE_AFTER_DATA, Outcome.UNCERTAIN, 1),
        pytest.param(Fault.REJECT_TEXT_FOR_NOW, Outcome.TRANSIENT, 0),
        pytest.param(Fault.REJECT_TEXT, Outcome.PERMANENT, 0),
    ],
)
async def test_each_fault_has_its_outcome_and_afterwards_the_next_mail_leaves(
    smtp_server: SmtpServer, fault: Fault, outcome: Outcome, kept: int
) -> None:
    smtp_server.fail(fault, times=1)
    short = 0.1 if fault in (Fault.SILENT, Fault.SLOW, Fault.TIMEOUT_AFTER_DATA) else 5
    async with sending(smtp_server, timeout_seconds=short, data_timeout_seconds=short) as sender:
        delivery = await sender.send(item(), go)
        assert delivery.outcome is outcome
        assert delivery.response
        assert len(smtp_server.mails) == kept
        assert (await sender.send(item(), go)).outcome is Outcome.SENT
    assert len(smtp_server.mails) == kept + 1


async def test_a_refused_connection_is_transient_and_says_what_to_look_at(smtp_server: SmtpServer) -> None:
    await smtp_server.stop()
    delivery = await send_once(smtp_server)
    assert delivery.outcome is Outcome.TRANSIENT
    assert "refuses connections" in delivery.response
    assert "[smtp] host and port" in delivery.remedy


async def test_an_unknown_host_is_transient_and_named(smtp_server: SmtpServer) -> None:
    delivery = await send_once(smtp_server, host="no-such-host.invalid")
    assert delivery.outcome is Outcome.TRANSIENT
    assert '"no-such-host.invalid" is unknown' in delivery.response


async def test_what_no_longer_should_leave_does_not(smtp_server: SmtpServer) -> None:
    async def withdrawn() -> bool:
        return False

    async with sending(smtp_server) as sender:
        assert (await sender.send(item(), withdrawn)).outcome is Outcome.WITHDRAWN
        assert smtp_server.mails == []
        assert (await sender.send(item(), go)).outcome is Outcome.SENT
    assert smtp_server.connections == 1


async def test_the_mark_is_made_after_the_recipient_was_accepted_and_before_the_text(smtp_server: SmtpServer) -> None:
    marked: list[int] = []

    async def mark() -> bool:
        marked.append(len(smtp_server.mails))
        return True

    async with sending(smtp_server) as sender:
        smtp_server.fail(Fault.REJECT_RECIPIENT, times=1)
        await sender.send(item(), mark)
        assert marked == []
        await sender.send(item(), mark)
    assert marked == [0]


async def test_a_mark_that_cannot_be_made_comes_out_and_nothing_is_sent(smtp_server: SmtpServer) -> None:
    async def broken() -> bool:
        raise RuntimeError("the disk is full")

    async with sending(smtp_server) as sender:
        with pytest.raises(RuntimeError, match="the disk is full"):
            await sender.send(item(), broken)
        assert smtp_server.mails == []
        assert (await sender.send(item(), go)).outcome is Outcome.SENT


async def test_one_connection_carries_many_mails(smtp_server: SmtpServer) -> None:
    async with sending(smtp_server) as sender:
        for _ in range(5):
            await sender.send(item(), go)
    assert (len(smtp_server.mails), smtp_server.connections) == (5, 1)


async def test_there_are_never_more_connections_than_allowed(smtp_server: SmtpServer) -> None:
    async with sending(smtp_server, connections=3) as sender:
        await asyncio.gather(*(sender.send(item(), go) for _ in range(12)))
    assert len(smtp_server.mails) == 12
    assert smtp_server.connections <= 3


async def test_a_connection_that_died_while_unused_is_replaced_silently(smtp_server: SmtpServer) -> None:
    async with sending(smtp_server) as sender:
        await sender.send(item(), go)
        smtp_server.drop_connections()
        assert (await sender.send(item(), go)).outcome is Outcome.SENT
    assert len(smtp_server.mails) == 2


async def test_a_reused_connection_that_breaks_before_the_text_is_replaced(smtp_server: SmtpServer) -> None:
    async with sending(smtp_server) as sender:
        await sender.send(item(), go)
        smtp_server.fail(Fault.DROP_AT_RCPT, times=1)
        assert (await sender.send(item(), go)).outcome is Outcome.SENT
    assert (len(smtp_server.mails), smtp_server.connections) == (2, 2)


async def test_a_server_that_restarts_is_found_again(smtp_server: SmtpServer) -> None:
    async with sending(smtp_server) as sender:
        await sender.send(item(), go)
        await smtp_server.stop()
        assert (await sender.send(item(), go)).outcome is Outcome.TRANSIENT
        await smtp_server.start()
        assert (await sender.send(item(), go)).outcome is Outcome.SENT


async def test_a_cancelled_send_leaves_no_connection_out_of_step(smtp_server: SmtpServer) -> None:
    smtp_server.fail(Fault.TIMEOUT_AFTER_DATA, times=1)
    marked = asyncio.Event()

    async def mark() -> bool:
        marked.set()
        return True

    async with sending(smtp_server) as sender:
        sending_it = asyncio.create_task(sender.send(item(), mark))
        await marked.wait()
        await smtp_server.kept.wait()
        sending_it.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending_it
        assert (await sender.send(item(), go)).outcome is Outcome.SENT


async def test_an_address_with_a_line_break_never_reaches_the_server(smtp_server: SmtpServer) -> None:
    async with sending(smtp_server) as sender:
        delivery = await sender.send(item(recipient="alice@customer.test>\r\nRCPT TO:<eve@evil.test"), go)
    assert delivery.outcome is Outcome.PERMANENT
    assert smtp_server.mails == []


@pytest.fixture
async def protected(server_tls: ssl.SSLContext) -> AsyncIterator[SmtpServer]:
    server = SmtpServer(auth=True, tls=server_tls)
    await server.start()
    yield server
    await server.stop()


LOGIN = {"auth": Authentication.PASSWORD, "user": USER, "host": "localhost"}


async def test_login_over_starttls_and_over_tls(protected: SmtpServer, ca_file: str) -> None:
    starttls = await send_once(protected, security=Security.STARTTLS, ca_file=ca_file, **LOGIN)
    direct = await send_once(protected, security=Security.TLS, port=protected.tls_port, ca_file=ca_file, **LOGIN)
    assert [starttls.outcome, direct.outcome] == [Outcome.SENT, Outcome.SENT]


@pytest.mark.parametrize(
    ("fault", "values", "response", "remedy"),
    [
        pytest.param(Fault.REJECT_LOGIN, LOGIN, "refuses the login", "[smtp] user", id="wrong password"),
        pytest.param(Fault.BASIC_DISABLED, LOGIN, "basic authentication", "xoauth2", id="basic auth disabled"),
        pytest.param(None, {}, "530", "[smtp] auth", id="login wanted"),
        pytest.param(
            None, LOGIN | {"security": Security.STARTTLS}, "certificate", "[smtp] ca_file", id="unknown certificate"
        ),
        pytest.param(
            None,
            LOGIN | {"security": Security.TLS},
            "does not speak TLS from the first byte",
            "starttls",
            id="TLS port",
        ),
    ],
)
async def test_what_is_wrong_with_the_set_up_does_not_condemn_the_mail(
    protected: SmtpServer, fault: Fault | None, values: dict[str, object], response: str, remedy: str
) -> None:
    if fault:
        protected.fail(fault)
    delivery = await send_once(protected, **values)
    assert delivery.outcome is Outcome.TRANSIENT
    assert response in delivery.response
    assert remedy in delivery.remedy


async def test_a_server_without_starttls_is_named(smtp_server: SmtpServer) -> None:
    delivery = await send_once(smtp_server, security=Security.STARTTLS)
    assert delivery.outcome is Outcome.TRANSIENT
    assert "does not offer STARTTLS" in delivery.response


async def test_a_server_without_login_is_named(smtp_server: SmtpServer) -> None:
    delivery = await send_once(smtp_server, **LOGIN)
    assert delivery.outcome is Outcome.TRANSIENT
    assert "offers no login" in delivery.response


async def test_a_password_that_cannot_be_read_is_a_fault_of_the_set_up(protected: SmtpServer) -> None:
    async def unreadable() -> str:
        raise ConfigurationError(["the password file is missing"], remedy="write it")

    async with sending(protected, secret=unreadable, **LOGIN) as sender:
        delivery = await sender.send(item(), go)
    assert delivery == Delivery(outcome=Outcome.TRANSIENT, response="the password file is missing", remedy="write it")
