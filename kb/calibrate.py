"""Pure. From what a search found to the probability that its best article answers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from kb.words import words

if TYPE_CHECKING:  # kb.evidence stands on this module
    from kb.evidence import Hit


class Features(NamedTuple):
    """What tells a right first article from a wrong one. All of it is comparable between searches."""

    dense: float  #: cosine of the best hit
    lead: float  #: its lead, in cosine, over the mean of the hits after the third
    second: float  #: its lead, in score, over the best hit of the second article
    third: float  #: the same over the third article
    coverage: float  #: share of the query's words, weighed by rarity, in the best article's hits
    share: float  #: share of the hits that are of the best article
    agree: float  #: 1 where the words, too, put the best article first
    length: float  #: logarithm of the number of the query's words


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A logistic regression over `Features`."""

    intercept: float
    weights: Features
    source: str = ""  #: what it was fitted on


def features(query: str, hits: Sequence["Hit"]) -> Features:
    """Describe a search by its best ten hits. `hits` are best first; without any, all is 0."""
    length = math.log1p(len(words(query)))
    if not hits:
        return Features(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, length)
    hits = hits[:10]
    top = hits[0]
    best: dict[str, float] = {}
    for hit in hits:
        best.setdefault(hit.passage.article, hit.score)
    scores = [*best.values()]
    floor = hits[-1].score
    rest = [hit.dense for hit in hits[3:]] or [hits[-1].dense]
    own = [hit for hit in hits if hit.passage.article == top.passage.article]
    return Features(
        dense=top.dense,
        lead=top.dense - sum(rest) / len(rest),
        second=top.score - (scores[1] if len(scores) > 1 else floor),
        third=top.score - (scores[2] if len(scores) > 2 else floor),
        coverage=max(hit.coverage for hit in own),
        share=len(own) / len(hits),
        agree=float(max(hits, key=lambda hit: hit.sparse).passage.article == top.passage.article),
        length=length,
    )


def probability(calibration: Calibration, found: Features) -> float:
    """Return the probability that the best article answers, 0 to 1."""
    logit = calibration.intercept + sum(
        weight * value for weight, value in zip(calibration.weights, found, strict=True)
    )
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


DEFAULT = Calibration(intercept=-6.0, weights=Features(6.0, 4.0, 6.0, 4.0, 2.0, 1.0, 0.5, 0.0))
