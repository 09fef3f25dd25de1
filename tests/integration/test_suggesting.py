"""Suggestions over a store: each answer once, like ones together, a removed file is not made again."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from daemon.suggesting import suggest
from store.records import Direction, Kind
from store.store import open_store
from tests.servers.world import START, World, settings

COLD = "The printer works down to minus five degrees. Below that the labels lose their glue, so warm the roll up indoors first."
WARRANTY = (
    "Printers bought before March have two years of warranty, those bought later three years, counted from the invoice."
)


class ByFirstWord:
    """Texts that begin alike are near."""

    async def embed(self, texts: Sequence[str]) -> Any:
        words = sorted({text.split()[0] for text in texts})
        return np.eye(len(words), dtype=np.float32)[[words.index(text.split()[1 - 1]) for text in texts]]


async def test_each_answer_is_suggested_once_and_a_removed_file_stays_removed(tmp_path: Path) -> None:
    folder = tmp_path / "suggestions"
    async with open_store(tmp_path / "store.sqlite3", durable=False) as store:
        desk = World(store, settings(mode="shadow"))

        async def answered(number: int, question: str, text: str) -> None:
            mail = await desk.receive(
                question, sender=f"Carl Customer <c{number}@x{number}.test>", subject=f"Nr {number}"
            )
            await desk.act()
            turn = {
                "direction": Direction.OUT, "at": desk.now, "sender": "ann@example.com", "sender_name": "Ann Berger",
                "subject": "Re", "text": f"Dear Carl,\n\n{text}\n\nAnn Berger", "kind": Kind.AGENT,
                "message_id": f"h{number}@x", "refs": [], "handled": 1,
            }  # fmt: skip
            async with store.transaction() as tx:
                await store.cases.add_turn(tx, mail.case.id, turn)

        await answered(1, "Can I print in the cold?", COLD)
        await answered(2, "How long is the warranty?", WARRANTY)
        await answered(3, "Thanks!", "You're welcome.")
        assert len(await suggest(store, ByFirstWord(), folder, START)) == 2
        assert await suggest(store, ByFirstWord(), folder, START) == []
        cold = next(path for path in folder.iterdir() if "glue" in path.read_text())
        assert "Carl" not in cold.read_text()
        await answered(4, "Does it print when it freezes?", COLD)
        assert await suggest(store, ByFirstWord(), folder, START) == [cold.name]
        assert "Does it print when it freezes?" in cold.read_text()
        cold.unlink()
        assert await suggest(store, ByFirstWord(), folder, START) == []
        assert len(list(folder.iterdir())) == 1
