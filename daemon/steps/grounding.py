"""Pure. Whether a text says no more, and nothing else, than passages say: the check's reading of sentences.

A sentence is supported where a passage says it word for word, or where a few neighbouring sentences of one passage say
it in other words; a row of a table only word for word, since its cells mean what they mean by their places. What facts
hang on is held by rules: numbers, names, links, negations, conditions, opposites and the order of steps. That the words
in between are about the same is measured: by how many of them the passage has, and by a similarity of meaning where one
is at hand. Unknown has failed.
"""

import re
from collections.abc import Sequence

from daemon.steps.alignment import aligned, common
from daemon.steps.claims import (
    MARKER,
    URL,
    Claim,
    Clause,
    Denial,
    Source,
    addresses,
    content,
    read,
    sequence,
    share_of,
    urls,
)
from daemon.steps.grounding_words import STRICT, alike, opposed, soft
from daemon.steps.sentences import questions_of, sentences
from daemon.steps.step_order import places, turned, turned_after
from daemon.steps.verdicts import Checked, Failure, Similarity

_SAME = 0.80  # share of a sentence's words that make it a copy, where each other word counts
_NEAR = 0.68  # similarity at which a sentence is about what a passage says, whatever its words
_TOGETHER = 1.18  # similarity and share of words that do together
_BEHIND = 0.15  # what a window may lack to the best one, in words and similarity together
_CONDITION = 0.75  # similarity and share of words that make two conditions one
_GAP = 5  # places from one known word to the next around a word that was put in
_REPLACED = 3  # the same at the ends, where a word was put in the place of one or two
_COPIED = 0.66  # share of a sentence's words that one sentence of a passage has where it is copied
_OPPOSITE = "the opposite is there"
_ONLY_IF = re.compile(r"\bonly (?:be \w+ |works? |possible )?(?:if|when|while|once|after|with)\b", re.IGNORECASE)
_IF = re.compile(r"\W*\b(?:if|unless|in case|provided)\b", re.IGNORECASE)
_NEEDED = frozenset("need require required must necessary".split())
_FIRST = re.compile(r"\b(?:first|then|after|afterwards|once|until|next)\b", re.IGNORECASE)
_BACK = re.compile(
    r"\b(?:it|its|this|that|these|those|they|them|es|das|dies\w*|cela|ça|eso|esto|questo|quello|isso|isto|het|dat|dit)\b"
)
_ROW = re.compile(r"\S \| \S.*[^.!?:]$")  # of a table; a menu, `File | Save.`, is prose
_SEPARATE = 3  # content words of a question that stands by itself
_DENIES = re.compile(r"\b(?:not|no|never)\b|n['’]t\b", re.IGNORECASE)
_USED = 0.5  # share of a clause's words that a sentence must have to retell the clause


def check_text(
    reply: str, passages: Sequence[str], question: str | None = None, similarity: Similarity | None = None
) -> Checked:
    """Whether every sentence of `reply` is supported by one of the passages (Markdown or text).

    Where the `question` asks several things, each must be touched; what it says supports nothing. Without a
    `similarity` a sentence must have nearly all its words from a passage. Nothing to say, or nothing to say it from,
    has failed.
    """
    if not reply.strip():
        return Checked(passed=False, failed=(Failure(sentence="", why="says nothing"),))
    if not passages:
        return Checked(passed=False, failed=(Failure(sentence="", why="no passage to say it from"),))
    sources = [Source(passage) for passage in passages]
    failed: list[Failure] = []
    before = ""
    for sentence in sentences(MARKER.sub("\n\n", reply)):
        why = _unsupported(sentence, sources, similarity)
        if not why and not any(sequence(f"{before}\n\n{sentence}") in source.sequence for source in sources):
            why = turned_after(before, sentence, sources)
        if why:
            failed.append(Failure(sentence=sentence, why=why))
        before = sentence
    failed += uncovered(questions_of(question or ""), reply)
    return Checked(passed=not failed, failed=tuple(failed))


def uncovered(questions: Sequence[str], text: str) -> list[Failure]:
    """Where a customer asks several things: those that the answer has not one word of.

    A short question, or one that points back (`is it gone at once?`), belongs to the one before it. Of 160 customer
    mails that were all answered, this refuses four answers to what no article answers, and four right ones: one that
    is wrong costs more than many that a person gives.
    """
    asked = {question: words for question in questions if len(words := content(question)) > 1}
    told = content(text)
    return [
        Failure(sentence=question, why="the answer does not touch this question")
        for question, words in asked.items()
        if len(asked) > 1
        and len(words) >= _SEPARATE
        and not _BACK.search(question.lower())
        and not any(alike(one, other) for one in words if not soft(one) for other in told)
        and not all(map(soft, words))
    ]


