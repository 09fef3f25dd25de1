"""A real SMTP server (aiosmtpd) in the test's own event loop, which fails by name.

    server.fail(Fault.DROP_BEFORE_REPLY, times=1)

A scripted IMAP server stands beside it, for what no real one does when asked to.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOST = "127.0.0.1"
USER, PASSWORD = "support@example.test", "secret"


class Fault(StrEnum):
    """What goes wrong, and when. The mail was kept where it says so: a client that repeats it makes a duplicate."""

    BUSY_GREETING = "busy_greeting"  # 421 instead of the greeting
    SILENT = "silent"  # connects, and says nothing
    REJECT_LOGIN = "reject_login"  # 535 whatever the password
    BASIC_DISABLED = "basic_disabled"  # 535 in Microsoft's words
    REJECT_SENDER_FOR_NOW = "reject_mail_from_4xx"
    REJECT_SENDER = "reject_mail_from_5xx"
    GREYLIST = "greylist"  # 451 at RCPT
    REJECT_RECIPIENT = "reject_recipient"  # 550 at RCPT
    DENY_RELAY = "deny_relay"  # 554 at RCPT
    SLOW = "slow"  # no reply to RCPT
    DROP_AT_RCPT = "drop_at_rcpt"
    DROP_AT_DATA = "drop_at_data"  # before the 354: the mail cannot have been taken
    DROP_AFTER_DATA = "drop_after_data"  # after the text; not kept
    DROP_BEFORE_REPLY = "drop_before_reply"  # after the text; kept
    TIMEOUT_AFTER_DATA = "timeout_after_data"  # no reply to the text; kept
    NONSENSE_AFTER_DATA = "nonsense_after_data"  # a reply that is none; kept
    REJECT_TEXT_FOR_NOW = "reject_text_4xx"
    REJECT_TEXT = "reject_text_5xx"


@dataclass(frozen=True)
class Mail:
    """A mail that the server has kept."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    options: tuple[str, ...]


