"""`firstline check` names cause and remedy of everything that stops a first day."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from daemon.cli.main import app
from daemon.edges.network import network_fault
from daemon.edges.probes import probe_clock, probe_imap, probe_smtp, probe_state
from daemon.errors import ConfigurationError
from daemon.findings import Finding, Severity
from daemon.settings import After, Authentication, MailboxSettings, Security, SmtpSettings
from tests.servers.dovecot import Dovecot, free_port
from tests.servers.smtp import PASSWORD, USER, Fault, ScriptedImap, SmtpServer, imap


async def secret() -> str:
    return PASSWORD


async def wrong() -> str:
    return "wrong"


async def missing() -> str:
    raise ConfigurationError(["[mailbox] password_file: it is missing"], remedy="write it")


def mailbox(server: Dovecot, user: str, **values: object) -> MailboxSettings:
    usual = {"host": server.host, "port": server.imap_port, "security": Security.PLAIN, "user": user}
    # model_copy does not hold the bounds, so that a test may time out after a tenth of a second.
    return MailboxSettings().model_copy(update=usual | values)


def names(findings: list[Finding], severity: Severity) -> list[str]:
    return [finding.name for finding in findings if finding.severity is severity]


async def test_a_right_mailbox_is_found_right(shared_dovecot: Dovecot, user: str) -> None:
    found = await probe_imap(mailbox(shared_dovecot, user), secret)
    assert names(found, Severity.OK) == ["IMAP server", "IMAP folder", "IMAP keywords", "Sent folder", "IMAP push"]
    assert len(found) == 5


@pytest.mark.parametrize(
    ("values", "message", "remedy"),
    [
        pytest.param({"host": "no-such-host.invalid"}, "is unknown here", "[mailbox] host", id="unknown host"),
        pytest.param({"port": free_port()}, "refuses connections", "host and port", id="refused"),
        pytest.param({"host": "localhost", "security": Security.STARTTLS}, "certificate", "ca_file", id="certificate"),
        pytest.param({"security": Security.TLS}, "does not speak TLS from the first byte", "starttls", id="TLS port"),
        pytest.param({"folder": "Nirgends"}, '"Nirgends" cannot be opened', "INBOX", id="missing folder"),
        pytest.param({"ca_file": "/no/such.pem", "security": Security.TLS}, "/no/such.pem", "ca_file", id="no ca_file"),
    ],
)
async def test_what_is_wrong_with_the_mailbox_is_named(
    shared_dovecot: Dovecot, user: str, values: dict[str, object], message: str, remedy: str
) -> None:
    finding = (await probe_imap(mailbox(shared_dovecot, user, **values), secret))[-1]
    assert finding.severity is Severity.FAILED
    assert message in finding.message
    assert remedy in finding.remedy


async def test_a_certificate_for_another_name_is_named(shared_dovecot: Dovecot, user: str) -> None:
    settings = mailbox(
        shared_dovecot, user, host="127.0.0.2", security=Security.STARTTLS, ca_file=shared_dovecot.ca_file
    )
    [finding] = await probe_imap(settings, secret)
    assert "certificate" in finding.message
    assert "host to a name that the certificate carries" in finding.remedy


async def test_a_wrong_password_is_named(shared_dovecot: Dovecot, user: str) -> None:
    [finding] = await probe_imap(mailbox(shared_dovecot, user), wrong)
    assert finding.severity is Severity.FAILED
    assert "refuses the login" in finding.message
    assert "password" in finding.remedy


async def test_a_missing_password_is_named(shared_dovecot: Dovecot, user: str) -> None:
    [finding] = await probe_imap(mailbox(shared_dovecot, user), missing)
    assert (finding.name, finding.message, finding.remedy) == (
        "IMAP secret",
        "[mailbox] password_file: it is missing",
        "write it",
    )


async def test_a_server_that_says_nothing_is_named() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with AsyncExitStack() as stack:
        server = ScriptedImap(silent)
        await server.start(stack)
        settings = MailboxSettings(host=server.host, port=server.port, security=Security.PLAIN, user="x")
        [finding] = await probe_imap(settings.model_copy(update={"timeout_seconds": 0.1}), secret)
    assert "does not answer in time" in finding.message
    assert "firewall" in finding.remedy


@pytest.mark.parametrize(("port", "remedy"), [(993, 'security = "tls"'), (143, "firewall")])
def test_speaking_plainly_to_a_tls_port_is_guessed_from_the_port(port: int, remedy: str) -> None:
    """Both sides wait for the other to speak first, so that a time-out is all there is."""
    fault = network_fault(TimeoutError(), MailboxSettings(port=port, security=Security.STARTTLS))
    assert fault is not None
    assert remedy in fault.remedy


@pytest.mark.parametrize(
    ("answer", "message", "remedy"),
    [
        pytest.param("NO Basic authentication is disabled.", "basic authentication is disabled", "xoauth2"),
        pytest.param("NO Application-specific password required", "app password", "app password"),
    ],
)
async def test_what_providers_refuse_is_explained(answer: str, message: str, remedy: str) -> None:
    async with AsyncExitStack() as stack:
        server = ScriptedImap(imap({"LOGIN": [f"% {answer}"]}))
        await server.start(stack)
        [finding] = await probe_imap(
            MailboxSettings(host=server.host, port=server.port, security=Security.PLAIN, user="x"), secret
        )
    assert message in finding.message
    assert remedy in finding.remedy


async def test_a_server_that_lacks_what_we_like_gets_warnings_and_works() -> None:
    select = [
        "* 0 EXISTS",
        "* OK [UIDVALIDITY 7] v",
        "* OK [UIDNEXT 1] n",
        r"* OK [PERMANENTFLAGS (\Seen)] f",
        "% OK x",
    ]
    async with AsyncExitStack() as stack:
        server = ScriptedImap(imap({"SELECT": select}, capabilities="IMAP4rev1"))
        await server.start(stack)
        settings = MailboxSettings(host=server.host, port=server.port, security=Security.PLAIN, user="x")
        found = await probe_imap(settings, secret)
        assert names(found, Severity.WARNING) == ["IMAP keywords", "Sent folder", "IMAP push"]
        assert names(found, Severity.FAILED) == []
        left = await probe_imap(settings.model_copy(update={"after": After.LEAVE}), secret)
        assert "IMAP keywords" not in names(left, Severity.WARNING)


# -- SMTP


@pytest.fixture
async def submission(server_tls: ssl.SSLContext) -> AsyncIterator[SmtpServer]:
    server = SmtpServer(auth=True, tls=server_tls)
    await server.start()
    yield server
    await server.stop()


def sending(server: SmtpServer, **values: object) -> SmtpSettings:
    usual = {"host": "localhost", "port": server.port, "security": Security.STARTTLS, "user": USER}
    return SmtpSettings().model_copy(update=usual | values)


async def test_a_right_server_takes_the_queue_and_nothing_is_sent(submission: SmtpServer, ca_file: str) -> None:
    found = await probe_smtp(
        sending(submission, ca_file=ca_file),
        secret,
        sender="support@example.test",
        recipient="queue@example.test",
        what="the queue",
    )
    assert [finding.severity for finding in found] == [Severity.OK, Severity.OK]
    assert submission.mails == []


@pytest.mark.parametrize(
    ("values", "message", "remedy"),
    [
        pytest.param({"host": "no-such-host.invalid"}, "is unknown here", "[smtp] host", id="unknown host"),
        pytest.param({"port": free_port()}, "refuses connections", "host and port", id="refused"),
        pytest.param({}, "certificate", "[smtp] ca_file", id="certificate"),
        pytest.param({"security": Security.TLS}, "does not speak TLS from the first byte", "starttls", id="TLS port"),
    ],
)
async def test_what_is_wrong_with_sending_is_named(
    submission: SmtpServer, values: dict[str, object], message: str, remedy: str
) -> None:
    [finding] = await probe_smtp(sending(submission, **values), secret, recipient="queue@example.test")
    assert finding.severity is Severity.FAILED
    assert message in finding.message
    assert remedy in finding.remedy


@pytest.mark.parametrize(
    ("fault", "message", "remedy"),
    [
        pytest.param(Fault.REJECT_LOGIN, "refuses the login", "[smtp] user"),
        pytest.param(Fault.BASIC_DISABLED, "basic authentication is disabled", "xoauth2"),
    ],
)
async def test_a_refused_login_for_sending_is_named(
    submission: SmtpServer, ca_file: str, fault: Fault, message: str, remedy: str
) -> None:
    submission.fail(fault)
    [finding] = await probe_smtp(sending(submission, ca_file=ca_file), secret, recipient="queue@example.test")
    assert finding.severity is Severity.FAILED
    assert message in finding.message
    assert remedy in finding.remedy


@pytest.mark.parametrize(
    ("fault", "severity", "message", "remedy"),
    [
        pytest.param(Fault.DENY_RELAY, Severity.FAILED, "Relay access denied", "Log in", id="relay"),
        pytest.param(Fault.REJECT_RECIPIENT, Severity.FAILED, "the queue queue@example.test", "address", id="unknown"),
        pytest.param(Fault.REJECT_SENDER, Severity.FAILED, "Sender refused", "bounce_address", id="sender"),
        pytest.param(Fault.GREYLIST, Severity.WARNING, "Greylisted", "greylisting", id="greylisting"),
    ],
)
async def test_a_server_that_does_not_take_mail_for_the_queue_is_named(
    smtp_server: SmtpServer, fault: Fault, severity: Severity, message: str, remedy: str
) -> None:
    smtp_server.fail(fault)
    settings = sending(smtp_server, security=Security.PLAIN, auth=Authentication.NONE, host=smtp_server.host)
    found = await probe_smtp(settings, secret, recipient="queue@example.test", what="the queue")
    assert [finding.severity for finding in found] == [Severity.OK, severity]
    assert message in found[1].message
    assert remedy in found[1].remedy


# -- the host


def test_a_folder_that_is_to_be_made_is_right_and_is_not_made(tmp_path: Path) -> None:
    found = probe_state(tmp_path / "state" / "firstline")
    assert found[0].severity is Severity.OK
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named() -> None:
    [finding] = probe_state(Path("/proc/firstline"))  # not even root writes there
    assert finding.severity is Severity.FAILED
    assert "/proc/firstline cannot be written" in finding.message
    assert "[service] state" in finding.remedy


def test_a_clock_that_is_behind_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "config.toml").touch()
    now = datetime.fromtimestamp((tmp_path / "config.toml").stat().st_mtime, tz=UTC)
    assert probe_clock(now, tmp_path / "config.toml").severity is Severity.OK
    assert probe_clock(now - timedelta(days=400), tmp_path / "config.toml").severity is Severity.FAILED


# -- the command


def write(folder: Path, dovecot: Dovecot, submission: SmtpServer, ca_file: str, user: str, articles: str) -> Path:
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o600)
    (folder / "kb").mkdir()
    (folder / "kb" / articles).write_text("# Reset your password\n\nPress *Forgot password*.\n")
    (folder / "config.toml").write_text(
        f"""
        [mailbox]
        address = "support@example.test"
        host = "localhost"
        port = {dovecot.imap_port}
        security = "starttls"
        ca_file = "{dovecot.ca_file}"
        user = "{user}"
        password_file = "password"
        [smtp]
        host = "localhost"
        port = {submission.port}
        security = "starttls"
        ca_file = "{ca_file}"
        user = "{USER}"
        password_file = "password"
        [queue]
        address = "queue@example.test"
        [knowledge]
        folders = ["kb"]
        [service]
        state = "state"
        """
    )
    return folder / "config.toml"


async def check(*arguments: str) -> tuple[int, str]:
    # In a thread: the SMTP server lives in this one's event loop.
    done = await asyncio.to_thread(CliRunner().invoke, app, ["check", *arguments])
    return done.exit_code, done.stdout


async def test_a_right_installation_is_found_right(
    shared_dovecot: Dovecot, user: str, submission: SmtpServer, ca_file: str, tmp_path: Path
) -> None:
    path = write(tmp_path, shared_dovecot, submission, ca_file, user, "password.md")
    code, out = await check("--config", str(path), "--json")
    found = json.loads(out)
    assert [one for one in found["findings"] if one["severity"] != "ok"] == []
    assert (code, found["ok"]) == (0, True)
    assert {"Configuration", "State folder", "Disk", "Clock", "Articles", "Model"} < {
        one["name"] for one in found["findings"]
    }


async def test_an_empty_knowledge_base_fails_unless_it_is_left_out(
    shared_dovecot: Dovecot, user: str, submission: SmtpServer, ca_file: str, tmp_path: Path
) -> None:
    path = write(tmp_path, shared_dovecot, submission, ca_file, user, "notes.log")  # no kind of article
    code, out = await check("--config", str(path))
    assert code == 1
    assert "the knowledge base is empty" in out
    assert "[knowledge] folders" in out
    assert (await check("--config", str(path), "--no-kb"))[0] == 0


async def test_a_wrong_configuration_is_said_with_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[mailbox]\nhots = "x"\n')
    code, out = await check("--config", str(tmp_path / "config.toml"), "--json")
    assert code == 2
    assert any("hots" in one["message"] for one in json.loads(out)["findings"])
