"""Pure. Whether a sentence tells steps in the order in which a passage has them."""

import re
from collections.abc import Sequence

from daemon.steps.alignment import common
from daemon.steps.claims import URL, Source, read, share_of

_TOLD = 0.6  # share of a step's words that find it in a passage
_THEN = re.compile(
    r"[;,]?\s*\b(?:and )?(?:then|after that|afterwards|followed by)\b,?|,\s+(?:and\s)?|;\s", re.IGNORECASE
)
_ORDER = re.compile(r"\b(?:then|after|afterwards|before|followed by|once|following)\b|,\s+and\s", re.IGNORECASE)
_TIME = re.compile(r"\b(?:after|before|once|until|following|prior to)\b", re.IGNORECASE)
_NEXT = re.compile(r"\W*(?:then|next|after that|afterwards|finally|lastly|subsequently)\b", re.IGNORECASE)


def turned(sentence: str, sources: Sequence[Source]) -> str:
    """Steps of one sentence that a passage has the other way round."""
    told = _segments(sentence)
    found = any(_inverted(one, other, sources) for one, other in zip(told, told[1:], strict=False))
    return "the steps are in another order" if found else ""


def turned_after(before: str, sentence: str, sources: Sequence[Source]) -> str:
    """A sentence that says it comes next, of a step that a passage has before."""
    if not before or not _NEXT.match(sentence):
        return ""
    now = next((clause.stems for clause in read(_NEXT.sub("", sentence)).clauses if len(clause.stems) > 1), ())
    return "the steps are in another order" if now and _inverted(_segments(before)[-1], now, sources) else ""


def _segments(sentence: str) -> list[tuple[str, ...]]:
    """The parts of a sentence in the order of time, each as its content words; one alone where it tells no order."""
    told = URL.sub(" ", sentence)
    found: list[str] = []
    for part in _THEN.split(told) if _ORDER.search(told) else [told]:
        before = re.split(r"\b(?:prior to|before)\b", part, maxsplit=1, flags=re.IGNORECASE)
        after = re.split(r"\b(?:following|after|once)\b", part, maxsplit=1, flags=re.IGNORECASE)
        if len(before) == 2:
            head, tail = before
            found += [head, tail] if head.strip() else tail.split(",", 1)[::-1]
        elif len(after) == 2:
            head, tail = after
            found += [tail, head] if head.strip() else tail.split(",", 1)
        else:
            found.append(part)
    told_stems = [stems for part in found if len(stems := read(part).stems) > 1]
    return told_stems or [read(told).stems]


def _inverted(one: Sequence[str], other: Sequence[str], sources: Sequence[Source]) -> bool:
    """Whether the passage that knows both parts has the second clearly before the first."""
    for source in sources:
        first, second = places(one, source), places(other, source)
        if not first or not second:
            continue
        both = [source.singles[place] for place in first if place in second]
        if any(_TIME.search(single.text) for single in both):
            continue  # where it says `after` itself, the order of words is not that of time
        if both:
            if all(common([*other, *one], it.stems) > common([*one, *other], it.stems) for it in both):
                return True
        elif min(_steps(first, source)) > max(_steps(second, source)):
            return True
    return False


def places(part: Sequence[str], source: Source) -> list[int]:
    """The sentences of a passage that tell a part of a sentence."""
    shares = [share_of(part, single) for single in source.singles]
    best = max(shares, default=0.0)
    return [index for index, share in enumerate(shares) if share >= best - 0.1] if best >= _TOLD else []


def _steps(found: Sequence[int], source: Source) -> Sequence[int]:
    """Of the sentences that tell a part those of a list, where there are any: what else tells it is no step."""
    return [index for index in found if source.singles[index].item] or found
