"""The little that lies between Dovecot's submission and Dovecot's LMTP: an SMTP server that passes mail on at once.

What it accepts lies in the mailbox: its 250 comes after LMTP's, so that a test need not wait for a queue.
"""

import asyncio
import smtplib
from contextlib import AsyncExitStack

from aiosmtpd.smtp import SMTP, Envelope, Session

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
