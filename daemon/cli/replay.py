"""I/O. `firstline replay`: the forecast before going live."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from daemon.cli.forecast_options import Address, InMode, forecaster, settings_for
from daemon.cli.options import AsJson, Config, KnowledgeBase, Llm
from daemon.cli.output import console, emit_json, foreign, result
from daemon.forecast import Forecast, Summary, in_order
from daemon.mails import read_mails
from daemon.record import Record
from daemon.settings import Settings


def replay(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Mails, mboxes, Maildirs or folders of them.")],
    kb: KnowledgeBase = None,
    mode: InMode = None,
    config: Config = None,
    address: Address = None,
    llm: Llm = False,
    as_json: AsJson = False,
) -> None:
    """Forecast: what it would have done with all these mails, in the order of their dates.

    Nothing is sent and no server is spoken to, save with --llm the language model. Each mail's own date is the clock.

    Example: `firstline replay last-month.mbox --kb articles/ --mode auto`
    """
    settings = settings_for(config, mode, address)
    asyncio.run(_replay(paths, settings, kb, address, as_json, llm=llm))


async def _replay(
    paths: list[Path], settings: Settings, kb: Path | None, address: str | None, as_json: bool, *, llm: bool
) -> None:
    mails = in_order(list(read_mails(paths)))
    summary = Summary()
    table = _mails_table()
    async with forecaster(settings, kb, address, llm=llm) as forecast:
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("Replaying", total=len(mails))
            for mail, at in mails:
                one = await forecast.mail(mail, at)
                summary.add(one)
                if as_json:
                    emit_json(one.record)
                else:
                    _add_row(table, one)
                progress.advance(task)
    if as_json:
        emit_json({"summary": summary.record()})
        return
    result.print(table)
    _show(summary.record(), settings.policy.mode)


def _mails_table() -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, width in (("Mail", 24), ("From", 26), ("Subject", 36)):
        table.add_column(name, max_width=width, no_wrap=True, overflow="ellipsis")
    table.add_column("Decision")
    table.add_column("Sure", justify="right")
    table.add_column("Why", max_width=60)
    return table


_STYLES = {"answer": "green", "clarify": "cyan", "draft": "yellow", "escalate": "magenta", "ignore": "dim"}


def _add_row(table: Table, forecast: Forecast) -> None:
    record = forecast.record
    decision = record.get("decision") or "none"
    confidence = record.get("confidence")
    why = (record.get("why") or [""])[0]
    table.add_row(
        foreign(Path(record["path"]).name),
        foreign(record["from"] or "unknown"),
        foreign(record["subject"]),
        foreign(decision, _STYLES.get(decision, "")),
        f"{confidence:.2f}" if confidence is not None else "",
        foreign(why),
    )


def _show(summary: Record, mode: str) -> None:
    forecast, mails = summary["resolution_forecast"], summary["mails"]
    result.print()
    result.print(f"[bold]{mails} mails in {summary['cases']} cases[/bold], mode {mode}")
    for name, label in (
        ("answered", "would be answered"),
        ("drafted", "drafted for a human"),
        ("asked", "asked back"),
        ("handed_over", "handed over"),
    ):
        share = forecast[name] / mails if mails else 0
        result.print(f"  {forecast[name]:6}  {share:4.0%}  {label}")
    for title, key in (
        ("Decisions", "by_decision"),
        ("Kinds of mail", "by_kind"),
        ("Left alone by the rule", "by_rule"),
        ("Handed over because", "escalated_because"),
    ):
        if summary[key]:
            result.print(f"\n[bold]{title}[/bold]")
            for name, count in summary[key].items():
                result.print(f"  {count:6}  {name}")
    if summary["confidence"]:
        result.print("\n[bold]Confidence[/bold]")
        most = max(count for _, count, _ in summary["confidence"])
        for lower, count, _ in summary["confidence"]:
            result.print(f"  {lower:.1f}–{lower + 0.1:.1f}  {'█' * max(1, round(30 * count / most))} {count}")
    millis = summary["first_reply_millis"]
    if millis["p50"] is not None:
        result.print(
            f"\nA first reply took {millis['p50']} ms of work (median), {millis['p99']} ms at the 99th percentile."
        )
    if summary["unreadable"]:
        result.print(f"\n[bold]{len(summary['unreadable'])} could not be read[/bold]; they would be shown to a human:")
        for path in summary["unreadable"][:20]:
            result.print(foreign(f"  {path}"))
