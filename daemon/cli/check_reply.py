"""I/O. `firstline check-reply`: the grounding check alone, on drafts from anywhere."""

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import BaseModel

from daemon.cli.json_lines import read_rows
from daemon.cli.options import AsJson
from daemon.cli.output import emit_json, foreign, result
from daemon.steps.grounding import check_text
from daemon.steps.verdicts import Checked

if TYPE_CHECKING:
    from kb.model import Embedder


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
        rows = read_rows(sys.stdin.buffer, Row, '{"id", "question"?, "passages", "reply"}')
    near = _Nearness()
    for row in rows:
        checked = check_text(row.reply, row.passages, row.question, similarity=near)
        if as_json:
            emit_json({"id": row.id, "passed": checked.passed, "failed": checked.failed})
        else:
            _show(row, checked)


class _Nearness:
    """The bundled model's cosines. It is loaded (4 s) when a sentence first says something in words of its own."""

    def __init__(self) -> None:
        self._embedder: Embedder | None = None
        self._known: dict[tuple[str, ...], Any] = {}

    def __call__(self, sentence: str, texts: Sequence[str]) -> Sequence[float]:
        """See daemon/steps/grounding.py. What it says of two texts hangs on no other text that it saw before."""
        return [float(cosine) for cosine in self._vectors(tuple(texts)) @ self._vectors((sentence,))[0]]

    def _vectors(self, texts: tuple[str, ...]) -> Any:
        if texts not in self._known:
            if self._embedder is None:
                from kb.model import Embedder, find_model

                self._embedder = Embedder(find_model())
            self._known[texts] = self._embedder.passages(texts)
        return self._known[texts]


def _show(row: Row, checked: Checked) -> None:
    if checked.passed:
        result.print(foreign(f"{row.id}: passed", "green"))
        return
    result.print(foreign(f"{row.id}: stopped", "red"))
    for failure in checked.failed:
        result.print(foreign(f"  {failure.why}"))
        if failure.sentence:
            result.print(foreign(f"    {failure.sentence}", "dim"), soft_wrap=True)
