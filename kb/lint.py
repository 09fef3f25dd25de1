"""Pure. What is wrong with the articles: dead links, no titles, doubles, numbers that contradict, what is out of date."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from kb.articles import Article, passages, plain
from kb.links import destinations
from kb.prepare import Matrix
from kb.sources import SUFFIXES, TABLES

#: The cosine from which two passages say the same in nearly the same words. Of 414 real articles it finds the one pair
#: that is a double, with 0.93 a second one that is a double too.
NEARLY_THE_SAME = 0.95
#: The share of the shorter article, in words, that must stand in the other: a paragraph in common is no double.
SHARED = 0.8
#: A sentence is compared from so many words on: "Wait 5 minutes." contradicts nothing.
SENTENCE_WORDS = 8
#: Passages multiplied with all others at once.
_CHUNK = 1024


class Fault(StrEnum):
    """What is wrong."""

    DEAD_LINK = "dead link"
    NO_TITLE = "no title"
    NO_TEXT = "no text"
    SAME_TITLE = "same title"
    SAME_TEXT = "same text"
    OTHER_NUMBER = "other number"
    OUT_OF_DATE = "out of date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing that is wrong with an article."""

    fault: Fault
    article: str  #: its path
    other: str = ""  #: the path of the article that it clashes with
    detail: str


def lint(
    articles: Sequence[Article],
    files: Set[str],
    *,
    today: date,
    vectors: Mapping[str, Matrix] | None = None,
) -> tuple[Remark, ...]:
    """Look through articles. `files` are the paths of everything in their folders, with '/'.

    With `vectors`, one a passage id, articles that say the same in slightly other words are found too; without, those
    in the same words. The remarks come in the order of the faults, then of the paths.
    """
    cut = {article.path: [(each.id, each.text) for each in passages(article)] for article in articles}
    found = [
        *(remark for article in articles for remark in _alone(article, bool(cut[article.path]), files, today)),
        *_tables_of_something_else(articles, files),
        *_same_titles(articles),
        *_same_texts(cut, vectors or {}),
        *_other_numbers(articles, cut),
    ]
    order = list(Fault)
    return tuple(sorted(found, key=lambda each: (order.index(each.fault), each.article, each.other, each.detail)))


def _alone(article: Article, has_text: bool, files: Set[str], today: date) -> Iterator[Remark]:
    path = article.path
    for target in dict.fromkeys(_targets(article.body)):
        if not _leads_somewhere(path, target, files):
            yield Remark(fault=Fault.DEAD_LINK, article=path, detail=target)
    if not article.titled:
        yield Remark(fault=Fault.NO_TITLE, article=path, detail=f"called {article.title!r} after its file")
    if not has_text:
        yield Remark(fault=Fault.NO_TEXT, article=path, detail="nothing finds it")
    if article.valid_until is not None and article.valid_until < today:
        yield Remark(fault=Fault.OUT_OF_DATE, article=path, detail=f"valid until {article.valid_until}")


def _tables_of_something_else(articles: Sequence[Article], files: Set[str]) -> Iterator[Remark]:
    used = {article.path.rpartition("#")[0] for article in articles}
    for path in sorted(files - used):
        if posixpath.splitext(path)[1].lower() in TABLES:
            yield Remark(fault=Fault.NO_TEXT, article=path, detail="no rows under columns question and answer")


# ── links ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_CODE = re.compile(r"^ *```.*?(?:^ *```|\Z)|`[^`\n]+`", re.S | re.M)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(\s*<?([^)\s>]+)|<a\b[^>]*\bhref=[\"']([^\"']+)", re.I)
#: Of another site, of this page, of the site's own root, or filled in by the generator.
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#|/|.*[{}]", re.I)


def _targets(body: str) -> Iterator[str]:
    for found in _LINK.finditer(_CODE.sub("", body)):
        target = found[1] or found[2]
        if not _ELSEWHERE.match(target):
            yield target


def _leads_somewhere(path: str, target: str, files: Set[str]) -> bool:
    """Whether the link finds a file, from the article's own folder or from the one that its page will be."""
    meant = destinations(path, target)
    for place in meant:
        if place.startswith("..") or place == ".":
            return True  # what is outside of the folder cannot be seen from here
        stem = posixpath.splitext(place)[0]
        names = {place, *(f"{each}{suffix}" for each in (place, stem, f"{place}/index") for suffix in SUFFIXES)}
        if names & files or any(file.startswith(f"{place}/") for file in files):
            return True
    return not meant


