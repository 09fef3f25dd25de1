"""Pure. Whether a text says no more, and nothing else, than passages say: the check's reading of sentences.

A sentence is supported where a passage says it word for word, or where a few neighbouring sentences of one passage say
it in other words. What facts hang on is held by rules: numbers, names, links, negations, conditions, opposites and the
order of steps. That the words in between are about the same is measured: by how many of them the passage has, and by a
similarity of meaning where one is at hand. Unknown has failed.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from daemon.steps.grounding_words import (
    HINGES,
    IDLE,
    NUMBERS,
    SECONDS,
    STRICT,
    TOKEN,
    alike,
    denies,
    opposed,
    soft,
    stem,
    tokens,
)
from daemon.steps.markdown import to_text
from daemon.steps.sentences import sentences
from daemon.steps.verdicts import Checked, Failure
from daemon.steps.words import fold

Similarity = Callable[[str, Sequence[str]], Sequence[float]]
"""How near in meaning a sentence is to each of several texts, −1 to 1: the cosine of their embeddings."""

_URL = re.compile(r"https?://[^\s<>\"'`)\]]+", re.IGNORECASE)
_HOST = re.compile(
    r"\b(?:[a-z\d-]+\.)+(?:com|org|net|io|cc|app|dev|info|eu|de|at|ch|fr|es|it|pt|br|nl|be|uk|us|ca|au)\b(?:/[\w./-]*\w)?",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_MARKER = re.compile(r"(?m)^\s*(?:[-*•+]|\d{1,3}[.)])\s+")
_CLAUSE = re.compile(
    r"[,;:–—]+(?=\s)|[()]+|\s(?=(?:but|because|although|though|while|which|unless|if|when|so that|(?<!soon )as(?! soon| well| long)|where|who|and (?:then|will|it|you|they|is|are|do|does|cannot|can)|with|without)\s)",
    re.IGNORECASE,
)
_WINDOW = 4  # neighbouring sentences of a passage that one sentence may draw on
_SAME = 0.80  # share of a sentence's words that make it a copy, where each other word counts
_NEAR = 0.68  # similarity at which a sentence is about what a passage says, whatever its words
_TOGETHER = 1.18  # similarity and share of words that do together
_BEHIND = 0.15  # what a window may lack to the best one, in words and similarity together
_CONDITION = 0.75  # similarity and share of words that make two conditions one
_GAP = 5  # places from one known word to the next around a word that was put in
_COPIED = 0.75  # share of a sentence's words that one sentence of a passage has where it is copied
_HEADING = 12  # words that a heading has at most
_TOLD = 0.6  # share of a step's words that find it in a passage
_OPPOSITE = "the opposite is there"
_CONDITIONS = frozenset("if when once whenever unless after".split())
_THEN = re.compile(
    r"[;,]?\s*\b(?:and )?(?:then|after that|afterwards|followed by)\b,?|,\s+(?:and\s)?|;\s", re.IGNORECASE
)
_ORDER = re.compile(r"\b(?:then|after|afterwards|before|followed by|once|following)\b|,\s+and\s", re.IGNORECASE)
_FOR = re.compile(r"\s*For\s+(?!example|instance|more|further|this|that)")
_ONLY_IF = re.compile(r"\bonly (?:be \w+ |works? |possible )?(?:if|when|while|once|after|with)\b", re.IGNORECASE)
_NEEDED = frozenset("need require required must necessary".split())
_TIME = re.compile(r"\b(?:after|before|once|until|following|prior to)\b", re.IGNORECASE)
_NEXT = re.compile(r"\W*(?:then|next|after that|afterwards|finally|lastly|subsequently)\b", re.IGNORECASE)
_REFERRED = re.compile(r"\b(?:these|those|this|that|such) ([a-z]+)")
_USED = 0.5  # share of a clause's words that a sentence must have to retell the clause


@dataclass(frozen=True, slots=True)
class _Denial:
    """A negation, with the content words around it."""

    behind: str  #: the next one, '' at the end of its clause
    around: tuple[str, ...]  #: two before, two behind


@dataclass(frozen=True, slots=True)
class _Clause:
    text: str
    stems: tuple[str, ...]
    denials: tuple[_Denial, ...]
    hinges: frozenset[str]
    condition: bool  #: opens with if, when, once …
    quantified: tuple[tuple[str, ...], ...]  #: the two content words behind each all, every, each …


@dataclass(frozen=True, slots=True)
class _Claim:
    """A text as the check reads it."""

    text: str
    clauses: tuple[_Clause, ...]
    numbers: frozenset[str]
    lengths: frozenset[float]  #: lengths of time, in seconds
    names: frozenset[str]  #: stems of words that name something
    words: frozenset[str]  #: every word and stem, those of links included
    referred: frozenset[str]  #: stems that point back: `these countries`
    single: bool = True  #: one sentence

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
    _windows: tuple[_Claim, ...] = ()

    def __post_init__(self) -> None:
        plain = _MARKER.sub("\n", to_text(self.passage))
        self.sequence = _sequence(f"{plain}\n\n{_MARKER.sub(chr(10), self.passage)}")
        self.urls = urls((self.passage,))

    @property
    def windows(self) -> tuple[_Claim, ...]:
        """Single sentences, neighbouring ones, and each list with the line that opens it."""
        if not self._windows:
            self._windows = tuple(_windows(self.passage))
        return self._windows

    @property
    def singles(self) -> tuple[_Claim, ...]:
        """Its sentences, one by one."""
        return tuple(window for window in self.windows if window.single)


def check_text(
    reply: str, passages: Sequence[str], question: str | None = None, similarity: Similarity | None = None
) -> Checked:
    """Whether every sentence of `reply` is supported by one of the passages (Markdown or text).

    Words of the `question` count as known, its numbers and names do not. Without a `similarity` a sentence must have
    nearly all its words from a passage. Nothing to say, or nothing to say it from, has failed.
    """
    if not reply.strip():
        return Checked(passed=False, failed=(Failure(sentence="", why="says nothing"),))
    if not passages:
        return Checked(passed=False, failed=(Failure(sentence="", why="no passage to say it from"),))
    sources = [Source(passage) for passage in passages]
    asked = _claim(question or "").plain
    failed: list[Failure] = []
    before = ""
    for sentence in sentences(_MARKER.sub("\n\n", reply)):
        why = _unsupported(sentence, sources, asked, similarity) or _turned_after(before, sentence, sources)
        if why:
            failed.append(Failure(sentence=sentence, why=why))
        before = sentence
    return Checked(passed=not failed, failed=tuple(failed))


def content(text: str) -> frozenset[str]:
    """The stems of a text's content words."""
    return frozenset(_claim(text).stems)


