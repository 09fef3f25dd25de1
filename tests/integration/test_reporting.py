"""The digest is written exactly once, whatever restarts; and what stood still is told."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from daemon.commits.audit import Auditor
from daemon.reporting import Reporting, figures
from daemon.settings import Settings
from daemon.wiring import nonces, voice_of
from store.figures import Window
from store.records import CaseStatus, Direction, Kind, Resolution, Role
from store.store import Store, open_store
from tests.servers.world import World

FRIDAY = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "store.sqlite3", durable=False) as opened:
        yield opened


def world(store: Store, **sections: Any) -> World:
    policy = {"mode": "auto", "coalesce_seconds": 0, **sections.pop("policy", {})}
    return World(store, Settings.model_validate({"policy": policy, "hours": {"zone": "UTC"}, **sections}))


def reporting(desk: World) -> Reporting:
    """As after a start: it remembers nothing."""
    rng = random.Random(desk.now.timestamp())
    settings = desk.pipeline._settings
    return Reporting(
        store=desk.store,
        settings=settings,
        voice=voice_of(settings, desk.ring),
        clock=lambda: desk.now,
        nonces=nonces(rng),
        auditor=Auditor(desk.store, rng),
    )


async def test_a_digest_is_written_once_a_day_over_restarts_and_a_weekend_is_in_mondays(store):
    desk = world(store)
    desk.now = FRIDAY
    await reporting(desk).tick()
    await desk.receive()
    await desk.act()
    while desk.now < FRIDAY + timedelta(days=4):
        desk.now += timedelta(minutes=47)
        await reporting(desk).tick()
        await desk.deliver()
    daily = [item for item in desk.smtp.taken if item.role is Role.REPORT and b"the week" not in item.raw]
    weekly = [item for item in desk.smtp.taken if item.role is Role.REPORT and b"the week" in item.raw]
    assert [item.created_at.date().day for item in daily] == [23, 24]
    assert [item.created_at.date().day for item in weekly] == [23]
    mail = message_from_bytes(daily[0].raw, policy=SMTP)
    assert mail["To"] == "queue@example.com"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Subject"] == "Firstline, Mon 23 Nov: 1 answered, 0 handed over"
    body, table = mail.iter_parts()
    text, page = body.iter_parts()
    assert "mails of customers  1" in text.get_content()
    assert "mails of customers" in page.get_content()
    assert table.get_filename() == "firstline-daily-2026-11-23.csv"
    assert "in_short,answered,1,answered" in table.get_content()
    assert "mails of customers  0" in message_from_bytes(daily[1].raw, policy=SMTP).get_body(("plain",)).get_content()


async def test_two_that_write_at_once_write_one(store):
    desk = world(store)
    desk.now = FRIDAY
    one, other = reporting(desk), reporting(desk)
    await one.tick()
    desk.now = MONDAY
    await one.tick()
    await other.tick()
    await desk.deliver()
    assert len([item for item in desk.smtp.taken if b"Subject: Firstline, Mon 23 Nov" in item.raw]) == 1


async def test_in_shadow_it_leaves_only_where_somebody_is_named(store):
    desk = world(store, policy={"mode": "shadow"})
    desk.now = FRIDAY
    await reporting(desk).tick()
    desk.now = MONDAY
    await reporting(desk).tick()
    assert await desk.deliver() == []
    named = world(store, policy={"mode": "shadow"}, digest={"to": "boss@example.com"})
    named.now = MONDAY + timedelta(days=1)
    await reporting(named).tick()
    await named.deliver()
    assert [item.recipient for item in named.smtp.taken] == ["boss@example.com"]


async def test_the_time_in_which_nothing_ran_is_told(store):
    desk = world(store)
    desk.now = FRIDAY
    await reporting(desk).started()
    await reporting(desk).tick()
    desk.now = FRIDAY + timedelta(hours=3)
    await reporting(desk).started()
    told = await figures(store, desk.pipeline._settings, UTC, Window(since=FRIDAY, until=MONDAY), None)
    assert told.health.downtimes == ((FRIDAY, FRIDAY + timedelta(hours=3)),)


async def test_a_humans_answer_counts_as_a_humans_and_an_ending_by_whoever_made_it(store):
    desk = world(store)
    desk.now = FRIDAY
    desk.knowledge.sure = False
    ingested = await desk.receive()
    await desk.act()
    await desk.deliver()
    case = ingested.case
    turn = {
        "direction": Direction.OUT, "at": FRIDAY + timedelta(hours=2), "sender": "ann@example.com", "sender_name": "Ann",
        "subject": "Re: Stuck label", "text": "Open the cover.", "kind": Kind.AGENT, "message_id": "a@b", "refs": [],
    }  # fmt: skip
    async with store.transaction() as tx:
        await store.cases.add_turn(tx, case.id, turn)
        changes = {"status": CaseStatus.RESOLVED, "resolution": Resolution.HUMAN}
        await store.cases.move(tx, case.id, now=FRIDAY + timedelta(hours=2), moves=True, changes=changes)
        changes = {"status": CaseStatus.AWAITING_HUMAN, "resolution": None}
        await store.cases.move(tx, case.id, now=FRIDAY + timedelta(hours=3), moves=True, changes=changes)
    told = await figures(store, desk.pipeline._settings, UTC, Window(since=FRIDAY, until=MONDAY), None)
    assert told.human.median == timedelta(hours=2)
    assert told.automatic.count == 0
    assert told.endings == {"human": 1, "reopened": 1}
    assert told.waiting == {"normal": 1}


async def test_what_people_answered_in_shadow_is_compared_hourly_and_told(store):
    desk = world(store, policy={"mode": "shadow"}, digest={"to": "boss@example.com"})
    desk.now = FRIDAY
    await reporting(desk).tick()
    ingested = await desk.receive()
    await desk.act()
    turn = {
        "direction": Direction.OUT, "at": FRIDAY + timedelta(minutes=5), "sender": "ann@example.com", "sender_name": "Ann",
        "subject": "Re", "text": "See https://help.example.com/label-jam", "kind": Kind.AGENT, "message_id": "a@b", "refs": [],
    }  # fmt: skip
    async with store.transaction() as tx:
        await store.cases.add_turn(tx, ingested.case.id, turn)
    desk.now = FRIDAY + timedelta(hours=1)
    await reporting(desk).tick()
    told = await figures(store, desk.pipeline._settings, UTC, Window(since=FRIDAY, until=MONDAY), None)
    assert [(one.topic, one.agree, one.compared) for one in told.agreement] == [("printer", 1, 1)]