# ── doubles ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _same_titles(articles: Sequence[Article]) -> Iterator[Remark]:
    first: dict[tuple[str, str], str] = {}
    for article in articles:
        key = (" ".join(article.title.casefold().split()), article.language)
        if key in first:
            yield Remark(fault=Fault.SAME_TITLE, article=first[key], other=article.path, detail=article.title)
        else:
            first[key] = article.path


def _same_texts(cut: Mapping[str, Sequence[tuple[str, str]]], vectors: Mapping[str, Matrix]) -> Iterator[Remark]:
    length: dict[str, int] = {}
    owner: dict[str, str] = {}
    words: dict[str, int] = {}
    by_text: dict[str, list[str]] = defaultdict(list)
    for path, pieces in cut.items():
        for id_, text in pieces:
            said = plain(text).casefold().split()
            owner[id_], words[id_] = path, len(said)
            by_text[" ".join(said)].append(id_)
        length[path] = sum(words[id_] for id_, _ in pieces)
    twins = {(a, b) for ids in by_text.values() for k, a in enumerate(ids) for b in ids[k + 1 :]}
    twins |= set(_near([id_ for id_ in owner if id_ in vectors], vectors))
    # What an article has in common with another, each of its passages counted once.
    common: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one, other in twins:
        a, b = sorted((one, other), key=lambda id_: owner[id_])
        if owner[a] != owner[b]:
            common[owner[a], owner[b]][owner[a]].add(a)
            common[owner[a], owner[b]][owner[b]].add(b)
    for pair, shared in common.items():
        shorter = min(pair, key=lambda path: length[path])
        share = sum(words[id_] for id_ in shared[shorter]) / max(1, length[shorter])
        if share >= SHARED:
            yield Remark(
                fault=Fault.SAME_TEXT, article=pair[0], other=pair[1], detail=f"{share:.0%} of the shorter one"
            )


def _near(ids: Sequence[str], vectors: Mapping[str, Matrix]) -> Iterator[tuple[str, str]]:
    if not ids:
        return
    matrix = np.stack([vectors[id_] for id_ in ids])
    for start in range(0, len(ids), _CHUNK):
        near = matrix[start : start + _CHUNK] @ matrix[start:].T >= NEARLY_THE_SAME
        for row, column in np.argwhere(near).tolist():
            if row < column:
                yield ids[start + row], ids[start + column]


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_MARK = re.compile(r"^\s*(?:[-*+>|]|\d+[.)]|#+)\s+")
_NUMBER = re.compile(r"\d[\d.,:]*(?:[a-z%°]{1,3})?")
_ZEROS = re.compile(r"[.:]0+(?=\D|$)")


def _other_numbers(articles: Sequence[Article], cut: Mapping[str, Sequence[tuple[str, str]]]) -> Iterator[Remark]:
    """Find sentences of two articles that differ in nothing but a number, unless a number in the titles tells why."""
    said: dict[tuple[str, ...], dict[str, tuple[tuple[str, ...], str]]] = defaultdict(dict)
    title = {article.path: {*_NUMBER.findall(article.title.casefold())} for article in articles}
    for article in articles:
        for _, text in cut[article.path]:
            for sentence in _sentences(text):
                tokens = [token.strip(".,;:!?()[]\"'") for token in sentence.casefold().split()]
                # 11:00 and 11.0 are 11.
                numbers = tuple(_ZEROS.sub("", token) for token in tokens if _NUMBER.fullmatch(token))
                if numbers and len(tokens) >= SENTENCE_WORDS:
                    shape = tuple("#" if _NUMBER.fullmatch(token) else token for token in tokens)
                    said[shape].setdefault(article.path, (numbers, sentence))
    for places in said.values():
        first, *others = places.items()
        for path, (numbers, sentence) in others:
            if numbers != first[1][0] and title[path] == title[first[0]]:
                yield Remark(
                    fault=Fault.OTHER_NUMBER,
                    article=first[0],
                    other=path,
                    detail=f"“{first[1][1]}” – “{sentence}”",
                )
                break  # one pair shows it


def _sentences(text: str) -> Iterator[str]:
    for line in _SENTENCE.split(plain(_CODE.sub("", text))):
        sentence = _MARK.sub("", line).strip()
        if "|" not in sentence:  # a row of a table has its numbers for a reason
            yield sentence
