"""Pure. From what a search found to the probability that its best article answers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from kb.coefficients import (
    BY_LENGTH,
    INTERCEPT,
    PLAIN_BY_LENGTH,
    PLAIN_INTERCEPT,
    PLAIN_WEIGHTS,
    READ_MIDDLE,
    SOURCE,
    WEIGHTS,
)
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
    own: float = 0.0  #: the classifier's logit of the article (kb/classifier.py); 0 where there is none
    share: float = 0.0  #: logarithm of the article's share by the classifier; 0 where there is none
    own_lead: float = 0.0  #: the classifier's logit of the article above that of the best other; 0 where there is none
    nearest_lead: float = 0.0  #: the lead of the article's nearest sentence, in cosine; 0 without a classifier
    read: float = 0.0  #: the reader's logit of the best hit (kb/reader.py) above its usual one; 0 where there is none

    @property
    def classified(self) -> bool:
        """Whether the classifier knows the article: nothing else gives a share under the whole."""
        return self.share < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A logistic regression over `Features` whose weights change with the length of the query.

    The longer a mail, the less the cosine of one vector for all of it tells, and the more that its words are there.
    """

    intercept: float
    weights: Features
    by_length: Features = Features(0, 0, 0, 0, 0, 0)  #: what a unit of `length` adds to each weight
    source: str  #: what it was fitted on
    plain: "Calibration | None" = None  #: for searches whose article the classifier does not know
    #: What people made of answers moved it (`adjusted`): the confidence's log-odds are multiplied and shifted.
    scale: float = 1.0
    shift: float = 0.0


#: What ships. Made by `python -m kb.fit DATA` (`make calibration`): see kb/fit.py for how, and on what.
DEFAULT = Calibration(
    intercept=INTERCEPT,
    weights=Features(**WEIGHTS),
    by_length=Features(**BY_LENGTH),
    source=SOURCE,
    plain=Calibration(
        intercept=PLAIN_INTERCEPT,
        weights=Features(**PLAIN_WEIGHTS),
        by_length=Features(**PLAIN_BY_LENGTH),
        source=SOURCE,
    ),
)
#: How far people's verdicts are expected to move the shipped calibration: standard deviations of the shift and of the
#: scale's logarithm. With these, ten answers at 0.9 of which seven were right make 0.87 of it, two hundred 0.75.
_SHIFT, _SCALE = 0.4, 0.3


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
        own=top.own or 0.0,
        share=top.share or 0.0,
        own_lead=top.own_lead or 0.0,
        nearest_lead=top.nearest_lead or 0.0,
        read=top.read - READ_MIDDLE if top.read is not None else 0.0,
    )


def probability(calibration: Calibration, found: Features) -> float:
    """Return the probability that the best article answers, 0 to 1."""
    if not found.classified and calibration.plain is not None:
        calibration = calibration.plain
    terms = zip(calibration.weights, calibration.by_length, found, strict=True)
    logit = calibration.intercept + sum((weight + more * found.length) * value for weight, more, value in terms)
    return _sigmoid(logit)


def adjusted(calibration: Calibration, verdicts: Sequence[tuple[float, bool]]) -> Calibration:
    """Move a calibration to what people made of answers: (confidence as `calibration` gave it, whether it was right).

    Platt's scaling (1999) under a prior that stays where it was: ten verdicts move little, two hundred decide. The
    present scale and shift are not added to but replaced, so give all verdicts with the confidence before them.
    """
    points = [(_logit(sure), right) for sure, right in verdicts]
    shift, stretch = 0.0, 0.0  # of the log-odds; the scale's logarithm
    for _ in range(50):  # Newton's method on a function that bends one way near its prior; few steps suffice
        scale = math.exp(stretch)
        slope_a, slope_b = shift / _SHIFT**2, stretch / _SCALE**2
        bend_a, bend_b, bend_ab = 1 / _SHIFT**2, 1 / _SCALE**2, 0.0
        for logit, right in points:
            sure = _sigmoid(scale * logit + shift)
            weight, along = sure * (1 - sure), scale * logit
            slope_a += sure - right
            slope_b += (sure - right) * along
            bend_a += weight
            bend_b += weight * along * along
            bend_ab += weight * along
        whole = bend_a * bend_b - bend_ab * bend_ab
        step_a = (bend_b * slope_a - bend_ab * slope_b) / whole
        step_b = (bend_a * slope_b - bend_ab * slope_a) / whole
        shift -= max(-0.5, min(0.5, step_a))
        stretch -= max(-0.5, min(0.5, step_b))
    return replace(calibration, scale=math.exp(stretch), shift=shift)


def settled(calibration: Calibration, confidence: float) -> float:
    """Return a confidence as people's verdicts have moved it."""
    if calibration.scale == 1.0 and calibration.shift == 0.0:
        return confidence
    return _sigmoid(calibration.scale * _logit(confidence) + calibration.shift)


def _sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


def _logit(probability: float) -> float:
    bounded = max(1e-6, min(1 - 1e-6, probability))
    return math.log(bounded / (1 - bounded))
