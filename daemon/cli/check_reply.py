"""I/O. `firstline check-reply`: the grounding check alone, on drafts from anywhere."""

import sys
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer
from pydantic import BaseModel, ValidationError

from daemon.cli.options import AsJson
from daemon.cli.output import emit_json, foreign, result
from daemon.steps.check import check_text
from daemon.steps.verdicts import Checked


class Row(BaseModel):
    """One line of the input (contract.md). Further keys are ignored: labelled sets carry more."""

    id: str
    reply: str
    passages: tuple[str, ...]
    question: str | None = None


def check_reply(
    reply: Annotated[
        str, typer.Argument(metavar="[REPLY]", show_default=False, help="A reply to check; without it, JSON lines.")
    ] = "",
    passage: Annotated[
        list[str] | None,
        typer.Option("--passage", "-p", metavar="TEXT", show_default=False, help="What it may say. Can be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell whether each sentence of a reply is supported by one of the passages, as before a mail leaves.

    Without REPLY it reads JSON lines {"id", "question"?, "passages": ["…"], "reply": "…"} from standard input.

    Example: firstline check-reply "It takes 3 days." --passage "A refund takes 5 days."
    """
    if reply:
        rows: Iterable[Row] = (Row(id="reply", reply=reply, passages=tuple(passage or ())),)
    else:
        rows = _rows(sys.stdin.buffer)
    for row in rows:
        checked = check_text(row.reply, row.passages, row.question)
        if as_json:
            emit_json({"id": row.id, "passed": checked.passed, "failed": checked.failed})
        else:
            _show(row, checked)


def _rows(lines: Iterable[bytes]) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield Row.model_validate_json(line)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in problem["loc"])
            raise typer.BadParameter(
                f'line {number} is not {{"id", "question"?, "passages", "reply"}}: '
                f"{place + ': ' if place else ''}{problem['msg']}"
            ) from error


def _show(row: Row, checked: Checked) -> None:
    if checked.passed:
        result.print(foreign(f"{row.id}: passed", "green"))
        return
    result.print(foreign(f"{row.id}: stopped", "red"))
    for failure in checked.failed:
        result.print(foreign(f"  {failure.why}"))
        if failure.sentence:
            result.print(foreign(f"    {failure.sentence}", "dim"), soft_wrap=True)
