"""I/O. The way out: the file that knows aiosmtplib. One mail in, one verdict on its delivery out.

A mail is handed over by MAIL, RCPT and DATA. Up to the moment the text is sent, everything may be repeated; from there
until the server's reply nobody knows whether the server has it (RFC 1047). So the caller makes a durable mark in
between, and a connection that ends in that gap gives UNCERTAIN, never a retry.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parseaddr
from enum import StrEnum

import aiosmtplib
from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPConnectResponseError,
    SMTPException,
    SMTPHeloError,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from daemon.edges.network import login_fault, network_fault, tls_context
from daemon.errors import FirstlineError, TransientError
from daemon.settings import Authentication, Security, SmtpSettings
from daemon.steps.submission import assigned_id, remedy_of, transparent
from store.records import OutboxItem

log = logging.getLogger(__name__)

_ADDRESS = re.compile(r"<[^<>\s]+@[^<>\s]+>")

IDLE_SECONDS = (
    60.0  #: a connection unused for longer is not used again; servers close after minutes (RFC 5321 §4.5.3.2.7)
)
CLOSE_SECONDS = 2.0  #: for the answer to QUIT
START_INPUT, COMPLETED = 354, range(200, 300)


FAULTS = (SMTPException, OSError, ValueError)  #: what a server or an address can make `connect` and `envelope` raise


class Outcome(StrEnum):
    """What became of a mail."""

    SENT = "sent"  #: the server has taken responsibility for it
    TRANSIENT = "transient"  #: not taken now: safe to try again
    PERMANENT = "permanent"  #: refused for good
    UNCERTAIN = "uncertain"  #: the connection ended before the reply to the text: it may have been taken
    WITHDRAWN = "withdrawn"  #: the caller did not want it sent any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt's result."""

    outcome: Outcome
    response: str  #: what the server said, or what went wrong
    remedy: str = ""  #: what somebody can do about it
    assigned_id: str | None = None  #: the id that the server's reply to the text names, if any


@dataclass(slots=True)
class _Connection:
    client: aiosmtplib.SMTP
    used_at: float = 0.0  #: event loop time
    reused: bool = False


_TROUBLE = {
    Outcome.TRANSIENT: "A mail cannot be handed over; it is tried again",
    Outcome.PERMANENT: "A mail is refused for good",
    Outcome.UNCERTAIN: "Whether a mail was handed over is unknown; it is not sent again",
}


