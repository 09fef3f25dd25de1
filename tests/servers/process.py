"""`firstline run` as a process of its own, with a config.toml on disk, as an operator has it."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from store.store import FILE, Store, open_store
from tests.servers.house import PASSWORD, QUEUE, SUPPORT, eventually

FIRSTLINE = Path(sys.executable).parent / "firstline"
RUN = (FIRSTLINE, "run", "--config")
#: The same command line, with a knowledge base that needs no model.
SCRIPTED_RUN = (sys.executable, Path(__file__).with_name("scripted_run.py"), "run", "--config")

Sections = Mapping[str, Mapping[str, Any]]


def write_configuration(folder: Path, imap_port: int, smtp_port: int, changes: Sections | None = None) -> Path:
    """A config.toml for servers on this machine, with its password file and one article; `changes` by section and key."""
    (folder / "password").write_text(f"{PASSWORD}\n")
    (folder / "password").chmod(0o600)
    articles = folder / "articles"
    articles.mkdir(exist_ok=True)
    (articles / "jam.md").write_text(
        "---\ntitle: Clear a label jam\nurl: https://help.example.test/jam\n---\n"
        "1. Switch the printer off.\n2. Open the cover and pull the stuck label out.\n3. Close the cover.\n"
    )
    login = {"host": "127.0.0.1", "security": "plain", "user": SUPPORT, "password_file": "password"}
    sections: dict[str, dict[str, Any]] = {
        "mailbox": {"address": SUPPORT, "port": imap_port, **login},
        "smtp": {"port": smtp_port, **login},
        "queue": {"address": QUEUE},
        "knowledge": {"folders": ["articles"]},
        "policy": {"mode": "auto", "coalesce_seconds": 0},
        "service": {"state": "state"},
    }
    for name, keys in (changes or {}).items():
        sections.setdefault(name, {}).update(keys)
    path = folder / "config.toml"
    path.write_text(
        "\n".join(
            f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
            for name, keys in sections.items()
        )
    )
    return path


class Daemon:
    """A started process. What it says on standard error is in `log`."""

    def __init__(self, process: asyncio.subprocess.Process, path: Path) -> None:
        self._process = process
        self._path = path

    @property
    def log(self) -> str:
        return self._path.read_text(errors="replace")

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def says(self, words: str) -> None:
        async def said() -> bool:
            self._lives_unless(words in self.log)
            return words in self.log

        await eventually(said, f"{words!r} in the log")

    @asynccontextmanager
    async def watching(self, state: Path) -> AsyncIterator[Store]:
        """Its store, beside it, from when it has seen the mailbox."""

        async def there() -> bool:
            self._lives_unless(False)
            return (state / FILE).exists()

        async def position(store: Store) -> bool:
            self._lives_unless(False)
            return await store.inbox.position("INBOX") is not None

        await eventually(there, "the store to be made")
        async with open_store(state / FILE) as store:
            await eventually(lambda: position(store), "the mailbox to be watched")
            yield store

    def _lives_unless(self, done: bool) -> None:
        assert done or self._process.returncode is None, f"it has ended:\n{self.log}"

    async def ended(self, seconds: float = 60) -> int:
        """The exit code, once there is one."""
        return await asyncio.wait_for(self._process.wait(), seconds)

    async def stopped(self) -> int:
        """Ask it to end; the exit code."""
        self.signal(signal.SIGTERM)
        return await self.ended()


@asynccontextmanager
async def daemon(
    *command: str | Path, log: Path, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Daemon]:
    """Start the command; kill it at the end, should it still run."""
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env={**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})},
        )
    try:
        yield Daemon(process, log)
    except BaseException:
        print(Daemon(process, log).log)  # pytest shows it beside the failure
        raise
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def firstline(*arguments: str | Path) -> tuple[int, str]:
    """Run a command to its end: exit code, and what it printed."""
    process = await asyncio.create_subprocess_exec(
        FIRSTLINE,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "120"},
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, output.decode()


class ServiceManager:
    """The socket on which systemd listens (sd_notify(3))."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._socket.setblocking(False)
        self.heard: list[str] = []

    async def hears(self, message: str) -> None:
        """Wait for a message; what came before it is in `heard`."""
        async with asyncio.timeout(60):
            while not any(message in heard.splitlines() for heard in self.heard):
                data = await asyncio.get_running_loop().sock_recv(self._socket, 4096)
                self.heard.append(data.decode())

    def close(self) -> None:
        self._socket.close()
