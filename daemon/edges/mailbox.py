"""I/O. One IMAP connection, blocking: the file that knows IMAPClient. Its user gives it a thread of its own.

Two threads on one IMAPClient get each other's answers, half of them empty (measured); only `abort` is for other threads.
"""

import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from imaplib import IMAP4
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, LoginError
from imapclient.imapclient import SENT

from daemon.edges.idle import ConnectionEndedError, Heard, Wake, wait
from daemon.edges.network import login_fault, network_fault, tls_context
from daemon.errors import FirstlineError, PermanentError, TransientError
from daemon.settings import Authentication, MailboxSettings, Security

CONNECT_SECONDS = 20.0  #: at most; a server that comes back must be found again within a minute
LOGOUT_SECONDS = 2.0
UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)  #: INTERNALDATE of a server that gives none: too old for an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """What the server said when the folder was opened."""

    uidvalidity: int
    uidnext: int
    keywords: bool  #: whether our keyword will be kept (PERMANENTFLAGS, RFC 9051 §7.1)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is asked of a mail before it is fetched."""

    size: int  #: bytes, as the server counts them
    received_at: datetime  #: INTERNALDATE, UTC


class Mailbox:
    """A connection to the mailbox's server. Every method blocks; errors are IMAPClient's own: see `classify`."""

    def __init__(self, settings: MailboxSettings) -> None:
        self._settings = settings
        self._client: Any = None
        self._aborted = False
        self._idle_tag: Any = None
        self._capabilities: frozenset[bytes] = frozenset()

    # -- lifetime

    def connect(self, secret: str) -> None:
        """Connect, protect, log in. `secret` is the password or the access token."""
        settings = self._settings
        context = None if settings.security is Security.PLAIN else tls_context(settings)
        seconds = float(settings.timeout_seconds)
        client = IMAPClient(
            settings.host,
            settings.port,
            ssl=settings.security is Security.TLS,
            ssl_context=context,
            timeout=SocketTimeout(connect=min(seconds, CONNECT_SECONDS), read=seconds),
        )
        self._client = client
        client.normalise_times = False  # INTERNALDATE with its zone, instead of naive local time
        _tune(client.socket())
        if self._aborted:
            self.close()
            raise ConnectionEndedError("given up while connecting")
        if settings.security is Security.STARTTLS:
            client.starttls(context)
        _log_in(client, settings, secret)
        self._capabilities = frozenset(name.upper() for name in client.capabilities())

    def logout(self) -> None:
        """Leave politely, without waiting long for the server's answer."""
        self._client.socket().settimeout(LOGOUT_SECONDS)
        self._client.logout()

    def close(self) -> None:
        """Close the socket, whatever its state."""
        if self._client is not None:
            with suppress(OSError, IMAP4.error):  # it may be closed already, by either side
                self._client.shutdown()

    def abort(self) -> None:
        """End whatever the connection's thread is doing. Safe from any thread."""
        self._aborted = True
        if self._client is not None:
            with suppress(OSError, AttributeError):  # closed already
                # Not SSLSocket.shutdown, which takes the TLS layer away under the other thread's feet.
                socket.socket.shutdown(self._client.socket(), socket.SHUT_RDWR)

    # -- what the server can do

    def can(self, capability: str) -> bool:
        """Whether the server offers a capability, as it said after the login. Asks nothing: safe from any thread."""
        return capability.encode() in self._capabilities

    # -- reading

    def select(self, folder: str) -> Selected:
        """Open a folder for reading and marking. Raises PermanentError where there is none of that name."""
        return self._opened(folder, readonly=False)

    def examine(self, folder: str) -> Selected:
        """Open a folder for reading alone (EXAMINE, RFC 9051 §6.3.3). Raises as `select` does."""
        return self._opened(folder, readonly=True)

    def _opened(self, folder: str, *, readonly: bool) -> Selected:
        client = self._client
        try:
            answer = client.select_folder(folder, readonly=readonly)
        except IMAP4.abort:
            raise
        except IMAP4.readonly as exc:
            raise PermanentError(
                f'The folder "{folder}" may only be read.', remedy="Give the login the right to set flags in it."
            ) from exc
        except IMAP4.error as exc:
            raise PermanentError(
                f'The folder "{folder}" cannot be opened: {_text(exc)}',
                remedy=f"Correct [mailbox] {'sent_folder' if readonly else 'folder'}; the server has: {', '.join(self.folders()[:20])}.",
            ) from exc
        if not answer.get(b"UIDVALIDITY"):
            raise PermanentError(
                f'The folder "{folder}" has no UIDVALIDITY: its mails cannot be told apart for sure.',
                remedy="Use a folder on a server that keeps UIDs (RFC 9051 §2.3.1.1).",
            )
        flags = answer.get(b"PERMANENTFLAGS")
        wanted = self._settings.keyword.lower().encode()
        return Selected(
            uidvalidity=int(answer[b"UIDVALIDITY"]),
            uidnext=int(answer.get(b"UIDNEXT") or max(client.search("ALL"), default=0) + 1),
            keywords=flags is None or any(flag == b"\\*" or flag.lower() == wanted for flag in flags),
        )

    def folders(self) -> list[str]:
        """The names of the folders."""
        return sorted(str(name) for _, _, name in self._client.list_folders())

    def newer(self, last_uid: int) -> list[int]:
        """The UIDs above `last_uid`, ascending. Afterwards `news` tells of mail that came during the search."""
        client = self._client
        if not self.can("IDLE"):
            client.noop()  # a server may hold new mail back until it is asked (RFC 9051 §6.1.2)
        self._forget_news()
        # `n:*` always has the last mail in it, however small its UID (RFC 9051 §9, seq-range).
        return sorted(uid for uid in client.search(["UID", f"{last_uid + 1}:*"]) if uid > last_uid)

    def since(self, day: date) -> list[int]:
        """The UIDs of mails that arrived on the server's `day` or later, ascending."""
        return sorted(self._client.search(["SINCE", day]))

    def facts(self, uids: Sequence[int]) -> dict[int, Facts]:
        """Size and time of arrival; without those mails that are gone."""
        found = self._client.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"])
        return {
            uid: Facts(int(data[b"RFC822.SIZE"]), _utc(data.get(b"INTERNALDATE")))
            for uid, data in found.items()
            if data.get(b"RFC822.SIZE") is not None
        }

    def mails(self, uids: Sequence[int]) -> dict[int, bytes]:
        r"""The raw mails, without setting \Seen; without those that are gone."""
        return self._bodies(uids, "BODY.PEEK[]", b"BODY[]")

    def headers(self, uids: Sequence[int]) -> dict[int, bytes]:
        r"""The raw header blocks, without setting \Seen; without those that are gone."""
        return self._bodies(uids, "BODY.PEEK[HEADER]", b"BODY[HEADER]")

    def _bodies(self, uids: Sequence[int], item: str, key: bytes) -> dict[int, bytes]:
        found = self._client.fetch(uids, [item])
        # A mail that another session expunges meanwhile comes as None first, then not at all.
        return {uid: bytes(data[key]) for uid, data in found.items() if data.get(key) is not None}

    # -- marking

    def flag(self, uids: Sequence[int], flag: str) -> None:
        """Set a flag or keyword. UIDs that are gone are passed over by the server."""
        self._client.add_flags(uids, [flag], silent=True)

    def move(self, uids: Sequence[int], folder: str) -> dict[int, int]:
        """Move mails to a folder, which is made where it is missing. Returns their UIDs there, where the server tells."""
        client = self._client
        command = client.move if self.can("MOVE") else client.copy
        client._imap.untagged_responses.pop("COPYUID", None)
        try:
            command(uids, folder)
        except IMAP4.error as exc:
            if isinstance(exc, IMAP4.abort) or "TRYCREATE" not in str(exc).upper():
                raise
            self._create(folder)
            command(uids, folder)
        moved = _copy_uids(client._imap.untagged_responses.pop("COPYUID", []))
        if command == client.copy:
            client.add_flags(uids, ["\\Deleted"], silent=True)
            if self.can("UIDPLUS"):  # a bare EXPUNGE would take what other people have marked as deleted
                client.uid_expunge(uids)
        return moved

    def flag_elsewhere(self, folder: str, uids: Sequence[int], flag: str) -> None:
        """Set a flag in another folder; the mailbox must be selected again after."""
        self._client.select_folder(folder)
        self.flag(uids, flag)

    def sent_folder(self) -> str | None:
        r"""The folder for what we sent: as configured, else the one marked \Sent (RFC 6154), else one of a usual name."""
        return self._settings.sent_folder or self._client.find_special_folder(SENT)

    def open_sent(self, folder: str) -> None:
        """Open the folder of sent mail, which is made where it is missing; the mailbox must be selected again after."""
        try:
            self._client.select_folder(folder, readonly=True)
        except IMAP4.abort:
            raise
        except IMAP4.error:
            self._create(folder)
            self._client.select_folder(folder, readonly=True)

    def append_once(self, folder: str, message_id: str | None, raw: bytes) -> bool:
        """Append a mail to the folder that `open_sent` opened, unless one with its Message-ID is there. Whether it was."""
        if message_id and self._client.search(["HEADER", "Message-ID", f"<{message_id}>"]):
            return False
        self._client.append(folder, raw, flags=["\\Seen"])
        return True

    def _create(self, folder: str) -> None:
        self._client.create_folder(folder)
        with suppress(IMAP4.error):  # some servers know no subscriptions
            self._client.subscribe_folder(folder)

    # -- waiting

    @property
    def news(self) -> bool:
        """Whether the server mentioned mail (EXISTS) inside the answers since the last `newer`."""
        return "EXISTS" in self._client._imap.untagged_responses

    def _forget_news(self) -> None:
        self._client._imap.untagged_responses.pop("EXISTS", None)

    def idle(self) -> None:
        """Begin IDLE (RFC 2177)."""
        imap = self._client._imap
        # IMAPClient.idle takes a line that comes before the continuation, such as EXISTS, for an error.
        self._idle_tag = imap._command("IDLE")
        while imap._get_response() is not None:  # None is the continuation
            if imap.tagged_commands.get(self._idle_tag):
                raise IMAP4.abort(f"IDLE was refused: {imap.tagged_commands[self._idle_tag]!r}")

    def done(self) -> None:
        """End IDLE."""
        self._client._idle_tag = self._idle_tag
        self._client.idle_done()

    def wait(self, wake: Wake, seconds: float) -> Heard:
        """Wait for the server or the bell, in IDLE or not."""
        imap = self._client._imap
        return wait(self._client.socket(), imap.file, wake, seconds)