class SmtpServer:
    """Listens on a free port, keeps what it takes in `mails`, counts `connections`."""

    host = HOST

    def __init__(self, *, auth: bool = False, tls: ssl.SSLContext | None = None, reply: str = "250 OK") -> None:
        """With `tls` it offers STARTTLS; use `tls_port` for TLS from the first byte."""
        self.auth, self.tls, self.reply = auth, tls, reply
        self.mails: list[Mail] = []
        self.kept = asyncio.Event()  # there is a mail
        self.connections = 0
        self.port = self.tls_port = 0
        self._faults: dict[Fault, int] = {}
        self._open: set[_Smtp] = set()
        self._servers: list[asyncio.Server] = []

    async def start(self) -> None:
        """Listen; again on the same port after `stop`."""
        loop = asyncio.get_running_loop()
        plain = await loop.create_server(lambda: _Smtp(self), HOST, self.port)
        self._servers = [plain]
        self.port = plain.sockets[0].getsockname()[1]
        if self.tls:
            direct = await loop.create_server(lambda: _Smtp(self, direct=True), HOST, self.tls_port, ssl=self.tls)
            self._servers.append(direct)
            self.tls_port = direct.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse connections, and end those that are open."""
        for server in self._servers:
            server.close()
        self.drop_connections()
        await asyncio.sleep(0)

    def fail(self, fault: Fault, times: int = 1_000_000) -> None:
        """Fail in this way, the next `times` times."""
        self._faults[fault] = times

    def heal(self) -> None:
        self._faults.clear()

    def drop_connections(self) -> None:
        """End every connection that is open, without a word."""
        for one in tuple(self._open):
            if one.transport is not None:
                one.transport.abort()

    def fails(self, fault: Fault) -> bool:
        left = self._faults.get(fault, 0)
        self._faults[fault] = left - 1
        return left > 0


class _Hooks:
    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    async def handle_MAIL(
        self, smtp: "_Smtp", session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._server.auth and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if self._server.fails(Fault.REJECT_SENDER_FOR_NOW):
            return "451 4.3.0 Try again later"
        if self._server.fails(Fault.REJECT_SENDER):
            return "550 5.7.1 Sender refused"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, smtp: "_Smtp", session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._server.fails(Fault.DROP_AT_RCPT):
            smtp.transport.abort()
        if self._server.fails(Fault.SLOW):
            await asyncio.Event().wait()
        if self._server.fails(Fault.GREYLIST):
            return "451 4.7.1 Greylisted, try again in five minutes"
        if self._server.fails(Fault.REJECT_RECIPIENT):
            return "550 5.1.1 No such user here"
        if self._server.fails(Fault.DENY_RELAY):
            return f"554 5.7.1 <{address}>: Relay access denied"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, smtp: "_Smtp", session: Session, envelope: Envelope) -> str:
        server = self._server
        if server.fails(Fault.DROP_AFTER_DATA):
            smtp.transport.abort()
            return "250 never seen"
        if server.fails(Fault.REJECT_TEXT_FOR_NOW):
            return "452 4.3.1 The disk is full"
        if server.fails(Fault.REJECT_TEXT):
            return "554 5.6.0 We do not like this text"
        server.mails.append(
            Mail(
                sender=(envelope.mail_from or "").strip("<>"),
                recipients=tuple(envelope.rcpt_tos),
                raw=envelope.original_content or b"",
                options=tuple(envelope.mail_options),
            )
        )
        server.kept.set()
        if server.fails(Fault.DROP_BEFORE_REPLY):
            smtp.transport.abort()
        if server.fails(Fault.TIMEOUT_AFTER_DATA):
            await asyncio.Event().wait()
        if server.fails(Fault.NONSENSE_AFTER_DATA):
            return "what was that?"
        return server.reply


class _Session(Session):
    """A session without the deprecation that aiosmtpd 1.4.6 logs about itself at each login."""

    login_data: Any = None


class _Smtp(SMTP):
    def __init__(self, server: SmtpServer, *, direct: bool = False) -> None:
        super().__init__(
            _Hooks(server),
            hostname="mail.example.test",
            enable_SMTPUTF8=True,
            data_size_limit=50_000_000,
            tls_context=None if direct else server.tls,
            authenticator=self._check if server.auth else None,
            auth_require_tls=False,
            auth_exclude_mechanism=() if server.auth else ("LOGIN", "PLAIN"),
        )
        self._test_server = server

    def _create_session(self) -> Session:
        return _Session(self.loop)

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._test_server._open.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._test_server._open.discard(self)
        super().connection_lost(error)

    async def _handle_client(self) -> None:
        server = self._test_server
        server.connections += 1
        if server.fails(Fault.SILENT):
            await asyncio.Event().wait()
        if server.fails(Fault.BUSY_GREETING):
            await self.push("421 4.3.2 Too many connections")
            self.transport.close()
            return
        await super()._handle_client()

    async def smtp_DATA(self, arg: str) -> None:
        if self._test_server.fails(Fault.DROP_AT_DATA):
            self.transport.abort()
            return
        await super().smtp_DATA(arg)

    def _check(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
    ) -> AuthResult:
        if self._test_server.fails(Fault.BASIC_DISABLED):
            message = "535 5.7.139 Authentication unsuccessful, basic authentication is disabled."
            return AuthResult(success=False, handled=False, message=message)
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right and not self._test_server.fails(Fault.REJECT_LOGIN), handled=False)


Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class ScriptedImap:
    """An IMAP server that does what a script says, one script a connection; the last one serves all further ones."""

    host = HOST
    port = 0

    def __init__(self, *scripts: Script) -> None:
        self._scripts = list(scripts)
        self.connections = 0

    async def start(self, stack: AsyncExitStack) -> None:
        tasks: set[asyncio.Task[None]] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            self.connections += 1
            script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
            with suppress(ConnectionError, asyncio.CancelledError):
                await script(reader, writer)
            tasks.discard(task)
            writer.transport.abort()

        server = await asyncio.start_server(serve, HOST, 0)
        self.port = server.sockets[0].getsockname()[1]

        async def stop() -> None:
            server.close()
            for task in tuple(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        stack.push_async_callback(stop)


def imap(
    answers: dict[str, list[str]] | None = None,
    *,
    capabilities: str = "IMAP4rev1 IDLE",
    greeting: str = "* OK hello",
    hangs: asyncio.Event | None = None,
) -> Script:
    """A script: answers each command as a whole, or by its name. `%` is the command's tag; `HANG` and `DROP` do that,
    `READ` takes a line that is no command.

    What is not named is answered as an empty INBOX would. `hangs` is set when it hangs.
    """
    usual = {
        "CAPABILITY": [f"* CAPABILITY {capabilities}", "% OK done"],
        "LOGIN": ["% OK done"],
        "SELECT": [
            "* 0 EXISTS",
            "* OK [UIDVALIDITY 7] valid",
            "* OK [UIDNEXT 1] next",
            r"* OK [PERMANENTFLAGS (\Answered \*)] flags",
            "% OK [READ-WRITE] done",
        ],
        "UID SEARCH": ["* SEARCH", "% OK done"],
        "IDLE": ["+ idling"],
        "DONE": ["% OK done"],
        "LOGOUT": ["* BYE", "% OK done"],
    }

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting.encode() + b"\r\n")
        idle_tag = ""
        while line := (await reader.readline()).decode().strip():
            tag, _, rest = line.partition(" ") if line != "DONE" else (idle_tag, "", "DONE")
            words = rest.upper().split()
            name = " ".join(words[:2]) if words[0] == "UID" else words[0]
            if name == "IDLE":
                idle_tag = tag
            told = answers or {}
            for answer in told.get(rest) or told.get(name) or usual.get(name) or ["% OK done"]:
                if answer == "HANG":
                    if hangs:
                        hangs.set()
                    await asyncio.Event().wait()
                if answer == "DROP":
                    return
                if answer == "READ":
                    await writer.drain()
                    await reader.readline()
                    continue
                writer.write(answer.replace("%", tag).encode() + b"\r\n")
            await writer.drain()

    return script
