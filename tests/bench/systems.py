"""I/O. The mail systems that the daemon is measured on: pymap with aiosmtpd in the bench's process, and Dovecot.

Dovecot's submission service passes our mails to a relay here, which delivers them to Dovecot by LMTP and answers 250 only then:
a mail that was taken lies in the recipient's mailbox.
"""

import asyncio
import smtplib
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from time import monotonic
from typing import Protocol

import trustme
from aiosmtpd.smtp import SMTP, Envelope, Session

from daemon.demo.server import MailServer
from tests.servers.dovecot import PASSWORD, Dovecot

SUPPORT, QUEUE = "support@tapir.example", "queue@tapir.example"
SENDER = "customer@customer.example"  #: the envelope's


class MailSystem(Protocol):
    """What the bench needs of one."""

    name: str
    imap_port: int
    submission_port: int

    async def fill(self, mails: Sequence[bytes]) -> None:
        """Put mails into the support mailbox."""

    async def deliver(self, raw: bytes) -> float:
        """Deliver a mail to the support mailbox as the world does. Returns when it lay there."""

    async def arrival(self, address: str) -> float:
        """Wait for the first mail in that mailbox. Returns when it lay there."""


class Pymap:
    """pymap and aiosmtpd. All customers must be known beforehand."""

    name = "pymap"

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self.imap_port, self.submission_port = server.imap_port, server.submission_port

    async def fill(self, mails: Sequence[bytes]) -> None:
        for raw in mails:
            await self._server.deliver(SUPPORT, raw)

    async def deliver(self, raw: bytes) -> float:
        return await asyncio.to_thread(_by_smtp, self._server.smtp_port, raw)

    async def arrival(self, address: str) -> float:
        await self._server.wait_for(address, lambda _: True, 60)
        return monotonic()


def _by_smtp(port: int, raw: bytes) -> float:
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.sendmail(SENDER, [SUPPORT], raw)
        return monotonic()


@asynccontextmanager
async def pymap(customers: Sequence[str]) -> AsyncIterator[Pymap]:
    """The embedded server, with a mailbox for each customer."""
    async with AsyncExitStack() as stack:
        users = dict.fromkeys((SUPPORT, QUEUE, *customers), PASSWORD)
        server = MailServer(users, clock=lambda: datetime.now(UTC))
        await server.start(stack)
        yield Pymap(server)


class Real:
    """Dovecot. Every address has a mailbox."""

    name = "Dovecot"

    def __init__(self, server: Dovecot, relay: "Relay") -> None:
        self._server = server
        self._relay = relay
        self.imap_port, self.submission_port = server.imap_port, server.submission_port

    async def fill(self, mails: Sequence[bytes]) -> None:
        await asyncio.to_thread(self._fill, mails)

    def _fill(self, mails: Sequence[bytes]) -> None:
        with smtplib.LMTP(self._server.host, self._server.lmtp_port) as lmtp:
            for raw in mails:
                lmtp.sendmail(SENDER, [SUPPORT], raw)  # an empty path would be a machine's

    async def deliver(self, raw: bytes) -> float:
        await self.fill([raw])
        return monotonic()

    async def arrival(self, address: str) -> float:
        return await self._relay.arrival(address)


class Relay:
    """Takes mail from Dovecot's submission service and delivers it to Dovecot's LMTP service, or keeps nothing."""

    def __init__(self) -> None:
        self.lmtp_port = 0  #: where to deliver to; 0 takes the mail and forgets it
        self.port = 0
        self._arrived: dict[str, float] = {}
        self._change = asyncio.Condition()
        self._lmtp: smtplib.LMTP | None = None

    async def start(self) -> asyncio.Server:
        """Listen on a free port."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(self, hostname="relay.test", enable_SMTPUTF8=True, data_size_limit=50_000_000), "127.0.0.1", 0
        )
        self.port = int(server.sockets[0].getsockname()[1])
        return server

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
        raw = envelope.original_content or b""
        if self.lmtp_port:
            await asyncio.to_thread(self._deliver, envelope.rcpt_tos, raw)
        async with self._change:
            for recipient in envelope.rcpt_tos:
                self._arrived.setdefault(recipient.lower(), monotonic())
            self._change.notify_all()
        return "250 2.0.0 Delivered"

    def _deliver(self, recipients: Sequence[str], raw: bytes) -> None:
        with smtplib.LMTP("127.0.0.1", self.lmtp_port) as lmtp:
            lmtp.sendmail("", list(recipients), raw)

    async def arrival(self, address: str) -> float:
        """Wait for the first mail to the address. Returns when it lay in the mailbox."""
        async with asyncio.timeout(60), self._change:
            await self._change.wait_for(lambda: address in self._arrived)
            return self._arrived[address]


@asynccontextmanager
async def dovecot(*, into_mailboxes: bool = True) -> AsyncIterator[Real]:
    """A private Dovecot. Without `into_mailboxes` our mails are taken and forgotten, so that the daemon is what is measured."""
    folder = Path(tempfile.mkdtemp(prefix="fl-"))
    relay = Relay()
    listening = await relay.start()
    server = Dovecot(folder, trustme.CA(), relay_port=relay.port)
    relay.lmtp_port = server.lmtp_port if into_mailboxes else 0
    await asyncio.to_thread(server.start)
    try:
        yield Real(server, relay)
    finally:
        await asyncio.to_thread(server.kill)
        listening.close()
        rmtree(folder, ignore_errors=True)


class Probe:
    """A second client in IDLE on the support mailbox: when does the server tell of mail?

    Spoken on the bare socket: IMAPClient's IDLE breaks over a line that comes in two pieces.
    """

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 30)
        self._lines = self._socket.makefile("rb")
        self._lines.readline()
        self._say(f"a LOGIN {SUPPORT} {PASSWORD}", b"a OK")
        self._say("b EXAMINE INBOX", b"b OK")
        self._say("c IDLE", b"+")

    def _say(self, command: str, answer: bytes) -> None:
        self._socket.sendall(f"{command}\r\n".encode())
        self._until(lambda line: line.startswith(answer))

    def _until(self, wanted: Callable[[bytes], bool]) -> None:
        while not wanted(line := self._lines.readline()):
            if not line:
                raise ConnectionError("the server closed the probe's connection")

    def told(self) -> float:
        """Wait until the server tells of mail. Blocks. Returns when."""
        self._until(lambda line: line.endswith(b" EXISTS\r\n"))
        return monotonic()

    def close(self) -> None:
        """End it."""
        self._lines.close()
        self._socket.close()


__all__ = ["PASSWORD", "QUEUE", "SUPPORT", "MailSystem", "Probe", "dovecot", "pymap"]