def classify(exc: Exception, settings: MailboxSettings) -> FirstlineError:
    """Return what an exception of a `Mailbox` means. First match wins; what nobody foresaw passes by itself.

    PermanentError: the server answered and refused. TransientError: the connection is in doubt.
    """
    if fault := network_fault(exc, settings):
        return fault
    where = f"{settings.host}:{settings.port}"
    match exc:
        case LoginError():
            return login_fault(_text(exc), settings)
        case CapabilityError():
            return PermanentError(
                f"{where} does not offer what is needed: {_text(exc)}",
                remedy="For STARTTLS: set [mailbox] security to what the port speaks.",
            )
        case ConnectionEndedError() | IMAP4.abort() | IMAP4.error() if _is_end(exc):
            return TransientError(
                f"{where} ended the connection: {_text(exc)}", remedy="Look into the server's log if it goes on."
            )
        case IMAP4.error():
            return PermanentError(f"{where} refused: {_text(exc)}")
        case _:
            return TransientError(f"{where}: {type(exc).__name__}: {exc}")


def _is_end(exc: Exception) -> bool:
    # A BYE instead of a greeting (RFC 9051 §7.1.5) comes as a plain error.
    return not isinstance(exc, IMAP4.error) or isinstance(exc, IMAP4.abort) or _text(exc).upper().startswith("* BYE")


