"""Pure. Sentences as the check reads them: content words, numbers, names, negations and conditions; passages as these.

A passage is read as its sentences, as runs of neighbouring ones, and as its lists with the line that opens them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from daemon.steps.grounding_words import HINGES, IDLE, NUMBERS, SECONDS, TOKEN, alike, denies, stem, tokens
from daemon.steps.markdown import to_text
from daemon.steps.sentences import sentences
from daemon.steps.words import fold

URL = re.compile(r"https?://[^\s<>\"'`)\]]+", re.IGNORECASE)
HOST = re.compile(
    r"\b(?:[a-z\d-]+\.)+(?:com|org|net|io|cc|app|dev|info|eu|de|at|ch|fr|es|it|pt|br|nl|be|uk|us|ca|au)\b(?:/[\w./-]*\w)?",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
MARKER = re.compile(r"(?m)^\s*(?:[-*•+]|\d{1,3}[.)])\s+")
_CLAUSE = re.compile(
    r"[,;:–—]+(?=\s)|[()]+|\s(?=(?:but|because|although|though|while|which|unless|if|when|so that|(?<!soon )as(?! soon| well| long)|where|who|and (?:then|will|it|you|they|is|are|do|does|cannot|can)|with|without)\s)",
    re.IGNORECASE,
)
_WINDOW = 4  # neighbouring sentences of a passage that one sentence may draw on
_HEADING = 12  # words that a heading has at most
_CONDITIONS = frozenset("if when once whenever unless after".split())
_FOR = re.compile(r"\s*For\s+(?!example|instance|more|further|this|that)")
_REFERRED = re.compile(r"\b(?:these|those|this|that|such) ([a-z]+)")


@dataclass(frozen=True, slots=True)
class Denial:
    """A negation, with the content words around it."""

    behind: str  #: the next one, '' at the end of its clause
    around: tuple[str, ...]  #: two before, two behind


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence that says one thing."""

    text: str
    stems: tuple[str, ...]
    denials: tuple[Denial, ...]
    hinges: frozenset[str]
    condition: bool  #: opens with if, when, once …
    quantified: tuple[tuple[str, ...], ...]  #: the two content words behind each all, every, each …


@dataclass(frozen=True, slots=True)
class Claim:
    """A text as the check reads it."""

    text: str
    clauses: tuple[Clause, ...]
    numbers: frozenset[str]
    lengths: frozenset[float]  #: lengths of time, in seconds
    names: frozenset[str]  #: stems of words that name something
    words: frozenset[str]  #: every word and stem, those of links included
    referred: frozenset[str]  #: stems that point back: `these countries`
    single: bool = True  #: one sentence
    item: bool = False  #: of a list

    @property
    def stems(self) -> tuple[str, ...]:
        """Content words in order."""
        return tuple(one for clause in self.clauses for one in clause.stems)

    @property
    def plain(self) -> frozenset[str]:
        """Content words that neither name nor point back."""
        return frozenset(self.stems) - self.names - self.referred


@dataclass(slots=True)
class Source:
    """A passage, read once; its windows only where a sentence is not there word for word."""

    passage: str
    sequence: str = field(init=False)  #: all its sentences in order, for word-for-word search
    urls: frozenset[str] = field(init=False)
    _windows: tuple[Claim, ...] = ()

    def __post_init__(self) -> None:
        plain = MARKER.sub("\n", to_text(self.passage))
        self.sequence = sequence(f"{plain}\n\n{MARKER.sub(chr(10), self.passage)}")
        self.urls = urls((self.passage,))

    @property
    def windows(self) -> tuple[Claim, ...]:
        """Single sentences, neighbouring ones, and each list with the line that opens it."""
        if not self._windows:
            self._windows = tuple(_windows(self.passage))
        return self._windows

    @property
    def singles(self) -> tuple[Claim, ...]:
        """Its sentences, one by one."""
        return tuple(window for window in self.windows if window.single)


def content(text: str) -> frozenset[str]:
    """The stems of a text's content words."""
    return frozenset(read(text).stems)


def urls(texts: Iterable[str]) -> frozenset[str]:
    """The links of texts, in one form."""
    found = (url.rstrip(".,;:!?*_") for text in texts for url in URL.findall(text.replace("&amp;", "&")))
    return frozenset(url.rstrip("/").lower() for url in found)


def addresses(sentence: str) -> list[str]:
    """Mail addresses and bare host names, in small letters."""
    told = URL.sub(" ", sentence.lower())
    return [*_ADDRESS.findall(told), *HOST.findall(_ADDRESS.sub(" ", told))]


def share_of(plain: Iterable[str], window: Claim) -> float:
    """The share of words that a window has."""
    theirs = frozenset(window.stems)
    found = [any(alike(one, other) for other in theirs) for one in plain]
    return sum(found) / len(found) if found else 1.0