def urls(texts: Iterable[str]) -> frozenset[str]:
    """The links of texts, in one form."""
    found = (url.rstrip(".,;:!?*_") for text in texts for url in _URL.findall(text.replace("&amp;", "&")))
    return frozenset(url.rstrip("/").lower() for url in found)


def _unsupported(sentence: str, sources: Sequence[Source], asked: frozenset[str], similarity: Similarity | None) -> str:
    """Why a sentence is not supported, '' where it is."""
    links = frozenset().union(*(source.urls for source in sources))
    if unknown := urls((sentence,)) - links:
        return f"a link that the passages do not have: {min(unknown)}"
    known = " ".join(source.passage for source in sources).lower()
    if address := next((one for one in _addresses(sentence) if one not in known), ""):
        return f"an address that the passages do not have: {address}"
    whole = _sequence(sentence)
    if whole != "|" and any(whole in source.sequence for source in sources):
        return ""
    said = _claim(sentence)
    if not said.stems:
        return "a number without a fact" if said.numbers else ""
    windows = [window for source in sources for window in source.windows]
    near = list(similarity(sentence, [window.text for window in windows])) if similarity else [0.0] * len(windows)
    ranks = [_share(said.plain - asked, window) + nearness for window, nearness in zip(windows, near, strict=True)]
    floor = max(ranks, default=0.0) - _BEHIND
    chosen = sorted(
        (
            (rank, window, nearness)
            for rank, window, nearness in zip(ranks, windows, near, strict=True)
            if rank >= floor
        ),
        key=lambda one: -one[0],
    )
    whys = [_against(said, window, asked, nearness) for _, window, nearness in chosen]
    if opposite := next((why for why in whys if why.startswith(_OPPOSITE)), ""):
        return opposite
    if put := _swapped(said, sources, asked):
        return f"a word that is not there: {put}"
    why = "" if "" in whys else whys[0] if whys else "the passages do not say it"
    return why or _conditions(said, sources, similarity) or _turned(sentence, sources)


def _addresses(sentence: str) -> list[str]:
    told = _URL.sub(" ", sentence.lower())
    return [*_ADDRESS.findall(told), *_HOST.findall(_ADDRESS.sub(" ", told))]


def _share(plain: Iterable[str], window: _Claim) -> float:
    """The share of words that a window has."""
    theirs = frozenset(window.stems)
    found = [any(alike(one, other) for other in theirs) for one in plain]
    return sum(found) / len(found) if found else 1.0


