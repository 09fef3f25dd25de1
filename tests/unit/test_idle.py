"""The wait on an IMAP connection sees every way in which it can end, reads whole lines, and can be woken."""

import socket
import threading
from collections.abc import Iterator
from io import BufferedReader

import pytest

from daemon.edges.idle import ConnectionEndedError, Heard, Wake, wait


class Line:
    """A connection, both ends of it, and a bell."""

    def __init__(self) -> None:
        self.sock, self.server = socket.socketpair()
        self.sock.settimeout(7.0)
        self.file: BufferedReader = self.sock.makefile("rb")
        self.bell = Wake()

    def wait(self, seconds: float = 5.0, line_seconds: float = 5.0) -> Heard:
        return wait(self.sock, self.file, self.bell, seconds, line_seconds)

    def close(self) -> None:
        for one in (self.file, self.sock, self.server, self.bell):
            one.close()


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.close()


def test_silence_is_heard_as_silence_and_the_timeout_is_left_as_it_was(line: Line) -> None:
    assert line.wait(0.01) == Heard()
    assert line.sock.gettimeout() == 7.0


def test_all_lines_that_are_there_are_heard_at_once(line: Line) -> None:
    line.server.sendall(b"* 23 EXISTS\r\n* 1 RECENT\r\n")
    heard = line.wait()
    assert heard == Heard((b"* 23 EXISTS", b"* 1 RECENT"))
    assert heard.mail


def test_other_news_is_no_mail(line: Line) -> None:
    line.server.sendall(b"* OK Still here\r\n* 3 EXPUNGE\r\n")
    assert not line.wait().mail


def test_what_a_command_left_in_the_buffer_is_heard(line: Line) -> None:
    line.server.sendall(b"A1 OK done\r\n* 5 EXISTS\r\n")
    assert line.file.readline() == b"A1 OK done\r\n"  # has read both lines from the socket
    assert line.wait().mail


def test_a_line_in_pieces_is_waited_for(line: Line) -> None:
    line.server.sendall(b"* 5 EXI")
    rest = threading.Timer(0.02, line.server.sendall, [b"STS\r\n"])
    rest.start()
    assert line.wait() == Heard((b"* 5 EXISTS",))
    rest.join()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        pytest.param(b"", "closed the connection", id="end of file"),
        pytest.param(b"* 5 EXI", "half a line", id="half a line, then the end"),
        pytest.param(b"* BYE shutting down\r\n", "BYE shutting down", id="BYE"),
    ],
)
def test_each_end_is_noticed(line: Line, said: bytes, why: str) -> None:
    line.server.sendall(said)
    line.server.shutdown(socket.SHUT_WR)
    with pytest.raises(ConnectionEndedError, match=why):
        line.wait()


def test_a_line_that_never_ends_is_given_up(line: Line) -> None:
    line.server.sendall(b"* 5 EXI")
    with pytest.raises(ConnectionEndedError):
        line.wait(line_seconds=0.01)


def test_a_ring_from_another_thread_ends_the_wait(line: Line) -> None:
    ringing = threading.Timer(0.02, line.bell.ring)
    ringing.start()
    assert line.wait().woken
    ringing.join()


def test_a_ring_that_nobody_heard_ends_the_next_wait_and_only_that(line: Line) -> None:
    for _ in range(100_000):  # more than a pipe holds
        line.bell.ring()
    assert line.wait().woken
    assert not line.wait(0.01).woken


def test_ringing_after_the_end_does_nothing() -> None:
    bell = Wake()
    bell.close()
    bell.ring()