def _unsupported(sentence: str, sources: Sequence[Source], similarity: Similarity | None) -> str:
    """Why a sentence is not supported, '' where it is."""
    links = frozenset().union(*(source.urls for source in sources))
    if unknown := urls((sentence,)) - links:
        return f"a link that the passages do not have: {min(unknown)}"
    known = " ".join(source.passage for source in sources).lower()
    if address := next((one for one in addresses(sentence) if one not in known), ""):
        return f"an address that the passages do not have: {address}"
    whole = sequence(sentence)
    if whole == "|":
        return ""  # no word at all
    if any(whole in source.sequence for source in sources):
        return ""
    if _ROW.search(sentence):
        return "a row that no table has"
    said = read(sentence)
    if url := _misplaced(said, sources):
        return f"a link that belongs to something else: {url}"
    if not said.stems:  # `You can.` answers, `Here is how:` only opens
        return "" if sentence.endswith(":") and not said.numbers and not _DENIES.search(sentence) else "states no fact"
    windows = [window for source in sources for window in source.windows]
    near = _nearness(sentence, windows, similarity)
    ranks = [share_of(said.plain, window) + nearness for window, nearness in zip(windows, near, strict=True)]
    floor = max(ranks, default=0.0) - _BEHIND
    chosen = sorted(
        (
            (rank, window, nearness)
            for rank, window, nearness in zip(ranks, windows, near, strict=True)
            if rank >= floor
        ),
        key=lambda one: -one[0],
    )
    whys = [_against(said, window, nearness) for _, window, nearness in chosen]
    if opposite := next((why for why in whys if why.startswith(_OPPOSITE)), ""):
        return opposite
    if changed := _miscopied(said, sources):
        return changed
    why = "" if "" in whys else whys[0] if whys else "the passages do not say it"
    return why or _conditions(said, sources, similarity) or _unconditional(said, sources) or turned(sentence, sources)


def _nearness(sentence: str, windows: Sequence[Claim], similarity: Similarity | None) -> list[float]:
    """How near in meaning each window is. A link that both have is no meaning: `_misplaced` looks at it."""
    if similarity is None:
        return [0.0] * len(windows)
    return list(similarity(URL.sub("", sentence), [URL.sub("", window.text) for window in windows]))


def _misplaced(said: Claim, sources: Sequence[Source]) -> str:
    """A link whose own lines name other things than the sentence does."""
    for url in urls((said.text,)):
        lines = [single for source in sources for single in source.singles if url in urls((single.text,))]
        if (
            lines
            and said.names
            and all(line.names and not line.names & said.words and not said.names & line.words for line in lines)
        ):
            return url
    return ""


def _against(said: Claim, window: Claim, nearness: float) -> str:
    """What speaks against it that a window says this, '' for nothing."""
    if strange := said.names - window.words:
        return f"a name that is not there: {min(strange)}"
    an = {"1"} if window.words & {"a", "an", "another", "one"} else set()
    if (strange := said.numbers - window.numbers - an) and not (said.lengths and said.lengths <= window.lengths):
        return f"a number that is not there: {min(strange)}"
    theirs = tuple(dict.fromkeys(window.stems))
    mine = tuple(dict.fromkeys(one for one in said.stems if one not in said.referred))
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
    used = [clause for clause in window.clauses if share_of(clause.stems, said) >= _USED and clause.stems]
    return _polarity(said, window) or _hinged(said, used, window)


def _polarity(said: Claim, window: Claim) -> str:
    """Negations: as many as what is retold has, at the same words."""
    mine = [one for clause in said.clauses for one in clause.denials]
    theirs = [one for clause in window.clauses for one in clause.denials if _touched(one, said)]
    free = sum(not one.around for clause in window.clauses for one in clause.denials)
    if len(mine) > len(theirs) + free:
        return "a negation that is not there"
    if len(mine) < len(theirs):
        return "a negation is left out"
    if any(alike(one.behind, "need") for one in mine) and not any(alike(one, "need") for one in window.stems):
        return "a need is denied that is not spoken of"
    for denials, others in ((mine, window.clauses), (theirs, said.clauses)):
        for behind in (one.behind for one in denials if one.behind):
            told = [clause for clause in others if behind in clause.stems]
            if told and not any(clause.denials for clause in told):
                return f"a negation stands elsewhere: {behind}"
    return ""


def _touched(denial: Denial, said: Claim) -> bool:
    """Whether a claim retells what a negation denies."""
    if denial.behind and any(alike(denial.behind, one) for one in said.stems):
        return True
    return bool(denial.around) and share_of(denial.around, said) >= _USED


