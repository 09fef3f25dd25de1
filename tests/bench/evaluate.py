"""`make evaluate`: retrieval, answers, abstention and calibration on all development sets, in one table.

Reads ../shared/data beside the checkout. Every question takes the whole road of a mail (daemon/asking.py) in automatic
mode, so that what counts as answered is what would leave. Nothing is fitted here, and nothing that ships was fitted on any
of these sets.
"""

import argparse
import asyncio
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from daemon import config as configuration
from daemon.asking import Asker
from daemon.cli.figures import summary
from daemon.evaluation import Judged, Labelled, evaluate, labelled
from kb.fit import Centre, intents, reading
from kb.index import KnowledgeBase

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "kb"
SEEDS = 5
#: Questions of StackFAQ a seed; all 1,249 would take an hour.
SAMPLE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """A knowledge base with labelled questions. Sets of one name are judged together."""

    name: str
    articles: Path | dict[str, str]
    rows: Sequence[Labelled]


def arduino(name: str, file: str) -> Set:
    """Read customer mails or questions on the Arduino help centre."""
    lines = (DATA / name / file).read_text("utf-8").splitlines()
    rows = [labelled(json.loads(line), number) for number, line in enumerate(lines)]
    return Set(name=name, articles=DATA / "arduino-help-center" / "content", rows=rows)


def stackfaq(seed: int) -> Set:
    """Take a random half of the FAQs away: half of the questions have no answer then, in the same domain."""
    rng = random.Random(seed)
    faqs = [json.loads(line) for line in (DATA / "stackfaq" / "kb.jsonl").read_text("utf-8").splitlines()]
    kept = {faq["id"]: faq for faq in rng.sample(faqs, len(faqs) // 2)}
    asked = [json.loads(line) for line in (DATA / "stackfaq" / "queries.jsonl").read_text("utf-8").splitlines()]
    return Set(
        name="stackfaq, half taken out",
        articles={id_: f"# {faq['title']}\n\n" + "\n\n".join(faq["answers"]) + "\n" for id_, faq in kept.items()},
        rows=[
            _row(f"{seed}-{number}", each["query"], each["gold"] if each["gold"] in kept else None)
            for number, each in enumerate(rng.sample(asked, SAMPLE))
        ],
    )


def centre(made: Centre, name: str, near: range = range(0)) -> Set:
    """Take a knowledge base as `make calibration` makes it. `near` are the questions that are nearly in its scope."""
    rows = [
        _row(f"near-{number}" if number in near else str(number), text, gold)
        for number, (text, gold) in enumerate(made.questions)
    ]
    return Set(name=name, articles=made.articles, rows=rows)


def _row(id_: str, text: str, gold: str | None) -> Labelled:
    return Labelled(
        id=id_,
        subject="",
        text=text,
        label="answerable" if gold else "unanswerable",
        gold=frozenset([gold] if gold else []),
        must_contain=(),
    )


def sets() -> Iterator[Set]:
    """Yield what is judged."""
    yield arduino("arduino-mails", "mails.jsonl")
    yield arduino("arduino-questions", "questions.jsonl")
    yield from map(stackfaq, range(SEEDS))
    yield centre(intents(DATA / "fewshot-oos" / "BANKING77-OOS", "banking77"), "banking77-oos", range(800, 1200))
    for made in reading(DATA / "reading" / "validation", "validation"):
        yield centre(made, "reading, validation")


async def judged(each: Set, progress: Progress) -> list[Judged]:
    """Ask everything of one set."""
    settings = configuration.defaults().settings  # whatever config.toml the working folder has
    with tempfile.TemporaryDirectory() as folder:
        source = each.articles if isinstance(each.articles, Path) else Path(folder, "articles")
        if not isinstance(each.articles, Path):
            source.mkdir()
            for name, text in each.articles.items():
                (source / f"{name}.md").write_text(text, "utf-8")
        knowledge = KnowledgeBase.open(Path(folder, "kb.sqlite3"))
        task = progress.add_task(each.name, total=len(each.rows))
        try:
            await knowledge.update([source])
            ids = {article.path: article.id for article in knowledge.articles()}
            asker = Asker(knowledge, settings)
            found = await asker.judge_all(each.rows, ids, lambda count: progress.advance(task, count))
        finally:
            await knowledge.close()
    return found


async def main(chosen: Sequence[str]) -> None:
    """Judge the sets whose name begins with one of `chosen`, or all."""
    results: dict[str, list[Judged]] = {}
    console = Console(stderr=True)
    with Progress(console=console, transient=True) as progress:
        for each in sets():
            if not chosen or any(each.name.startswith(name) for name in chosen):
                results.setdefault(each.name, []).extend(await judged(each, progress))
    if {"arduino-mails", "arduino-questions"} <= results.keys():
        results["arduino, both"] = [*results["arduino-mails"], *results["arduino-questions"]]
    Console(width=220).print(summary({name: evaluate(rows) for name, rows in results.items()}))
    for name, rows in results.items():
        near = [row for row in rows if row.row.id.startswith("near-")]
        if near:
            answered = sum(row.decision == "answer" for row in near)
            print(f"{name}: near out of scope answered {answered} of {len(near)} ({answered / len(near):.1%})")
    results.pop("arduino, both", None)
    for name, rows in results.items():
        for row in rows:
            if row.decision == "answer" and not row.right:
                print(f"wrong in {name}: {row.row.id} {row.row.label} {row.confidence:.2f} {row.row.text[:90]!r}")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="Judge the development sets.")
    arguments.add_argument("sets", nargs="*", help="names, or how they begin; all of them otherwise")
    asyncio.run(main(arguments.parse_args().sets))
