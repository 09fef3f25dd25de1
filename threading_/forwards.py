"""Pure. Mails that were passed on inside another: whether, from whom, about what."""

import re
import textwrap

from threading_.announcements import ADDRESS, LONGEST, RULE, Kind, Mark, next_is_quoted
from threading_.message import Forwarded
from threading_.quote_words import Label, read_label
from threading_.subject import base_subject

_LONGEST_BLOCK = 2_000  #: letters of a line that holds a whole header block
_LONGEST_SENDER = 4  #: lines that a From may be wrapped into


def passes_on(lines: list[str], mark: Mark, forwarding: bool) -> bool:
    """Whether the mail passes the announced one on, rather than answers it."""
    if mark.kind is Kind.FORWARDED:
        return True
    alone = not any(line.strip() for line in lines[: mark.start])
    if mark.kind is Kind.ATTRIBUTION:
        # Outlook announces both alike; its forward has the old text unmarked.
        return forwarding and not next_is_quoted(lines, mark.end)
    return forwarding or alone


def read_forward(lines: list[str], mark: Mark, outer_subject: str) -> Forwarded:
    """Sender, subject and text of the mail that was passed on."""
    inner = [_unquoted(line) for line in lines[mark.start :]]
    announcement = " ".join(line[:_LONGEST_BLOCK].strip() for line in inner[: mark.end - mark.start])
    sender = subject = ""
    end = mark.end - mark.start
    if mark.kind is Kind.ATTRIBUTION:
        sender, subject = announcement, base_subject(outer_subject)
    else:
        start = 0 if mark.kind is Kind.HEADERS else end
        sender, subject, end = _fields(inner, start)
        if not sender and mark.kind is Kind.FORWARDED:  # Yahoo writes the whole block into one line
            one_line = re.split(r"-{3,}", announcement)[-1]
            parts = re.split(r"(?<=>)(?=\S)|(?=\bSubject:)", one_line, maxsplit=3)
            label = read_label(parts[0].strip()) if parts else None
            sender = label[1] if label and label[0] is Label.FROM else one_line
            found = re.search(
                r"(?:Subject|Betreff|Objet|Asunto|Oggetto|Assunto|Onderwerp|Emne|Ämne|Aihe|Temat|Předmět|Predmet|Tárgy|Subiect|Тема|Konu) ?: ?(.*)$",
                one_line,
            )
            subject = found[1].strip() if found else ""
            end = 1
    address = ADDRESS.search(sender.replace("mailto:", ""))
    return Forwarded(
        sender=address[0].strip(".") if address else sender.strip("\"'<> *"),
        subject=subject,
        text=textwrap.dedent("\n".join(inner[end:])).strip("\n"),
    )


def _fields(inner: list[str], start: int) -> tuple[str, str, int]:
    """(From, Subject, the line after the block) of a header block that starts near a line."""
    sender = subject = ""
    index = start
    while index < len(inner) and (not inner[index].strip() or RULE.match(inner[index][:LONGEST])):
        index += 1
    last_label: Label | None = None
    wrapped = 0
    while index < len(inner):
        line = inner[index][:LONGEST].strip()
        label = read_label(line)
        if label is not None:
            last_label = label[0]
            if last_label is Label.FROM and not sender:
                sender = label[1]
            elif last_label is Label.SUBJECT and not subject:
                subject = label[1]
        elif not line:
            following = next((one for one in inner[index + 1 : index + 3] if one.strip()), "")
            if read_label(following.strip()) is None:
                break
        elif last_label is Label.FROM and wrapped < _LONGEST_SENDER and not ADDRESS.search(sender):
            sender, wrapped = f"{sender} {line}", wrapped + 1
        elif (
            last_label is Label.SUBJECT and index + 1 < len(inner) and read_label(inner[index + 1].strip()) is not None
        ):
            subject = f"{subject} {line}"
        else:  # some programs write no blank line between the block and the text
            break
        index += 1
    return sender, subject, index


def _unquoted(line: str) -> str:
    return re.sub(r"^\s{0,3}> ?", "", line)
