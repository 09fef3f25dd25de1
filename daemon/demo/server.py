"""I/O. A whole mail system inside this process: IMAP by pymap, in memory, and SMTP by aiosmtpd, on free loopback ports.

It serves the demo, the integration tests and the bench. Nothing is faked: clients log in, IDLE, APPEND and submit as
on any server. What pymap lacks (SPECIAL-USE, THREAD, CONDSTORE) a client does without, as on other small servers.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from daemon.demo.imap_server import ImapServer

FOLDERS = ("Sent", "Drafts", "Archive", "Junk", "Trash")
MESSAGE_BYTES = 50_000_000  # above the daemon's own limit, so that it is the daemon that has to cope


class MailServer:
    """IMAP, SMTP as the world delivers, and submission with AUTH, for the given users.

    `users` maps an address, which is also the login, to its password. Mail to anybody else is refused with 550.
    The ports are chosen by the system and known after `start`.
    """

    imap_port: int
    smtp_port: int
    submission_port: int

    def __init__(
        self,
        users: Mapping[str, str],
        *,
        clock: Callable[[], datetime],
        host: str = "127.0.0.1",
        name: str = "mail.example.test",
        folders: Iterable[str] = FOLDERS,
    ) -> None:
        self.users = {address.lower(): password for address, password in users.items()}
        self.host = host
        self.name = name
        self._folders = tuple(folders)
        self._clock = clock
        self._changed = asyncio.Condition()
        self._imap = ImapServer(host, self._notify)

    async def start(self, stack: AsyncExitStack) -> None:
        """Open the three ports. The stack closes them, together with every connection that is still open."""
        for address, password in self.users.items():
            await self._imap.add_user(address, password, self._folders)
        self.imap_port = await self._imap.start(stack)
        self.smtp_port = await self._listen(stack, lambda loop: _Smtp(_Delivery(self), self.name, loop))
        self.submission_port = await self._listen(
            stack, lambda loop: _Smtp(_Submission(self), self.name, loop, authenticator=self._authenticate)
        )

    async def deliver(self, user: str, raw: bytes, folder: str = "INBOX") -> int:
        """Put a mail into a folder as a delivery does, without SMTP. Returns its UID; KeyError for an unknown user."""
        return await self._imap.append(user, raw, folder, self._clock())

    async def mails(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """The raw mails of a folder, in order of arrival."""
        return await self._imap.mails(user, folder)

    async def flags(self, user: str, folder: str = "INBOX") -> list[frozenset[str]]:
        """The flags and keywords of the mails of a folder, in order of arrival."""
        return await self._imap.flags(user, folder)

    async def wait_for(
        self,
        user: str,
        predicate: Callable[[bytes], bool],
        timeout: float,  # noqa: ASYNC109 - asyncio.timeout is what it becomes; callers say it in one word
        folder: str = "INBOX",
    ) -> bytes:
        """The first mail of a folder for which `predicate` holds, now or within `timeout` seconds (TimeoutError)."""
        async with asyncio.timeout(timeout), self._changed:
            while True:
                for raw in await self.mails(user, folder):
                    if predicate(raw):
                        return raw
                await self._changed.wait()

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _listen(self, stack: AsyncExitStack, new: Callable[[asyncio.AbstractEventLoop], "_Smtp"]) -> int:
        loop = asyncio.get_running_loop()
        connections = _Connections(lambda: new(loop))
        server = await loop.create_server(connections, self.host, 0)
        stack.callback(connections.close)
        stack.callback(server.close)
        return int(server.sockets[0].getsockname()[1])

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        known = isinstance(data, LoginPassword) and (
            self.users.get(data.login.decode(errors="replace").lower()) == data.password.decode(errors="replace")
        )
        return AuthResult(success=known, handled=False)

    def has(self, address: str) -> bool:
        """Whether mail to the address is taken: a user, or a user's plus-address (RFC 5233)."""
        return self.owner(address) in self.users

    @staticmethod
    def owner(address: str) -> str:
        """The mailbox that an address belongs to: without its +detail, lower case."""
        local, _, domain = address.lower().rpartition("@")
        return f"{local.partition('+')[0]}@{domain}"


class _Delivery:
    """aiosmtpd's hooks for mail that comes from anywhere."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def handle_RCPT(
        self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self._server.has(address):
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
        now = format_datetime(self._server._clock())
        sender = (envelope.mail_from or "").strip("<>")  # aiosmtpd keeps the null path as '<>'
        for recipient in envelope.rcpt_tos:
            trace = (
                f"Return-Path: <{sender}>\r\n"
                f"Delivered-To: {recipient}\r\n"
                f"Received: from {session.host_name} by {self._server.name} with ESMTP; {now}\r\n"
            )
            content = envelope.original_content or b""
            await self._server.deliver(self._server.owner(recipient), trace.encode() + content)
        return "250 2.0.0 Delivered"


class _Submission(_Delivery):
    """aiosmtpd's hooks for mail of our own users, who log in first."""

    # aiosmtpd's own `auth_required` warns about passwords without TLS at every connection; loopback is what this is for.
    async def handle_MAIL(
        self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"


class _Session(Session):
    """A session without the deprecation that aiosmtpd 1.4.6 logs about itself at each login."""

    login_data: Any = None


class _Smtp(SMTP):
    line_length_limit = 1_000_000  # a user's own mail (--mail) may have longer lines than RFC 5321 allows

    def __init__(self, hooks: _Delivery, name: str, loop: asyncio.AbstractEventLoop, authenticator: Any = None) -> None:
        super().__init__(
            hooks,
            hostname=name,
            ident="demo",
            enable_SMTPUTF8=True,
            data_size_limit=MESSAGE_BYTES,
            authenticator=authenticator,
            auth_require_tls=False,
            auth_exclude_mechanism=() if authenticator else ("LOGIN", "PLAIN"),
            loop=loop,
        )

    def _create_session(self) -> Session:
        return _Session(self.loop)


class _Connections:
    """asyncio's protocol factory; knows the connections that are open, since closing a port leaves them be."""

    def __init__(self, new: Callable[[], _Smtp]) -> None:
        self._new = new
        self._made: list[_Smtp] = []

    def __call__(self) -> _Smtp:
        self._made = [one for one in self._made if one.transport is not None]
        self._made.append(one := self._new())
        return one

    def close(self) -> None:
        for one in self._made:
            if one.transport is not None:
                one.transport.close()
