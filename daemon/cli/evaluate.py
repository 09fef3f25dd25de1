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
from daemon.cli.figures import bins, summary
from daemon.cli.language_model import wording_for
from daemon.cli.options import AsJson, Config, KnowledgeBase, Llm
from daemon.cli.output import console, emit_json, foreign, result
from daemon.errors import InputError
from daemon.evaluation import Labelled, labelled
from daemon.evaluation import evaluate as figures
from daemon.reliability import picture
from daemon.settings import Settings


def evaluate(
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="Labelled questions, one JSON object a line.")],
    kb: KnowledgeBase = None,
    config: Config = None,
    llm: Llm = False,
    svg: Annotated[
        Path | None,
        typer.Option("--svg", metavar="FILE.svg", show_default=False, help="Draw the reliability curve there as well."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure on labelled questions: is the right article found, are the answers right, does the confidence hold?

    A line is {"id", "subject"?, "body" or "question", "label" or "kind", "gold", "answer_must_contain"?}.

    Example: `firstline evaluate questions.jsonl --kb articles/ --svg curve.svg`
    """
    settings = configuration.load(config, offline=True).settings
    found = asyncio.run(_evaluate(_rows(file), settings, kb, llm))
    if svg is not None:
        _draw(svg, found["calibration"], file.stem)
    if as_json:
        emit_json(found)
    else:
        _show(file.stem, found)


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
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("Asking", total=len(rows))
            judged = await asker.judge_all(rows, ids, lambda count: progress.advance(task, count))
    finally:
        await knowledge.close()
    return figures(judged)


def _draw(file: Path, calibration: dict[str, Any], title: str) -> None:
    try:
        file.write_text(picture(calibration["bins"], calibration["ece"], title), "utf-8")
    except OSError as error:
        raise InputError([f"{file}: {error.strerror}"], remedy="name a file that can be written") from error


def _show(name: str, found: dict[str, Any]) -> None:
    result.print(summary({name: found}))
    result.print(bins(found["calibration"]))
    decisions = list(dict.fromkeys(name for counts in found["confusion"].values() for name in counts))
    confusion = Table("label", *decisions, title="What was decided", title_justify="left")
    for label, counts in found["confusion"].items():
        confusion.add_row(foreign(label), *(str(counts.get(name, 0)) for name in decisions))
    result.print(confusion)
    if found["wrong"]:
        result.print(foreign(f"Answered wrongly: {', '.join(found['wrong'])}"))