def _against(said: _Claim, window: _Claim, asked: frozenset[str], nearness: float) -> str:
    """What speaks against it that a window says this, '' for nothing."""
    if strange := said.names - window.words:
        return f"a name that is not there: {min(strange)}"
    an = {"1"} if window.words & {"a", "an", "another", "one"} else set()
    if (strange := said.numbers - window.numbers - an) and not (said.lengths and said.lengths <= window.lengths):
        return f"a number that is not there: {min(strange)}"
    theirs = tuple(dict.fromkeys(window.stems))
    mine = tuple(dict.fromkeys(one for one in said.stems if one not in asked and one not in said.referred))
    missing = [one for one in mine if one not in window.words and not any(alike(one, other) for other in theirs)]
    share = 1 - len(missing) / len(mine) if mine else 1.0
    for one in missing:
        if against := next((other for other in theirs if opposed(one, other) and other not in mine), None):
            return f"{_OPPOSITE}: {one}, {against}"
    strange_words = [one for one in missing if not soft(one)]
    if share >= _SAME:
        put_in = _put_in(said.stems, window.stems)
        if put := [one for one in strange_words if one in put_in or not nearness]:
            return f"a word that is not there: {put[0]}"
    elif not (nearness >= _NEAR or nearness + share >= _TOGETHER):
        return f"the passages do not say it ({', '.join(missing)[:60]})"
    used = [clause for clause in window.clauses if _share(clause.stems, said) >= _USED and clause.stems]
    return _polarity(said, window) or _hinged(said, used, window)


def _polarity(said: _Claim, window: _Claim) -> str:
    """Negations: as many as what is retold has, at the same words."""
    mine = [one for clause in said.clauses for one in clause.denials]
    theirs = [one for clause in window.clauses for one in clause.denials if _touched(one, said)]
    free = sum(not one.around for clause in window.clauses for one in clause.denials)
    if len(mine) > len(theirs) + free:
        return "a negation that is not there"
    if len(mine) < len(theirs):
        return "a negation is left out"
    for denials, others in ((mine, window.clauses), (theirs, said.clauses)):
        for behind in (one.behind for one in denials if one.behind):
            told = [clause for clause in others if behind in clause.stems]
            if told and not any(clause.denials for clause in told):
                return f"a negation stands elsewhere: {behind}"
    return ""


def _touched(denial: _Denial, said: _Claim) -> bool:
    """Whether a claim retells what a negation denies."""
    if denial.behind and any(alike(denial.behind, one) for one in said.stems):
        return True
    return bool(denial.around) and _share(denial.around, said) >= _USED


def _hinged(said: _Claim, used: Sequence[_Clause], window: _Claim) -> str:
    mine = frozenset(kind for clause in said.clauses for kind in clause.hinges)
    whole = frozenset(kind for clause in window.clauses for kind in clause.hinges)
    theirs = frozenset(kind for clause in used for kind in clause.hinges)
    if {"before", "after"} <= mine ^ whole:
        return "before and after are turned round"
    if _ONLY_IF.search(said.text) and window.words & _NEEDED:
        mine -= {"only"}  # what is needed is the only way
    if added := mine - whole - {"before", "after", "most", "instead"}:
        return f"a condition that is not there: {min(added)}"
    all_of = [one for clause in window.clauses for one in clause.quantified]
    for first in (one[0] for clause in said.clauses for one in clause.quantified if one):
        if first in window.stems and not any(not one or any(alike(first, other) for other in one) for one in all_of):
            return f"a condition that is not there: all {first}"
    if dropped := (theirs - mine) & STRICT:
        return f"a condition is left out: {min(dropped)}"
    return ""


def _conditions(said: _Claim, sources: Sequence[Source], similarity: Similarity | None) -> str:
    """A condition must be the one that the passage makes for this, where it makes one."""
    conditions = [clause for clause in said.clauses if clause.condition and clause.stems]
    main = [one for clause in said.clauses if not clause.condition for one in clause.stems]
    if not conditions or not main:
        return ""
    told = [source.singles[place] for source in sources for place in _places(main, source)]
    made = [[clause for clause in one.clauses if clause.condition and clause.stems] for one in told]
    if not made or not all(made):
        return ""
    theirs = [clause for clauses in made for clause in clauses]
    for clause in conditions:
        named = _claim(clause.text).names
        strange = [named - one.words for one in told]
        others = frozenset().union(*(_claim(other.text).names for other in theirs)) - said.words
        if all(strange) and others:
            return f"another condition: {min(strange[0])}"
        share = max(_share(clause.stems, other) for other in told)
        near = max(similarity(clause.text, [other.text for other in theirs])) if similarity else 0.0
        if share < _USED and near + share < _CONDITION:
            return f"another condition: {clause.text.strip()[:60]}"
    return ""