def _windows(passage: str) -> Iterable[Claim]:
    lines: list[str] = []
    items: list[bool] = []
    for line in passage.split("\n"):
        bare = line.strip()
        if not bare:
            lines.append("")
            items.append(False)
        elif lines and lines[-1] and bare[0].islower() and not items[-1]:
            lines[-1] += " " + bare  # a wrapped line goes on
        else:
            lines.append(bare)
            items.append(bool(MARKER.match(line)))
    texts = [MARKER.sub("", to_text(line)) if line else "" for line in lines]
    singles: list[Claim] = []
    heading = opener_words = frozenset[str]()
    for text, item in zip(texts, items, strict=True):
        claims = [read(part) for part in sentences(text)]
        singles += [
            replace(one, words=one.words | heading | (opener_words if item else frozenset()), item=item)
            for one in claims
        ]
        if claims and not item:
            opener_words = claims[-1].words if text.endswith(":") else frozenset()
            if text[-1] not in ".!?:" and len(text.split()) <= _HEADING:
                heading = claims[-1].words
    yield from singles
    for size in range(2, _WINDOW + 1):
        for start in range(len(singles) - size + 1):
            yield _joined(singles[start : start + size])
    opened: int | None = None
    for index in range(len(texts) + 1):
        inside = index < len(texts) and (items[index] or not texts[index])
        if inside and opened is None and items[index]:
            opened = index
        elif not inside and opened is not None:
            above = [texts[k] for k in range(opened - 1, -1, -1) if texts[k]]
            opening = [part for text in reversed(above[:2]) for part in sentences(text)][-2:]
            listed = (*opening, *texts[opened:index])
            yield _joined([read(part) for text in listed for part in sentences(text)])
            opened = None


def _joined(claims: Sequence[Claim]) -> Claim:
    return Claim(
        text=" ".join(one.text for one in claims),
        clauses=tuple(clause for one in claims for clause in one.clauses),
        numbers=frozenset().union(*(one.numbers for one in claims)),
        lengths=frozenset().union(*(one.lengths for one in claims)),
        names=frozenset().union(*(one.names for one in claims)),
        words=frozenset().union(*(one.words for one in claims)),
        referred=frozenset(),
        single=False,
    )


def read(sentence: str) -> Claim:
    """Read a sentence. Its links are no words of it, but their words may be used."""
    told = HOST.sub(" ", _ADDRESS.sub(" ", URL.sub(" ", sentence)))
    found = tokens(told)
    linked = [word for url in URL.findall(sentence) for word in tokens(re.sub(r"\W+|_", " ", url.split("//")[1]))]
    numbers = frozenset(_figure(token) for token in found if _counts(token))
    lengths = (
        float(_figure(token)) * SECONDS[stem(unit)]
        for token, unit in zip(found, found[1:], strict=False)
        if stem(unit) in SECONDS and re.fullmatch(r"\d+(?:\.\d+)?", _figure(token))
    )
    clauses = (_clause(part) for part in _CLAUSE.split(told))
    every = [*found, *linked]
    return Claim(
        text=sentence,
        clauses=tuple(clause for clause in clauses if clause.text),
        numbers=numbers,
        lengths=frozenset(lengths),
        names=_names(told),
        words=frozenset(every) | frozenset(map(stem, every)) | numbers,
        referred=frozenset(stem(word) for word in _REFERRED.findall(sentence.lower())),
    )


def _counts(token: str) -> bool:
    return token in NUMBERS or token.lstrip("-")[:1].isdigit()


def _figure(token: str) -> str:
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+", token):
        return token.replace(",", "")
    return NUMBERS.get(token, token.replace(",", "."))


def _clause(part: str) -> Clause:
    found = tokens(part)
    content = [
        (index, stem(token))
        for index, token in enumerate(found)
        if len(token) > 1
        and token not in IDLE
        and token not in HINGES
        and not _counts(token)
        and (not denies(token) or stem(token) != token)
    ]
    denials: list[Denial] = []
    for index, token in enumerate(found):
        if denies(token):
            before = [one for place, one in content if place < index][-2:]
            behind = [one for place, one in content if place > index][:2]
            denials.append(Denial(behind=behind[0] if behind else "", around=(*before, *behind)))
    return Clause(
        text=part if found else "",
        stems=tuple(one for _, one in content),
        denials=tuple(denials),
        hinges=frozenset(HINGES[token] for token in found if token in HINGES),
        condition=found[:1] != [] and (found[0] in _CONDITIONS or bool(_FOR.match(part))),
        quantified=tuple(
            tuple(one for place, one in content if place > index)[:2]
            for index, token in enumerate(found)
            if HINGES.get(token) in ("all", "any")
        ),
    )


def _names(sentence: str) -> frozenset[str]:
    """Words that name something: capitals inside a sentence, capitals throughout, or with signs or digits in them."""
    words = sentence.split()
    names: set[str] = set()
    for index, word in enumerate(words):
        bare = re.sub(r"['’]s$", "", word.strip(".,;:!?()[]\"'“”‘’*_`"))
        if not re.search(r"[^\W\d]", bare):
            continue
        opens = index == 0 or words[index - 1].endswith((".", ":", "!", "?"))
        inside = bare[1:] != bare[1:].lower() or re.search(r"\w[._]\w|[^\W\d]\d|\d[^\W\d]", bare)
        if (inside or (bare[0].isupper() and not opens)) and bare != "I":
            found = [token for token in tokens(bare) if token not in IDLE or bare.isupper()]
            names |= {stem(token) for token in found if not _counts(token) and (len(token) > 1 or len(bare) == 1)}
    return frozenset(names)


def sequence(text: str) -> str:
    """The words of a text with its sentences' ends: half a sentence may say the opposite of the whole."""
    told = (" ".join(fold(token).rstrip(".,;:!?/") for token in TOKEN.findall(part)) for part in sentences(text))
    return "|" + "".join(f" {words} |" for words in told if words)
