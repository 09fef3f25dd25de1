"""From shadow to auto, one topic at a time: compared with what humans answered, labelled, promoted, and then it answers."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from daemon import config as configuration
from daemon.cli import topics
from daemon.cli.main import app
from daemon.errors import FirstlineError
from store.records import Direction, Kind
from store.store import FILE, Store, open_store
from tests.servers.world import World

CONFIG = """# our own notes
[mailbox]
address = "support@example.com"
[policy]
mode = "shadow"  # the first weeks
coalesce_seconds = 0
[service]
state = "state"
"""
SAME = (
    "Hi,\n\nsee https://help.example.com/label-jam.\n\nAnn",
    "Switch the printer off, open the cover and pull the label out. Then close the cover and switch it on.",
    "It is in the article Clear a label jam.\n\nBest regards\nAnn",
)
OTHER = "Please send the printer to our workshop in Leipzig; the courier comes on Thursday."


def over(folder: Path, work: Callable[[World, Store], Coroutine[Any, Any, None]]) -> None:
    """Do something in the world that the configuration describes."""

    async def inside() -> None:
        async with open_store(folder / "state" / FILE, durable=False) as store:
            settings = configuration.load(folder / "config.toml", offline=True).settings
            desk = World(store, settings)
            last = await store.reader.one("SELECT count(*) AS n, max(received_at) AS last_at FROM inbox")
            desk._uid, desk.now = last["n"], last["last_at"] or desk.now
            await work(desk, store)

    asyncio.run(inside())


async def exchange(desk: World, store: Store, number: int, answer: str) -> None:
    """A customer asks, and a human answers from their own mail program."""
    desk.now += timedelta(hours=1)
    ingested = await desk.receive(sender=f"c{number}@customer{number}.test", subject=f"Label {number}")
    await desk.act()
    desk.now += timedelta(minutes=20)
    turn = {
        "direction": Direction.OUT, "at": desk.now, "sender": "ann@example.com", "sender_name": "Ann", "subject": "Re: Label",
        "text": answer, "kind": Kind.AGENT, "message_id": f"h{number}@example.com", "refs": [], "handled": 1,
    }  # fmt: skip
    async with store.transaction() as tx:
        await store.cases.add_turn(tx, ingested.case.id, turn)


def run(folder: Path, *arguments: str, keys: str = "") -> Any:
    return CliRunner().invoke(
        app, ["topics", *arguments, "--config", str(folder / "config.toml")], input=keys, catch_exceptions=False
    )


class Blind:
    """A knowledge base without a model: no two texts are near, so that words and links alone are compared."""

    async def embed(self, texts: Sequence[str]) -> Any:
        return np.zeros((len(texts), 2))

    async def close(self) -> None:
        pass


def test_a_topic_is_compared_labelled_promoted_and_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "open_articles", lambda _: Blind())
    (tmp_path / "config.toml").write_text(CONFIG)

    async def weeks(desk: World, store: Store) -> None:
        for number in range(21):
            await exchange(desk, store, number, OTHER if number in (3, 9) else SAME[number % 3])
        await exchange(desk, store, 21, "You're welcome!")
        assert desk.smtp.taken == []

    over(tmp_path, weeks)
    (record,) = map(json.loads, run(tmp_path, "--json").stdout.splitlines())
    assert (record["topic"], record["mode"], record["cases"], record["answers"]) == ("printer", "shadow", 22, 22)
    assert (record["compared"], record["agree"], record["unknown"]) == (21, 19, 1)
    assert (record["standing"], record["missing"]) == ("soon", 7)
    said = record["verdicts"]
    assert (said["count"], said["right"], said["before"]) == (21, 19, 0.9)
    assert (
        f"21 verdicts, 19 of them right: confidence is lowered, 0.90 is now {said['now']:.2f}." in run(tmp_path).stdout
    )

    with pytest.raises(FirstlineError, match=r"19 of 21 agree"):
        run(tmp_path, "promote", "printer")

    # A person looks at what rules could not tell, and at the newest of the others.
    labelled = run(tmp_path, "--label", "--by", "Kim", keys="y\n" * 8 + "s\nq\n")
    assert "You're welcome!" in labelled.stdout
    assert "8 labelled" in labelled.stdout

    async def more(desk: World, store: Store) -> None:
        for number in range(30, 36):
            await exchange(desk, store, number, SAME[number % 3])

    over(tmp_path, more)
    (record,) = map(json.loads, run(tmp_path, "--json").stdout.splitlines())
    assert (record["compared"], record["agree"], record["labelled"], record["unknown"]) == (28, 26, 8, 0)
    assert record["standing"] == "earned"
    assert "earned" in run(tmp_path).stdout

    promoted = run(tmp_path, "promote", "printer")
    assert "systemctl reload firstline" in promoted.stdout
    text = (tmp_path / "config.toml").read_text()
    assert text == CONFIG + '\n[topics.printer]\nmode = "auto"\n'

    async def after(desk: World, store: Store) -> None:
        desk.now += timedelta(hours=1)
        await desk.receive(sender="new@customer.test", subject="A new label")
        await desk.act()
        await desk.deliver()
        assert [item.recipient for item in desk.smtp.taken] == ["new@customer.test"]
        # What began in shadow stays silent.
        await desk.receive("And the cover?", sender="c30@customer30.test", answers="m23@customer.test")
        await desk.act()
        await desk.deliver()
        assert len(desk.smtp.taken) == 1
        entries = [entry async for entry in store.audit.entries() if entry.event == "promoted"]
        assert entries[0].details == {"topic": "printer", "mode": "auto", "agree": 26, "compared": 28}

    over(tmp_path, after)