def _turned(sentence: str, sources: Sequence[Source]) -> str:
    """Steps of one sentence that a passage has the other way round."""
    told = _segments(sentence)
    turned = any(_inverted(one, other, sources) for one, other in zip(told, told[1:], strict=False))
    return "the steps are in another order" if turned else ""


def _turned_after(before: str, sentence: str, sources: Sequence[Source]) -> str:
    """A sentence that says it comes next, of a step that a passage has before."""
    if not before or not _NEXT.match(sentence):
        return ""
    now = next((clause.stems for clause in _claim(_NEXT.sub("", sentence)).clauses if len(clause.stems) > 1), ())
    return "the steps are in another order" if now and _inverted(_segments(before)[-1], now, sources) else ""


def _segments(sentence: str) -> list[tuple[str, ...]]:
    """The parts of a sentence in the order of time, each as its content words; one alone where it tells no order."""
    told = _URL.sub(" ", sentence)
    found: list[str] = []
    for part in _THEN.split(told) if _ORDER.search(told) else [told]:
        before = re.split(r"\b(?:prior to|before)\b", part, maxsplit=1, flags=re.IGNORECASE)
        after = re.split(r"\b(?:following|after|once)\b", part, maxsplit=1, flags=re.IGNORECASE)
        if len(before) == 2:
            head, tail = before
            found += [head, tail] if head.strip() else tail.split(",", 1)[::-1]
        elif len(after) == 2:
            head, tail = after
            found += [tail, head] if head.strip() else tail.split(",", 1)
        else:
            found.append(part)
    read = [stems for part in found if len(stems := _claim(part).stems) > 1]
    return read or [_claim(told).stems]


def _inverted(one: Sequence[str], other: Sequence[str], sources: Sequence[Source]) -> bool:
    """Whether the passage that knows both parts has the second clearly before the first."""
    for source in sources:
        first, second = _places(one, source), _places(other, source)
        if not first or not second:
            continue
        both = [source.singles[place].stems for place in first if place in second]
        timed = any(_TIME.search(source.singles[place].text) for place in first if place in second)
        if timed:
            continue
        if both:
            if all(_common([*other, *one], whole) > _common([*one, *other], whole) + 1 for whole in both):
                return True  # where it says `after` itself, the order of words is not that of time
        elif min(first) > max(second):
            return True
    return False


def _places(part: Sequence[str], source: Source) -> list[int]:
    """The sentences of a passage that tell a part of a sentence."""
    shares = [_share(part, single) for single in source.singles]
    best = max(shares, default=0.0)
    return [index for index, share in enumerate(shares) if share >= best - 0.1] if best >= _TOLD else []


def _swapped(said: _Claim, sources: Sequence[Source], asked: frozenset[str]) -> str:
    """A word that stands where the sentence that is copied has another, though it be elsewhere in the passage."""
    singles = [single for source in sources for single in source.singles if _share(said.stems, single) >= _COPIED]
    if not singles:
        return ""
    nearest = max(singles, key=lambda single: _common(said.stems, single.stems))
    put = _put_in(said.stems, nearest.stems, inside=True) - asked - said.referred
    return min((one for one in put if not soft(one) and one not in nearest.words), default="")


def _put_in(mine: Sequence[str], theirs: Sequence[str], *, inside: bool = False) -> frozenset[str]:
    """Words of a claim that stand where a passage, word for word around them, has another or none."""
    pairs = dict(_aligned(mine, theirs))
    found: set[str] = set()
    for index, one in enumerate(mine):
        if index in pairs:
            continue
        if inside and index in (0, len(mine) - 1):
            continue
        before, behind = (
            pairs.get(index - 1, -1 if index == 0 else None),
            pairs.get(index + 1, len(theirs) if index == len(mine) - 1 else None),
        )
        if (
            before is not None
            and behind is not None
            and (behind - before <= _GAP or (not inside and index in (0, len(mine) - 1)))
        ):
            found.add(one)
    return frozenset(found)


