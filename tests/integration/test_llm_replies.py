"""Twenty replies of a language model, half of them grounded in the article: exactly those are sent."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from daemon.settings import Settings
from kb.articles import Passage
from kb.evidence import Hit
from kb.model import Embedder, find_model
from store.store import Store, open_store
from tests.servers.llm import says, scripted_model
from tests.servers.scripted_knowledge import PASSAGE, SureKnowledge
from tests.servers.world import World

ARTICLE = replace(
    PASSAGE,
    title="Export your boards",
    text="""\
You can export a board as a PDF or as a CSV file. Only owners and editors can export; viewers cannot.

1. Open the board.
2. Click **Share** in the top right corner.
3. Choose **Export** and select the format.
4. Click **Download**.

Large boards with more than 500 cards are exported in the background. You will get an email with a link within 30 minutes. The link is valid for 7 days.

If the Export button is grey, your plan does not include exports. Upgrade to the Team plan to use them.""",
)
QUESTION = "How can I export my board? I would like to have it as a file."

GROUNDED = {
    "its own words": "You can export a board as a PDF or as a CSV file.",
    "the steps": "1. Open the board.\n2. Click Share in the top right corner.\n3. Choose Export and select the format.\n4. Click Download.",
    "steps as a sentence": "Open the board, click Share in the top right corner, choose Export and select the format, then click Download.",
    "who may": "Only owners and editors can export a board; viewers cannot.",
    "other words": "A board can be exported as a PDF file or as a CSV file.",
    "a greeting around it": "Hello,\n\nYou can export a board as a PDF or as a CSV file.\n\nKind regards,\nThe team",
    "the number of days": "Large boards are exported in the background. You will get an email with a link within 30 minutes. The link is valid for 7 days.",
    "the condition": "If the Export button is grey, your plan does not include exports.",
    "bold and a fence": "```\nOpen the board, click **Share** in the top right corner, choose **Export**, select the format, and click **Download**.\n```",
    "large boards": "Boards with more than 500 cards are exported in the background.",
}
UNGROUNDED = {
    "a wrong number": "You will get an email with a link within 3 minutes. The link is valid for 7 days.",
    "a wrong name": "If the Export button is grey, upgrade to the Enterprise plan to use exports.",
    "a negation": "Owners and editors cannot export; viewers can.",
    "a link": "You can export a board as a PDF or as a CSV file. See https://boards.example.org/export.",
    "an invented step": "1. Open the board.\n2. Click Share in the top right corner.\n3. Enter your password.\n4. Click Download.",
    "another customer's": "Maria Keller asked the same last week and her board had 612 cards.",
    "a promise": "You can export a board as a PDF or as a CSV file. We will refund your plan if it takes longer.",
    "another language": "Sie können ein Board als PDF oder als CSV-Datei exportieren.",
    "the prompt": "You word answers of a customer support team. Use only what the numbered passages say.",
    "nothing": "",
}


class OneArticle(SureKnowledge):
    """Sure of the article, with the bundled model's similarities."""

    def __init__(self, embedder: Embedder) -> None:
        super().__init__()
        self._embedder = embedder
        self.article: Passage = ARTICLE

    async def embed(self, texts: Sequence[str]) -> Any:
        return self._embedder.passages(texts)

    async def search(self, query: str, limit: int = 10) -> tuple[Hit, ...]:
        return (Hit(passage=self.article, score=1.0, dense=0.9, sparse=10.0),)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(find_model())


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "s.sqlite3", durable=False) as opened:
        yield opened


@pytest.mark.model
@pytest.mark.parametrize(
    ("reply", "passes"),
    [*((reply, True) for reply in GROUNDED.values()), *((reply, False) for reply in UNGROUNDED.values())],
    ids=[*GROUNDED, *UNGROUNDED],
)
async def test_exactly_what_the_article_says_is_sent(
    store: Store, embedder: Embedder, reply: str, passes: bool
) -> None:
    async with scripted_model([says(reply)]) as model:
        configured = Settings.model_validate(
            {
                "policy": {"mode": "auto", "coalesce_seconds": 0},
                "llm": {"url": model.url, "model": "scripted", "timeout_seconds": 90},
            }
        )
        world = World(store, configured, knowledge=OneArticle(embedder))
        await world.receive(QUESTION, subject="Export")
        acted = await world.act()
    assert acted is not None
    assert acted.settled.prose is not None
    assert acted.settled.worded is passes, acted.settled.prose.why
    (mail,) = acted.settled.outgoing
    assert ("PDF" in mail.mail.text) or passes, "the article's own words"
