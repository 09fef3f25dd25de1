"""Pure. Similarities of texts, learnt as they are asked for: what is pure asks, what has the model teaches, and it is asked again."""

from collections.abc import Sequence
from typing import Any, Protocol

from kb.prepare import Matrix


class Embedding(Protocol):
    """What a part needs of the knowledge base that compares texts."""

    async def embed(self, texts: Sequence[str]) -> Matrix:
        """One unit vector a text."""


class Cosines:
    """Similarities of texts whose vectors are known; of all others the least, since unknown has failed."""

    def __init__(self) -> None:
        self._vectors: dict[str, Any] = {}
        self.unknown: set[str] = set()

    def learn(self, texts: Sequence[str], vectors: Any) -> None:
        """Take up the vectors of texts."""
        self._vectors.update(zip(texts, vectors, strict=True))
        self.unknown.clear()

    def __call__(self, sentence: str, texts: Sequence[str]) -> Sequence[float]:
        """See daemon/steps/verdicts.py `Similarity`."""
        self.unknown.update(text for text in (sentence, *texts) if text not in self._vectors)
        if sentence not in self._vectors:
            return [-1.0] * len(texts)
        mine = self._vectors[sentence]
        return [float(mine @ self._vectors[text]) if text in self._vectors else -1.0 for text in texts]
