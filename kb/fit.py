"""I/O. Fit the coefficients that ship: `python -m kb.fit DATA` (`make calibration`). No part of the running program.

DATA is the folder with the training sets, from which knowledge bases are made. All licences allow it.

- `kb/reading/train` (CC0, written for this project): twelve invented help centres of forty passages, each with four
  texts that it answers and four near misses that it does not. Of one, two, three or six of them a knowledge base is made
  in which a part of the articles is missing, and it is asked what those that are there answer, what only the missing
  ones would, and some near misses.
- CLINC (CC BY): an article of five example questions an intent; in-scope questions, near and far out-of-scope ones.

`reading/validation`, BANKING77-OOS (the same shape as CLINC) and the sets of `make evaluate` are only judged: no figure of
theirs was fitted on them.

A query's label is whether the search's first article is one that answers it. The reader was trained on `reading`, where
it is surer than it may be; so its opinion is taken from two readers of the same make that learnt from one half of the help
centres each, of the half that they never saw (cross-fitting). They are trained at the first run, a quarter of an hour each,
and kept in FOLDER (build/readers). What is written is fitted on all: once with what the knowledge base's own classifier
says (kb/classifier.py), once without.
"""

import argparse
import asyncio
import json
import math
import random
import tempfile
from collections import Counter, defaultdict
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
#: Near misses are half of the texts of `reading` and rare in an inbox. CLINC was written by strangers, about nothing that the
#: reader learnt from: it tells better what an unknown knowledge base will be like. Between 0.1 and 0.25, and 2 and 6, the
#: precision at 0.9 of every judged set stays within two hundredths.
_WEIGHT = {"reading, near misses": 0.1, "clinc": 4.0}
#: The inverse of how much large weights cost, as scikit-learn's C.
_SMOOTHING = 0.03
#: The longer a query, the more it tells that its words are there: `coverage` weighs in proportion to the logarithm of the
#: number of words above this, that of a query of one.
_ONE_WORD = math.log1p(1)
#: Of how many help centres the mixed knowledge bases are made, and how often.
_MIXED, _TIMES = (1, 2, 3, 6), 2
#: What share of the articles is kept.
_KEPT = (0.4, 0.5, 0.6, 0.8)
Question = tuple[str, str | None]  #: a text and the article that answers it, if any


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """A knowledge base for fitting, and what is asked of it."""

    name: str
    group: str  #: sets of one group are left out together
    articles: dict[str, str]  #: name → Markdown
    questions: list[Question]
    near: frozenset[int] = frozenset()  #: which questions are near misses
    reader: Path | None = None  #: weights of a reader that never saw it; None: those that ship


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
        near: set[int] = set()
        for row in map(json.loads, file.read_text("utf-8").splitlines()):
            heading = f"## {row['heading']}\n\n" if row["heading"] else ""
            text = f"{heading}{row['passage']}\n"
            slug = row["article"]
            articles[slug] = f"{articles[slug]}\n{text}" if slug in articles else f"# {row['title']}\n\n{text}"
            questions += [(text, slug) for text in row["answerable"]]
            near |= {*range(len(questions), len(questions) + len(row["near_miss"]))}
            questions += [(miss["text"], miss["answered_by"]) for miss in row["near_miss"]]
        yield Centre(name=file.stem, group=group, articles=articles, questions=questions, near=frozenset(near))