def _log_in(client: Any, settings: MailboxSettings, secret: str) -> None:
    match settings.auth:
        case Authentication.NONE:
            return
        case Authentication.XOAUTH2:
            answers = [f"user={settings.user}\1auth=Bearer {secret}\1\1"]
            # A refusal comes as a challenge with its reason, to be answered with an empty line.
            client.sasl_login("XOAUTH2", lambda _: answers.pop() if answers else b"")
        case Authentication.PASSWORD:
            if client.has_capability("LOGINDISABLED"):
                raise LoginError("LOGINDISABLED")
            if (settings.user + secret).isascii():
                client.login(settings.user, secret)
            else:  # LOGIN carries ASCII alone
                client.plain_login(settings.user, secret)


def _tune(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else a SEARCH, sent as two writes, may wait 43 ms
    # A host that vanished without a word is noticed within half a minute, also in IDLE.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 15)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)


def _copy_uids(answers: Sequence[bytes]) -> dict[int, int]:
    """Read COPYUID (RFC 4315 §3): `uidvalidity 304,319:320 3956:3958`. IMAPClient drops it."""
    moved: dict[int, int] = {}
    for answer in answers:
        _, before, after = answer.decode("ascii").split()
        moved |= zip(_uid_set(before), _uid_set(after), strict=True)
    return moved


def _uid_set(text: str) -> Iterator[int]:
    for part in text.split(","):
        first, _, last = part.partition(":")
        yield from range(int(first), int(last or first) + 1)


def _utc(received_at: datetime | None) -> datetime:
    return received_at.astimezone(UTC) if received_at is not None else UNKNOWN_TIME


def _text(exc: Exception) -> str:
    text = exc.args[0] if exc.args else str(exc)
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    # IMAPClient makes its exceptions of imaplib's by str(), which shows bytes as Python writes them.
    text = re.sub(r"^b(['\"])(.*)\1$", r"\2", text.strip(), flags=re.DOTALL)
    return text or type(exc).__name__
