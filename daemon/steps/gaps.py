"""Pure. What many customers asked and no article answers, and the problems that came back, from groups of like mails."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from daemon.steps.anonymous import anonymous
from daemon.steps.digest import Theme
from daemon.steps.sentences import questions_of, sentences, without_courtesies
from threading_.subject import base_subject

_TOLD = 160  #: characters of a mail that stand for its group
_QUOTED = re.compile(r"[\"“„«`]([^\"”“»`\n]{6,80})[\"”“»`]")  # as people quote what the screen says
_ERROR_LINE = re.compile(
    r"^[^\S\n]*([^\n]{0,60}\b(?:error|exception|failed|fatal|timeout|errno|fehler|erreur)\b[^\n]{0,60})$",
    re.IGNORECASE | re.MULTILINE,
)
_VERSION = re.compile(r"(?<![\w.])[vV]?\d{1,3}(?:\.\d{1,4}){1,3}(?:-(?:rc|beta|alpha)\.?\d*)?(?![\w.]*@)(?!\.?\w)")
_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A mail that was not answered from the articles, or that reports a problem."""

    case: str  #: reference
    customer: str  #: who asks, to be counted once; never shown
    name: str  #: what they are called, to be taken out of the text
    subject: str
    text: str
    topic: str = ""
    product: str = ""
    nearest: str = ""  #: title of the article that lay nearest


def essence(asked: Asked, *, problem: bool = False) -> str:
    """What of a mail is compared: its subject and its questions, or its first sentences where it asks none. A problem is
    told in sentences: `What can I do?` says nothing of it."""
    text = without_courtesies(asked.text)
    said = sentences(text)[:3] if problem else questions_of(text) or sentences(text)[:3]
    return "\n".join((base_subject(asked.subject), *said)).strip()


def gaps(mails: Sequence[Asked], groups: Iterable[Sequence[int]], *, least: int = 2) -> tuple[Theme, ...]:
    """A theme for each group of at least so many customers, the largest first. The first of a group is its middle."""
    found = [_theme([mails[number] for number in group]) for group in groups]
    return tuple(sorted((theme for theme in found if theme.count >= least), key=lambda theme: -theme.count))


def problems(mails: Sequence[Asked], groups: Iterable[Sequence[int]], *, least: int = 2) -> tuple[Theme, ...]:
    """The same for engineering: with the products, versions and error texts that the mails of a group name."""
    found: list[Theme] = []
    for group in groups:
        members = [mails[number] for number in group]
        theme = _theme(members, problem=True)
        if theme.count < least:
            continue
        details = [
            _counted("product", Counter(mail.product or mail.topic for mail in members if mail.product or mail.topic)),
            _counted("version", Counter(one for mail in members for one in versions(mail.text))),
            _counted("error", Counter(one for mail in members for one in errors(mail.text, mail.name))),
        ]
        told = "; ".join((theme.told, *(detail for detail in details if detail)))
        found.append(Theme(count=theme.count, told=told, nearest=theme.nearest, cases=theme.cases))
    return tuple(sorted(found, key=lambda theme: -theme.count))


def versions(text: str) -> tuple[str, ...]:
    """The version numbers that a mail names, each once."""
    return tuple(dict.fromkeys(found.lstrip("vV") for found in _VERSION.findall(text)))[:5]


def errors(text: str, name: str = "") -> tuple[str, ...]:
    """The error texts that a mail quotes, without personal data, each once; numbers in them as #."""
    read = text[:8000]
    lines = [line for line in _ERROR_LINE.findall(read) if not _QUOTED.search(line)]
    found = (*_QUOTED.findall(read), *lines)
    return tuple(
        dict.fromkeys(_NUMBERS.sub("#", " ".join(anonymous(one, [name]).split())) for one in found if one.strip())
    )[:3]


def _theme(members: Sequence[Asked], *, problem: bool = False) -> Theme:
    near = Counter(mail.nearest for mail in members if mail.nearest)
    return Theme(
        count=len({mail.customer for mail in members}),
        told=_told(members[0], problem=problem),
        nearest=near.most_common(1)[0][0] if near else "",
        cases=tuple(dict.fromkeys(mail.case for mail in members)),
    )


def _told(mail: Asked, *, problem: bool) -> str:
    """The mail in one line: its first question (of a problem its first sentence), else its subject."""
    text = without_courtesies(mail.text)
    asked = sentences(text) if problem else questions_of(text) or sentences(text)
    said = next(iter(asked), "") or base_subject(mail.subject)
    line = " ".join(anonymous(said, [mail.name]).split())
    return line if len(line) <= _TOLD else line[: _TOLD - 2].rstrip() + " …"


def _counted(what: str, counts: Counter[str]) -> str:
    named = [f"{name} ×{count}" if count > 1 else name for name, count in counts.most_common(3)]
    return f"{what} {', '.join(named)}" if named else ""
