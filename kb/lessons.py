"""I/O. What the reader learns from: invented help centres, and how the search likes each passage for each text.

No part of the running program: see `kb/train_reader.py`.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from kb.articles import plain
from kb.model import Embedder
from kb.retrieve import SPARSE_WEIGHT
from kb.words import SATURATION, bm25, rarity, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A customer's text."""

    text: str
    own: str  #: the article that it was written for
    gold: str | None  #: the one that answers it
    near: bool  #: a near miss of `own`


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """A help centre, what is asked of it, and how the search likes each passage for each text."""

    articles: list[str]
    passages: list[str]
    texts: list[Text]
    found: Tensor  #: scores, texts × passages
    vectors: Tensor  #: of the texts


def centres(files: Sequence[Path], embedder: Embedder) -> Iterator[Centre]:
    """Read help centres and search each text in its own."""
    for file in files:
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        passages = ["\n".join(filter(None, (row["title"], row["heading"], plain(row["passage"])))) for row in rows]
        texts: list[Text] = []
        for row in rows:
            own = row["article"]
            texts += [Text(text=text, own=own, gold=own, near=False) for text in row["answerable"]]
            texts += [
                Text(text=miss["text"], own=own, gold=miss["answered_by"], near=True) for miss in row["near_miss"]
            ]
        vectors = torch.from_numpy(embedder.queries([each.text for each in texts]))
        dense = vectors @ torch.from_numpy(embedder.passages(passages)).T
        yield Centre(
            articles=[row["article"] for row in rows],
            passages=passages,
            texts=texts,
            found=dense + SPARSE_WEIGHT * torch.tensor(_sparse([each.text for each in texts], passages)),
            vectors=vectors,
        )


def _sparse(texts: Sequence[str], passages: Sequence[str]) -> list[list[float]]:
    indexed = [words(passage) for passage in passages]
    having = Counter(word for each in indexed for word in set(each))
    average = sum(map(len, indexed)) / len(indexed)
    found = []
    for text in texts:
        weights = {word: rarity(len(passages), having[word]) for word in words(text) if having[word]}
        ideal = SATURATION * sum(weights.values()) or 1.0
        found.append([bm25(weights, each, average) / ideal for each in indexed])
    return found
