"""I/O. `firstline evaluate`: answers, abstentions and calibration on labelled questions."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress
from rich.table import Table

from daemon import config as configuration
from daemon.asking import Asker
from daemon.cli.ask import articles_for
from daemon.cli.language_model import wording_for
from daemon.cli.options import AsJson, Config, KnowledgeBase, Llm
from daemon.cli.output import console, emit_json, foreign, result
from daemon.errors import InputError
from daemon.evaluation import Judged, Labelled, labelled
from daemon.evaluation import evaluate as figures
from daemon.settings import Settings
from daemon.steps.verdicts import Action

#: Questions that are worked on at a time, so that their embeddings share calls of the model.
_TOGETHER = 32


def evaluate(
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="Labelled questions, one JSON object a line.")],
    kb: KnowledgeBase = None,
    config: Config = None,
    llm: Llm = False,
    as_json: AsJson = False,
) -> None:
    """Measure on labelled questions: is the right article found, are the answers right, does the confidence hold?

    A line is {"id", "subject"?, "body" or "question", "label" or "kind", "gold", "answer_must_contain"?}.

    Example: `firstline evaluate questions.jsonl --kb articles/`
    """
    settings = configuration.load(config, offline=True).settings
    found = asyncio.run(_evaluate(_rows(file), settings, kb, llm))
    if as_json:
        emit_json(found)
    else:
        _show(found)


def _rows(file: Path) -> list[Labelled]:
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError([f"{file}: {error}"], remedy="name a readable file of JSON lines in UTF-8") from error
    rows: list[Labelled] = []
    problems: list[str] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError("not a JSON object")
                rows.append(labelled(row, number))
            except ValueError as error:
                problems.append(f"{file}, line {number}: {error}")
    if problems or not rows:
        raise InputError(problems or [f"{file} holds no questions"], remedy="see `firstline evaluate --help`")
    return rows


async def _evaluate(rows: Sequence[Labelled], settings: Settings, folder: Path | None, llm: bool) -> dict[str, Any]:
    knowledge = await articles_for(settings, folder)
    try:
        ids = {article.path: article.id for article in knowledge.articles()}
        asker = Asker(knowledge, settings, wording_for(settings, knowledge, llm))
        judged: list[Judged] = []
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("Asking", total=len(rows))
            for start in range(0, len(rows), _TOGETHER):
                some = rows[start : start + _TOGETHER]
                judged += await asyncio.gather(*(_judge(asker, row, ids) for row in some))
                progress.advance(task, len(some))
    finally:
        await knowledge.close()
    return figures(judged)


async def _judge(asker: Asker, row: Labelled, ids: dict[str, str]) -> Judged:
    asked = await asker.ask(row.text, row.subject)
    decision = asked.settled.decision.action
    return Judged(
        row=row,
        found=tuple(dict.fromkeys(hit.passage.article for hit in asked.evidence.hits)),
        cited=tuple(dict.fromkeys(passage.article for passage in asked.evidence.cited)),
        answer=asked.text if decision is Action.ANSWER else asked.evidence.answer,
        confidence=asked.evidence.confidence,
        decision=decision.value,
        ids=ids,
    )


def _show(found: dict[str, Any]) -> None:
    retrieval, selective, calibration = found["retrieval"], found["selective"], found["calibration"]
    table = Table("figure", "value", title=f"{found['rows']} questions", title_justify="left")
    for depth, share in retrieval.items():
        table.add_row(f"right article among the first: {depth}", _percent(share))
    table.add_row("answered", str(selective["answered"]))
    low, high = selective["precision_interval"] or (None, None)
    table.add_row("  of these right", f"{_percent(selective['precision'])} ({_percent(low)} to {_percent(high)})")
    table.add_row("  of the answerable, answered rightly", _percent(selective["coverage_of_answerable"]))
    table.add_row("  unanswerable, yet answered", str(selective["answered_unanswerable"]))
    interval = calibration["interval"] or [None, None]
    table.add_row("calibration error (ece)", f"{calibration['ece']} (95 %: {interval[0]} to {interval[1]})")
    result.print(table)

    bins = Table("confidence", "right", "", "questions", title="Is it as right as it says?", title_justify="left")
    for each in calibration["bins"]:
        bins.add_row(
            f"{each['confidence']:.2f}", f"{each['right']:.2f}", "█" * round(20 * each["right"]), str(each["n"])
        )
    result.print(bins)

    decisions = list(dict.fromkeys(name for counts in found["confusion"].values() for name in counts))
    confusion = Table("label", *decisions, title="What was decided", title_justify="left")
    for label, counts in found["confusion"].items():
        confusion.add_row(foreign(label), *(str(counts.get(name, 0)) for name in decisions))
    result.print(confusion)
    if found["wrong"]:
        result.print(foreign(f"Answered wrongly: {', '.join(found['wrong'])}"))


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
