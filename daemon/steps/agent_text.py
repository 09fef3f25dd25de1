"""Pure. What an agent wrote in a mail, apart from what it quotes: the words that a customer may read, or none.

Mails to the team begin with `LINE`, and quoting keeps it: what stands above it is the agent's. Below it stand words of
ours, known by heart: whatever there is no quote and none of them is the agent's too, an answer between the lines. Where
the two cannot be told apart for sure, nothing is taken and the agent is told: a customer reads nothing of the block, of
drafts, of notes, and no address of the team's.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from threading_.announcements import INLINE_ATTRIBUTION, LONGEST, QUOTED, RULE, Kind, Mark, first_mark
from threading_.html import html_text
from threading_.message import Message
from threading_.quote_words import WROTE, read_label
from threading_.quotes import without_signature

#: The first line of every mail to the team. Short enough that quoting does not wrap it.
LINE = "##- Write above this line; the customer sees nothing below it -##"
_LINE = re.compile(r"#{1,2}\s?-?\s?write above this line", re.IGNORECASE)
_MARKERS = re.compile(r"^(?:\s{0,3}[>|])+ ?")
_LINKED = re.compile(r"\s?<(?:mailto:|https?:)[^<>]*>", re.IGNORECASE)
_LABELLED = re.compile(
    r"^(Case|Agent|Due|Customer|Why|Topic|Priority|With|Tried|Next step|Answer)\s{1,12}\S", re.IGNORECASE
)
_OF_OURS = re.compile(r"^={4} .* ====\s*$|^X-Firstline-", re.IGNORECASE)
#: How a mail is headed in the conversation of a hand-over (daemon/steps/human.py).
_HEADING = re.compile(r"^\s{0,4}[A-Z][a-z]{2} \d\d [A-Z][a-z]{2} \d\d:\d\d\s+\S.*:\s*$")
_ADDRESS_SIGNS = 4  #: words that may stand beside an address in a line of a signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What may stand quoted in an agent's mail."""

    team: tuple[str, ...] = ()  #: texts of our mails to the team on this case
    customer: tuple[str, ...] = ()  #: what the customer wrote on it
    others: tuple[str, ...] = ()  #: what else the customer has seen, and the agent's own mails
    notes: tuple[str, ...] = ()  #: what no customer may see: mails of other agents to the team, of strangers


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What the agent wrote: commands and words for the customer still together."""

    text: str = ""
    problem: str = (
        ""  #: why it cannot be told apart from what is quoted; then `text` is only what is surely the agent's
    )
    remarks: tuple[str, ...] = ()  #: what was left out or changed, for the agent


class _Of(Enum):
    """Whose a line below is."""

    NOBODY = auto()
    OURS = auto()
    THEIRS = auto()


def written(message: Message, known: Known) -> Written:
    """What is the agent's in this mail. Quotes, announcements and the signature are left out.

    The HTML is read where there is one, since it says what is quoted; the plain text where the HTML leaves a doubt.
    """
    if not message.html.strip():
        return _written(message.text, known)
    found = _written(html_text(message.html, mark_quotes=True, references=True), known)
    plain = _written(message.text, known) if found.problem and message.text.strip() else found
    return found if plain.problem else plain


def _written(source: str, known: Known) -> Written:
    lines = [line.rstrip() for line in source.split("\n")]
    start, mark = _start_of_quote(lines)
    head, tail = lines[:start], lines[start:]
    if mark is not None and mark.kind is Kind.ATTRIBUTION and mark.start == start:
        inline = INLINE_ATTRIBUTION.search(lines[start][:LONGEST])
        head += [lines[start][: inline.start()].rstrip(" -")] if inline else []
    above = _own(head)
    found = _below(tail, (mark.end - start) if mark else 0, above, known)
    if found.problem:
        return found
    return _without_block(found, known)


def for_customer(text: str, private: Iterable[str], support: str) -> tuple[str, tuple[str, ...]]:
    """The words without any address of the team's, and what was changed for it.

    A line of a signature that holds one goes; in a sentence the support address takes its place.
    """
    names = sorted({address for address in private if address}, key=len, reverse=True)
    if not names:
        return text, ()
    pattern = re.compile("|".join(rf"(?<![\w.+-])(?:mailto:)?{re.escape(name)}" for name in names), re.IGNORECASE)
    kept: list[str] = []
    left, put = False, False
    for line in text.split("\n"):
        if not pattern.search(line):
            kept.append(line)
        elif len(_words(pattern.sub(" ", line))) <= _ADDRESS_SIGNS:
            left = True
        else:
            kept.append(pattern.sub(support, line))
            put = True
    remarks = ["a line with an address of the team was left out"] if left else []
    remarks += [f"an address of the team was replaced by {support}"] if put else []
    return "\n".join(kept).strip("\n"), tuple(remarks)


def _start_of_quote(lines: list[str]) -> tuple[int, Mark | None]:
    """Where the agent's own words end at the latest, and how the older mail is announced there."""
    mark = first_mark(lines)
    places = [mark.start] if mark else []
    places += [index for index, line in enumerate(lines) if _LINE.search(line[:LONGEST])][:1]
    places += [index for index, line in enumerate(lines) if QUOTED.match(line)][:1]
    start = min(places, default=len(lines))
    while start and (not lines[start - 1].strip() or RULE.match(lines[start - 1][:LONGEST])):
        start -= 1
    return start, mark


