"""Pure. What the knowledge base has to say to a request, and how far it may be trusted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kb.articles import Passage
from kb.calibrate import Calibration, features, probability, settled
from kb.opinion import restrained
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
#: A mail of no more different words says nearly nothing: whatever is a little nearer may be meant.
BARE, BARELY_NEARBY = 8, 0.25
#: How many articles a customer is asked to choose from at most.
CANDIDATES = 4
#: An article of no more words is the answer as it stands: nothing that its author wrote for the reader is lost.
WHOLE = 350
#: Of a longer one a customer reads so many words: neighbouring passages, the best among them. Of 65 mails whose right
#: article came first, 55 get all they must be told with it, 48 with the nearest passages up to 250 words.
LIMIT = 300
#: A neighbour that scores less than the best by so much adds nothing to a choice between neighbours.
NEAR = 0.4
#: What is left of the odds where the answer is a part of its article: over the help centres of `kb/reading`, with each
#: topic made one article, that part held what was asked for in 2,305 of 2,536.
IN_PART = 0.8
#: What each further question of a mail leaves: one answer rarely answers two. Of the Arduino mails whose article came
#: first, the answer had every fact in 41 of 44 with at most one question and in 14 of 21 with more.
FURTHER_QUESTION = 0.8
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
    cited, answer = _answer(top, [hit for hit in public if hit.passage.article == top.passage.article])
    further = min(2, len(_QUESTION.findall(latest or query)) - 1)
    if further > 0:
        confidence *= FURTHER_QUESTION**further
        why.append("the mail asks several questions")
    if len(cited) < len(top.whole):
        confidence = IN_PART * confidence / (IN_PART * confidence + 1 - confidence)
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
    unclear = told <= BRIEF and len(candidates) > 1 and top.dense >= (BARELY_NEARBY if told <= BARE else NEARBY)
    if unclear:
        why.append(f"the mail says little, and {len(candidates)} articles could be meant")
    return Evidence(
        hits=tuple(hits),
        cited=cited,
        answer=answer,
        confidence=settled(calibration, confidence),
        unadjusted=confidence,
        candidates=candidates,
        ambiguous=unclear or (bool(missing) and top.dense >= NEARBY),
        missing=tuple(map(_name, missing)),
        why=tuple(why),
    )


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


def _answer(top: Hit, found: Sequence[Hit]) -> tuple[tuple[Passage, ...], str]:
    """Take what answers from one article: all of it where it is short, else the best passage with its neighbours."""
    hits: Sequence[Hit] = top.whole or tuple(sorted(found, key=lambda hit: hit.passage.position))
    if sum(map(_length, hits)) > WHOLE:
        hits = _window(top, hits)
    parts: list[str] = []
    section = hits[0].passage.section
    for hit in hits:
        if hit.passage.section != section and hit.passage.section:
            parts.append(f"### {hit.passage.section.rsplit(' > ', 1)[-1]}")
        section = hit.passage.section
        # A list that was cut is one list again.
        parts.append(hit.passage.text)
    cited = (top.passage, *(hit.passage for hit in hits if hit.passage.id != top.passage.id))
    return cited, "\n\n".join(parts)


def _window(top: Hit, hits: Sequence[Hit]) -> Sequence[Hit]:
    """Return the neighbours around the best hit that together speak most to the query, as far as a customer reads."""
    here = next(k for k, hit in enumerate(hits) if hit.passage.id == top.passage.id)
    best, most = hits[here : here + 1], 0.0
    for first in range(here, -1, -1):
        if sum(map(_length, hits[first : here + 1])) > LIMIT:
            break
        for last in range(here + 1, len(hits) + 1):
            window = hits[first:last]
            if sum(map(_length, window)) > LIMIT:
                break
            worth = sum(max(0.0, hit.score - top.score + NEAR) for hit in window)
            if worth > most:
                best, most = window, worth
    return best


def _length(hit: Hit) -> int:
    return len(hit.passage.text.split())
