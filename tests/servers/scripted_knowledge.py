"""A knowledge base that is sure of one article, for tests in which what is answered does not matter, but that it is."""

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


class SureKnowledge:
    """Answers every search with the one passage, whatever was asked; `sure` False makes it find nothing certain."""

    embed_seconds = 0.0

    def __init__(self, *, sure: bool = True) -> None:
        self.sure = sure

    @property
    def calibration(self) -> Calibration:
        return Calibration(
            intercept=20.0 if self.sure else -20.0, weights=Features(*[0.0] * len(Features._fields)), source="tests"
        )

    async def search(self, query: str, limit: int = 10) -> tuple[Hit, ...]:
        return (Hit(passage=PASSAGE, score=1.0, dense=0.9, sparse=10.0),)
