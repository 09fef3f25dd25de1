"""Pure. What an update has to do: articles with the texts to embed, and which known articles are gone."""

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.articles import Article, Passage, plain
from kb.errors import KnowledgeBaseError
from kb.words import words

Matrix = NDArray[np.float32]

#: Changes whenever the same article would be cut or indexed differently: everything is then indexed anew.
FORMAT = "8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A passage on its way into the file."""

    passage: Passage
    words: Sequence[str]  #: kb.words.words of everything that it may be found by
    vectors: Matrix  #: one a row


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An article that waits for its vectors."""

    article: Article
    folder: str  #: where it was found
    fingerprint: str
    passages: tuple[Passage, ...]
    sentences: tuple[
        str, ...
    ] = ()  #: what the classifier learns the article by; none where there will be no classifier

    @property
    def texts(self) -> tuple[str, ...]:
        """What is embedded: each passage, each question that the article says it answers, then the sentences."""
        if not self.passages:
            return ()
        return (*map(searchable, self.passages), *self.article.questions, *self.sentences)

    def entries(self, vectors: Matrix) -> list[Entry]:
        """Join the passages with the vectors of `texts`. A question leads to the passage that is nearest to it."""
        count = len(self.passages)
        rows: list[list[int]] = [[k] for k in range(count)]
        asked: list[list[str]] = [[] for _ in range(count)]
        for k, question in enumerate(self.article.questions, count):
            nearest = int(np.argmax(vectors[:count] @ vectors[k])) if count else 0
            rows[nearest].append(k)
            asked[nearest].append(question)
        return [
            Entry(passage=passage, words=words(" ".join([searchable(passage), *asked[k]])), vectors=vectors[rows[k]])
            for k, passage in enumerate(self.passages)
        ]

    def learnt(self, vectors: Matrix) -> Matrix:
        """Return the vectors of the sentences, of the vectors of `texts`."""
        return vectors[len(vectors) - len(self.sentences) :]


def searchable(passage: Passage) -> str:
    """Return the text that a passage is found by: its own, under its article's title and its headings."""
    return "\n".join(part for part in (passage.title, passage.section, plain(passage.text)) if part)


def fingerprint(digest: str, model: str, base_url: str) -> str:
    """Return what an indexed article is recognised by: its bytes, and everything else that its index depends on."""
    return hashlib.sha256("\0".join((FORMAT, digest, model, base_url)).encode()).hexdigest()


def gone(found: Set[str], known: Mapping[str, str], folders: str, max_deletion: float) -> list[str]:
    """Return the paths that are known and no longer found. `known` has the folder of each path.

    Raises KnowledgeBaseError where there is nothing at all, or where more than `max_deletion` of a folder is gone.
    """
    if not found and not known:
        raise KnowledgeBaseError(
            f"No articles in {folders or 'no folder'}.",
            remedy="put articles there (.md, .html, .rst, .txt, .csv), or name another folder in [knowledge] folders or with --kb",
        )
    missing = [path for path in known if path not in found]
    for folder in sorted({known[path] for path in missing}):
        lost = sum(known[path] == folder for path in missing)
        total = sum(name == folder for name in known.values())
        if lost > max_deletion * total:
            raise KnowledgeBaseError(
                f"{folder}: {lost} of {total} articles are gone, more than [knowledge] max_deletion"
                f" ({max_deletion:g}) lets an update delete. Nothing was changed.",
                remedy="see that the folder is there and mounted; if they were really removed, run"
                " `firstline kb index --max-deletion 1`",
            )
    return missing
