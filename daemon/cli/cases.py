"""I/O. `firstline cases`: list them, tell one whole, close one."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from daemon.cli.options import AsJson, Config
from daemon.cli.output import emit_json, foreign, result
from daemon.cli.state import configured_store
from daemon.config import load
from daemon.errors import FirstlineError
from daemon.steps.followup import with_follow_up
from daemon.steps.lifecycle import Event
from daemon.steps.transition import life, moved
from daemon.wiring import new_salt, utc_now, zone_of
from store.db import Row
from store.records import Case, CaseStatus, Mode, Turn
from store.store import Store
from threading_.ids import find_reference

app = typer.Typer(no_args_is_help=True, help="The cases: list them, tell one whole, close one.")

Reference = Annotated[str, typer.Argument(metavar="CASE", help="Its reference, such as FL-7K2Q-9D.")]


@app.command("list")
def list_cases(
    status: Annotated[CaseStatus | None, typer.Option(help="Only those in this state.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Closed ones as well.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List the cases, the one that moved last first.

    Example: `firstline cases list --status awaiting_human`
    """
    cases, lost = asyncio.run(_list(config, status, everything, limit))
    if as_json:
        for case in cases:
            emit_json(case)
        return
    if not cases:
        result.print("No cases." if everything or status else "No open cases. --all shows the closed ones.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("Case", "Status", "Customer", "Subject", "Moved"):
        table.add_column(name, overflow="ellipsis", no_wrap=True)
    for case in cases:
        status_text = case.status + (f" ({case.resolution})" if case.resolution else "")
        moved = case.updated_at.astimezone().strftime("%d %b %H:%M")
        table.add_row(case.reference, status_text, foreign(case.customer), foreign(case.subject), moved)
    result.print(table)
    for reference, address in lost:
        result.print(f"{reference}: the mail to {address} did not arrive, and nobody else was told.", style="bold red")


async def _list(
    config: Path | None, status: CaseStatus | None, everything: bool, limit: int
) -> tuple[list[Case], list[tuple[str, str]]]:
    async with configured_store(config) as store:
        cases = await store.cases.list(status=status, everything=everything, limit=limit)
        return cases, await store.outbox.lost_to_team(store.reader)


@app.command("show")
def show(reference: Reference, config: Config = None, as_json: AsJson = False) -> None:
    """Tell a case whole: every mail, every decision and why.

    Example: `firstline cases show FL-7K2Q-9D`
    """
    case, turns, decisions = asyncio.run(_story(config, reference))
    if as_json:
        emit_json({"case": case, "mails": turns, "decisions": decisions})
        return
    resolution = f" ({case.resolution})" if case.resolution else ""
    result.print(Text(f"{case.reference} · {case.status}{resolution} · {case.owner} acts next", style="bold"))
    result.print(foreign(f"{case.customer_name} <{case.customer}> · {case.subject}"))
    told: list[tuple[str, Panel]] = []
    for turn in turns:
        who = f"{turn.role} of ours" if turn.role else f"{turn.sender} ({turn.kind})"
        title = foreign(f"{turn.at.astimezone():%d %b %H:%M} · {who}")
        told.append(
            (turn.at.isoformat(), Panel(foreign(turn.text.strip() or "(empty)"), title=title, title_align="left"))
        )
    for decision in decisions:
        sure = f" · confidence {decision['confidence']:.2f}" if decision["confidence"] is not None else ""
        record = decision["record"]
        why = "\n".join(record.get("why", []))
        if decision["mode"] == Mode.SHADOW:  # what would have left is nowhere else
            for mail in record.get("mails", []):
                why += f"\n\nWould have left, to {mail['to']} ({mail['role']}):\n\n{mail['text'].strip()}"
        title = foreign(f"{decision['decided_at'].astimezone():%d %b %H:%M} · decided: {decision['action']}{sure}")
        panel = Panel(foreign(why), title=title, title_align="left", border_style="cyan")
        told.append((decision["decided_at"].isoformat(), panel))
    for _, panel in sorted(told, key=lambda item: item[0]):
        result.print(panel)


async def _story(config: Path | None, reference: str) -> tuple[Case, list[Turn], list[Row]]:
    async with configured_store(config) as store:
        case = await _find(store, reference)
        return case, await store.cases.history(store.reader, case.id), await store.cases.decisions(case.id)


async def _find(store: Store, reference: str) -> Case:
    case = await store.cases.by_reference(store.reader, find_reference(reference) or reference.upper())
    if case is None:
        raise FirstlineError(f"There is no case {reference}.", remedy="`firstline cases list --all` lists them")
    return case


@app.command("close")
def close(reference: Reference, config: Config = None, as_json: AsJson = False) -> None:
    """Close a case by hand, as solved by a human. Nothing is sent to the customer; what they write later comes to humans.

    Example: `firstline cases close FL-7K2Q-9D`
    """
    case = asyncio.run(_close(config, reference))
    if as_json:
        emit_json(case)
    else:
        result.print(f"{case.reference} is closed.")


async def _close(config: Path | None, reference: str) -> Case:
    async with configured_store(config) as store:
        case = await _find(store, reference)
        settings, now = load(config, offline=True).settings, utc_now()
        async with store.transaction() as tx:
            then = moved(await store.cases.get(tx, case.id), Event.ENDED, now)
            then = with_follow_up(then, settings, zone_of(settings))
            case = await store.cases.move(tx, case.id, now=now, moves=True, changes=life(then))
            await store.audit.append(
                tx, at=now, case=case.reference, event="closed", details={"by": "command"}, personal={}, salt=new_salt()
            )
        return case
