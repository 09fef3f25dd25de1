"""Pure. From what a search found to the probability that its best article answers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from kb.coefficients import BY_LENGTH, INTERCEPT, SOURCE, WEIGHTS
from kb.words import words

if TYPE_CHECKING:  # kb.evidence stands on this module
    from kb.evidence import Hit


class Features(NamedTuple):
    """What tells a right first article from a wrong one, comparable between searches and knowledge bases.

    "Others" are the hits of other articles among the best ten: an article of many passages must not crowd its own lead.
    """

    dense: float  #: cosine of the best hit
    lead: float  #: its lead, in cosine, over the mean of the others
    second: float  #: its lead, in score, over the best of the others
    coverage: float  #: share of the query's words, weighed by rarity, in the article's hit that has most
    coverage_lead: float  #: the lead of that over the best of the others
    length: float  #: logarithm of the number of the query's words


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A logistic regression over `Features` whose weights change with the length of the query.

    The longer a mail, the less the cosine of one vector for all of it tells, and the more that its words are there.
    """

    intercept: float
    weights: Features
    by_length: Features = Features(0, 0, 0, 0, 0, 0)  #: what a unit of `length` adds to each weight
    source: str  #: what it was fitted on


#: What ships. Made by `python -m kb.fit DATA` (`make calibration`): see kb/fit.py for how, and on what.
DEFAULT = Calibration(intercept=INTERCEPT, weights=Features(**WEIGHTS), by_length=Features(**BY_LENGTH), source=SOURCE)


def features(query: str, hits: Sequence["Hit"]) -> Features:
    """Describe a search by its best ten hits, best first. Without any, all but the length is 0."""
    length = math.log1p(len(words(query)))
    if not hits:
        return Features(0.0, 0.0, 0.0, 0.0, 0.0, length)
    hits = hits[:10]
    top = hits[0]
    own = [hit for hit in hits if hit.passage.article == top.passage.article]
    # Where one article has all ten, the last of them stands for the others: a lead that is surely not larger.
    others = [hit for hit in hits if hit.passage.article != top.passage.article] or [hits[-1]]
    coverage = max(hit.coverage for hit in own)
    return Features(
        dense=top.dense,
        lead=top.dense - sum(hit.dense for hit in others) / len(others),
        second=top.score - max(hit.score for hit in others),
        coverage=coverage,
        coverage_lead=coverage - max(hit.coverage for hit in others),
        length=length,
    )


def probability(calibration: Calibration, found: Features) -> float:
    """Return the probability that the best article answers, 0 to 1."""
    terms = zip(calibration.weights, calibration.by_length, found, strict=True)
    logit = calibration.intercept + sum((weight + more * found.length) * value for weight, more, value in terms)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
