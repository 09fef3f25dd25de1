"""I/O. `firstline audit`: show, verify and export what was done, when and why."""

import asyncio
import csv
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.options import AsJson, Config
from daemon.cli.output import console, emit_json, foreign, result
from daemon.cli.state import configured_store
from store.records import AuditEntry

app = typer.Typer(no_args_is_help=True, help="The append-only record of every decision: show, verify, export.")


class Format(StrEnum):
    """How to export."""

    JSONL = "jsonl"
    CSV = "csv"


async def _entries(config: Path | None, case: str | None) -> list[AuditEntry]:
    async with configured_store(config) as store:
        return [entry async for entry in store.audit.entries(case)]


@app.command("show")
def show(
    case: Annotated[str | None, typer.Argument(metavar="[CASE]", help="Only this case.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show the record, of one case or of all.

    Example: `firstline audit show FL-7K2Q-9D`
    """
    for entry in asyncio.run(_entries(config, case)):
        if as_json:
            emit_json(entry)
            continue
        details = {**entry.details, **(entry.personal or {})}
        text = " ".join(f"{name}={value}" for name, value in details.items() if value not in (None, "", []))
        moment = entry.at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        result.print(foreign(f"{entry.sequence:6} {moment} {entry.case or '-':<11} {entry.event:<12} {text}"))


@app.command("verify")
def verify(config: Config = None, as_json: AsJson = False) -> None:
    """Recompute the chain: was any entry changed, or taken out? Exit code 1 where one was.

    Example: `firstline audit verify`
    """

    async def verified() -> tuple[int, list[str]]:
        async with configured_store(config) as store:
            return await store.audit.verify()

    count, wrong = asyncio.run(verified())
    if as_json:
        emit_json({"entries": count, "wrong": wrong})
    else:
        for problem in wrong:
            console.print(foreign(problem, "red"))
        result.print(f"{count} entries, {'nothing was changed' if not wrong else f'{len(wrong)} problems'}.")
    if wrong:
        raise typer.Exit(1)


@app.command("export")
def export(
    form: Annotated[Format, typer.Option("--format", help="JSON lines or CSV.")] = Format.JSONL,
    config: Config = None,
) -> None:
    """Export the whole record to standard output.

    Example: `firstline audit export --format csv > audit.csv`
    """
    entries = asyncio.run(_entries(config, None))
    if form is Format.JSONL:
        for entry in entries:
            emit_json(entry)
        return
    writer = csv.writer(sys.stdout)
    writer.writerow(["sequence", "at", "case", "event", "details", "personal", "digest", "hash"])
    for entry in entries:
        details, personal = (json.dumps(value, ensure_ascii=False) for value in (entry.details, entry.personal))
        writer.writerow(
            [entry.sequence, entry.at.isoformat(), entry.case, entry.event, details, personal, entry.digest, entry.hash]
        )
