"""A knowledge base that is sure of one article, for tests in which what is answered does not matter, but that it is."""

import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kb.articles import Passage
from kb.calibrate import Calibration, Features
from kb.evidence import Hit

PASSAGE = Passage(
    id="p1",
    article="printer/label-jam.md",
    title="Clear a label jam",
    section="",
    text="1. Switch the printer off.\n2. Open the cover and pull the label out.\n3. Close the cover and switch it on.",
    url="https://help.example.com/label-jam",
    topic="printer",
    language="en",
)


#: Letters that tell one article of `varied` from the next: numbers would be taken for the same text.
_NAMES = "alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima".split()


class SureKnowledge:
    """Answers every search with the one passage, whatever was asked; `sure` False makes it find nothing certain.

    `varied` answers each search with another article, so that nobody is told the same twice.
    """

    embed_seconds = 0.0

    def __init__(self, *, sure: bool = True, varied: bool = False) -> None:
        self.sure = sure
        self.varied = varied
        self.passage_text = PASSAGE.text
        self._searches = 0

    @property
    def calibration(self) -> Calibration:
        return Calibration(
            intercept=20.0 if self.sure else -20.0, weights=Features(*[0.0] * len(Features._fields)), source="tests"
        )

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Nearness by common words alone."""
        found = np.zeros((len(texts), 512))
        for row, text in zip(found, texts, strict=True):
            for word in text.lower().split():
                row[zlib.crc32(word.strip(".,:;!?").encode()) % 512] += 1
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)

    async def search(self, query: str, limit: int = 10) -> tuple[Hit, ...]:
        passage = replace(PASSAGE, text=self.passage_text)
        if self.varied:
            rest, first = divmod(self._searches, len(_NAMES))
            name = f"{_NAMES[first]} {' '.join(_NAMES[int(digit)] for digit in str(rest))}"
            passage = replace(PASSAGE, text=PASSAGE.text.replace("printer", f"{name} printer"))
            self._searches += 1
        return (Hit(passage=passage, score=1.0, dense=0.9, sparse=10.0),)
