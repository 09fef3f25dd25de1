"""Pure. What a customer is asked where a mail leaves open what it is about: two to four questions, and no more than it takes.

They are made from what tells the candidate articles apart: their titles, the products and systems that they name, and
what the best of them `needs:`. Nothing is asked that the mail says already; general questions only make up for two.
"""

import re
from collections.abc import Iterator, Sequence

from daemon.steps.languages import QUESTIONS, SEEN
from daemon.steps.verdicts import TurnView
from kb.articles import Passage

_SHOWN = 3  # titles or names in one question: more is a menu
_MOST = 4
_QUOTES = re.compile("[“”]")
_NAME = re.compile(r"\b[A-Z][\w+]*[A-Z0-9][\w+]*(?: [A-Z0-9][\w+]*)*|\b[A-Z][\w+]*(?: [A-Z0-9][\w+]*)*")
_SYSTEMS = ("Windows", "macOS", "Linux", "ChromeOS", "Android", "iOS")
_SYSTEM = re.compile(
    r"\b(?:windows|win ?\d+|mac ?os|os ?x|mac(?:book)?s?|linux|ubuntu|debian|fedora|chrome ?os|chromebooks?|android|ios"
    r"|iphones?|ipads?)\b",
    re.IGNORECASE,
)


def clarifying_questions(view: TurnView) -> tuple[str, ...]:
    """Two to four questions in the customer's language, or none where there is no evidence."""
    evidence = view.evidence
    if evidence is None:
        return ()
    ask = QUESTIONS.get(view.triage.language, QUESTIONS["en"])
    said = view.triage.query

    def either(values: Sequence[str]) -> str:
        *first, last = values
        return f"{', '.join(first)} {ask.either} {last}"

    asked: list[str] = []
    titles = list(dict.fromkeys(passage.title for passage in evidence.candidates))[:_SHOWN]
    if len(titles) > 1:
        shown = [f"({number}) “{_QUOTES.sub(chr(39), title)}”" for number, title in enumerate(titles, start=1)]
        asked.append(ask.closest.format(titles=either(shown)))  # daemon/steps/choice.py reads which one is chosen
    asked += [need if need.endswith("?") else ask.need.format(need=need) for need in evidence.missing]
    names = _names(evidence.candidates, said)
    if len(names) > 1:
        asked.append(ask.which.format(names=either(names)))
    systems = _systems(evidence.candidates)
    if len(systems) > 1 and not _SYSTEM.search(said):
        asked.append(ask.system.format(names=either(systems)))
    asked = asked[:_MOST]
    general = (
        (ask.seen, _words(said).isdisjoint(SEEN)),
        (ask.product, not re.search(r"\d", said) and len(names) < 2),
        (ask.before, True),
    )
    asked += [question for question, open_ in general if open_][: max(0, 2 - len(asked))]
    return tuple(asked)


def _names(candidates: Sequence[Passage], said: str) -> list[str]:
    """A product or the like from each title that names one of its own, where the mail names none of them."""
    names: list[str] = []
    for passage in candidates:
        others = " ".join(other.title.lower() for other in candidates if other.article != passage.article)
        own = [name for name in _named(passage.title) if name.lower() not in others]
        if any(_words(name) & _words(said) for name in own):
            return []
        names += own[:1]
    return list(dict.fromkeys(names))[:_SHOWN]


def _named(title: str) -> Iterator[str]:
    """Names inside a title. In a title that writes every word large, nothing tells a name."""
    words = title.split()
    if len(words) > 2 and sum(word[:1].isupper() for word in words) > 0.8 * len(words):
        return
    for match in _NAME.finditer(title):
        before, after = title[: match.start()].rstrip(), title[match.end() :].lstrip()
        if before and not before.endswith((*".:?!>“‘'", '"')) and not after.startswith(">"):
            yield match[0]


def _systems(candidates: Sequence[Passage]) -> list[str]:
    """Systems that the candidates' titles and headings name: what helps depends on the customer's."""
    told = " ".join(f"{passage.title} {passage.section} {_headings(passage.text)}" for passage in candidates).lower()
    return [system for system in _SYSTEMS if re.search(rf"\b{system.lower()}\b", told)]


def _headings(markdown: str) -> str:
    return " ".join(line for line in markdown.splitlines() if line.startswith("#"))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))