def _hinged(said: Claim, used: Sequence[Clause], window: Claim) -> str:
    mine = frozenset(kind for clause in said.clauses for kind in clause.hinges)
    whole = frozenset(kind for clause in window.clauses for kind in clause.hinges)
    theirs = frozenset(kind for clause in used for kind in clause.hinges)
    if "just" in mine:  # `just a moment`, `just press`: a condition only where nobody else says it
        mine = mine - {"just"} | (frozenset() if "just" in whole else frozenset({"only"}))
    if {"before", "after"} <= mine ^ whole:
        return "before and after are turned round"
    if _ONLY_IF.search(said.text) and window.words & _NEEDED:
        mine -= {"only"}  # what is needed is the only way
    whole |= {"all"} if "any" in whole else frozenset()
    if added := mine - whole - {"any", "before", "after", "most", "instead"}:
        return f"a condition that is not there: {min(added)}"
    all_of = [one for clause in window.clauses for one in clause.quantified]
    for first in (one[0] for clause in said.clauses for one in clause.quantified if one):
        if first in window.stems and not any(not one or any(alike(first, other) for other in one) for one in all_of):
            return f"a condition that is not there: all {first}"
    mine |= {"before"} if _FIRST.search(said.text) else frozenset()
    if dropped := (theirs - mine) & STRICT:
        return f"a condition is left out: {min(dropped)}"
    return ""


def _conditions(said: Claim, sources: Sequence[Source], similarity: Similarity | None) -> str:
    """A condition must be the one that the passage makes for this, where it makes one."""
    conditions = [clause for clause in said.clauses if clause.condition and clause.stems]
    main = [one for clause in said.clauses if not clause.condition for one in clause.stems]
    if not conditions or not main:
        return ""
    told = [source.singles[place] for source in sources for place in places(main, source)]
    made = [[clause for clause in one.clauses if clause.condition and clause.stems] for one in told]
    if not made or not all(made):
        return ""
    theirs = [clause for clauses in made for clause in clauses]
    for clause in conditions:
        named = read(clause.text).names
        strange = [named - one.words for one in told]
        others = frozenset().union(*(read(other.text).names for other in theirs)) - said.words
        if all(strange) and others:
            return f"another condition: {min(strange[0])}"
        share = max(share_of(clause.stems, other) for other in told)
        near = max(similarity(clause.text, [other.text for other in theirs])) if similarity else 0.0
        if share < _USED and near + share < _CONDITION:
            return f"another condition: {clause.text.strip()[:60]}"
    return ""


def _unconditional(said: Claim, sources: Sequence[Source]) -> str:
    """A condition with which every sentence that says this begins, and of which nothing is left."""
    if _IF.search(said.text) or any(clause.condition for clause in said.clauses):
        return ""
    told = [source.singles[place] for source in sources for place in places(said.stems, source)]
    opening = [one.clauses[0] for one in told if one.clauses and _IF.match(one.clauses[0].text)]
    if told and len(opening) == len(told) and all(share_of(clause.stems, said) < _USED for clause in opening):
        return f"a condition is left out: {opening[0].text.strip()[:60]}"
    return ""


def _miscopied(said: Claim, sources: Sequence[Source]) -> str:
    """What a copy of one sentence changes, though it stand elsewhere in the passage: a word, or a negation."""
    singles = [single for source in sources for single in source.singles if share_of(said.stems, single) >= _COPIED]
    if not singles:
        return ""
    nearest = max(singles, key=lambda single: common(said.stems, single.stems))
    put = _put_in(said.stems, nearest.stems, inside=True) - said.referred
    if strange := [one for one in said.stems if one in put and not soft(one) and one not in nearest.words]:
        return f"a word that is not there: {strange[0]}"
    denied = sum(len(clause.denials) for clause in said.clauses)
    known = sum(_touched(one, said) or not one.around for clause in nearest.clauses for one in clause.denials)
    if denied > known and share_of(said.stems, nearest) >= _SAME:
        return "a negation that is not there"
    return ""


def _put_in(mine: Sequence[str], theirs: Sequence[str], *, inside: bool = False) -> frozenset[str]:
    """Words of a claim that stand where a passage, word for word around them, has another or none.

    `inside`: at the ends only where the passage has another word there.
    """
    pairs = dict(aligned(mine, theirs))
    found: set[str] = set()
    for index, one in enumerate(mine):
        if index in pairs:
            continue
        first, last = index == 0, index == len(mine) - 1
        before = pairs.get(index - 1, -1 if first else None)
        behind = pairs.get(index + 1, len(theirs) if last and not first else None)
        if before is None or behind is None:
            continue
        replaced = 1 < behind - before <= _REPLACED
        if replaced if inside and (first or last) else behind - before <= _GAP or first or last:
            found.add(one)
    return frozenset(found)
