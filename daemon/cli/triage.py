"""I/O. `firstline triage`: what texts are about, by the rules that the daemon uses."""

import sys
from collections.abc import Iterable
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.table import Table

from daemon.cli.json_lines import read_rows
from daemon.cli.options import AsJson
from daemon.cli.output import emit_json, foreign, result
from daemon.steps.triage import triage_text
from daemon.steps.verdicts import Previous, Triage


class Row(BaseModel):
    """One line of the input (contract.md). Further keys are ignored: labelled sets carry more."""

    id: str
    text: str
    subject: str = ""
    previous: Previous | None = None


def triage(
    text: Annotated[
        str, typer.Argument(metavar="[TEXT]", show_default=False, help="A text to look at; without it, JSON lines.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Say what texts are about: language, request, mood, urgency, flags, and what a reply says of our answer.

    Without TEXT it reads JSON lines {"id", "text", "previous"?: "answer"|"question"} from standard input.

    Example: firstline triage "Still not working, I'd like to speak to a person"
    """
    if text:
        rows: Iterable[Row] = (Row(id="text", text=text),)
    else:
        rows = read_rows(sys.stdin.buffer, Row, '{"id", "text", "previous"?}')
    for row in rows:
        found = triage_text(row.text, row.subject, row.previous)
        if as_json:
            emit_json(_record(row, found))
        else:
            _show(row, found)


def _record(row: Row, found: Triage) -> dict[str, object]:
    return {
        "id": row.id,
        "language": found.language,
        "request": found.request,
        "sentiment": found.sentiment,
        "urgency": found.urgency,
        "flags": found.flags,
        "outcome": found.outcome,
    }


def _show(row: Row, found: Triage) -> None:
    table = Table(show_header=False, box=None, title=foreign(row.id), title_justify="left", title_style="bold")
    table.add_column(style="dim")
    table.add_column()
    for key, value in _record(row, found).items():
        if key != "id":
            shown = ", ".join(sorted(found.flags)) or "none" if key == "flags" else str(value)
            table.add_row(key, foreign(shown))
    table.add_row("priority", found.priority)
    table.add_row("searched", foreign(found.query))
    table.add_row("why", foreign("; ".join(found.why)))
    result.print(table)