def _own(lines: Sequence[str]) -> str:
    """The words, without blank lines and rules around them and without the signature."""
    kept = list(lines)
    while kept and (not kept[-1].strip() or RULE.match(kept[-1][:LONGEST])):
        kept.pop()
    while kept and (not kept[0].strip() or RULE.match(kept[0][:LONGEST])):
        kept.pop(0)
    return "\n".join(without_signature(["", *kept])[0]).strip("\n")  # a signature may be all there is


def _below(tail: list[str], announced: int, above: str, known: Known) -> Written:
    """The agent's words with those that stand between and below the quoted lines."""
    heart = _joined((*known.team, *known.customer, *known.others, *known.notes))
    whose = [_whose(line, index < announced, heart, tail[:index]) for index, line in enumerate(tail)]
    if _Of.OURS not in whose:
        # Nothing of ours is recognised: only the very words above are surely the agent's.
        unknown = any(one is _Of.THEIRS for one in whose)
        return Written(text=above, problem="" if above or not unknown else _CANNOT)
    last = max(index for index, one in enumerate(whose) if one is _Of.OURS)
    inner = [index for index, one in enumerate(whose[:last]) if one is _Of.THEIRS]
    footer = _own([line for line, one in zip(tail[last + 1 :], whose[last + 1 :], strict=True) if one is not _Of.OURS])
    marked = any(QUOTED.match(line) for line in tail)
    if not inner:
        if above or not footer:
            return Written(text=above, remarks=("what stands below the quoted mail was left out",) if footer else ())
        if any(QUOTED.match(line) and _words(_bare(line)) for line in tail[last + 1 :]):
            return Written(text=above, problem=_CANNOT)
        return Written(text=footer)
    if not marked or any(QUOTED.match(tail[index]) for index in inner):
        return Written(text=above, problem=_CANNOT)
    theirs = _joined(known.customer)
    between: list[str] = []
    quote: list[str] = []
    for line, one in zip(tail[: last + 1], whose[: last + 1], strict=True):
        if one is _Of.OURS:
            bare = _bare(line)
            words = _words(bare)
            if QUOTED.match(line) and words and f" {' '.join(words)} " in theirs:
                quote.append(f"> {bare.strip()}")
            elif words:
                quote = []
        elif one is _Of.THEIRS:
            between += [*(["", *quote, ""] if quote else []), line]
            quote = []
        else:
            between.append("")
    answer = "\n".join([above, "", *between, "", *footer.split("\n")])
    return Written(text=re.sub(r"\n{3,}", "\n\n", _own(answer.split("\n"))))


_CANNOT = (
    "there are words between the lines of the quoted mail that cannot be told apart from it for sure: write everything"
    " for the customer above the first line of it"
)


def _whose(line: str, announced: bool, heart: str, before: Sequence[str]) -> _Of:
    bare = _bare(line)
    words = _words(bare)
    if not words:
        return _Of.NOBODY
    if announced or _LINE.search(line[:LONGEST]) or read_label(bare.strip()[:LONGEST]) is not None:
        return _Of.OURS
    if WROTE.search(bare[:LONGEST]) and re.search(r"[:：]\s*$", bare):
        return _Of.OURS
    if f" {' '.join(words)} " not in heart:
        return _Of.THEIRS
    if QUOTED.match(line) or len(words) >= 6:
        return _Of.OURS
    # A short line without a mark, such as "Yes": ours only where it goes on with the line before, which was wrapped.
    previous = next((_words(_bare(one)) for one in reversed(before) if one.strip()), [])
    wrapped = bool(before) and bool(before[-1].strip()) and f" {' '.join([*previous[-3:], *words])} " in heart
    marked = any(QUOTED.match(one) for one in before)
    return _Of.OURS if wrapped or not marked else _Of.THEIRS


def _without_block(found: Written, known: Known) -> Written:
    """Nothing of the block and no note, even where the agent's mail program left no sign of a quote."""
    block = _joined(line for text in known.team for line in _block_lines(text))
    notes, theirs = _joined(known.notes), _joined(known.customer)
    for line in found.text.split("\n"):
        words = _words(line)
        said = f" {' '.join(words)} "
        ours = len(words) >= (3 if _LABELLED.match(line) else 4) and said in block and said not in theirs
        noted = len(words) >= 3 and said in notes
        if ours or noted or _OF_OURS.match(line) or _HEADING.match(line) or _LINE.search(line[:LONGEST]):
            return replace(found, text="", problem=f"a line of it is ours, not for customers: {line.strip()[:80]}")
    return found


def _block_lines(text: str) -> list[str]:
    """The lines of the block that tell of the case rather than of its articles, each with those that go on with it."""
    lines: list[str] = []
    inside = False
    for line in text.split("\n"):
        if _LABELLED.match(line):
            inside = True
            lines.append(line)
        elif inside and line.startswith(" " * 12):
            lines[-1] += f" {line}"
        else:
            inside = False
    return lines


def _bare(line: str) -> str:
    return _LINKED.sub("", _MARKERS.sub("", line))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", _LINKED.sub("", text).lower())


def _joined(texts: Iterable[str]) -> str:
    """All the words in their order, for `in`; between two texts stands what no text holds."""
    return " | ".join(["", *(f" {' '.join(_words(text))} " for text in texts), ""])