def _aligned(mine: Sequence[str], theirs: Sequence[str]) -> list[tuple[int, int]]:
    """The longest common subsequence, as pairs of places."""
    table = [[0] * (len(theirs) + 1) for _ in range(len(mine) + 1)]
    for one in reversed(range(len(mine))):
        for other in reversed(range(len(theirs))):
            table[one][other] = (
                table[one + 1][other + 1] + 1
                if alike(mine[one], theirs[other])
                else max(table[one + 1][other], table[one][other + 1])
            )
    pairs: list[tuple[int, int]] = []
    one = other = 0
    while one < len(mine) and other < len(theirs):
        if alike(mine[one], theirs[other]):
            pairs.append((one, other))
            one, other = one + 1, other + 1
        elif table[one + 1][other] >= table[one][other + 1]:
            one += 1
        else:
            other += 1
    return pairs


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """The length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for mine in one:
        last = 0
        for index, theirs in enumerate(other):
            kept = row[index + 1]
            row[index + 1] = last + 1 if alike(mine, theirs) else max(kept, row[index])
            last = kept
    return row[-1]


def _windows(passage: str) -> Iterable[_Claim]:
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
            items.append(bool(_MARKER.match(line)))
    texts = [_MARKER.sub("", to_text(line)) if line else "" for line in lines]
    read: list[_Claim] = []
    heading = opener_words = frozenset[str]()
    for text, item in zip(texts, items, strict=True):
        claims = [_claim(part) for part in sentences(text)]
        read += [replace(one, words=one.words | heading | (opener_words if item else frozenset())) for one in claims]
        if claims and not item:
            opener_words = claims[-1].words if text.endswith(":") else frozenset()
            if text[-1] not in ".!?:" and len(text.split()) <= _HEADING:
                heading = claims[-1].words
    yield from read
    for size in range(2, _WINDOW + 1):
        for start in range(len(read) - size + 1):
            yield _joined(read[start : start + size])
    opened: int | None = None
    for index in range(len(texts) + 1):
        inside = index < len(texts) and (items[index] or not texts[index])
        if inside and opened is None and items[index]:
            opened = index
        elif not inside and opened is not None:
            above = [texts[k] for k in range(opened - 1, -1, -1) if texts[k]]
            opening = [part for text in reversed(above[:2]) for part in sentences(text)][-2:]
            listed = (*opening, *texts[opened:index])
            yield _joined([_claim(part) for text in listed for part in sentences(text)])
            opened = None


def _joined(claims: Sequence[_Claim]) -> _Claim:
    return _Claim(
        text=" ".join(one.text for one in claims),
        clauses=tuple(clause for one in claims for clause in one.clauses),
        numbers=frozenset().union(*(one.numbers for one in claims)),
        lengths=frozenset().union(*(one.lengths for one in claims)),
        names=frozenset().union(*(one.names for one in claims)),
        words=frozenset().union(*(one.words for one in claims)),
        referred=frozenset(),
        single=False,
    )


def _claim(sentence: str) -> _Claim:
    told = _HOST.sub(" ", _ADDRESS.sub(" ", _URL.sub(" ", sentence)))
    found = tokens(told)
    linked = [word for url in _URL.findall(sentence) for word in tokens(re.sub(r"\W+|_", " ", url.split("//")[1]))]
    numbers = frozenset(_figure(token) for token in found if _counts(token))
    lengths = (
        float(_figure(token)) * SECONDS[stem(unit)]
        for token, unit in zip(found, found[1:], strict=False)
        if stem(unit) in SECONDS and re.fullmatch(r"\d+(?:\.\d+)?", _figure(token))
    )
    clauses = (_clause(part) for part in _CLAUSE.split(told))
    every = [*found, *linked]
    return _Claim(
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
    return NUMBERS.get(token, token.replace(",", "."))


def _clause(part: str) -> _Clause:
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
    denials: list[_Denial] = []
    for index, token in enumerate(found):
        if denies(token):
            before = [one for place, one in content if place < index][-2:]
            behind = [one for place, one in content if place > index][:2]
            denials.append(_Denial(behind=behind[0] if behind else "", around=(*before, *behind)))
    return _Clause(
        text=part if found else "",
        stems=tuple(one for _, one in content),
        denials=tuple(denials),
        hinges=frozenset(HINGES[token] for token in found if token in HINGES),
        condition=found[:1] != [] and (found[0] in _CONDITIONS or bool(_FOR.match(part))),
        quantified=tuple(
            tuple(one for place, one in content if place > index)[:2]
            for index, token in enumerate(found)
            if HINGES.get(token) == "all"
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


def _sequence(text: str) -> str:
    """The words of a text with its sentences' ends: half a sentence may say the opposite of the whole."""
    read = (" ".join(fold(token).rstrip(".,;:!?/") for token in TOKEN.findall(part)) for part in sentences(text))
    return "|" + "".join(f" {words} |" for words in read if words)
