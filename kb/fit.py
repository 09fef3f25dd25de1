"""I/O. Fit the coefficients that ship: `python -m kb.fit DATA` (`make calibration`). No part of the running program.

DATA is the folder with the training sets, from which three kinds of knowledge bases are made. All licences allow it.

- `kb/reading/train` (CC0, written for this project): twelve invented help centres of forty passages, each with four
  texts that it answers and four near misses that it does not; a near miss counts as right where the search found the
  sibling that does answer it. Each once more with half of its passages taken out, and asked what only those answer too.
  `reading/validation` is only judged.
- BANKING77-OOS and CLINC (CC BY): an article of five example questions an intent; in-scope questions, near and far
  out-of-scope ones.

A query's label is whether the search's first article is one that answers it. Each set weighs the same, the halved help
centres half. What is printed is judged leave-one-set-out, so that no line was fitted on what it tells; what is written
is fitted on all: once with what the knowledge base's own classifier says (kb/classifier.py), once without.
"""

import argparse
import asyncio
import json
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from kb.calibrate import Calibration, Features, features, probability
from kb.coefficients import READ_MIDDLE
from kb.index import KnowledgeBase

_SEED = 3
_WEIGHT = {"reading, half": 0.5}
#: scikit-learn's C: with 1 the sets that are left out are promised too much, 0.88 right at 0.9 instead of 0.92.
_SMOOTHING = 0.03
#: The reader's weight. Not fitted: it was trained on `reading`, where it is surer than elsewhere. On the validation centres
#: and both Arduino sets 0.1 to 0.3 tell right from wrong better than none, 0.4 worse on the mails (kb/reader.py).
_READ = 0.2
#: The features whose weight changes with the query's length.
_BY_LENGTH = ("dense", "lead", "second", "coverage")
Question = tuple[str, str | None]  #: a text and the article that answers it, if any


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """A knowledge base for fitting, and what is asked of it."""

    name: str
    group: str  #: sets of one group are left out together
    articles: dict[str, str]  #: name → Markdown
    questions: list[Question]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One question, searched."""

    group: str
    found: Features
    right: bool
    answerable: bool


def reading(folder: Path, group: str) -> Iterator[Centre]:
    """Read the invented help centres, one knowledge base each."""
    for file in sorted(folder.glob("*.jsonl")):
        articles: dict[str, str] = {}
        questions: list[Question] = []
        for row in map(json.loads, file.read_text("utf-8").splitlines()):
            heading = f"## {row['heading']}\n\n" if row["heading"] else ""
            text = f"{heading}{row['passage']}\n"
            slug = row["article"]
            articles[slug] = f"{articles[slug]}\n{text}" if slug in articles else f"# {row['title']}\n\n{text}"
            questions += [(text, slug) for text in row["answerable"]]
            questions += [(miss["text"], miss["answered_by"]) for miss in row["near_miss"]]
        yield Centre(name=file.stem, group=group, articles=articles, questions=questions)


def halved(centre: Centre) -> Centre:
    """Take half of the articles away: what they alone answer has no answer then."""
    rng = random.Random(_SEED)  # noqa: S311 - a reproducible sample
    kept = set(rng.sample(sorted(centre.articles), len(centre.articles) // 2))
    return Centre(
        name=f"{centre.name}, half",
        group=f"{centre.group}, half",
        articles={name: text for name, text in centre.articles.items() if name in kept},
        questions=[(text, gold if gold in kept else None) for text, gold in centre.questions if gold],
    )


def intents(folder: Path, group: str) -> Centre:
    """Read a set of intents: an article of five examples each, and what is in and out of scope."""
    rng = random.Random(_SEED)  # noqa: S311 - a reproducible sample
    examples: dict[str, list[str]] = defaultdict(list)
    for text, label in _labelled(folder / "train"):
        examples[label].append(text)
    articles = {
        label: f"# {label.replace('_', ' ')}\n\n" + "\n".join(f"- {text}" for text in rng.sample(texts, 5)) + "\n"
        for label, texts in sorted(examples.items())
    }
    inside: list[Question] = [*_labelled(folder / "valid")]
    rng.shuffle(inside)
    outside: list[Question] = [(text, None) for text, _ in _labelled(folder / "id-oos" / "valid")]
    far: list[Question] = [(text, None) for text, _ in _labelled(folder / "ood-oos" / "valid")]
    return Centre(
        name=folder.name, group=group, articles=articles, questions=[*inside[:800], *outside[:400], *far[:150]]
    )


def _labelled(folder: Path) -> list[tuple[str, str]]:
    texts, labels = ((folder / name).read_text("utf-8").splitlines() for name in ("seq.in", "label"))
    return list(zip(texts, labels, strict=True))


async def search(centre: Centre, folder: Path) -> list[Row]:
    """Index a knowledge base and ask everything of it, by the same search as the program's."""
    source = folder / centre.name
    source.mkdir()
    for name, text in centre.articles.items():
        (source / f"{name}.md").write_text(text, "utf-8")
    knowledge = KnowledgeBase.open(folder / f"{centre.name}.sqlite3")
    try:
        await knowledge.update([source])
        found = await asyncio.gather(*(knowledge.search(text) for text, _ in centre.questions))
    finally:
        await knowledge.close()
    return [
        Row(
            group=centre.group,
            found=features(text, hits),
            right=bool(hits) and gold is not None and hits[0].passage.article == f"{gold}.md",
            answerable=gold is not None,
        )
        for (text, gold), hits in zip(centre.questions, found, strict=True)
    ]


def fit(rows: Sequence[Row], source: str) -> Calibration:
    """Fit with the classifier's features and without."""
    without = [replace(row, found=row.found._replace(own=0.0, share=0.0)) for row in rows]
    return replace(_fit(rows, source), plain=_fit(without, source))


