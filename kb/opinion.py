"""Pure. What a reranker's opinion changes: which article comes first, within a bound, and the confidence, downwards alone.

Nobody knows which reranker a user has, so no coefficients for it can ship, and nothing may become surer by it. Where it
agrees with the search nothing changes; where it does not, one of two is wrong and nobody knows which, so a person looks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kb.calibrate import Calibration, features, probability

if TYPE_CHECKING:  # kb.evidence stands on this module
    from kb.evidence import Hit

#: What a reranker that is all for an article adds to the score of its hits; one that is all against it adds nothing. So
#: it never moves an article past another whose score is higher by more. Of 98 Arduino mails that an article answers, it
#: comes first for 73; with a perfect reranker for 88, with dice for 69. At 0.05 these are 80 and 72, at 0.15 92 and 65.
WEIGHT = 0.1
#: Under this probability the first article hardly answers. Cross-encoders for MS MARCO are taught with four passages that
#: do not answer to one that does: 0.2 is what they say of what tells them nothing.
UNLIKELY = 0.05
#: Another article that it gives so much more is preferred clearly.
CLEARLY = 0.3
#: Where search and reranker disagree, the confidence is at most that: neither is believed over the other.
EVEN = 0.5


def reordered(hits: Sequence["Hit"], opinions: Mapping[str, float]) -> list["Hit"]:
    """Put the articles in the order of score + WEIGHT × opinion, and leave each opinion on its hit.

    `hits` are best first by the search, `opinions` probabilities by the passage's id, of one passage an article. All hits of
    an article move together; one of which nothing was read gets nothing added. Scores stay the search's own.
    """
    added = {hit.passage.article: WEIGHT * opinions[hit.passage.id] for hit in hits if hit.passage.id in opinions}
    told = [replace(hit, reranked=opinions.get(hit.passage.id)) for hit in hits]
    return sorted(told, key=lambda hit: -(hit.score + added.get(hit.passage.article, 0.0)))


def restrained(query: str, hits: Sequence["Hit"], calibration: Calibration, confidence: float) -> tuple[float, str]:
    """Return the confidence after the reranker's opinion, and that opinion in words; without one, as it was and ''.

    Never more than `confidence`. At most EVEN where the reranker put another article first than the search, prefers
    another clearly, or hardly believes that the first answers. Where it changed the first article, also at most what the
    search's own first would have: 0 where that is internal.
    """
    top = hits[0]
    if top.reranked is None:
        return confidence, ""
    best = max(hits, key=lambda hit: hit.score)
    others = [hit for hit in hits if hit.passage.article != top.passage.article and hit.reranked is not None]
    rival = max(others, key=lambda hit: hit.reranked or 0.0, default=top)
    said = f"the reranker gives it {top.reranked:.2f}"
    if best.passage.article != top.passage.article:
        searched = sorted(hits, key=lambda hit: -hit.score)
        before = probability(calibration, features(query, searched)) if best.passage.public else 0.0
        return min(confidence, before, EVEN), f"{said}, the search would put “{best.passage.title}” first"
    if (rival.reranked or 0.0) >= top.reranked + CLEARLY:
        return min(confidence, EVEN), f"{said} and “{rival.passage.title}” {rival.reranked:.2f}: it prefers that"
    if top.reranked < UNLIKELY:
        return min(confidence, EVEN), f"{said}: it hardly believes that this answers"
    return confidence, said
