"""Pure. How good were the decisions? From labelled questions and what was done with them to the figures of contract.md."""

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

#: What labelled sets call their rows → the label that is judged.
_LABELS = {
    "out_of_kb": "unanswerable",
    "out_of_domain": "unanswerable",
    "needs_clarify": "clarify",
    "needs_human": "human",
    "escalate": "human",
}
BINS = 10
SURE = 0.9
_RESAMPLES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A question with what is known of its answer."""

    id: str
    subject: str
    text: str
    label: str  #: answerable | unanswerable | clarify | human | …
    gold: frozenset[str]  #: of articles: path, file name without suffix, or front-matter id
    must_contain: tuple[str, ...]  #: lower case; all of them stand in a right answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was done with a question."""

    row: Labelled
    found: tuple[str, ...]  #: paths of the articles of the hits, best first, each once
    cited: tuple[str, ...]
    answer: str  #: the text that would leave, or could
    confidence: float
    decision: str
    ids: Mapping[str, str]  #: front-matter id by path

    def is_gold(self, path: str) -> bool:
        """Whether an article is one of those that answer."""
        return bool(self.row.gold & {path, PurePosixPath(path).stem, self.ids.get(path) or path})

    @property
    def right(self) -> bool:
        """Whether the answer, if it is sent, is right: answerable, an article of `gold` is cited, its facts are there."""
        text = " ".join(self.answer.lower().split())
        return (
            self.row.label == "answerable"
            and any(map(self.is_gold, self.cited))
            and all(" ".join(fact.split()) in text for fact in self.row.must_contain)
        )


def labelled(row: Mapping[str, Any], number: int) -> Labelled:
    """Read a row of a labelled set. Raises ValueError that says what is wrong with it."""
    text = row.get("body", row.get("question"))
    label = row.get("label", row.get("kind"))
    if not isinstance(text, str) or not isinstance(label, str):
        raise ValueError('a row needs "body" or "question", and "label" or "kind"')
    gold = row.get("gold") or []
    return Labelled(
        id=str(row.get("id", number)),
        subject=str(row.get("subject") or ""),
        text=text,
        label=_LABELS.get(label, label),
        gold=frozenset(map(str, [gold] if isinstance(gold, str) else gold)),
        must_contain=tuple(str(fact).lower() for fact in row.get("answer_must_contain") or ()),
    )


def evaluate(rows: Sequence[Judged]) -> dict[str, Any]:
    """Return all figures. Shares are 0 to 1; what cannot be told, such as a precision of nothing, is None."""
    answerable = [row for row in rows if row.row.label == "answerable"]
    return {
        "rows": len(rows),
        "labels": dict(Counter(row.row.label for row in rows)),
        "retrieval": {f"hit@{depth}": _hit(answerable, depth) for depth in (1, 3)},
        "selective": {**_sent([row for row in rows if row.decision == "answer"], answerable), "curve": _curve(rows)},
        "sure": _sure(rows),
        "calibration": calibration([(row.confidence, row.right) for row in rows]),
        "confusion": {
            label: dict(Counter(row.decision for row in rows if row.row.label == label))
            for label in dict.fromkeys(row.row.label for row in rows)
        },
        "wrong": [row.row.id for row in rows if row.decision == "answer" and not row.right],
    }


def _hit(rows: Sequence[Judged], depth: int) -> float | None:
    return _share(sum(any(map(row.is_gold, row.found[:depth])) for row in rows), len(rows))


def _sent(sent: Sequence[Judged], answerable: Sequence[Judged]) -> dict[str, Any]:
    right = sum(row.right for row in sent)
    return {
        "answered": len(sent),
        "precision": _share(right, len(sent)),
        "precision_interval": wilson(right, len(sent)),
        "coverage_of_answerable": _share(right, len(answerable)),
        "answered_unanswerable": sum(row.row.label == "unanswerable" for row in sent),
    }


def _sure(rows: Sequence[Judged]) -> dict[str, Any]:
    """What a confidence of `SURE` and more was worth, whatever was decided."""
    sure = [row for row in rows if row.confidence >= SURE]
    right = sum(row.right for row in sure)
    return {"n": len(sure), "precision": _share(right, len(sure)), "interval": wilson(right, len(sure))}


def _curve(rows: Sequence[Judged]) -> list[dict[str, Any]]:
    """What answering above each confidence would have given, the guard, flags and check left aside."""
    answerable = sum(row.row.label == "answerable" for row in rows)
    curve: list[dict[str, Any]] = []
    right = 0
    ordered = sorted(rows, key=lambda row: -row.confidence)
    for count, row in enumerate(ordered, 1):
        right += row.right
        if count == len(ordered) or ordered[count].confidence < row.confidence:
            curve.append(
                {
                    "confidence": round(row.confidence, 4),
                    "answered": count,
                    "precision": _share(right, count),
                    "coverage_of_answerable": _share(right, answerable),
                }
            )
    return curve


def calibration(pairs: Sequence[tuple[float, bool]], seed: int = 0) -> dict[str, Any]:
    """Compare confidence and truth: `ece` over ten bins of equal mass, its 95 % bootstrap interval, and the bins.

    `perfect` is what 95 of 100 perfect models of that size and those confidences would stay under: by chance alone.
    """
    if not pairs:
        return {"ece": None, "interval": None, "perfect": None, "bins": []}
    rng = random.Random(seed)  # noqa: S311 - a reproducible bootstrap
    resampled = sorted(_error(rng.choices(pairs, k=len(pairs))) for _ in range(_RESAMPLES))
    chance = sorted(_error([(sure, rng.random() < sure) for sure, _ in pairs]) for _ in range(_RESAMPLES))
    return {
        "ece": round(_error(pairs), 4),
        "interval": [round(resampled[int(_RESAMPLES * part)], 4) for part in (0.025, 0.975)],
        "perfect": round(chance[int(_RESAMPLES * 0.95)], 4),
        "bins": [
            {
                "confidence": round(sure, 4),
                "right": round(true, 4),
                "interval": wilson(round(true * count), count),
                "n": count,
            }
            for sure, true, count in _bins(pairs)
        ],
    }


def _bins(pairs: Sequence[tuple[float, bool]]) -> list[tuple[float, float, int]]:
    ordered = sorted(pairs, key=lambda pair: pair[0])  # equal ones as they came: their truth must not part them
    edges = [round(k * len(ordered) / BINS) for k in range(BINS + 1)]
    parts = [ordered[low:high] for low, high in zip(edges, edges[1:], strict=False) if high > low]
    return [
        (math.fsum(sure for sure, _ in part) / len(part), sum(true for _, true in part) / len(part), len(part))
        for part in parts
    ]


def _error(pairs: Sequence[tuple[float, bool]]) -> float:
    return math.fsum(abs(sure - true) * count for sure, true, count in _bins(pairs)) / len(pairs)


def wilson(right: int, count: int) -> list[float] | None:
    """Return the 95 % interval of a share (Wilson 1927)."""
    if not count:
        return None
    z, share = 1.96, right / count
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return [round((middle + sign * spread) / (1 + z * z / count), 4) for sign in (-1, 1)]


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
