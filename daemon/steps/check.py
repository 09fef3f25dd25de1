"""Pure. The grade that a mail gets before it may leave: what it states stands in the articles, and nothing else leaves.

Deterministic and fail-closed: what cannot be shown to be supported has failed. A sentence is supported where a passage
says it word for word, as every extracted answer does, or where a few neighbouring sentences of one passage hold its
words in its order, with its numbers, names and links, and no condition or negation more or less. It reads no meaning:
an honest paraphrase fails, which costs a draft, never a wrong answer.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from daemon.steps.markdown import to_text
from daemon.steps.sentences import sentences
from daemon.steps.verdicts import Checked, ComposedMail, Failure, TurnView
from daemon.steps.words import fold
from kb.articles import Passage
from store.records import Role

_URL = re.compile(r"https?://[^\s<>\"'`)\]]+", re.IGNORECASE)
_TOKEN = re.compile(r"https?://[^\s<>\"'`)\]]+|\d+(?:[.,:]\d+)*|[^\W_]+(?:['’][^\W_]+)?|[%€$£°]", re.IGNORECASE)
_MARKER = re.compile(r"(?m)^\s*(?:[-*•+]|\d{1,3}[.)])\s+")
_LIST = re.compile(
    r"(?:^.*\n\n?)?(?:^\s*(?:[-*•+]|\d{1,3}[.)]) .*\n{0,2}){2,}", re.MULTILINE
)  # with the line that opens it
_SECRETS = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key"),
    (re.compile(r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_\w{36}|sk-[\w-]{20,}|xox[abprs]-[\w-]{10,})"), "an access key"),
    (
        re.compile(
            r"\b(?:password|passwort|mot de passe|contraseña|api key|token)\s*(?:is\b|=|:)[\s:=]*\S*\d\S*", re.I
        ),
        "a password",
    ),
    (re.compile(r"\b(?:\d[ -]?){13,19}\b"), "a card number"),
)
_NUMBERS = {
    word: str(value)
    for value, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
} | {"once": "1x", "twice": "2x", "single": "1", "both": "2", "half": "0.5", "dozen": "12", "hundred": "100"}
_NUMBERS |= {word: str(value) for value, word in enumerate("first second third fourth fifth".split(), 1)}
_NEGATIONS = frozenset(
    "not no never none nothing cannot without neither nor nobody nicht kein keine keinen nie ohne ne pas jamais sans nunca sin non mai senza nao sem niet geen nooit zonder".split()
)
# Words that a fact hangs on: a reply may not add one.
_HINGES = frozenset(
    "only always all any every each must optional required unless except until before after despite regardless even instead least most more less "
    "maximum minimum above below left right free paid anyone everyone nur immer alle jeder muss vor nach bis mindestens hochstens".split()
)
_IDLE = frozenset(
    "the a an of to in and or is are was were be been being it its this that these those you your yours we our us i my me as by for from with at on into "
    "can could will would should shall do does did have has had then so there here which who whom what how than but about please just such get gets got "
    "der die das ein eine einen dem den des und oder ist sind es sie ihr ihre wir zu im in von mit auf fur als auch".split()
)
_WINDOW = 3  # neighbouring sentences of a passage that one sentence may draw on
_COVERED = 0.80  # share of a sentence's words that its window must hold, in its order
_TURNED = 0.10  # share of them that may stand elsewhere in the window: a clause moved, not a step


@dataclass(frozen=True, slots=True)
class _Words:
    """A sentence as the check reads it: stems in order, and what facts hang on."""

    stems: tuple[str, ...]
    numbers: frozenset[str]

    @property
    def content(self) -> frozenset[str]:
        return frozenset(stem for stem in self.stems if stem not in _IDLE and stem not in _NEGATIONS)


def check(mail: ComposedMail, view: TurnView) -> Checked:
    """Whether a mail may leave. Hand-overs always may: they go to the team and say what the case is."""
    if mail.role is Role.HANDOVER:
        return Checked(passed=True)
    failed: list[Failure] = []
    passages = view.evidence.cited if view.evidence else ()
    if mail.role in (Role.REPLY, Role.OFFER, Role.DRAFT) and (mail.grounded or mail.role is not Role.DRAFT):
        failed += check_text(mail.grounded, [_said_by(passage) for passage in passages]).failed
        failed += [Failure(sentence=p.title, why="the article is internal") for p in passages if not p.public]
    known = _urls(text for passage in passages for text in (passage.text, passage.url))
    shown = f"{mail.mail.text}\n{mail.mail.html or ''}"
    if mail.role is not Role.DRAFT:  # a draft shows people the whole conversation
        failed += [Failure(sentence=url, why="a link that no article has") for url in _urls((shown,)) - known]
        failed += _secrets(mail.mail.text, "\n".join(passage.text for passage in passages))
        if mail.mail.to.key != view.newest.sender.lower():
            failed.append(Failure(sentence=mail.mail.to.address, why="not the sender of the newest mail"))
    return Checked(passed=not failed, failed=tuple(failed))


def check_text(reply: str, passages: Sequence[str], question: str | None = None) -> Checked:
    """Whether every sentence of `reply` is supported by one of the passages (Markdown or text).

    Words of the `question` count as known, its numbers and names do not. Nothing to say, or nothing to say it from,
    has failed.
    """
    if not reply.strip():
        return Checked(passed=False, failed=(Failure(sentence="", why="says nothing"),))
    if not passages:
        return Checked(passed=False, failed=(Failure(sentence="", why="no passage to say it from"),))
    sources = [_Source.of(passage) for passage in passages]
    links = frozenset().union(*(source.urls for source in sources))
    asked = _words(question or "").content
    failed = [
        Failure(sentence=sentence, why=why)
        for sentence in sentences(_MARKER.sub("\n", reply))
        if (why := _unsupported(sentence, sources, links, asked))
    ]
    return Checked(passed=not failed, failed=tuple(failed))


def _said_by(passage: Passage) -> str:
    """A passage with its headings, which an answer of several passages repeats."""
    return "\n\n".join((passage.title, *passage.section.split(" > "), passage.text))


@dataclass(frozen=True, slots=True)
class _Source:
    """A passage, read once."""

    sequence: str  #: all its sentences in order, for word-for-word search
    windows: tuple[_Words, ...]
    names: frozenset[str]
    urls: frozenset[str]

    @classmethod
    def of(cls, passage: str) -> "_Source":
        plain = _MARKER.sub("\n", to_text(passage))
        both = f"{plain}\n\n{_MARKER.sub(chr(10), passage)}"
        parts = sentences(plain)
        read = [_words(part) for part in parts]
        windows = [
            _joined(read[start : start + size])
            for size in range(1, _WINDOW + 1)
            for start in range(max(1, len(read) - size + 1))
        ]
        windows += [_words(found[0]) for found in _LIST.finditer(to_text(passage))]
        return cls(
            sequence=_sequence(both),
            windows=tuple(windows),
            names=frozenset(token.lower() for token in _TOKEN.findall(both)),
            urls=frozenset(_urls((passage,))),
        )


def _unsupported(sentence: str, sources: Sequence[_Source], links: frozenset[str], asked: frozenset[str]) -> str:
    """Why a sentence is not supported, '' where it is."""
    if unknown := _urls((sentence,)) - links:
        return f"a link that the passages do not have: {min(unknown)}"
    whole = _sequence(sentence)
    if whole != "|" and any(whole in source.sequence for source in sources):
        return ""
    said = _words(sentence)
    if not said.content:
        return "" if not said.numbers else "a number without a fact"
    if strange := _names(sentence) - frozenset().union(*(source.names for source in sources)):
        return f"a name that the passages do not have: {min(strange)}"
    reasons = [(_against(said, window, asked), window) for source in sources for window in source.windows]
    if any(not why for (_, why), _ in reasons):
        return ""
    (_, why), _ = max(reasons, key=lambda reason: reason[0][0])
    return why


def _against(said: _Words, window: _Words, asked: frozenset[str]) -> tuple[float, str]:
    """How much of a sentence a window covers in its own order, and what speaks against it ('' for nothing)."""
    mine = [stem for stem in said.stems if stem not in _IDLE and stem not in asked]
    theirs = [stem for stem in window.stems if stem not in _IDLE]
    if not mine:
        return 0.0, "says only what was asked"
    pairs = _aligned(mine, theirs)
    covered = len(pairs) / len(mine)
    anywhere = sum(stem in set(theirs) for stem in mine) / len(mine)
    if anywhere < _COVERED:
        missing = ", ".join(dict.fromkeys(stem for stem in mine if stem not in theirs))
        return covered, f"the passages do not say it ({missing[:60]})"
    if strange := said.numbers - window.numbers:
        return covered, f"a number that is not there: {min(strange)}"
    added = {stem for stem in mine if stem in _HINGES or stem in _NEGATIONS} - {mine[one] for one, _ in pairs}
    if added:
        return covered, f"a condition or negation that is not there: {min(added)}"
    last = pairs[-1][1]
    met = {other for _, other in pairs}
    dropped = [theirs[k] for k in range(last + 1) if k not in met and theirs[k] in _HINGES | _NEGATIONS]
    if dropped:
        return covered, f"a condition or negation is left out: {dropped[0]}"
    if covered < anywhere - _TURNED:
        return covered, "said in another order"
    if covered < _COVERED:
        return covered, "the passages say it otherwise"
    return covered, ""


def _aligned(mine: Sequence[str], theirs: Sequence[str]) -> list[tuple[int, int]]:
    """The longest common subsequence, as pairs of places."""
    table = [[0] * (len(theirs) + 1) for _ in range(len(mine) + 1)]
    for one in reversed(range(len(mine))):
        for other in reversed(range(len(theirs))):
            table[one][other] = (
                table[one + 1][other + 1] + 1
                if mine[one] == theirs[other]
                else max(table[one + 1][other], table[one][other + 1])
            )
    pairs: list[tuple[int, int]] = []
    one = other = 0
    while one < len(mine) and other < len(theirs):
        if mine[one] == theirs[other]:
            pairs.append((one, other))
            one, other = one + 1, other + 1
        elif table[one + 1][other] >= table[one][other + 1]:
            one += 1
        else:
            other += 1
    return pairs


def _joined(read: Sequence[_Words]) -> _Words:
    return _Words(
        stems=tuple(stem for one in read for stem in one.stems),
        numbers=frozenset().union(*(one.numbers for one in read)),
    )


def _words(sentence: str) -> _Words:
    tokens = _tokens(sentence)
    numbers = {_NUMBERS.get(token, token) for token in tokens if token in _NUMBERS or token[:1].isdigit()}
    stems = ("not" if token in ("cannot", "cant") or token.endswith("n't") else _stem(token) for token in tokens)
    return _Words(tuple(stems), frozenset(numbers))


def _stem(token: str) -> str:
    """A word without the commonest endings, so that `resetting` and `reset` meet. Crude on purpose: it never invents."""
    if len(token) <= 3 or not token.isalpha():
        return token
    for ending, rest in (("ies", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""), ("ly", ""), ("e", "")):
        if token.endswith(ending) and len(token) - len(ending) >= 3 and not token.endswith("ss"):
            stem = token[: -len(ending)] + rest
            stem = stem[:-1] if len(stem) > 3 and stem[-1] == stem[-2] and ending in ("ing", "ed") else stem
            return stem[:-1] if stem.endswith("e") and len(stem) > 3 else stem
    return token


def _sequence(text: str) -> str:
    """The words of a text with its sentences' ends: half a sentence may say the opposite of the whole."""
    return "|" + "".join(f" {' '.join(words)} |" for part in sentences(text) if (words := _tokens(part)))


