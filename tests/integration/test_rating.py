"""A customer rates by reply: counted, not answered, and the case stays solved."""

from datetime import UTC, timedelta
from pathlib import Path

from daemon.reporting import figures
from daemon.settings import Settings
from store.figures import Window
from store.records import CaseStatus
from store.store import open_store
from tests.servers.world import ALICE, START, World
from threading_.parse import parse


async def test_a_rating_by_reply_is_counted_and_opens_nothing(tmp_path: Path) -> None:
    wanted = Settings.model_validate({"policy": {"mode": "auto", "coalesce_seconds": 0}, "rating": {"enabled": True}})
    async with open_store(tmp_path / "store.sqlite3", durable=False) as store:
        desk = World(store, wanted)

        async def answers(text: str) -> None:
            desk.now += timedelta(hours=1)
            last = parse(desk.to(ALICE)[-1].raw)
            await desk.receive(text, answers=last.message_id)
            await desk.act()
            await desk.deliver()

        first = await desk.receive()
        await desk.act()
        await desk.deliver()
        await answers("That did it, thank you!")
        closure = parse(desk.to(ALICE)[-1].raw)
        assert "reply with nothing but a number from 1 (poor) to 5" in closure.text
        await answers("4")
        assert len(desk.to(ALICE)) == 2
        assert (await desk.case(first.case.reference)).status is CaseStatus.RESOLVED
        told = await figures(store, wanted, UTC, Window(since=START, until=desk.now + timedelta(days=1)), None)
        assert told.ratings == {4: 1}
        assert told.endings == {"confirmed": 1}
        await answers("One more thing: the printer still does not work.")
        assert (await desk.case(first.case.reference)).status is not CaseStatus.RESOLVED
