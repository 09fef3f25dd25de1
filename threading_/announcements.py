"""Pure. Where in a text an older mail is announced, and how: the lines that mail programs write above a quote."""

import re
from dataclasses import dataclass
from enum import StrEnum

from threading_.quote_words import DATE, FORWARDED, GMAIL_DATE, OPENER, ORIGINAL, WROTE, Label, read_label

LONGEST = 500  #: letters of a line that are looked at; announcements are shorter, pathological lines are not
_LOOK_BACK = 4  #: lines that an attribution may be wrapped into
#: Lines that look like part of an announcement and are none. A text with more of them is a log or a table: no further
#: one is looked at so closely (measured: 0.1 to 2 ms each).
_MOST_TRIES = 250
ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]]{1,320}@[^\s<>\"'(),;:\[\]]{1,320}")
QUOTED = re.compile(r"^\s{0,3}[>|](?!\s*$)|^\s{0,3}[>|]\s*$")
_MARKERS = re.compile(r"^(?:\s*[>|])+ ?")
RULE = re.compile(r"^[\s>]*[-_=*#~–—]{3,}[\s>]*$|^[\s>|\u1427\u200e]*$")
INLINE_ATTRIBUTION = re.compile(
    r"(?:\s|^|(?<=\w))-{0,5}\s?On (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*, .{5,200} wrote:\s*$"
)
_RULES = "-–—=* "  #: what programs draw lines of
_ENDS_ATTRIBUTION = re.compile(r"[:：]\s*\**\s*$|wrote\W{0,8}$")


class Kind(StrEnum):
    """How an older mail is announced."""

    ATTRIBUTION = "attribution"  #: On …, X wrote:
    HEADERS = "headers"  #: From: / Sent: / To: / Subject:
    ORIGINAL = "original"  #: -----Original Message-----
    FORWARDED = "forwarded"  #: ---------- Forwarded message


@dataclass(frozen=True, slots=True)
class Mark:
    """Where an older mail is announced: its lines are start … end (exclusive)."""

    kind: Kind
    start: int
    end: int


def first_mark(lines: list[str]) -> Mark | None:
    """The first announcement of the text that does not stand inside a quote; None where there is none."""
    tries = _MOST_TRIES
    for index, line in enumerate(lines):
        if not line or (QUOTED.match(line) and index and QUOTED.match(lines[index - 1])):
            continue  # inside a quote: an older announcement
        bare = _bare(line)
        if FORWARDED.match(bare):
            return Mark(Kind.FORWARDED, index, index + 1)
        if ORIGINAL.match(bare):
            return Mark(Kind.ORIGINAL, _with_rule(lines, index), index + 1)
        opens, closes = read_label(bare) is not None, _may_end_attribution(bare)
        if not (opens or closes) or not tries:
            continue
        tries -= 1
        if opens and (end := _header_block(lines, index)):
            return Mark(Kind.HEADERS, _with_rule(lines, index), end)
        if closes and (start := _attribution(lines, index)) is not None:
            return Mark(Kind.ATTRIBUTION, start, index + 1)
    return None


def _bare(line: str) -> str:
    return _MARKERS.sub("", line[:LONGEST]).strip("\ufeff \t\u00a0")


def _with_rule(lines: list[str], index: int) -> int:
    """The line above, where it is nothing but a rule."""
    above = index - 1
    while above >= 0 and index - above <= 3 and not lines[above].strip():
        above -= 1
    return above if above >= 0 and lines[above].strip() and RULE.match(lines[above][:LONGEST]) else index


def _header_block(lines: list[str], index: int) -> int:
    """The end of a block of From, Sent, To, Subject that starts here; 0 where there is none.

    A form that a customer fills in has such lines too (From: Berlin, To: Paris): a block needs two of them and either
    an address, or the three that only mail programs write together.
    """
    first = read_label(_bare(lines[index]))
    if first is None:
        return 0
    found = {first[0]}
    last = index
    address = bool(ADDRESS.search(first[1])) or "mailto:" in first[1]
    gap = 0
    for here in range(index + 1, min(index + 14, len(lines))):
        bare = _bare(lines[here])
        label = read_label(bare)
        if label is not None:
            found.add(label[0])
            address = address or bool(ADDRESS.search(label[1]))
            last, gap = here, 0
            continue
        if here == last + 1 and bare and ADDRESS.search(bare):  # a wrapped address
            address, last = True, here
            continue
        gap += 1
        if gap > 1:
            break
    mail_like = Label.FROM in found or Label.DATE in found
    if len(found) >= 2 and mail_like and (address or {Label.FROM, Label.DATE, Label.SUBJECT} <= found):
        return last + 1
    return 0


def _may_end_attribution(line: str) -> bool:
    """Whether a closer look at the line is worth its time."""
    if not line:
        return False
    if _ENDS_ATTRIBUTION.search(line) or GMAIL_DATE.match(line):
        return True
    return _drawn(line) and bool(WROTE.search(line))


def _drawn(line: str) -> bool:
    """Whether a rule is drawn before or after what the line says."""
    return line.strip(_RULES) != line and line.count("-") >= 4


def _attribution(lines: list[str], index: int) -> int | None:
    """Where an attribution starts that ends in this line; None where it ends none.

    From its end ("wrote:") up to the line that opens it, at most a few lines: what stands above is the sender's.
    """
    line = _bare(lines[index])
    if GMAIL_DATE.match(line):
        return index
    if "wrote:" in line and INLINE_ATTRIBUTION.search(line) and not OPENER.match(line):
        return index
    verb_alone = _drawn(line) and bool(WROTE.search(line))
    near = " ".join(bare for one in lines[max(0, index - 2 * _LOOK_BACK) : index + 1] if (bare := _bare(one)))
    if "@" not in near and not WROTE.search(near):
        return None
    joined = line
    best: int | None = None
    top = index
    quoted_next = next_is_quoted(lines, index + 1)
    for _ in range(_LOOK_BACK):
        if best is None:
            if WROTE.search(joined):
                named = verb_alone or quoted_next or bool(ADDRESS.search(joined) or DATE.search(joined))
            else:
                named = joined.rstrip("* ").endswith((">:", "):", '":')) and _has_address_and_date(joined)
            best = top if named else None
        if best is not None and OPENER.match(_bare(lines[top])):
            return top
        above = top - 1
        # An attribution is one paragraph; but some programs put its link or its verb on a line apart.
        if above >= 0 and not lines[above].strip() and re.match(r"[<>]|wrote\b", _bare(lines[top])):
            above -= 1
        if above < 0 or not lines[above].strip() or len(lines[above]) > 200:
            break
        bare = _bare(lines[above])
        if best is not None and not OPENER.match(bare) and re.search(r"[.!?:]$", bare):
            break
        joined = f"{bare} {joined}"
        top = above
    return best


def _has_address_and_date(text: str) -> bool:
    return bool(ADDRESS.search(text)) and bool(DATE.search(text))


def next_is_quoted(lines: list[str], index: int) -> bool:
    """Whether the next line that is not blank is marked as quoted."""
    while index < len(lines) and not lines[index].strip():
        index += 1
    return index < len(lines) and bool(QUOTED.match(lines[index]))
