"""I/O. Waiting on an IMAP connection, in a thread: sees every way in which it can end, and can be woken.

IMAPClient's `idle_check` returns an empty list for ever on a dead connection, reads half a line where the server writes
in pieces, and cannot be woken (measured on 4.1.0; its issues 565, 519, 449). This reader knows nothing of IMAPClient:
it takes the socket and imaplib's buffered file over it.
"""

import os
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BufferedReader

LINE_BYTES = 1_000_000  # imaplib's own limit


class ConnectionEndedError(Exception):
    """The server ended the connection, said BYE, or sent what is no line."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a wait heard: the server's lines, without CRLF, and whether `wake` ended it."""

    lines: tuple[bytes, ...] = ()
    woken: bool = False

    @property
    def mail(self) -> bool:
        """Whether a line says that the mailbox has mail (`* 23 EXISTS`, RFC 9051 §7.4.1)."""
        return any(line.upper().endswith(b" EXISTS") for line in self.lines)


class Wake:
    """A bell that ends a wait from any thread. Rung while nobody waits, it ends the next wait at once."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._lock = threading.Lock()
        self._closed = False

    def ring(self) -> None:
        """Ring. Safe from any thread, at any time; ringing twice is ringing once."""
        with self._lock, suppress(BlockingIOError):  # a full pipe: rings that nobody has heard yet
            if not self._closed:
                os.write(self._write, b"!")

    def fileno(self) -> int:
        """Return what to poll."""
        return self._read

    def hear(self) -> None:
        """Forget all rings so far."""
        with suppress(BlockingIOError):
            os.read(self._read, 65536)

    def close(self) -> None:
        """Give the pipe back. The last thing that the waiting thread does."""
        with self._lock:
            self._closed = True
            os.close(self._read)
            os.close(self._write)


def wait(sock: socket.socket, file: BufferedReader, wake: Wake, seconds: float, line_seconds: float = 10.0) -> Heard:
    """Wait up to `seconds` for lines of the server or a ring; whole lines only.

    A line that has begun must end within `line_seconds`. Raises ConnectionEndedError on EOF, reset and BYE.
    """
    with _timeout_kept(sock):
        if not _buffered(sock, file):
            poll = select.poll()
            poll.register(sock.fileno(), select.POLLIN | select.POLLRDHUP)
            poll.register(wake.fileno(), select.POLLIN)
            ready = {descriptor for descriptor, _ in poll.poll(max(0.0, seconds) * 1000)}
            if wake.fileno() in ready:
                wake.hear()
                return Heard(woken=True)
            if not ready:
                return Heard()
        lines: list[bytes] = []
        try:
            while True:
                sock.settimeout(line_seconds)
                lines.append(_line(file))
                if not _buffered(sock, file):
                    return Heard(tuple(lines))
        except OSError as exc:  # a time-out in the middle of a line is one
            raise ConnectionEndedError(str(exc) or type(exc).__name__) from exc


def _line(file: BufferedReader) -> bytes:
    line = file.readline(LINE_BYTES + 1)
    if not line:
        raise ConnectionEndedError("the server closed the connection")
    if not line.endswith(b"\r\n"):
        raise ConnectionEndedError(f"the server sent half a line: {line[:40]!r}")
    if line.upper().startswith(b"* BYE"):
        raise ConnectionEndedError(line[2:-2].decode("ascii", "replace"))
    return line[:-2]


def _buffered(sock: socket.socket, file: BufferedReader) -> bool:
    """Whether a read gives something at once: what Python or the TLS layer has buffered, which `poll` does not see."""
    sock.setblocking(False)
    try:
        return bool(file.peek(1))
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True  # let the read itself find out
    finally:
        sock.setblocking(True)


@contextmanager
def _timeout_kept(sock: socket.socket) -> Iterator[None]:
    before = sock.gettimeout()
    try:
        yield
    finally:
        sock.settimeout(before)