def mixed(centres: Sequence[Centre], reader: Path, rng: random.Random) -> Iterator[Centre]:
    """Make knowledge bases of several help centres each, in which articles are missing."""
    for time in range(_TIMES):
        for count in _MIXED:
            share = rng.choice(_KEPT)
            articles: dict[str, str] = {}
            answered: list[Question] = []
            missing: list[Question] = []
            near: list[Question] = []
            for centre in rng.sample(centres, count):
                kept = set(rng.sample(sorted(centre.articles), int(len(centre.articles) * share)))
                articles |= {f"{centre.name}-{name}": text for name, text in centre.articles.items() if name in kept}
                for number, (text, gold) in enumerate(centre.questions):
                    question = (text, f"{centre.name}-{gold}" if gold in kept else None)
                    (near if number in centre.near else answered if question[1] else missing).append(question)
            size = 60 + 40 * count
            chosen = [
                *rng.sample(answered, min(len(answered), size)),
                *rng.sample(missing, min(len(missing), size * 4 // 5)),
            ]
            misses = rng.sample(near, size // 4)
            yield Centre(
                name=f"{reader.stem} {time} {count}",
                group="reading",
                articles=articles,
                questions=[*chosen, *misses],
                near=frozenset(range(len(chosen), len(chosen) + len(misses))),
                reader=reader,
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
    knowledge = KnowledgeBase.open(folder / f"{centre.name}.sqlite3", reader=centre.reader)
    try:
        await knowledge.update([source])
        found = await asyncio.gather(*(knowledge.search(text) for text, _ in centre.questions))
    finally:
        await knowledge.close()
    return [
        Row(
            group=f"{centre.group}, near misses" if number in centre.near and centre.reader else centre.group,
            found=features(text, hits),
            right=bool(hits) and gold is not None and hits[0].passage.article == f"{gold}.md",
            answerable=gold is not None,
        )
        for number, ((text, gold), hits) in enumerate(zip(centre.questions, found, strict=True))
    ]


def fit(rows: Sequence[Row], source: str) -> Calibration:
    """Fit with the classifier's features and without."""
    without = [
        replace(row, found=row.found._replace(own=0.0, share=0.0, own_lead=0.0, nearest_lead=0.0)) for row in rows
    ]
    return replace(_fit(rows, source), plain=_fit(without, source))


def _fit(rows: Sequence[Row], source: str) -> Calibration:
    """Fit a logistic regression in which each group has its weight, however many rows.

    What speaks for an article may not count against it: all weights but the length's are kept from being negative. Free
    ones did no better on the sets that are only judged, and made a nearer article less sure.
    """
    from scipy.optimize import minimize

    values = np.array([row.found for row in rows])
    length, coverage = (Features._fields.index(name) for name in ("length", "coverage"))
    values[:, coverage] *= values[:, length] - _ONE_WORD
    right = np.array([row.right for row in rows], float)
    counts = Counter(row.group for row in rows)
    weight = np.array([_WEIGHT.get(row.group, 1.0) / counts[row.group] for row in rows])
    weight /= weight.mean()
    mean, spread = values.mean(0), values.std(0) + 1e-9
    values = (values - mean) / spread

    def loss(free: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, intercept = free[:-1], free[-1]
        logits = values @ weights + intercept
        slope = weight * (1 / (1 + np.exp(-logits)) - right)
        cost = (weight * (np.logaddexp(0, logits) - right * logits)).sum() + (weights**2).sum() / (2 * _SMOOTHING)
        return float(cost), np.append(values.T @ slope + weights / _SMOOTHING, slope.sum())

    bounds = [(None if name == "length" else 0.0, None) for name in Features._fields] + [(None, None)]
    found = minimize(
        loss, np.zeros(len(bounds)), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 2000}
    ).x
    weights = found[:-1] / spread
    by_length = np.zeros_like(weights)
    by_length[coverage] = weights[coverage]
    intercept = float(found[-1] - weights @ mean)
    weights[coverage] *= -_ONE_WORD
    return Calibration(
        intercept=round(intercept, 4),
        weights=Features(*(round(float(value), 4) for value in weights)),
        by_length=Features(*(round(float(value), 4) for value in by_length)),
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


def main(data: Path, readers: Path) -> tuple[Calibration, float]:
    """Fit, and print how it does on sets that it never saw. The second is `middle`."""
    from kb.train_reader import train_halves

    kb = data / "kb"
    oos = kb / "fewshot-oos"
    console = Console()
    readers.mkdir(parents=True, exist_ok=True)
    even, odd = train_halves(sorted((kb / "reading" / "train").glob("*.jsonl")), readers, console)
    centres = [*reading(kb / "reading" / "train", "reading")]
    rng = random.Random(_SEED)  # noqa: S311 - a reproducible sample
    training = [
        *mixed(centres[1::2], even, rng),
        *mixed(centres[0::2], odd, rng),
        intents(oos / "CLINC-Single-Domain-OOS" / "banking", "clinc"),
        intents(oos / "CLINC-Single-Domain-OOS" / "credit_cards", "clinc"),
    ]
    judged = [
        *reading(kb / "reading" / "validation", "reading, validation"),
        intents(oos / "BANKING77-OOS", "banking77"),
    ]
    rows: list[Row] = []
    unseen: list[Row] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(mp_context=get_context("spawn")) as pool,  # each has a model of its own
    ):
        each = [*training, *judged]
        for centre, found in zip(each, pool.map(_searched, each, [Path(folder)] * len(each)), strict=True):
            console.print(f"{centre.group}: {centre.name}", style="dim")
            (unseen if centre in judged else rows).extend(found)
    groups = list(dict.fromkeys(row.group for row in rows))
    families = list(dict.fromkeys(group.split(",")[0] for group in groups))
    table = Table("judged on", "n", "right", "ece", "≥ 0.9", "precision", "coverage", title="never fitted on it")
    for family in families:
        others = fit([row for row in rows if row.group.split(",")[0] != family], "")
        for group in groups:
            if group.split(",")[0] == family:
                table.add_row(group, *judge(others, [row for row in rows if row.group == group]))
    whole = fit(rows, ", ".join(families))
    for group in dict.fromkeys(row.group for row in unseen):
        table.add_row(group, *judge(whole, [row for row in unseen if row.group == group]))
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
    arguments.add_argument(
        "--readers", type=Path, default=Path("build/readers"), help="where the halves' readers are kept"
    )
    given = arguments.parse_args()
    given.out.write_text(source_of(*main(given.data, given.readers)), "utf-8")
