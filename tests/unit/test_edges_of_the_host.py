"""systemd's socket, the ticker and the key ring, each against the real thing: a socket, a loop, a folder."""

import asyncio
import base64
import os
import socket
import stat
from pathlib import Path

import pytest

from daemon.edges.keyring import load_or_create
from daemon.edges.schedule import Ticker
from daemon.edges.systemd import Notifier
from daemon.errors import StateError


@pytest.fixture(params=["path", "abstract"])
def listener(request, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        name = str(tmp_path / "notify") if request.param == "path" else f"\0firstline-{os.getpid()}"
        channel.bind(name)
        channel.settimeout(5)
        yield channel, name.replace("\0", "@")


def test_each_notification_is_one_datagram_in_the_words_of_sd_notify(listener):
    channel, name = listener
    notifier = Notifier(name)
    notifier.ready()
    notifier.status("watching\nINBOX")
    notifier.watchdog()
    notifier.stopping()
    notifier.reloading()
    heard = [channel.recv(1000).decode() for _ in range(5)]
    assert heard[:4] == ["READY=1", "STATUS=watching INBOX", "WATCHDOG=1", "STOPPING=1"]
    assert heard[4].startswith("RELOADING=1\nMONOTONIC_USEC=")


@pytest.mark.parametrize("path", [None, ""])
def test_without_a_socket_nothing_happens(path, caplog):
    Notifier(path).ready()
    assert not caplog.records


def test_a_socket_that_nobody_reads_any_more_is_logged_and_harms_nothing(tmp_path, caplog):
    Notifier(str(tmp_path / "gone")).watchdog()
    assert [record.message for record in caplog.records] == ["systemd could not be told"]


async def test_the_ticker_calls_functions_and_coroutines_until_it_is_told_to_stop():
    stop, plain, awaited = asyncio.Event(), [], []
    ticker = Ticker()

    async def wait_for_it() -> None:
        awaited.append(1)
        if len(awaited) >= 2 and len(plain) >= 2:
            stop.set()

    ticker.every(0.01, lambda: plain.append(1), "plain")
    ticker.every(0.01, wait_for_it, "awaited")
    async with asyncio.timeout(10):
        await ticker.run(stop)
    assert len(plain) >= 2


async def test_a_failing_tick_takes_the_ticker_down_with_its_own_error():
    ticker = Ticker()

    def fail() -> None:
        raise StateError("the disk is gone")

    ticker.every(0.01, fail, "fails")
    async with asyncio.timeout(10):
        with pytest.raises(StateError, match="the disk is gone"):
            await ticker.run(asyncio.Event())


async def test_a_tick_that_runs_when_the_end_comes_is_let_end_and_its_failure_still_counts():
    stop, ended = asyncio.Event(), []
    ticker = Ticker()

    async def slow() -> None:
        stop.set()
        for _ in range(20):
            await asyncio.sleep(0)
        ended.append(1)
        raise StateError("late")

    ticker.every(0.01, slow, "slow")
    async with asyncio.timeout(10):
        with pytest.raises(StateError, match="late"):
            await ticker.run(stop)
    assert ended == [1]


async def test_a_tick_longer_than_its_interval_never_runs_beside_itself():
    stop, inside, most, calls = asyncio.Event(), 0, 0, 0
    ticker = Ticker()

    async def slow() -> None:
        nonlocal inside, most, calls
        inside, calls = inside + 1, calls + 1
        most = max(most, inside)
        await asyncio.sleep(0.03)
        inside -= 1
        if calls == 3:
            stop.set()

    ticker.every(0.01, slow, "slow")
    async with asyncio.timeout(10):
        await ticker.run(stop)
    assert most == 1


def test_a_key_ring_is_made_once_private_and_read_again(tmp_path):
    first = load_or_create(tmp_path / "state")
    assert load_or_create(tmp_path / "state") == first
    assert [len(key) for key in first] == [32]
    assert stat.S_IMODE((tmp_path / "state" / "keys").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["keys"]


def test_the_newest_key_stands_first_and_old_ones_follow(tmp_path):
    old = load_or_create(tmp_path)
    ring = tmp_path / "keys"
    ring.write_text(f"{base64.b64encode(b'n' * 32).decode()}  # November\n\n{ring.read_text()}")
    assert load_or_create(tmp_path) == (b"n" * 32, *old)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        pytest.param(b"", "holds no key", id="empty, as a full disk leaves it"),
        pytest.param(b"# only comments\n", "holds no key", id="comments alone"),
        pytest.param(b"not base64!\n", "line 1 is not base64", id="garbled"),
        pytest.param(b"c2hvcnQ=\n", "shorter than 16 bytes", id="a key that could be guessed"),
        pytest.param(b"\xff\xfe\x00", "bytes that are no text", id="binary"),
    ],
)
def test_a_damaged_key_ring_is_named_and_never_replaced(tmp_path: Path, content, what):
    (tmp_path / "keys").write_bytes(content)
    (tmp_path / "keys").chmod(0o600)
    with pytest.raises(StateError, match=what) as caught:
        load_or_create(tmp_path)
    assert "backup" in caught.value.remedy
    assert (tmp_path / "keys").read_bytes() == content


def test_a_key_ring_that_cannot_be_written_names_the_folder_and_the_remedy(tmp_path):
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(StateError, match="cannot be read or written") as caught:
        load_or_create(tmp_path / "state")
    assert str(tmp_path / "state") in caught.value.remedy


def test_a_key_ring_that_others_can_read_is_warned_of(tmp_path, caplog):
    load_or_create(tmp_path)
    (tmp_path / "keys").chmod(0o644)
    load_or_create(tmp_path)
    assert "chmod 600" in caplog.text
