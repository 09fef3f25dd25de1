"""Pure. An article as units that are read together or not at all, without what only its page needs.

A unit is a section, or of a long one each paragraph with what it announces, each item of a list of prose, each row of a
long table. Steps are never parted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kb.blocks import Block, blocks, items, rows
from kb.furniture import announces_page, asks_to_write, broken_off, is_furniture, is_link_list, leads_on, offers_help

if TYPE_CHECKING:  # kb.evidence stands on this module
    from kb.evidence import Hit

#: A section of no more words is read or left as one.
SECTION = 200
#: So many words an item make a list one of prose, of which each item stands by itself; a table of more words is long.
PROSE, TABLE = 20, 120
#: Sections that are the steps of one thing are one unit where they have no more words together.
TOGETHER = 370
#: A last section of more words says something, whatever its heading.
TAIL = 60
_STEP = re.compile(r"(?:(?:step|schritt|étape|paso|passo|passaggio|stap|etapa) )?\d{1,2}(?:[.):]|\b)", re.IGNORECASE)
_NUMBER = re.compile(r"(\d+)[.)]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A block of an article."""

    block: Block  #: its headings are titles, the outermost first
    places: tuple[int, ...]  #: of the passages that it comes from
    part: bool = False  #: an item of a list, or a row of a table, of which others may be left out

    @property
    def words(self) -> int:
        """How much there is to read."""
        text = self.block.text
        if self.block.kind == "table":  # its lines are not read
            text = re.sub(r"[|:-]+(?=[\s|])", " ", text)
        return len(text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Blocks that are read together or not at all."""

    placed: tuple[Placed, ...]
    idle: bool = False  #: furniture, unless it is what is asked for
    score: float = 0.0
    said: float = 0.0  #: the share of the query's words that it has, those that the whole article has aside

    @property
    def tells(self) -> bool:
        """Whether it tells what to do, as far as its form shows it."""
        return any(each.block.kind in ("steps", "code") for each in self.placed)

    @property
    def words(self) -> int:
        """How much there is to read."""
        return sum(each.words for each in self.placed)

    @property
    def headings(self) -> tuple[str, ...]:
        """Titles above it, the outermost first."""
        return self.placed[0].block.headings

    @property
    def places(self) -> tuple[int, ...]:
        """Of the passages that it comes from, each once."""
        return tuple(dict.fromkeys(place for each in self.placed for place in each.places))


def placed_blocks(hits: Sequence["Hit"]) -> list[Placed]:
    """Return all blocks of an article, given by its passages in order; a list that was cut is one list again."""
    found: list[Placed] = []
    for place, hit in enumerate(hits):
        above = tuple(title for title in hit.passage.section.split(" > ") if title)
        for number, block in enumerate(blocks(hit.passage.text)):
            titles = (*above, *(line.lstrip("#").strip() for line in block.headings))
            block = replace(block, headings=tuple(title for title in titles if title != hit.passage.title))
            if number == 0 and hit.passage.continues and found and found[-1].block.kind == block.kind:
                last = found.pop()
                whole = replace(last.block, text=f"{last.block.text}\n{block.text}")
                found.append(Placed(block=whole, places=(*last.places, place)))
            else:
                found.append(Placed(block=block, places=(place,)))
    return found


def mended(placed: Sequence[Placed]) -> list[Placed]:
    """Leave out what is for nobody, what only opens a page, and sentences that their author broke off."""
    kept: list[Placed] = []
    for number, each in enumerate(placed):
        block = each.block
        opens = number == 0 and len(placed) > 1 and not block.headings
        if is_furniture(block) or (opens and announces_page(block)):
            continue
        if block.kind == "paragraph" and broken_off(block.text):
            whole = re.match(r".*[.!?](?=\s)", block.text, re.S)
            if not whole:
                continue
            block = replace(block, text=whole[0])
        kept.append(replace(each, block=block))
    return kept


def units_of(placed: Sequence[Placed]) -> list[Unit]:
    """Group the blocks of an article as they are read."""
    sections: list[list[Placed]] = []
    for each in placed:
        if sections and sections[-1][-1].block.headings == each.block.headings:
            sections[-1].append(each)
        else:
            sections.append([each])
    found: list[Unit] = []
    end = True  # of the article, seen from behind
    for number in range(len(sections) - 1, -1, -1):
        section = sections[number]
        title = section[0].block.headings[-1] if section[0].block.headings else ""
        tail = end and offers_help(title) and sum(each.words for each in section) <= TAIL
        if leads_on(title, "\n".join(each.block.text for each in section)) or tail:
            found[:0] = [Unit(placed=tuple(section), idle=True)]
            continue
        found[:0] = _units(section, last=end)
        end = False
    return _steps_joined(found)


def _units(section: Sequence[Placed], *, last: bool) -> list[Unit]:
    """A section that is read at once is one unit; of a longer one each part that stands by itself is."""
    behind: list[Unit] = []
    rest = [*section]
    if last and rest and asks_to_write(rest[-1].block):
        behind = [Unit(placed=(rest.pop(),), idle=True)]
    long = sum(each.words for each in rest) > SECTION
    groups: list[list[Placed]] = []
    for each in rest:
        parts = _parts(each, long=long)
        if groups and len(parts) == 1 and _bound(groups[-1][-1], each):
            groups[-1].append(each)
        else:
            groups += [[part] for part in parts]
    found: list[list[Placed]] = []
    idle: list[Unit] = []
    for group in groups:
        if is_link_list([each.block for each in group]):
            idle.append(Unit(placed=tuple(group), idle=True))
        else:
            found.append(group)
    if sum(each.words for each in rest) <= SECTION and not any(group[0].part for group in found):
        found = [[each for group in found for each in group]] if found else []
    return [*(Unit(placed=tuple(group)) for group in _steps_whole(found)), *idle, *behind]


def _bound(last: Placed, each: Placed) -> bool:
    """Tell whether a block is read with the one before it: what is announced, notes, lists under their words."""
    if last.block.text.endswith(":"):
        return True
    kind = each.block.kind
    return not last.part and (
        kind in ("quote", "code", "table") or (kind in ("list", "steps") and last.block.kind == "paragraph")
    )


def _parts(each: Placed, *, long: bool) -> list[Placed]:
    """The rows of a long table, and in a long section the items of a list of prose; else the block as it is."""
    texts: list[str] = []
    if each.block.kind == "table" and each.words > TABLE:
        texts = rows(each.block.text)
    elif long and each.block.kind == "list" and each.words > TABLE:
        texts = items(each.block.text)
        if each.words < PROSE * len(texts):
            texts = []
    return [Placed(block=replace(each.block, text=text), places=each.places, part=True) for text in texts] or [each]


def _steps_whole(groups: Sequence[list[Placed]]) -> list[list[Placed]]:
    """Steps that something stands between are one list all the same: what goes on counting belongs to its beginning."""
    found: list[list[Placed]] = []
    begun: int | None = None
    for group in groups:
        counts = [
            int(number[1])
            for each in group
            if each.block.kind == "steps" and (number := _NUMBER.match(each.block.text))
        ]
        if begun is not None and counts and counts[0] > 1:
            found[begun:] = [[each for part in (*found[begun:], group) for each in part]]
            continue
        found.append(group)
        begun = len(found) - 1 if counts else begun
    return found


def _steps_joined(units: Sequence[Unit]) -> list[Unit]:
    """Sections that are the numbered steps of one thing are one unit, where they are no more than is read."""
    runs: list[list[Unit]] = []
    for unit in units:
        numbered = bool(unit.headings) and bool(_STEP.match(unit.headings[-1])) and not unit.idle
        before = runs[-1][-1] if runs else None
        if (
            numbered
            and before
            and before.headings[:-1] == unit.headings[:-1]
            and _STEP.match("".join(before.headings[-1:]))
        ):
            runs[-1].append(unit)
        else:
            runs.append([unit])
    found: list[Unit] = []
    for run in runs:
        together = Unit(placed=tuple(each for unit in run for each in unit.placed))
        found += [together] if len(run) > 1 and together.words <= TOGETHER else run
    return found
