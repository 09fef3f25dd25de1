"""I/O. `firstline run` itself, in this process, with what the bench wants to know written to standard output.

Started as `python process.py CONFIG SINCE [PROFILE]`. One JSON object a line, times on the monotonic clock, which all processes of
a machine share: watching, ready (the knowledge base), ingested, acted, delivered, end.
"""

import asyncio
import cProfile
import json
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from time import monotonic, process_time
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
POLL_SECONDS = 0.002


def say(event: str, **fields: object) -> None:
    """Write one event, at once."""
    sys.stdout.write(json.dumps({"event": event, "at": monotonic(), **fields}) + "\n")
    sys.stdout.flush()


class WhenReady(logging.Handler):
    """Says when the model is loaded and the articles are indexed: the daemon logs it."""

    def __init__(self) -> None:
        super().__init__()
        self.embed_seconds = 0.0
        self.app: Any = None

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage() == "the knowledge base is ready" and self.app is not None:
            self.embed_seconds = self.app.knowledge.embed_seconds  # so far: that of the articles
            say("ready", processor_seconds=process_time())


def report(observed: Any) -> None:
    """Say what the daemon observed. A mail is known by its customer."""
    match type(observed).__name__:
        case "Ingested":
            say("ingested", customer=observed.case.customer)
        case "Acted":
            leaving = len(observed.settled.outgoing)
            say("acted", customer=observed.case.customer, action=observed.settled.decision.action, leaving=leaving)
        case "Delivered":
            say("delivered", to=observed.item.recipient, state=observed.state)


class Held:
    """How long the one connection that writes was held."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.transactions = 0

    def measure(self, transaction: Any) -> Any:
        """Return the method with a clock around it."""

        @asynccontextmanager
        async def measured(database: Any) -> AsyncIterator[Any]:
            started = 0.0
            try:
                async with transaction(database) as tx:
                    started = monotonic()
                    yield tx
            finally:
                if started:
                    self.seconds += monotonic() - started
                    self.transactions += 1

        return measured


def threads() -> dict[str, float]:
    """Processor time of every thread in seconds, by its name; those that Python does not know are the libraries'."""
    names = {
        thread.native_id: "database" if "_connection_worker_thread" in thread.name else thread.name
        for thread in threading.enumerate()
    }
    spent: dict[str, float] = {}
    for task in Path("/proc/self/task").iterdir():
        try:
            fields = (task / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        name = names.get(int(task.name), "libraries")
        spent[name] = spent.get(name, 0.0) + (int(fields[11]) + int(fields[12])) / TICKS
    return spent


def peak_bytes() -> int:
    """The most memory that was resident. Not `ru_maxrss`, which a process inherits from the one that started it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise LookupError("VmHWM")


async def watch(app: Any) -> None:
    """Say when the mailbox is watched."""
    while not app.watching:
        await asyncio.sleep(POLL_SECONDS)
    say("watching")


@contextmanager
def profiled(file: str) -> Iterator[None]:
    """Write where the event loop's thread spends its time."""
    if not file:
        yield
        return
    profile = cProfile.Profile()
    try:
        profile.runcall(lambda: None)
        profile.enable()
        yield
    finally:
        profile.disable()
        profile.dump_stats(file)


def main(config: str, since: str, profile: str = "") -> None:
    """Run the daemon until SIGTERM."""
    import daemon.app
    from daemon.cli.main import main as command
    from store.db import Database

    build, ready, held = daemon.app.build, WhenReady(), Held()
    logging.getLogger("daemon.app").addHandler(ready)

    @asynccontextmanager
    async def observed(settings: Any, **given: Any) -> AsyncIterator[Any]:
        async with build(settings, **given, observe=report) as app:
            ready.app = app
            watching = asyncio.create_task(watch(app))
            yield app
            watching.cancel()
            say(
                "end",
                peak_bytes=peak_bytes(),
                embed_seconds=app.knowledge.embed_seconds - ready.embed_seconds,
                embed_calls=app.knowledge.embed_calls,
                writer_seconds=held.seconds,
                transactions=held.transactions,
                processor_seconds=process_time(),
                threads=threads(),
            )

    Database.transaction = held.measure(Database.transaction)  # type: ignore[method-assign]
    daemon.app.build = observed  # type: ignore[assignment]
    sys.argv = ["firstline", "run", "--config", config, "--since", since]
    with profiled(profile):
        command()


if __name__ == "__main__":
    main(*sys.argv[1:])
