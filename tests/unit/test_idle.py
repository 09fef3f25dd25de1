"""The wait on an IMAP connection sees every way in which it can end, reads whole lines, and can be woken."""

import socket
import threading
from collections.abc import Iterator
from io import BufferedReader

import pytest

from daemon.edges.idle import ConnectionEndedError, Heard, Wake, wait


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """The server's end of `pair`; the client's stands in `pair`."""
    ours, theirs = socket.socketpair()
    ours.settimeout(7.0)
    Pair.sock, Pair.file = ours, ours.makefile("rb")
    yield theirs
    for one in (Pair.file, ours, theirs):
        one.close()


class Pair:
    sock: socket.socket
    file: BufferedReader


@pytest.fixture
def bell() -> Iterator[Wake]:
    bell = Wake()
    yield bell
    bell.close()


def listen(bell: Wake, seconds: float = 5.0, line_seconds: float = 5.0) -> Heard:
    return wait(Pair.sock, Pair.file, bell, seconds, line_seconds)


def test_silence_is_heard_as_silence_and_the_timeout_is_left_as_it_was(server: socket.socket, bell: Wake) -> None:
    assert listen(bell, 0.01) == Heard()
    assert Pair.sock.gettimeout() == 7.0


def test_all_lines_that_are_there_are_heard_at_once(server: socket.socket, bell: Wake) -> None:
    server.sendall(b"* 23 EXISTS\r\n* 1 RECENT\r\n")
    heard = listen(bell)
    assert heard == Heard((b"* 23 EXISTS", b"* 1 RECENT"))
    assert heard.mail


def test_other_news_is_no_mail(server: socket.socket, bell: Wake) -> None:
    server.sendall(b"* OK Still here\r\n* 3 EXPUNGE\r\n")
    assert not listen(bell).mail


def test_what_a_command_left_in_the_buffer_is_heard(server: socket.socket, bell: Wake) -> None:
    server.sendall(b"A1 OK done\r\n* 5 EXISTS\r\n")
    assert Pair.file.readline() == b"A1 OK done\r\n"  # has read both lines from the socket
    assert listen(bell).mail


def test_a_line_in_pieces_is_waited_for(server: socket.socket, bell: Wake) -> None:
    server.sendall(b"* 5 EXI")
    rest = threading.Timer(0.02, server.sendall, [b"STS\r\n"])
    rest.start()
    assert listen(bell) == Heard((b"* 5 EXISTS",))
    rest.join()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        pytest.param(b"", "closed the connection", id="end of file"),
        pytest.param(b"* 5 EXI", "half a line", id="half a line, then the end"),
        pytest.param(b"* BYE shutting down\r\n", "BYE shutting down", id="BYE"),
    ],
)
def test_each_end_is_noticed(server: socket.socket, bell: Wake, said: bytes, why: str) -> None:
    server.sendall(said)
    server.shutdown(socket.SHUT_WR)
    with pytest.raises(ConnectionEndedError, match=why):
        listen(bell)


def test_a_line_that_never_ends_is_given_up(server: socket.socket, bell: Wake) -> None:
    server.sendall(b"* 5 EXI")
    with pytest.raises(ConnectionEndedError):
        listen(bell, line_seconds=0.01)


def test_a_ring_from_another_thread_ends_the_wait(server: socket.socket, bell: Wake) -> None:
    ringing = threading.Timer(0.02, bell.ring)
    ringing.start()
    assert listen(bell).woken
    ringing.join()


def test_a_ring_that_nobody_heard_ends_the_next_wait_and_only_that(server: socket.socket, bell: Wake) -> None:
    for _ in range(100_000):  # more than a pipe holds
        bell.ring()
    assert listen(bell).woken
    assert not listen(bell, 0.01).woken


def test_ringing_after_the_end_does_nothing() -> None:
    bell = Wake()
    bell.close()
    bell.ring()
