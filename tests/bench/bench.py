"""I/O. `make bench`: latency, throughput, start-up and memory of the real daemon process on real mail servers.

The daemon is `firstline run` in a process of its own; the mail server is this process (pymap) or Dovecot. Caps are off and
nothing is coalesced (`coalesce_seconds = 0`), so that what is measured is work and not waiting. Nothing here is asserted.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from rich.console import Console  # noqa: E402 - the path above comes first
from rich.table import Table  # noqa: E402

from kb.model import has_amx  # noqa: E402
from tests.bench import growth, scale  # noqa: E402
from tests.bench.mails import Questions, address, demo, labelled, mail  # noqa: E402
from tests.bench.running import configure, environment, running  # noqa: E402
from tests.bench.systems import MailSystem, Probe, dovecot, pymap  # noqa: E402
from tests.servers.dovecot import missing  # noqa: E402

FIRSTLINE = Path(sys.executable).with_name("firstline")
console = Console(stderr=True, highlight=False)


@dataclass(slots=True)
class Row:
    """One measured thing."""

    group: str
    name: str
    unit: str
    values: list[float] = field(default_factory=list)
    note: str = ""

    @property
    def median(self) -> float:
        """The middle of the values."""
        return statistics.median(self.values)


class Results:
    """The rows, in the order in which they were first measured."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Row] = {}
        self.remarks: list[str] = []

    def add(self, group: str, name: str, unit: str, values: float | Iterable[float], note: str = "") -> None:
        """Add one value or several to a row."""
        row = self.rows.setdefault((group, name), Row(group, name, unit, note=note))
        row.values += [values] if isinstance(values, int | float) else list(values)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The command line."""

    rounds: int
    latency_mails: int
    backlog: int
    cases: int
    articles: int
    profile: Path | None
    only: frozenset[str]


def folder() -> Path:
    """A state folder for one daemon."""
    return Path(tempfile.mkdtemp(prefix="fl-bench-"))


def indexed(questions: Questions) -> Path:
    """A state folder in which the articles are indexed already: to be copied, so that no round pays for it."""
    made = folder()
    config = made / "config.toml"
    config.write_text(f'[knowledge]\nfolders = ["{questions.articles}"]\n[service]\nstate = "{made}"\n')
    command = [FIRSTLINE, "kb", "index", "--config", config]
    subprocess.run(command, check=True, capture_output=True, env=environment())
    return made


@contextmanager
def state(index: Path | None = None) -> Iterator[Path]:
    """A state folder, gone afterwards; with the index of another one where one is given."""
    made = folder()
    if index is not None:
        for file in index.glob("knowledge.sqlite3*"):
            shutil.copy(file, made)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _ms(start: float, end: float) -> float:
    return (end - start) * 1000


async def latency(results: Results, system: MailSystem, questions: Questions, wanted: Wanted) -> None:
    """One customer at a time writes to an idle daemon."""
    group = f"one mail at a time, {system.name}"
    rng = random.Random(20)
    with state() as made:
        async with running(configure(made, system, questions.articles)) as daemon:
            await daemon.until(lambda seen: "ready" in seen.at and "watching" in seen.at)
            probe = await asyncio.to_thread(Probe, system.imap_port) if system.name == "Dovecot" else None
            # The first mail warms up; it counts nowhere.
            for number in range(wanted.rounds * wanted.latency_mails + 1):
                # At random moments: what stands in step with a server's timers measures the timers.
                await asyncio.sleep(rng.uniform(0.8, 1.6))
                told = asyncio.create_task(asyncio.to_thread(probe.told)) if probe else None
                delivered = await system.deliver(mail(questions, number))
                arrived = await system.arrival(address(number))
                push = _ms(delivered, await told) if told else 0.0
                customer = address(number)
                await daemon.until(lambda seen, who=customer: ("delivered", who) in seen.of)  # type: ignore[misc]
                if not number:
                    continue
                ingested, acted = daemon.of["ingested", customer], daemon.of["acted", customer]
                results.add(group, "delivery → reply in the customer's mailbox", "ms", _ms(delivered, arrived))
                if probe:
                    results.add(group, "  of which Dovecot's IDLE push (a second client's)", "ms", push)
                    results.add(group, "  without the push", "ms", _ms(delivered, arrived) - push)
                results.add(group, "  delivery → stored, read and on its case", "ms", _ms(delivered, ingested))
                results.add(group, "  → decided (search, decision, mail written)", "ms", _ms(ingested, acted))
                results.add(group, "  → in the customer's mailbox", "ms", _ms(acted, arrived))
            if probe:
                probe.close()
    results.add(group, "peak memory of the daemon", "MB", daemon.end["peak_bytes"] / 1e6)


async def backlog(
    results: Results, system: MailSystem, questions: Questions, index: Path, wanted: Wanted, number: int
) -> None:
    """A daemon starts and finds a full mailbox."""
    count = wanted.backlog
    group = f"backlog of {count} mails of {count} senders, {system.name}"
    await system.fill([mail(questions, each) for each in range(count)])
    profile = wanted.profile / f"backlog-{system.name}-{number}.prof" if wanted.profile else None
    with state(index) as made:
        async with running(configure(made, system, questions.articles), profile=profile) as daemon:
            await daemon.until(lambda seen: seen.all_left(count))
    done, began = daemon.last["delivered"], daemon.at["acted"]
    wall = done - daemon.started_at
    working = done - began
    results.add(group, "mails a second, from the start of the process", "/s", count / wall)
    results.add(group, "mails a second, from the first decision", "/s", (count - 1) / working)
    results.add(group, "start of the process → last mail taken by SMTP", "s", wall)
    results.add(group, "  → watching", "s", daemon.at["watching"] - daemon.started_at)
    results.add(group, "  → last mail stored and on its case", "s", daemon.last["ingested"] - daemon.started_at)
    results.add(group, "  → first decision", "s", began - daemon.started_at)
    results.add(group, "  → last decision", "s", daemon.last["acted"] - daemon.started_at)
    results.add(
        group, "share of the embedding model from the first decision", "%", 100 * daemon.end["embed_seconds"] / working
    )
    results.add(
        group, "share of the whole time in which a transaction was open", "%", 100 * daemon.end["writer_seconds"] / wall
    )
    results.add(
        group, "processor time a mail, loading the model included", "ms", 1000 * daemon.end["processor_seconds"] / count
    )
    results.add(group, "transactions a mail", "", daemon.end["transactions"] / count)
    results.add(group, "mails that left, a mail", "", daemon.count["delivered sent"] / count)
    results.add(group, "queries in one call of the model", "", count / max(1, daemon.end["embed_calls"]))
    results.add(group, "peak memory of the daemon", "MB", daemon.end["peak_bytes"] / 1e6)
    spent = sorted(daemon.end["threads"].items(), key=lambda item: -item[1])
    results.remarks.append(
        f"{group}: {dict(daemon.actions)}; processor seconds by thread: "
        + ", ".join(f"{name} {seconds:.1f}" for name, seconds in spent if seconds >= 0.1)
    )


async def start(results: Results, questions: Questions) -> None:
    """A daemon starts on an empty state folder, ends, and starts again. A mail waits each time."""
    with state() as made:
        async with pymap([address(1), address(2)]) as system:
            config = configure(made, system, questions.articles)
            for number, name in ((1, "first start, articles to be indexed"), (2, "start with an index")):
                group = f"`firstline run`, {name}"
                await system.fill([mail(questions, number)])
                async with running(config) as daemon:
                    await daemon.until(lambda seen: {"acted", "ready", "watching"} <= seen.at.keys())
                for event, what in (
                    ("watching", "process start → watching the mailbox"),
                    ("acted", "process start → first decision (a mail was waiting)"),
                    ("ready", "process start → knowledge base ready"),
                ):
                    results.add(group, what, "s", daemon.at[event] - daemon.started_at)
                results.add(group, "peak memory", "MB", daemon.end["peak_bytes"] / 1e6)
            for arguments in (["--help"], ["cases", "list", "--config", str(config)]):
                for _ in range(3):
                    began = monotonic()
                    await asyncio.to_thread(
                        subprocess.run,
                        [FIRSTLINE, *arguments],
                        check=True,
                        capture_output=True,
                        env=environment(),
                    )
                    results.add(
                        "commands",
                        f"firstline {' '.join(arguments[:2])}".removesuffix(" --config"),
                        "s",
                        monotonic() - began,
                    )


async def bench(wanted: Wanted) -> Results:
    """Measure everything."""
    results = Results()
    asked = demo()
    waiting = labelled() or asked
    without = missing()
    if without:
        results.remarks.append(f"without Dovecot: {without}")
    if "growth" in wanted.only:
        console.print(f"[dim]one mail at 100 cases and at {wanted.cases:,}[/]")
        await growth.measured(results, wanted.cases)
    if "scale" in wanted.only:
        console.print(f"[dim]a knowledge base of {wanted.articles:,} articles[/]")
        await scale.measured(results, waiting, wanted.articles)
    if "start" in wanted.only:
        for number in range(wanted.rounds):
            console.print(f"[dim]start-up, round {number + 1} of {wanted.rounds}[/]")
            await start(results, asked)
    if "latency" in wanted.only:
        people = [address(number) for number in range(wanted.rounds * wanted.latency_mails + 1)]
        systems: Sequence[AbstractAsyncContextManager[MailSystem]] = [pymap(people), *([] if without else [dovecot()])]
        for each in systems:
            async with each as system:
                console.print(f"[dim]one mail at a time, {system.name}[/]")
                await latency(results, system, asked, wanted)
    if "backlog" in wanted.only:
        index = await asyncio.to_thread(indexed, waiting)
        people = [address(number) for number in range(wanted.backlog)]
        results.remarks.append(f"the backlog is {waiting.name}, each text signed by its own sender")
        if not without:
            results.remarks.append("in the backlog's rounds our mails are accepted by SMTP and not kept")
        for number in range(wanted.rounds):
            console.print(f"[dim]backlog, round {number + 1} of {wanted.rounds}[/]")
            async with pymap(people) if without else dovecot(into_mailboxes=False) as system:
                await backlog(results, system, waiting, index, wanted, number)
        shutil.rmtree(index, ignore_errors=True)
    return results


def machine() -> dict[str, object]:
    """What it was measured on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "amx": has_amx(),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "omp_threads": os.environ.get("OMP_NUM_THREADS", "default"),
    }


