"""I/O. `firstline cases`: list them, tell one whole, close one."""

import asyncio
from datetime import datetime
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
from daemon.steps.customer import PRIORITIES, is_late, priority
from daemon.steps.followup import with_follow_up
from daemon.steps.lifecycle import Event
from daemon.steps.transition import life, moved
from daemon.wiring import new_salt, utc_now, zone_of
from store import history as remembered
from store.db import Row
from store.records import Case, CaseStatus, Mode, Turn
from store.store import Store
from threading_.ids import find_reference

app = typer.Typer(no_args_is_help=True, help="The cases: list them, tell one whole, assign or close one.")

Reference = Annotated[str, typer.Argument(metavar="CASE", help="Its reference, such as FL-7K2Q-9D.")]


@app.command("list")
def list_cases(
    status: Annotated[CaseStatus | None, typer.Option(help="Only those in this state.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Closed ones as well.")] = False,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Those that wait for a person: the most urgent first, then the longest.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List the cases, the one that moved last first.

    Example: `firstline cases list --status awaiting_human`
    """
    if waiting:
        _show_waiting(asyncio.run(_waiting(config))[:limit], as_json)
        return
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


_Waiting = tuple[Case, str, datetime]


async def _waiting(config: Path | None) -> list[_Waiting]:
    """(case, priority now, since when the customer waits), the most urgent first, then who has waited longest."""
    late, now = load(config, offline=True).settings.customers.late_hours, utc_now()
    async with configured_store(config) as store:
        found = [
            (case, priority(case.priority, late=is_late(since, now, late)), since)
            for case, since in await remembered.waiting(store.reader)
        ]
    return sorted(found, key=lambda one: (-PRIORITIES.index(one[1]), one[2]))


def _show_waiting(found: list[_Waiting], as_json: bool) -> None:
    if as_json:
        for case, urgency, since in found:
            emit_json({"case": case, "priority": urgency, "waiting_since": since})
        return
    if not found:
        result.print("Nobody waits for a person.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("Case", "Priority", "Since", "Promised", "With", "Customer", "Subject"):
        table.add_column(name, overflow="ellipsis", no_wrap=True)
    for case, urgency, since in found:
        promised = case.promised_at.astimezone().strftime("%d %b %H:%M") if case.promised_at else ""
        waits = since.astimezone().strftime("%d %b %H:%M")
        who = case.customer or case.customer_name or case.phone
        row = (case.reference, urgency, waits, promised, case.agent or case.queue, who, case.subject)
        table.add_row(*(foreign(cell) for cell in row))
    result.print(table)


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
    for line in _standing(case):
        result.print(foreign(line))
    told: list[tuple[str, Panel]] = []
    for turn in turns:
        who = f"{turn.role} of ours" if turn.role else f"{turn.sender} ({turn.kind})"
        title = foreign(f"{turn.at.astimezone():%d %b %H:%M} · {who}")
        told.append(
            (turn.at.isoformat(), Panel(foreign(turn.text.strip() or "(empty)"), title=title, title_align="left"))
        )
    for decision in decisions:
        sure = f" · {_sure(decision)}" if decision["confidence"] is not None else ""
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


def _sure(decision: Row) -> str:
    """How sure a decision was; where people's verdicts moved that, also what it was before."""
    now, before = (None if sure is None else f"{sure:.2f}" for sure in (decision["confidence"], decision["unadjusted"]))
    return f"confidence {now}" + (f", before people's verdicts {before}" if before not in (None, now) else "")


def _standing(case: Case) -> list[str]:
    """Who has the case, what was promised, what the clock does next: a line each, where there is something to say."""

    def moment(at: datetime | None) -> str:
        return f"{at.astimezone():%d %b %H:%M}" if at else ""

    parts = (
        ("Came by", " · ".join(one for one in (case.channel, case.phone, case.product) if one)),
        ("Priority", case.priority),
        ("With", case.agent or case.queue),
        ("Promise", f"a colleague answers by {moment(case.promised_at)}" if case.promised_at else ""),
        ("Next", f"{case.follow_up} at {moment(case.follow_up_at)}" if case.follow_up and case.follow_up_at else ""),
        ("Continues", case.tied_to or ""),
    )
    return [f"{label:<10}{value}" for label, value in parts if value]


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


@app.command("assign")
def assign(
    reference: Reference,
    name: Annotated[str, typer.Argument(metavar="NAME", help="One of [[agents]].")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Give a case to an agent: what is handed over from now on goes to them. Nothing is sent.

    Example: `firstline cases assign FL-7K2Q-9D Ann`
    """
    case = asyncio.run(_assign(config, reference, name))
    if as_json:
        emit_json(case)
    else:
        result.print(foreign(f"{case.reference} is with {name} <{case.agent}>."))


async def _assign(config: Path | None, reference: str, name: str) -> Case:
    settings, now = load(config, offline=True).settings, utc_now()
    agent = next((one for one in settings.agents if one.name.casefold() == name.casefold()), None)
    if agent is None:
        known = ", ".join(one.name for one in settings.agents) or "nobody: [[agents]] is empty"
        raise FirstlineError(f"There is no agent {name}.", remedy=f"there is {known}")
    async with configured_store(config) as store:
        case = await _find(store, reference)
        if case.status is CaseStatus.CLOSED:
            raise FirstlineError(f"{case.reference} is closed.", remedy="a customer's mail opens a new one")
        async with store.transaction() as tx:
            then = moved(await store.cases.get(tx, case.id), Event.TAKEN, now)
            then = with_follow_up(then, settings, zone_of(settings))
            changes = {**life(then), "agent": agent.address}
            case = await store.cases.move(tx, case.id, now=now, moves=True, changes=changes)
            await store.audit.append(
                tx, at=now, case=case.reference, event="assigned", details={"by": "command"},
                personal={"to": agent.address}, salt=new_salt(),
            )  # fmt: skip
        return case
