"""The little that lies between Dovecot's submission and Dovecot's LMTP: an SMTP server that passes mail on at once.

What it accepts lies in the mailbox: its 250 comes after LMTP's, so that a test need not wait for a queue.
"""

import asyncio
import smtplib
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from shutil import rmtree

import trustme
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers.dovecot import Dovecot

HOST = "127.0.0.1"


class Relay:
    """Listens on a free port; `lmtp_port` is where mail goes, known later than the port."""

    lmtp_port = 0

    async def start(self, stack: AsyncExitStack) -> int:
        """Listen until the stack ends. Returns the port."""
        server = await asyncio.get_running_loop().create_server(self._session, HOST, 0)
        stack.callback(server.close)
        return int(server.sockets[0].getsockname()[1])

    def _session(self) -> SMTP:
        return SMTP(
            self, hostname="relay.example.test", enable_SMTPUTF8=True, auth_exclude_mechanism=("LOGIN", "PLAIN")
        )

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
        await asyncio.to_thread(self._pass_on, envelope)
        return "250 2.0.0 Delivered"

    def _pass_on(self, envelope: Envelope) -> None:
        with smtplib.LMTP(HOST, self.lmtp_port) as lmtp:
            sender = (envelope.mail_from or "").strip("<>")  # aiosmtpd keeps the null path as '<>'
            lmtp.sendmail(sender, envelope.rcpt_tos, envelope.original_content or b"")


async def dovecot_that_passes_on(stack: AsyncExitStack, certificates: trustme.CA) -> tuple[Dovecot, Path]:
    """A started Dovecot that delivers what is submitted to it, and its folder, both gone when the stack ends."""
    relay = Relay()
    folder = Path(tempfile.mkdtemp(prefix="fl-"))  # short: the sockets' paths must be
    stack.callback(rmtree, folder, ignore_errors=True)
    dovecot = Dovecot(folder, certificates, relay_port=await relay.start(stack))
    relay.lmtp_port = dovecot.lmtp_port
    await asyncio.to_thread(dovecot.start)
    stack.push_async_callback(asyncio.to_thread, dovecot.kill)
    return dovecot, folder
