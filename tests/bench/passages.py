"""What is sent of the right article: whether it tells what must be told, and how much there is to read.

`python tests/bench/passages.py` from the project's folder; reads ../shared/data/kb. The index of the Arduino articles is kept
in the system's temporary folder and brought up to date. Only where the best article is a right one is it asked what of it was
sent. Arduino mails name the facts of an answer. The help centres of `reading` do not: there each topic is made one article
of its four sections, and asked is whether the section that answers was sent whole. Nothing of it is a fit.
"""

import argparse
import asyncio
import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon import config as configuration
from daemon.asking import Asker
from daemon.steps.markdown import to_text
from kb.extract import extract
from kb.index import KnowledgeBase

DATA = Path(__file__).parents[3] / "shared/data/kb"
INDEX = Path(tempfile.gettempdir(), "firstline-bench-arduino.sqlite3")
TOPIC = 4  #: rows of `reading` that are of one topic, one after the other


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What was sent of a right article."""

    id: str
    words: int
    told: bool  #: all that must be told
    part: bool  #: of its article
    missing: tuple[str, ...] = ()
    elsewhere: bool = False  #: what is missing is not in the article at all


async def arduino() -> list[Sent]:
    """Ask every answerable Arduino mail."""
    rows = _rows(DATA / "arduino-mails/mails.jsonl")
    knowledge = KnowledgeBase.open(INDEX)
    found: list[Sent] = []
    try:
        await knowledge.update([DATA / "arduino-help-center/content"])
        asker = Asker(knowledge, configuration.defaults().settings)
        for row in rows:
            if row["label"] != "answerable":
                continue
            evidence = (await asker.ask(row["body"], row["subject"])).evidence
            if not evidence.cited or evidence.cited[0].article not in row["gold"]:
                continue
            text = to_text(evidence.answer)
            article = "\n\n".join(hit.passage.text for hit in evidence.hits[0].whole)
            missing = tuple(fact for fact in row["answer_must_contain"] if not _has(text, fact))
            found.append(
                Sent(
                    id=row["id"],
                    words=len(text.split()),
                    told=not missing,
                    part="the answer is a part of its article" in evidence.why,
                    missing=missing,
                    elsewhere=any(not _has(to_text(article), fact) for fact in missing),
                )
            )
    finally:
        await knowledge.close()
    return found


async def reading(name: str, rows: Sequence[dict[str, Any]]) -> list[Sent]:
    """Ask everything that an invented help centre answers."""
    articles: dict[str, str] = {}
    where: dict[str, tuple[str, str]] = {}  #: article and passage of each slug
    for number in range(0, len(rows), TOPIC):
        path = f"{number:03}.md"
        articles[path] = _article(rows[number : number + TOPIC])
        where |= {row["article"]: (path, row["passage"]) for row in rows[number : number + TOPIC]}
    asked = list(_asked(rows))
    with tempfile.TemporaryDirectory() as folder:
        source = _written(Path(folder, "articles"), articles)
        knowledge = KnowledgeBase.open(Path(folder, "kb.sqlite3"))
        try:
            await knowledge.update([source])
            hits = await asyncio.gather(*(knowledge.search(text) for text, _ in asked))
        finally:
            await knowledge.close()
    found: list[Sent] = []
    for number, ((text, slug), best) in enumerate(zip(asked, hits, strict=True)):
        article, passage = where[slug]
        if not best or best[0].passage.article != article:
            continue
        part = extract(text, best[0].whole)
        found.append(
            Sent(
                id=f"{name}-{number}",
                words=len(to_text(part.text).split()),
                told=_tells(part.text, passage),
                part=not part.whole,
            )
        )
    return found


def _written(folder: Path, articles: dict[str, str]) -> Path:
    folder.mkdir()
    for path, text in articles.items():
        (folder / path).write_text(text, "utf-8")
    return folder


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def _article(rows: Sequence[dict[str, Any]]) -> str:
    """Make one article of a topic's rows."""
    same = len({row["title"] for row in rows}) == 1
    parts = [f"# {rows[0]['title'] if same else rows[0]['article'].split('-')[0]}"]
    for row in rows:
        parts.append(f"## {(row['heading'] if same else '') or row['title']}")
        parts += [f"### {row['heading']}"] if row["heading"] and not same else []
        parts.append(row["passage"])
    return "\n\n".join(parts) + "\n"


def _asked(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield each text with the slug of the row that answers it."""
    for row in rows:
        yield from ((text, row["article"]) for text in row["answerable"])
        yield from ((miss["text"], miss["answered_by"]) for miss in row["near_miss"] if miss["answered_by"])


def _has(text: str, fact: str) -> bool:
    return " ".join(fact.lower().split()) in " ".join(text.lower().split())


def _tells(text: str, passage: str) -> bool:
    """Whether all words of each sentence are there: how a list is drawn is the writer's business."""
    there = set(re.findall(r"\w+", text.lower()))
    return all(set(re.findall(r"\w+", line.lower())) <= there for line in re.split(r"(?<=[.!?:])\s+|\n", passage))


def _figures(name: str, rows: Sequence[Sent]) -> str:
    words = sorted(row.words for row in rows)
    parts = [row for row in rows if row.part]
    can = sum(not row.elsewhere for row in rows)
    return (
        f"{name}: told {sum(row.told for row in rows)} of {can} that can be, of {len(rows)}"
        f" ({sum(row.told for row in rows) / len(rows):.3f}); words {words[len(words) // 2]},"
        f" 90th percentile {words[len(words) * 9 // 10]}; a part in {len(parts)},"
        f" told by {sum(row.told for row in parts)} of these"
    )


async def main(chosen: Sequence[str]) -> None:
    """Print a line a set, and what the Arduino answers miss."""
    if "arduino" in chosen:
        rows = await arduino()
        print(_figures("arduino", rows))
        for row in rows:
            if row.missing:
                print(f"  {row.id}: {row.words} words, without {row.missing}{', as the article' * row.elsewhere}")
    for name in ("validation", "train"):
        if name in chosen:
            found: list[Sent] = []
            for file in sorted((DATA / "reading" / name).glob("*.jsonl")):
                found += await reading(file.stem, _rows(file))
            print(_figures(f"reading, {name}", found))


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="Measure what is sent of the right article.")
    sets = ("arduino", "validation", "train")
    arguments.add_argument(
        "sets", nargs="*", default=sets, metavar="SET", help="arduino, validation, train; all otherwise"
    )
    asyncio.run(main(arguments.parse_args().sets))
