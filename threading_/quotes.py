"""Pure. What is new in a mail: without quoted mails, without the signature; what was passed on is told apart.

The order of trust (peers.md C): the structure of the HTML, then the words of our own last mails, then the words by which
mail programs announce an older mail. One line at a time and with bounded look-back, so that time is linear. What is
cut is kept; where nothing would remain, nothing is cut.
"""

import re
from collections.abc import Sequence

from mailparser_reply.constants import MAIL_LANGUAGES

from threading_.announcements import INLINE_ATTRIBUTION, LONGEST, QUOTED, RULE, Kind, Mark, first_mark, next_is_quoted
from threading_.forwards import passes_on, read_forward
from threading_.html import html_text
from threading_.message import Message, NewText
from threading_.quote_words import SENT_FROM
from threading_.subject import is_forward

_SIGNATURE = re.compile(r"^(?:--|__|–|——)\s*$|^_{10,}\s*$")
# The announcement that mail-parser-reply knows for each language: words its table adds to those of quote_words.
_SENT_FROM_OF_LIBRARY = re.compile(
    "^(?:"
    + "|".join(words["sent_from"] for words in MAIL_LANGUAGES.values() if words.get("sent_from"))
    + r")(?: \S+){0,4}$",
    re.IGNORECASE,
)


def new_text(message: Message, ours: Sequence[str] = ()) -> NewText:
    """What the sender wrote in this mail.

    `ours` are texts of our mails on the case, newest first: where one stands in the mail, it is a quote, in whatever
    language the mail program announces it. Answers between quoted lines keep those lines. `text` is never empty where
    the mail's text is not: a mail that only passes another on has that one's text.
    """
    text = message.text
    if message.html:
        marked = html_text(message.html, mark_quotes=True)
        if any(QUOTED.match(line) for line in marked.split("\n")):
            text = marked
    lines = [line.rstrip() for line in text.split("\n")]
    forwarding = is_forward(message.subject)
    mark = first_mark(lines)
    forwarded = read_forward(lines, mark, message.subject) if mark and passes_on(lines, mark, forwarding) else None
    if forwarded is not None and mark is not None:
        new, quoted = lines[: mark.start], lines[mark.start :]
    else:
        new, quoted = _without_quotes(lines, mark)
        cut = _start_of_ours(new, ours)
        if cut is not None:
            new, quoted = new[:cut], [*new[cut:], *quoted]
    new, signature = without_signature(_trimmed(new))
    result = "\n".join(new).strip("\n")
    if not result.strip(" \t\n>|"):
        result = forwarded.text if forwarded is not None and forwarded.text.strip() else text.strip("\n")
        if forwarded is None:
            return NewText(text=result)
    return NewText(
        text=result,
        quoted="\n".join(quoted).strip("\n"),
        signature="\n".join(signature).strip("\n"),
        forwarded=forwarded,
    )


def _without_quotes(lines: list[str], mark: Mark | None) -> tuple[list[str], list[str]]:
    """(what is new, what is quoted)."""
    if mark is None:
        return _without_trailing_quote(lines)
    above = lines[: mark.start]
    if mark.kind is Kind.ATTRIBUTION and (inline := INLINE_ATTRIBUTION.search(lines[mark.start][:LONGEST])):
        above = [*above, lines[mark.start][: inline.start()].rstrip(" -")]
    if not next_is_quoted(lines, mark.end):
        if not any(line.strip() for line in above):  # the announcement stands first: what follows may be all there is
            return _without_trailing_quote(lines[mark.end :])
        return above, lines[mark.start :]
    end = _end_of_quote(lines, mark.end)
    below = lines[end:]
    if not any(line.strip() for line in without_signature(below)[0]):
        return above, lines[mark.start :]
    if any(QUOTED.match(line) for line in below):
        # Answers between the quoted lines: without these nobody understands them.
        kept, cut = _without_trailing_quote([*above, *lines[mark.end :]])
        return kept, [*lines[mark.start : mark.end], *cut]
    return [*above, *below], lines[mark.start : end]


def _end_of_quote(lines: list[str], index: int) -> int:
    """The line after a block of quoted lines; a single unmarked line amid them is a wrapped one."""
    end = index
    while index < len(lines):
        line = lines[index]
        if QUOTED.match(line):
            end = index + 1
        elif line.strip():
            wrapped = (
                index and lines[index - 1].strip() and index + 1 < len(lines) and bool(QUOTED.match(lines[index + 1]))
            )
            if not wrapped:
                break
        index += 1
    return end


def _without_trailing_quote(lines: list[str]) -> tuple[list[str], list[str]]:
    """A quote that ends the mail was not answered line by line: it is cut, where something else is left."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or QUOTED.match(lines[end - 1])):
        end -= 1
    if any(QUOTED.match(line) for line in lines[end:]) and any(line.strip() for line in lines[:end]):
        return lines[:end], lines[end:]
    return lines, []


def _start_of_ours(lines: list[str], ours: Sequence[str]) -> int | None:
    """The line where one of our own mails stands in the text without any mark; None where none does."""
    words: list[str] = []
    places: list[int] = []
    for number, line in enumerate(lines):
        for word in re.findall(r"\w+", line.lower()):
            words.append(word)
            places.append(number)
    if not words:
        return None
    joined = f" {' '.join(words)} "
    for text in ours:
        known = re.findall(r"\w+", text.lower())[:12]
        if len(known) < 8:  # a short text of ours may be anybody's words
            continue
        at = joined.find(f" {' '.join(known)} ")
        if at > 0:
            return places[joined.count(" ", 0, at + 1) - 1]
    return None


def _trimmed(lines: list[str]) -> list[str]:
    """Without blank lines and rules at the end."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or RULE.match(lines[end - 1][:LONGEST])):
        end -= 1
    return lines[:end]


def without_signature(lines: list[str]) -> tuple[list[str], list[str]]:
    """(text, signature): from the separator (RFC 3676 §4.3) or the line of the device to the end."""
    for index, line in enumerate(lines):
        short = line[:LONGEST]
        if not index or not line:
            continue
        if _SIGNATURE.match(short) or _is_device_line(short):
            return _trimmed(lines[:index]), lines[index:]
    return lines, []


def _is_device_line(line: str) -> bool:
    if len(line) > 120:
        return False
    return bool(SENT_FROM.match(line)) or bool(_SENT_FROM_OF_LIBRARY.match(line.strip()))