def _tokens(text: str) -> list[str]:
    return [fold(token).rstrip(".,;:!?/") for token in _TOKEN.findall(text)]


def _names(sentence: str) -> set[str]:
    """Words that name something: capitals inside a sentence, quoted, or with digits in them."""
    words = re.findall(r"\S+", sentence)
    names: set[str] = set()
    for index, word in enumerate(words):
        bare = word.strip(".,;:!?()[]\"'“”‘’*_`")
        opens = index == 0 or words[index - 1].endswith((".", ":", "!", "?"))
        if _URL.match(bare) or not bare:
            continue
        if (not opens and bare[0].isupper() and bare != "I") or (bare[1:] != bare[1:].lower() and not opens):
            names |= {token.lower() for token in _TOKEN.findall(bare) if token.lower() not in _IDLE}
    return {re.sub(r"['’]s$", "", name) for name in names}


def _urls(texts: Iterable[str]) -> frozenset[str]:
    found = (url.rstrip(".,;:!?*_") for text in texts for url in _URL.findall(text.replace("&amp;", "&")))
    return frozenset(url.rstrip("/").lower() for url in found)


def _secrets(text: str, known: str) -> list[Failure]:
    found = []
    for pattern, name in _SECRETS:
        for match in pattern.finditer(text):
            if match[0] not in known and (name != "a card number" or _is_card(match[0])):
                found.append(Failure(sentence="…", why=f"looks like {name}"))
    return found


def _is_card(text: str) -> bool:
    """The check digit of card numbers (ISO/IEC 7812-1, Luhn)."""
    digits = [int(sign) for sign in text if sign.isdigit()][::-1]
    doubled = [digit if index % 2 == 0 else sum(divmod(digit * 2, 10)) for index, digit in enumerate(digits)]
    return len(digits) >= 13 and sum(doubled) % 10 == 0
