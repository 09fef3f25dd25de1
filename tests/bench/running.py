"""I/O. A daemon that runs beside the bench: its configuration, its process, what it says."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from tests.bench.systems import PASSWORD, QUEUE, SUPPORT, MailSystem

PATIENCE = 300.0  #: seconds; far beyond what anything here takes

CONFIG = """
[mailbox]
address = "{support}"
host = "127.0.0.1"
port = {imap}
security = "plain"
user = "{support}"
password_env = "BENCH_PASSWORD"

[smtp]
host = "127.0.0.1"
port = {submission}
security = "plain"
user = "{support}"
password_env = "BENCH_PASSWORD"

[queue]
address = "{queue}"

[knowledge]
folders = ["{articles}"]

[policy]
mode = "auto"
coalesce_seconds = 0

[caps]
enabled = false

[service]
state = "{state}"
log_level = "INFO"
"""


def configure(folder: Path, system: MailSystem, articles: Path) -> Path:
    """Write config.toml for a daemon with this state folder."""
    file = folder / "config.toml"
    file.write_text(
        CONFIG.format(
            support=SUPPORT,
            queue=QUEUE,
            imap=system.imap_port,
            submission=system.submission_port,
            articles=articles,
            state=folder,
        )
    )
    return file


def environment() -> dict[str, str]:
    """What the daemon's process gets to see."""
    root = Path(__file__).resolve().parents[2]
    return {**os.environ, "BENCH_PASSWORD": PASSWORD, "PYTHONPATH": str(root)}


class Running:
    """What a running daemon has said so far. Times are seconds on the monotonic clock."""

    def __init__(self, started_at: float) -> None:
        self.started_at = started_at
        self.at: dict[str, float] = {}  #: when each kind of event came first
        self.last: dict[str, float] = {}  #: … and last
        self.of: dict[tuple[str, str], float] = {}  #: when (event, customer or recipient) came first
        self.actions: Counter[str] = Counter()
        self.count: Counter[str] = Counter()
        self.leaving = 0
        self.end: dict[str, Any] = {}
        self._more = asyncio.Event()
        self._over = False

    def take(self, line: bytes) -> None:
        """Take a line of the daemon's; b'' is its end."""
        if not line:
            self._over = True
        else:
            said = json.loads(line)
            event, at = str(said["event"]), float(said["at"])
            self.at.setdefault(event, at)
            self.last[event] = at
            self.count[event if event != "delivered" else f"delivered {said['state']}"] += 1
            self.of.setdefault((event, str(said.get("customer") or said.get("to") or "")), at)
            if event == "acted":
                self.actions[said["action"]] += 1
                self.leaving += said["leaving"]
            if event == "end":
                self.end = said
        self._more.set()

    async def until(self, condition: Callable[["Running"], bool]) -> None:
        """Wait until it holds. RuntimeError where the daemon ends before."""
        async with asyncio.timeout(PATIENCE):
            while not condition(self):
                if self._over:
                    raise RuntimeError("the daemon ended before its time; what it said stands above")
                self._more.clear()
                await self._more.wait()

    def all_left(self, mails: int) -> bool:
        """Whether that many mails were decided and everything that they caused was taken by the SMTP server."""
        return self.count["acted"] >= mails and self.count["delivered sent"] >= self.leaving


@asynccontextmanager
async def running(config: Path, *, profile: Path | None = None) -> AsyncIterator[Running]:
    """Start the daemon; end it with SIGTERM, and have its last word in `end`. Its log lies beside its configuration."""
    since = (datetime.now(UTC) - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S")
    arguments = [str(config), since, *([str(profile)] if profile else [])]
    log = config.parent / "daemon.log"
    with log.open("ab") as errors:
        seen = Running(monotonic())
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).with_name("process.py")),
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env={**environment(), "TZ": "UTC"},
        )
    assert process.stdout is not None
    stream = process.stdout

    async def listen() -> None:
        while line := await stream.readline():
            seen.take(line)
        seen.take(b"")

    listening = asyncio.create_task(listen())
    try:
        yield seen
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 60)
        await listening
        if process.returncode or not seen.end:
            raise RuntimeError(f"the daemon ended with {process.returncode}:\n{log.read_text()[-4000:]}")
    except BaseException:
        sys.stderr.write(log.read_text()[-4000:])
        raise
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        listening.cancel()
