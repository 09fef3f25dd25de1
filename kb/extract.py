"""Pure. The part of an article that answers: whole steps and lists, in a length that a customer reads.

An article is read as units: a section, or of a long one each paragraph with what it announces, each item of a list of
prose, each row of a long table; steps are never parted. A unit is worth the score of its passage (what the search knows),
the share of the query's words that this article says there rather than elsewhere, and something for telling what to do:
the section whose words are nearest to a mail is often the one that retells the problem. The best unit is sent, and of the
others, wherever they stand, those that are as near to it as the length so far allows. Order and headings are the article's.

Measured with tests/bench/passages.py on two sets whose right article came first. Of 65 Arduino mails 60 can be answered from
one article: in how many all facts are told, with the words of an answer (median, 90th percentile). And of 2,864 texts to the
help centres of `kb/reading`, each topic one article of four sections: how often the section that answers is told whole.

- 53 of 60 with 231, 298 words; 0.907 with 270, 301: an article up to 350 words, else neighbouring passages up to 300
- 56 with 223, 328: an article up to 350 words, else the best sections wherever they stand, up to 300
- 50 with 158, 300: the best sections always, up to 300 words, none farther from the best than the others
- 60 with 198, 313; 0.887 with 159, 310: nearer the longer it is, long tables by the row, steps before all else
- 54 with 188, 315; 0.915 with 152, 291 (of 1,000): the same, and steps worth no more than other words
- 60 with 203, 327; 0.911 with 160, 312: steps join more easily than they lead; what is here. Around it, 59 or 60
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kb.articles import Passage, plain
from kb.units import Placed, Unit, mended, placed_blocks, units_of
from kb.words import words

if TYPE_CHECKING:  # kb.evidence stands on this module
    from kb.evidence import Hit

#: An article of no more words is the answer as it stands.
SHORT = 120
#: What a unit's share of the query's words adds to its passage's score, and that it tells what to do; the latter counts
#: more where a unit joins the best one than where the best is looked for.
SAID, TELLS, JOINS = 0.15, 0.02, 0.15
#: How much less than the best a unit may score: `FAR` up to `FEW` words in all, nothing at `MOST`, in between in proportion.
FAR, FEW, MOST = 0.3, 20, 370
#: Of that, what is left for an item or a row: its neighbours lent it the score of their passage.
PART = 0.5
#: What saves less than a quarter of an article that is read in one go is no gain: it is then sent whole.
NEARLY, READ = 0.75, 250
#: Words up to which a unit's length costs none of its share of words.
USUAL = 60
_ANNOUNCING = re.compile(r"(?:(?<=[.!?])\s+|\A)[^.!?\n]*:\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """What an article says to a question."""

    text: str  #: Markdown, in the article's own words and order
    cited: tuple[Passage, ...]  #: the passages that it comes from, the best first
    whole: bool  #: nothing is left out that its author wrote for the reader


def extract(query: str, hits: Sequence["Hit"]) -> Extract:
    """Take what answers a query from one article, given by its passages in order, at least one."""
    placed = mended(placed_blocks(hits))
    units = _scored(query, units_of(placed), hits)
    if not units:  # nothing but furniture
        top = max(hits, key=lambda hit: hit.score)
        return Extract(text=top.passage.text, cited=(top.passage,), whole=len(hits) == 1)
    best = max(units, key=lambda unit: unit.score)
    asked = best.said >= max(unit.said for unit in units)  # furniture too may be it: how to reach the team
    units = [unit for unit in units if not unit.idle or (unit is best and asked)] or units
    chosen = _chosen(units)
    cited = sorted({place for unit in chosen for place in unit.places}, key=lambda place: (-hits[place].score, place))
    return Extract(
        text=_text(chosen, placed),
        cited=tuple(hits[place].passage for place in cited),
        whole=len(chosen) == len(units),
    )


def _scored(query: str, units: Sequence[Unit], hits: Sequence["Hit"]) -> list[Unit]:
    """Give each unit what it is worth. A word tells the more, the fewer units of this article have it."""
    asked = set(words(query))
    said = [words(" ".join((*unit.headings[-1:], *(plain(each.block.text) for each in unit.placed)))) for unit in units]
    having = {word: sum(word in set(each) for each in said) for word in asked}
    weight = {word: math.log((len(units) + 1) / (count + 0.5)) for word, count in having.items() if count}
    total = sum(weight.values()) or 1.0
    found: list[Unit] = []
    for unit, each in zip(units, said, strict=True):
        share = sum(weight[word] for word in weight.keys() & set(each)) / total
        length = 1 + 0.75 * max(0.0, len(each) / USUAL - 1)
        nearest = max(hits[place].score for place in unit.places)
        score = nearest + SAID * share / math.sqrt(length) + (TELLS if unit.tells else 0.0)
        found.append(replace(unit, score=score, said=share))
    return found


def _chosen(units: Sequence[Unit]) -> Sequence[Unit]:
    whole = sum(unit.words for unit in units)
    if whole <= SHORT:
        return units
    best = max(range(len(units)), key=lambda k: (units[k].score, -k))
    worth = [unit.score + (JOINS if unit.tells else 0.0) for unit in units]
    kept, total = {best}, units[best].words
    for k in sorted({*range(len(units))} - kept, key=lambda k: (-worth[k], k)):
        after = total + units[k].words
        near = FAR * min(1.0, (MOST - after) / (MOST - FEW))
        if units[k].placed[0].part:
            near = near * PART if units[k].said else 0.0
        if worth[k] >= units[best].score - near and after <= MOST:
            kept.add(k)
            total = after
    if total >= NEARLY * whole and whole <= READ:
        return units
    return [units[k] for k in sorted(kept)]


def _text(chosen: Sequence[Unit], article: Sequence[Placed]) -> str:
    """Join what was chosen, each heading once and above something; what announces something only with it."""
    told = [each for unit in chosen for each in unit.placed]
    parts: list[str] = []
    above: tuple[str, ...] = ()
    last: Placed | None = None
    for number, each in enumerate(told):
        block = each.block
        if block.text.endswith(":") and block.kind == "paragraph" and not _announced(each, told[number + 1 :], article):
            block = replace(block, text=_ANNOUNCING.sub("", block.text).rstrip())
            if not block.text:
                continue
        if block.headings != above:
            new = [title for k, title in enumerate(block.headings) if block.headings[: k + 1] != above[: k + 1]]
            parts += [f"### {title}" for k, title in enumerate(new[-2:]) if title not in new[-2:][:k]]
            above = block.headings
        if (
            each.part
            and last is not None
            and last.part
            and (last.block.kind, last.block.headings) == (block.kind, above)
        ):
            parts[-1] += "\n" + ("\n".join(block.text.split("\n")[2:]) if block.kind == "table" else block.text)
        else:
            parts.append(block.text)
        last = each
    return "\n\n".join(parts) or "\n\n".join(each.block.text for each in told)


def _announced(each: Placed, told: Sequence[Placed], article: Sequence[Placed]) -> bool:
    """Tell whether what a block announces is told: what comes next in the article, or any part of it."""
    place = next((k for k, other in enumerate(article) if other is each), None)
    if place is None or place + 1 == len(article) or not told:
        return False
    wanted = article[place + 1].block
    follows = told[0].block
    return follows.headings == wanted.headings and (
        follows.text in wanted.text or wanted.text in follows.text or told[0].part
    )