class Sender:
    """Sends mails over up to `settings.connections` connections, which it keeps open between mails."""

    def __init__(
        self, settings: SmtpSettings, *, secret: Callable[[], Awaitable[str]], local_hostname: str | None = None
    ) -> None:
        self._settings = settings
        self._secret = secret
        self._local_hostname = local_hostname
        self._free = asyncio.Semaphore(settings.connections)
        self._idle: list[_Connection] = []
        self._closed = False
        self._said_no_evidence = False
        self._said: str | None = None  # the fault that was logged last

    async def send(self, item: OutboxItem, transmitting: Callable[[], Awaitable[bool]]) -> Delivery:
        """Deliver one mail. A server's fault is a Delivery, never an exception.

        `transmitting` is awaited when the recipient was accepted and before the text leaves: it makes the durable mark
        and returns whether the mail may still be sent. What it raises comes out, and nothing was sent.
        """
        delivery = await self._send(item, transmitting)
        self._say(delivery)
        return delivery

    def _say(self, delivery: Delivery) -> None:
        """Log a fault of the way out and its end, not each attempt. What a server has against one mail is not for here."""
        if delivery.outcome is Outcome.SENT:
            if self._said is not None:
                log.info("Mails can be handed over again")
            self._said = None
        elif delivery.outcome in _TROUBLE and delivery.remedy and delivery.response != self._said:
            self._said = delivery.response
            cause = _ADDRESS.sub("<…>", delivery.response)
            log.warning(_TROUBLE[delivery.outcome], extra={"cause": cause, "remedy": delivery.remedy})

    async def _send(self, item: OutboxItem, transmitting: Callable[[], Awaitable[bool]]) -> Delivery:
        async with self._free:
            while True:
                connection: _Connection | None = None
                try:
                    connection = await self._connection()
                    await self._envelope(connection.client, item)
                except (*FAULTS, FirstlineError) as exc:
                    gone = connection is not None and not connection.client.is_connected
                    await self._give_back(connection)
                    if connection is not None and connection.reused and gone:
                        continue  # it died of age while nobody used it
                    return _classify(exc, self._settings, after_data=False)
                except BaseException:
                    _drop(connection)
                    raise
                try:
                    return await self._text(connection, item, transmitting)
                except BaseException:
                    # Cancelled in the middle of a command, a client is out of step with its server for good.
                    _drop(connection)
                    raise

    async def close(self) -> None:
        """Say goodbye on the connections that nobody uses; the others are closed when their mail is through."""
        self._closed = True
        idle, self._idle = self._idle, []
        await asyncio.gather(*(leave(connection.client) for connection in idle))

    async def _connection(self) -> _Connection:
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection = self._idle.pop()
            if connection.client.is_connected and now - connection.used_at < IDLE_SECONDS:
                connection.reused = True
                return connection
            connection.client.close()
        return _Connection(await connect(self._settings, self._secret, self._local_hostname))

    async def _give_back(self, connection: _Connection | None) -> None:
        """Keep the connection for the next mail, reset; close it where that is not possible."""
        if connection is None:
            return
        client = connection.client
        if client.is_connected and not self._closed:
            try:
                await client.rset()
            except (SMTPException, OSError):
                client.close()
                return
            connection.used_at = asyncio.get_running_loop().time()
            self._idle.append(connection)
        else:
            client.close()

    async def _envelope(self, client: aiosmtplib.SMTP, item: OutboxItem) -> None:
        await envelope(client, item.envelope_sender, item.recipient, item.raw)
        if self._settings.evidence_copy:
            try:
                await client.rcpt(self._settings.evidence_copy)
            except SMTPRecipientRefused as exc:  # the customer's mail matters more than its proof
                if not self._said_no_evidence:
                    self._said_no_evidence = True
                    log.warning(
                        "The evidence copy is refused; an uncertain mail will need a human",
                        extra={"cause": exc.message, "remedy": "correct [smtp] evidence_copy"},
                    )

    async def _text(
        self, connection: _Connection, item: OutboxItem, transmitting: Callable[[], Awaitable[bool]]
    ) -> Delivery:
        client = connection.client
        if not await transmitting():
            await self._give_back(connection)
            return Delivery(outcome=Outcome.WITHDRAWN, response="withdrawn before it was sent")
        begun = False
        try:
            # Not client.data(): a connection that ends before the 354 has not taken the mail, and data() does not say.
            start = await client.execute_command(b"DATA")
            if start.code != START_INPUT:
                raise SMTPResponseException(start.code, start.message)
            protocol = client.protocol
            if protocol is None:
                raise aiosmtplib.SMTPServerDisconnected("Connection lost")
            begun = True
            protocol.write(transparent(item.raw))
            reply = await protocol.read_response(timeout=self._settings.data_timeout_seconds)
            if reply.code not in COMPLETED:
                raise SMTPResponseException(reply.code, reply.message)
        except (SMTPException, OSError) as exc:
            if isinstance(exc, SMTPResponseException) and 400 <= exc.code < 600:
                await self._give_back(connection)
            else:
                client.close()
            return _classify(exc, self._settings, after_data=begun)
        connection.used_at = asyncio.get_running_loop().time()
        if client.is_connected and not self._closed:
            self._idle.append(connection)
        else:
            client.close()
        return Delivery(
            outcome=Outcome.SENT, response=f"{reply.code} {reply.message}", assigned_id=assigned_id(reply.message)
        )


async def connect(
    settings: SmtpSettings, secret: Callable[[], Awaitable[str]], local_hostname: str | None = None
) -> aiosmtplib.SMTP:
    """Return a connection that is protected and logged in as configured. Raises what `explain` explains."""
    context = None if settings.security is Security.PLAIN else await asyncio.to_thread(tls_context, settings)
    client = aiosmtplib.SMTP(
        hostname=settings.host,
        port=settings.port,
        use_tls=settings.security is Security.TLS,
        start_tls=settings.security is Security.STARTTLS,
        tls_context=context,
        timeout=settings.timeout_seconds,
        local_hostname=local_hostname,
    )
    await client.connect()
    try:
        match settings.auth:
            case Authentication.PASSWORD:
                await client.login(settings.user, await secret())
            case Authentication.XOAUTH2:
                await client.auth_xoauth2(settings.user, await secret())
            case Authentication.NONE:
                pass
        if client.is_ehlo_or_helo_needed:
            with suppress(SMTPHeloError):  # MAIL says HELO instead
                await client.ehlo()
    except BaseException:
        client.close()
        raise
    return client


