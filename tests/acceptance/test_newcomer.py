"""Issue 2, line 11: what goes wrong on the first day says what is wrong and what to do, in `run` and in `check`.

What the configuration, or what it names on this machine, has wrong ends `run` with code 2 before anything else happens. A
server's fault may pass: `run` says so once and goes on trying. `check` says the same about both. Run with `-s` to read
the messages as a newcomer does.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from daemon.demo.server import MailServer
from tests.servers.house import PASSWORD, QUEUE, SUPPORT, mail
from tests.servers.process import RUN, SCRIPTED_RUN, daemon, firstline, write_configuration

HOST = "127.0.0.1"


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with AsyncExitStack() as stack:
        mail_server = MailServer(dict.fromkeys((SUPPORT, QUEUE), PASSWORD), clock=lambda: datetime.now(UTC))
        await mail_server.start(stack)
        yield mail_server


@pytest.fixture
async def tls_port(server_tls: ssl.SSLContext) -> AsyncIterator[int]:
    """A port that speaks TLS with a certificate that nobody trusts; more than the handshake it does not need."""

    async def ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: None)  # asyncio tells of each handshake that the client broke off
    listening = await asyncio.start_server(ignore, HOST, 0, ssl=server_tls)
    yield listening.sockets[0].getsockname()[1]
    listening.close()


def shown(name: str, text: str) -> str:
    print(f"\n──── {name} ────\n{text.rstrip()}")
    return " ".join(text.split())


# ── The configuration, and what it names on this machine ────────────────────────────────────────────────────────────


@dataclass
class Wrong:
    """A configuration that cannot work, and what must be said about it."""

    changes: dict[str, dict[str, Any]]
    says: tuple[str, ...]
    check_says: tuple[str, ...] = field(default=())  #: where `check` has other words for it
    check_code: int = 1


CONFIGURATIONS = [
    pytest.param(
        Wrong({"mailbox": {"hots": "x"}}, ("config.toml:", "[mailbox] hots", "did you mean", "host"), check_code=2),
        id="unknown key",
    ),
    pytest.param(
        Wrong(
            {"knowledge": {"folders": ["no-such-folder"]}},
            ("config.toml:", "[knowledge] folders", "no-such-folder is no folder", "create it, or correct the path"),
            check_code=2,
        ),
        id="missing folder of articles",
    ),
    pytest.param(
        Wrong(
            {"knowledge": {"folders": ["empty"]}},
            ("No articles in", "empty", "put articles there (.md"),
            ("the knowledge base is empty", "Put articles there (.md", "or correct [knowledge] folders"),
        ),
        id="empty knowledge base",
    ),
    pytest.param(
        Wrong(
            {"knowledge": {"model": "./no-such-model"}},
            ("There is no embedding model in", "no-such-model", "set [knowledge] model"),
        ),
        id="model missing: a folder",
    ),
    pytest.param(
        Wrong({"knowledge": {"model": "nobody/nothing"}}, ("nobody/nothing", "not on this machine", "hf download")),
        id="model missing: a name",
    ),
    pytest.param(
        Wrong(
            {"knowledge": {"reranker": "./no-such-model"}},
            ("There is no reranker in", "no-such-model", "set [knowledge] reranker"),
        ),
        id="reranker missing: a folder",
    ),
    pytest.param(
        Wrong(
            {"service": {"state": "config.toml"}},
            ("[service] state", "config.toml: it is a file", "name another folder"),
            ("config.toml", "[service] state"),
        ),
        id="unwritable state folder: a file is in its place",
    ),
    pytest.param(
        Wrong(
            {"service": {"state": "/proc/firstline"}},
            ("[service] state", "nothing can be kept in the folder /proc/firstline", "name another folder"),
            ("/proc/firstline", "[service] state"),
        ),
        id="unwritable state folder: nobody may write there",
    ),
]


@pytest.mark.parametrize("wrong", CONFIGURATIONS)
async def test_what_is_wrong_here_ends_run_with_code_2_cause_and_remedy(
    wrong: Wrong, server: MailServer, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    configuration = write_configuration(tmp_path, server.imap_port, server.submission_port, wrong.changes)
    (tmp_path / "empty").mkdir()
    name = request.node.callspec.id

    code, said = await firstline("run", "--config", configuration)
    text = shown(f"run: {name}", said)
    assert [words for words in wrong.says if words not in text] == []
    assert "Traceback" not in said
    assert code == 2

    code, said = await firstline("check", "--config", configuration)
    text = shown(f"check: {name}", said)
    assert [words for words in wrong.check_says or wrong.says if words not in text] == []
    assert "Traceback" not in said
    assert code == wrong.check_code


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param('[mailbox]\naddress = "support@example.test\n', ("config.toml:2:", "is not TOML"), id="broken"),
        pytest.param("[mailbox]\nport = 70000\n[caps]\nenabled = 3\n", ("config.toml:2:", ":4:"), id="two problems"),
        pytest.param(None, ("config.toml", "does not exist", "firstline init"), id="no file"),
    ],
)
async def test_a_broken_file_is_told_of_with_its_lines(
    command: str, text: str | None, says: tuple[str, ...], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = tmp_path / "config.toml"
    if text is not None:
        path.write_text(text)
    code, said = await firstline(command, "--config", path)
    words = shown(f"{command}: {request.node.callspec.id}", said)
    assert [each for each in says if each not in words] == []
    assert "Traceback" not in said
    assert code == 2


# ── The servers ──────────────────────────────────────────────────────────────────────────────────────────────────────

SERVERS = [
    pytest.param(
        {"mailbox": {"password_file": "wrong"}},
        ("refuses the login", SUPPORT, "Correct [mailbox] user, or the password that [mailbox] password_file gives"),
        id="wrong password",
    ),
    pytest.param(
        {"mailbox": {"host": "imap.nowhere.invalid", "security": "tls"}},
        ('"imap.nowhere.invalid" is unknown', "Correct [mailbox] host"),
        id="unknown host",
    ),
    pytest.param(
        {"mailbox": {"security": "tls", "port": "TLS"}},
        ("certificate of 127.0.0.1", "is not accepted", "[mailbox] ca_file"),
        id="bad certificate",
    ),
    pytest.param(
        {"mailbox": {"folder": "Nowhere"}},
        ('"Nowhere"', "[mailbox] folder"),
        id="missing folder",
    ),
]


@pytest.mark.parametrize(("changes", "says"), SERVERS)
async def test_a_fault_of_the_mailbox_is_said_once_and_tried_again(
    changes: dict[str, dict[str, Any]],
    says: tuple[str, ...],
    server: MailServer,
    tls_port: int,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    if changes["mailbox"].get("port") == "TLS":
        changes = {"mailbox": {**changes["mailbox"], "port": tls_port}}
    configuration = write_configuration(tmp_path, server.imap_port, server.submission_port, changes)
    (tmp_path / "wrong").write_text("not the password\n")
    (tmp_path / "wrong").chmod(0o600)
    name = request.node.callspec.id

    async with daemon(*RUN, configuration, log=tmp_path / "log") as process:
        await process.says("cannot be watched; it is tried again until it can")
        text = shown(f"run: {name}", process.log)
        assert [words for words in says if words not in text] == []
        assert "Traceback" not in text
        assert await process.stopped() == 0

    code, said = await firstline("check", "--config", configuration)
    text = shown(f"check: {name}", said)
    assert [words for words in says if words not in text] == []
    assert "Traceback" not in said
    assert code == 1


SMTP_SERVERS = [
    pytest.param(
        {"smtp": {"password_file": "wrong"}},
        ("refuses the login", "Correct [smtp] user, or the password that [smtp] password_file gives"),
        id="wrong password",
    ),
    pytest.param(
        {"smtp": {"host": "smtp.nowhere.invalid", "security": "tls"}},
        ('"smtp.nowhere.invalid" is unknown', "Correct [smtp] host"),
        id="unknown host",
    ),
    pytest.param(
        {"smtp": {"security": "tls", "port": "TLS"}},
        ("certificate of 127.0.0.1", "is not accepted", "[smtp] ca_file"),
        id="bad certificate",
    ),
]


@pytest.mark.parametrize(("changes", "says"), SMTP_SERVERS)
async def test_a_fault_of_the_way_out_is_said_and_the_mail_is_tried_again(
    changes: dict[str, dict[str, Any]],
    says: tuple[str, ...],
    server: MailServer,
    tls_port: int,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    if changes["smtp"].get("port") == "TLS":
        changes = {"smtp": {**changes["smtp"], "port": tls_port}}
    configuration = write_configuration(tmp_path, server.imap_port, server.submission_port, changes)
    (tmp_path / "wrong").write_text("not the password\n")
    (tmp_path / "wrong").chmod(0o600)
    name = request.node.callspec.id

    async with daemon(*SCRIPTED_RUN, configuration, log=tmp_path / "log") as process:
        async with process.watching(tmp_path / "state"):
            question = mail("alice@customer.test", "Stuck", "How do I get a label out?\n", message_id="a@customer.test")
            await server.deliver(SUPPORT, question)
            await process.says("cannot be handed over; it is tried again")
        text = shown(f"run: {name}", process.log)
        assert [words for words in says if words not in text] == []
        assert "Traceback" not in text
        assert await process.stopped() == 0

    code, said = await firstline("check", "--config", configuration)
    text = shown(f"check: {name}", said)
    assert [words for words in says if words not in text] == []
    assert "Traceback" not in said
    assert code == 1