def _fit(rows: Sequence[Row], source: str) -> Calibration:
    """Fit a logistic regression in which each group has its weight, however many rows."""
    from sklearn.linear_model import LogisticRegression

    values = np.array([row.found._replace(read=0.0) for row in rows])  # its weight is not fitted: see _READ
    by_length = values[:, [Features._fields.index(name) for name in _BY_LENGTH]]
    by_length = by_length * values[:, [Features._fields.index("length")]]
    values = np.hstack([values, by_length])
    right = np.array([row.right for row in rows])
    groups = [row.group for row in rows]
    weight = np.array([_WEIGHT.get(row.group, 1.0) / groups.count(row.group) for row in rows])
    mean, spread = values.mean(0), values.std(0) + 1e-9
    model = LogisticRegression(C=_SMOOTHING, max_iter=3000).fit(
        (values - mean) / spread, right, sample_weight=weight / weight.mean()
    )
    weights = model.coef_[0] / spread
    count = len(Features._fields)
    more = dict(zip(_BY_LENGTH, weights[count:], strict=True))
    return Calibration(
        intercept=round(float(model.intercept_[0] - weights @ mean), 4),
        weights=Features(*(round(float(value), 4) for value in weights[:count]))._replace(read=_READ),
        by_length=Features(*(round(float(more.get(name, 0.0)), 4) for name in Features._fields)),
        source=source,
    )


def judge(calibration: Calibration, rows: Sequence[Row]) -> list[str]:
    """Say in figures how a calibration does on rows: calibration error and what 0.9 promises."""
    sure = np.array([probability(calibration, row.found) for row in rows])
    right = np.array([row.right for row in rows])
    sent = sure >= 0.9
    answerable = sum(row.answerable for row in rows)
    return [
        str(len(rows)),
        f"{right.mean():.2f}",
        f"{_error(sure, right):.3f}",
        str(int(sent.sum())),
        f"{right[sent].mean():.2f}" if sent.any() else "–",
        f"{(right & sent).sum() / answerable:.2f}",
    ]


def _error(sure: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    bins = np.array_split(np.argsort(sure), 10)
    return float(sum(len(each) * abs(sure[each].mean() - right[each].mean()) for each in bins) / len(sure))


def _searched(centre: Centre, folder: Path) -> list[Row]:
    return asyncio.run(search(centre, folder))


def middle(rows: Sequence[Row]) -> float:
    """What the reader usually says of a first article, on the sets that it was not trained on."""
    unseen = [row.found.read for row in rows if not row.group.startswith("reading")]
    return READ_MIDDLE + float(np.mean(unseen))


def main(data: Path) -> tuple[Calibration, float]:
    """Fit on all of it, and print how a fit without each set does on that set. The second is `middle`."""
    kb = data / "kb"
    oos = kb / "fewshot-oos"
    whole_centres = [*reading(kb / "reading" / "train", "reading")]
    training = [
        *whole_centres,
        *map(halved, whole_centres),
        intents(oos / "BANKING77-OOS", "banking77"),
        intents(oos / "CLINC-Single-Domain-OOS" / "banking", "clinc"),
        intents(oos / "CLINC-Single-Domain-OOS" / "credit_cards", "clinc"),
    ]
    validation = [*reading(kb / "reading" / "validation", "reading, validation")]
    console = Console()
    rows: list[Row] = []
    unseen: list[Row] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(mp_context=get_context("spawn")) as pool,  # each has a model of its own
    ):
        centres = [*training, *validation]
        for centre, found in zip(centres, pool.map(_searched, centres, [Path(folder)] * len(centres)), strict=True):
            console.print(f"{centre.group}: {centre.name}", style="dim")
            (unseen if centre in validation else rows).extend(found)
    groups = list(dict.fromkeys(row.group for row in rows))
    table = Table("judged on", "n", "right", "ece", "≥ 0.9", "precision", "coverage", title="leave one set out")
    for group in groups:
        # The halved help centres are of the same texts.
        others = fit([row for row in rows if row.group.split(",")[0] != group.split(",")[0]], "")
        table.add_row(group, *judge(others, [row for row in rows if row.group == group]))
    whole = fit(rows, ", ".join(dict.fromkeys(group.split(",")[0] for group in groups)))
    table.add_row("reading, validation", *judge(whole, unseen))
    console.print(table)
    return whole, middle(rows)


def source_of(calibration: Calibration, middle: float) -> str:
    """Return the text of kb/coefficients.py."""

    def table(name: str, weights: Features) -> str:
        lines = "".join(f'    "{field}": {value},\n' for field, value in weights._asdict().items())
        return f"{name} = {{\n{lines}}}\n"

    plain = calibration.plain or calibration
    return (
        '"""Pure. The coefficients that ship with the program. Written by `python -m kb.fit`; do not edit."""\n\n'
        f'SOURCE = "{calibration.source}"\nREAD_MIDDLE = {middle:.2f}\nINTERCEPT = {calibration.intercept}\n'
        f"{table('WEIGHTS', calibration.weights)}{table('BY_LENGTH', calibration.by_length)}"
        f"PLAIN_INTERCEPT = {plain.intercept}\n"
        f"{table('PLAIN_WEIGHTS', plain.weights)}{table('PLAIN_BY_LENGTH', plain.by_length)}"
    )


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="Fit the coefficients that ship.")
    arguments.add_argument("data", type=Path, help="the folder with kb/reading and kb/fewshot-oos")
    arguments.add_argument("--out", type=Path, default=Path(__file__).with_name("coefficients.py"))
    given = arguments.parse_args()
    given.out.write_text(source_of(*main(given.data)), "utf-8")