async def envelope(client: aiosmtplib.SMTP, sender: str, recipient: str, raw: bytes = b"") -> None:
    """Say MAIL and RCPT, with the extensions that the mail needs and the server has."""
    for address in (sender, recipient):
        # aiosmtplib would send to whatever part of a crooked address it can read.
        if parseaddr(address)[1] != address or not address.isprintable():
            raise ValueError(f"{address!r} is no address")
    options = []
    if raw and client.supports_extension("size"):
        options.append(f"SIZE={len(raw)}")
    if not raw.isascii() and client.supports_extension("8bitmime"):
        options.append("BODY=8BITMIME")
    international = not (sender + recipient).isascii()
    if international:
        if not client.supports_extension("smtputf8"):
            raise SMTPRecipientRefused(553, "5.6.7 the server takes no addresses beyond ASCII (SMTPUTF8)", recipient)
        options.append("SMTPUTF8")
    encoding = "utf-8" if international else "ascii"
    await client.mail(sender, options=options, encoding=encoding)
    await client.rcpt(recipient, encoding=encoding)


def explain(exc: Exception, settings: SmtpSettings) -> Delivery:
    """Return what one of FAULTS, raised by `connect` or `envelope`, means."""
    return _classify(exc, settings, after_data=False)


_NO_LOGIN = ("AUTH extension is not supported", "No suitable authentication method")


def _classify(exc: Exception, settings: SmtpSettings, *, after_data: bool) -> Delivery:
    """Return what a failure means for the mail. `after_data`: the text, or a part of it, had left."""
    where = f"{settings.host}:{settings.port}"
    match exc:
        case SMTPAuthenticationError():
            fault = login_fault(f"{exc.code} {exc.message}", settings)
            return Delivery(outcome=Outcome.TRANSIENT, response=fault.message, remedy=fault.remedy)
        case SMTPConnectResponseError() | SMTPHeloError():
            return Delivery(
                outcome=Outcome.TRANSIENT,
                response=f"{where} does not serve us: {exc.code} {exc.message}",
                remedy="Look into the server's log; it may limit connections, or not like this host's name.",
            )
        case SMTPResponseException() if 400 <= exc.code < 600:
            response = f"{exc.code} {exc.message}"
            if remedy := remedy_of(response):
                return Delivery(outcome=Outcome.TRANSIENT, response=response, remedy=remedy)
            if exc.code in (530, 534, 535, 538):  # RFC 4954 §6
                fault = login_fault(response, settings)
                return Delivery(outcome=Outcome.TRANSIENT, response=fault.message, remedy=fault.remedy)
            too_large = exc.code == 552  # RFC 1870 §6.1: said at MAIL, about the mail
            who = f' ("{exc.sender}")' if isinstance(exc, SMTPSenderRefused) and not too_large else ""
            return Delivery(
                outcome=Outcome.TRANSIENT if exc.code < 500 else Outcome.PERMANENT,
                response=response,
                remedy=f"The server refuses the sender{who}: correct [smtp] bounce_address." if who else "",
            )
        case ValueError() if not isinstance(exc, OSError):  # a certificate's fault is both
            return Delivery(outcome=Outcome.PERMANENT, response=f"the mail cannot be put into SMTP: {exc}")
    fault = network_fault(exc, settings) or TransientError(f"{where}: {exc}")
    if isinstance(exc, SMTPException) and "STARTTLS extension not supported" in str(exc):
        fault = TransientError(
            f"{where} does not offer STARTTLS.",
            remedy='Set [smtp] security = "tls" (port 465), or "plain" for a server on this machine.',
        )
    elif isinstance(exc, SMTPException) and any(words in str(exc) for words in _NO_LOGIN):
        fault = TransientError(
            f"{where} offers no login.",
            remedy='Set [smtp] auth = "none", or security = "starttls": many servers offer logins on TLS alone.',
        )
    return Delivery(
        outcome=Outcome.UNCERTAIN if after_data else Outcome.TRANSIENT, response=fault.message, remedy=fault.remedy
    )


async def leave(client: aiosmtplib.SMTP) -> None:
    """Say goodbye, without waiting long for the answer, and close."""
    with suppress(SMTPException, OSError, TimeoutError):  # it is the end anyway
        await client.quit(timeout=CLOSE_SECONDS)
    client.close()


def _drop(connection: _Connection | None) -> None:
    if connection is not None:
        connection.client.close()