def number(value: float) -> str:
    """Three digits that matter."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def show(results: Results, on: dict[str, object], command: str, seconds: float) -> None:
    """Print the table."""
    out = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    table = Table(title="make bench", title_justify="left", header_style="bold", box=None, padding=(0, 1))
    for name, justify in (("what", "left"), ("median", "right"), ("min to max", "right"), ("n", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    group = ""
    for row in results.rows.values():
        if row.group != group:
            table.add_row(f"[bold]{row.group}[/]", end_section=False)
            group = row.group
        spread = f"{number(min(row.values))} to {number(max(row.values))}"
        table.add_row(f"  {row.name}", f"{number(row.median)} {row.unit}", spread, str(len(row.values)))
    out.print(table)
    out.print()
    for remark in results.remarks:
        out.print(f"• {remark}", markup=False)
    amx = "with AMX (bfloat16)" if on["amx"] else "without AMX (float32)"
    out.print(
        f"{on['processor']}, {on['cores']} cores {amx}, Python {on['python']}, OMP_NUM_THREADS {on['omp_threads']}, "
        f"load before the run {on['load_before']}. Caps off, coalesce_seconds = 0. {seconds:.0f} s: {command}"
    )


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description="Latency, throughput, start-up and memory of the daemon.")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each measurement (3)")
    parser.add_argument("--latency-mails", type=int, default=5, help="mails of a round, one at a time (5)")
    parser.add_argument("--backlog", type=int, default=1000, help="waiting mails (1000)")
    parser.add_argument("--profile", type=Path, help="folder for cProfile's figures of the backlog; slows it down")
    parser.add_argument("--cases", type=int, default=1_000_000, help="cases in the large store of growth (1000000)")
    parser.add_argument("--articles", type=int, default=10_000, help="articles in the knowledge base of scale (10000)")
    parts = "growth,scale,start,latency,backlog"
    parser.add_argument("--only", default=parts, help=f"some of {parts}")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    given = parser.parse_args()
    if given.profile:
        given.profile.mkdir(parents=True, exist_ok=True)
    only = frozenset(given.only.split(","))
    wanted = Wanted(given.rounds, given.latency_mails, given.backlog, given.cases, given.articles, given.profile, only)
    on, began = machine(), monotonic()
    results = asyncio.run(bench(wanted))
    seconds = monotonic() - began
    command = " ".join(["python", "tests/bench/bench.py", *sys.argv[1:]])
    if given.json:
        rows = [
            {"group": row.group, "name": row.name.strip(), "unit": row.unit, "median": row.median, "values": row.values}
            for row in results.rows.values()
        ]
        print(
            json.dumps(
                {"machine": on, "seconds": seconds, "command": command, "rows": rows, "remarks": results.remarks}
            )
        )
    else:
        show(results, on, command, seconds)


if __name__ == "__main__":
    main()
