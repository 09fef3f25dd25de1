"""Pure. What the knowledge base has to say to a request, and how far it may be trusted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kb.articles import Passage
from kb.calibrate import Calibration, features, probability, settled
from kb.extract import extract
from kb.opinion import restrained
from kb.tried import tried
from kb.words import words

#: An article whose best passage scores this near to the first could be meant as well.
CLOSE = 0.05
#: Where a mail says little, articles this near to the first could be meant.
FAR = 0.15
#: A mail of no more different words (kb.words) leaves out what the answer hangs on: of the Arduino mails so are 16 of 18
#: that lack a detail, none of the 35 that nothing answers and 2 of the 80 that an article answers.
BRIEF = 20
#: Under this cosine the best article is about something else, and to ask which one was meant would be idle.
NEARBY = 0.4
#: A mail of no more different words says nearly nothing: whatever is a little nearer may be meant. Between this and
#: `BRIEF` it is in proportion.
BARE, BARELY_NEARBY = 8, 0.25
#: How many articles a customer is asked to choose from at most.
CANDIDATES = 4
#: What is left of the odds where the answer is a part of its article: over the help centres of `kb/reading`, with each
#: topic made one article, that part held the section that answers in 2,610 of 2,864 (kb/extract.py).
IN_PART = 0.8
#: What each further question of a mail leaves: one answer rarely answers two. Of the Arduino mails whose article came
#: first, the answer had every fact in 43 of 43 with at most one question and in 17 of 22 with more.
FURTHER_QUESTION = 0.8
#: What each sign leaves of the odds that the writer has read or tried what the articles say (kb/tried.py, which counts).
TRIED = 0.25
_QUESTION = re.compile(r"\w[^\w\s]*\?+")
#: What is left of the confidence where an article's `needs:` are not in the mail: a question comes first.
INCOMPLETE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage that the search returned. Scores are comparable inside one search only."""

    passage: Passage
    score: float  #: fused, the order of the list where no reranker changed it
    dense: float  #: cosine of the query's and the passage's vectors, −1 to 1
    sparse: float  #: BM25 of the words, ≥ 0
    coverage: float = 0.0  #: share of the query's words, weighed by their rarity, that the passage has, 0 to 1
    whole: tuple["Hit", ...] = ()  #: of the best hit: every passage of its article, itself among them, in order
    own: float | None = None  #: the classifier's logit of its article (kb/classifier.py); None where there is none
    share: float | None = None  #: logarithm of its article's share among all, by the classifier
    own_lead: float | None = None  #: the classifier's logit of its article above that of the best other
    nearest_lead: float | None = None  #: cosine of its article's nearest sentence above that of any other article's
    read: float | None = None  #: what the reader says to "does it answer?", a logit; None where it did not read it
    reranked: float | None = None  #: what a reranker says to the same, 0 to 1; None where there is none, or it did not


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The answer that the knowledge base supports, with the probability that it is right."""

    hits: tuple[Hit, ...] = ()  #: best first
    cited: tuple[Passage, ...] = ()  #: the passages that the answer comes from, best first
    answer: str = ""  #: Markdown, in the article's own words; '' where nothing answers
    confidence: float = 0.0  #: probability that the answer, as it would be sent, is right (product.md §2)
    unadjusted: float = 0.0  #: the same before people's verdicts moved it: what kb.calibrate.adjusted learns from
    candidates: tuple[
        Passage, ...
    ] = ()  #: best passage of each article that could be meant as well, the top one included
    ambiguous: bool = False  #: several articles fit about equally, or what an article needs is missing
    missing: tuple[str, ...] = ()  #: of the top article's `needs:`, what the mail does not say
    why: tuple[str, ...] = ()


def grade(query: str, hits: Sequence[Hit], calibration: Calibration, *, latest: str = "") -> Evidence:
    """Choose the passages that answer and say how likely they are right. `hits` are best first.

    `latest` is the part of the query that the newest mail says, where older mails were merged into it: only its questions
    are still open. Internal articles are shown among the hits and never cited. Where the best article is one of them, nothing is
    answered: what a customer may read is not what fits best.
    """
    if not hits:
        return Evidence(why=("nothing in the knowledge base is near to it",))
    top = hits[0]
    if not top.passage.public:
        return Evidence(hits=tuple(hits), why=(f"the best article, “{top.passage.title}”, is internal",))
    public = [hit for hit in hits if hit.passage.public]
    found = features(query, hits)
    confidence = probability(calibration, found)
    why = [
        f"best article “{top.passage.title}”: cosine {top.dense:.2f}, {found.second:+.2f} before the next,"
        f" {found.coverage:.0%} of the words"
    ]
    confidence, opinion = restrained(query, hits, calibration, confidence)
    why += [opinion] if opinion else []
    # Where the search does not tell the whole article, of what it found.
    found_of_it = [hit for hit in public if hit.passage.article == top.passage.article]
    part = extract(query, top.whole or sorted(found_of_it, key=lambda hit: hit.passage.position))
    further = min(2, len(_QUESTION.findall(latest or query)) - 1)
    if further > 0:
        confidence *= FURTHER_QUESTION**further
        why.append("the mail asks several questions")
    if signs := tried(latest or query):
        confidence = _odds_times(TRIED**signs, confidence)
        why.append("the writer seems to have read or tried what the articles say")
    if not part.whole:
        confidence = _odds_times(IN_PART, confidence)
        why.append("the answer is a part of its article")
    missing = tuple(need for need in top.passage.needs if not _said(need, query))
    if missing:
        confidence *= INCOMPLETE
        why.append(f"the article needs what the mail does not say: {', '.join(map(_name, missing))}")
    told = len(set(words(query)))
    best: dict[str, Hit] = {}
    for hit in public:
        if hit.score >= top.score - (FAR if told <= BRIEF else CLOSE):
            best.setdefault(hit.passage.article, hit)
    candidates = tuple(hit.passage for hit in best.values())[:CANDIDATES]
    unclear = told <= BRIEF and len(candidates) > 1 and top.dense >= _nearby(told)
    if unclear:
        why.append(f"the mail says little, and {len(candidates)} articles could be meant")
    return Evidence(
        hits=tuple(hits),
        cited=part.cited,
        answer=part.text,
        confidence=settled(calibration, confidence),
        unadjusted=confidence,
        candidates=candidates,
        ambiguous=unclear or (bool(missing) and top.dense >= NEARBY),
        missing=tuple(map(_name, missing)),
        why=tuple(why),
    )


def _nearby(told: int) -> float:
    """Return the cosine from which on an article may be meant by a mail of so many different words."""
    share = min(1.0, max(0.0, (told - BARE) / (BRIEF - BARE)))
    return BARELY_NEARBY + share * (NEARBY - BARELY_NEARBY)


def _odds_times(factor: float, confidence: float) -> float:
    return factor * confidence / (factor * confidence + 1 - confidence)


def _name(need: str) -> str:
    return need.split(":", 1)[0].strip()


def _said(need: str, query: str) -> bool:
    """Tell whether a mail says what an article needs: `board`, or `system: Windows, macOS, Linux` by one of the words."""
    name, _, values = need.partition(":")
    said = set(words(query))
    return any(
        wanted and wanted <= said
        for wanted in (set(words(part)) for part in ([name] if not values else values.split(",")))
    )
