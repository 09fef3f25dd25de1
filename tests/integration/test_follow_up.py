"""When nobody writes: the clock of a case over a real store, in simulated time."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daemon.edges.smtp import Outcome
from daemon.settings import Settings
from daemon.steps.followup import with_follow_up
from daemon.steps.lifecycle import Event
from daemon.steps.transition import life, moved
from daemon.wiring import zone_of
from store.records import Case, CaseStatus, Direction, Kind, Owner, Resolution, Role
from store.store import Store, open_store
from tests.servers.world import ALICE, World
from threading_.parse import parse

FRIDAY = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
OUT_OF_OFFICE = (("Auto-Submitted", "auto-replied"),)


def configured(mode: str = "auto", **sections: object) -> Settings:
    return Settings.model_validate(
        {
            "policy": {"mode": mode, "coalesce_seconds": 0},
            "hours": {"zone": "Europe/Berlin", "holidays": ["2026-12-25"]},
            **sections,
        }
    )


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "s.sqlite3", durable=False) as opened:
        yield opened


async def answered(world: World) -> Case:
    arrived = await world.receive()
    await world.act()
    await world.deliver()
    return await world.case(arrived.case.reference)


async def queued(world: World) -> Case:
    arrived = await world.receive("I want to talk to a person, please. My printer is broken.")
    await world.act()
    await world.deliver()
    return await world.case(arrived.case.reference)


async def happens(world: World, case: Case, event: Event, settings: Settings) -> Case:
    """What a person does, as a mail of an agent's does it."""
    wrote = {
        "direction": Direction.OUT,
        "at": world.now,
        "sender": "support@example.com",
        "sender_name": "Bob",
        "subject": "Re: Stuck label",
        "text": "Pull it out gently.",
        "kind": Kind.OWN,
        "message_id": None,
        "refs": [],
        "handled": 1,
    }
    async with world.store.transaction() as tx:
        if event is Event.REPLIED:
            await world.store.cases.add_turn(tx, case.id, wrote)
        then = with_follow_up(
            moved(await world.store.cases.get(tx, case.id), event, world.now), settings, zone_of(settings)
        )
        return await world.store.cases.move(tx, case.id, now=world.now, moves=True, changes=life(then))


def roles(world: World, recipient: str) -> list[Role]:
    return [item.role for item in world.to(recipient)]


async def test_a_silent_customer_is_nudged_once_and_then_the_case_is_taken_for_solved(store: Store) -> None:
    world = World(store, configured())
    case = await answered(world)  # on a Friday: three days later is a Monday

    done = await world.until(FRIDAY + timedelta(days=30))

    assert [one.event for one in done] == [Event.NUDGE, Event.GIVE_UP, Event.FINAL]
    assert roles(world, ALICE) == [Role.REPLY, Role.NUDGE]
    case = await world.case(case.reference)
    assert (case.status, case.resolution) == (CaseStatus.CLOSED, Resolution.ASSUMED)
    nudge = parse(world.to(ALICE)[-1].raw)
    assert nudge.in_reply_to == ("m1@customer.test",)
    assert "Is it solved?" in nudge.text
    assert nudge.headers.get("auto-submitted") == "auto-replied"


async def test_the_nudge_is_in_business_hours_and_the_time_of_day_of_the_answer(store: Store) -> None:
    world = World(store, configured())
    world.now = datetime(2026, 11, 18, 14, 20, tzinfo=UTC)  # a Wednesday: three days later is a Saturday
    case = await answered(world)

    assert case.follow_up == Event.NUDGE
    assert case.follow_up_at == datetime(2026, 11, 23, 14, 20, tzinfo=UTC)


async def test_any_mail_of_a_person_stops_the_clock_and_an_out_of_office_does_not(store: Store) -> None:
    world = World(store, configured())
    case = await answered(world)
    await world.until(FRIDAY + timedelta(days=4))
    assert roles(world, ALICE) == [Role.REPLY, Role.NUDGE]

    await world.receive("I am out of office.", answers=world.to(ALICE)[-1].message_id, headers=OUT_OF_OFFICE)
    await world.act()
    before, case = case, await world.case(case.reference)
    assert (case.status, case.follow_up) == (CaseStatus.AWAITING_CUSTOMER, Event.GIVE_UP)

    await world.receive("Thanks, I will try it next week.", answers=world.to(ALICE)[-1].message_id)
    await world.act()
    case = await world.case(case.reference)
    assert (case.follow_up, case.reminders, case.since) == (Event.NUDGE, 0, world.now)
    assert before.since != case.since


async def test_a_mail_that_waits_to_be_decided_holds_the_nudge_back(store: Store) -> None:
    world = World(store, configured())
    await answered(world)
    await world.receive("It still does not work.", answers=world.to(ALICE)[-1].message_id)

    assert await world.until(FRIDAY + timedelta(days=5)) == []


async def test_a_nudge_on_its_way_is_stale_when_the_customer_writes_first(store: Store) -> None:
    world = World(store, configured())
    case = await answered(world)
    assert case.follow_up_at is not None
    world.now = case.follow_up_at
    followed = await world.follow_up()
    assert followed is not None
    await world.receive("It still does not work.", answers=world.to(ALICE)[-1].message_id)

    await world.deliver()

    assert roles(world, ALICE) == [Role.REPLY]


async def test_a_human_who_answered_is_confirmed_by_silence(store: Store) -> None:
    settings = configured()
    world = World(store, settings)
    case = await happens(world, await queued(world), Event.REPLIED, settings)
    assert (case.status, case.owner) == (CaseStatus.AWAITING_CUSTOMER, Owner.HUMAN)

    done = await world.until(FRIDAY + timedelta(days=40))

    assert [one.event for one in done] == [Event.CONFIRM, Event.ASSUME, Event.FINAL]
    assert roles(world, ALICE) == [Role.NOTICE, Role.NUDGE]
    assert "A colleague answered you" in parse(world.to(ALICE)[-1].raw).text
    assert (await world.case(case.reference)).resolution is Resolution.ASSUMED


async def test_a_thank_you_for_a_humans_answer_resolves_the_case_and_only_the_queue_is_told(store: Store) -> None:
    settings = configured()
    world = World(store, settings)
    case = await happens(world, await queued(world), Event.REPLIED, settings)
    sent = len(world.to(ALICE))

    await world.receive("That solved it, thank you very much!", answers=world.to(ALICE)[-1].message_id)
    await world.act()
    await world.deliver()

    case = await world.case(case.reference)
    assert (case.status, case.owner, case.resolution) == (CaseStatus.RESOLVED, Owner.HUMAN, Resolution.CONFIRMED)
    assert len(world.to(ALICE)) == sent, "the customer gets nothing"
    assert "says that it is solved" in parse(world.to(settings.queue.address)[-1].raw).text


async def test_a_queue_that_does_not_answer_is_reminded_then_the_customer_hears_a_new_time(store: Store) -> None:
    settings = configured(queue={"address": "queue@example.com", "fallback": "lead@example.com"})
    world = World(store, settings)
    case = await queued(world)  # Friday 11:00 in Berlin: promised for 15:00
    assert case.promised_at == datetime(2026, 11, 20, 14, 0, tzinfo=UTC)

    done = await world.until(FRIDAY + timedelta(days=4))

    told = [(one.event, [mail.role for mail in one.mails]) for one in done]
    assert told[:3] == [
        (Event.REMIND, [Role.REMINDER]),
        (Event.UPDATE, [Role.STATUS, Role.REMINDER]),
        (Event.REROUTE, [Role.HANDOVER]),
    ]
    assert {event for event, _ in told[3:]} == {Event.REMIND}
    assert roles(world, ALICE) == [Role.NOTICE, Role.STATUS]
    assert roles(world, "lead@example.com")[0] is Role.HANDOVER
    reminder = parse(world.to("queue@example.com")[1].raw)
    assert "This case waits for your answer" in reminder.text
    assert case.reference in reminder.text
    status = parse(world.to(ALICE)[-1].raw).text
    assert "Monday, 23 November, 11:00" in status


async def test_who_was_told_no_time_is_told_no_new_one(store: Store) -> None:
    settings = configured()
    world = World(store, settings)
    case = await answered(world)
    case = await happens(world, case, Event.TAKEN, settings)
    assert case.promised_at is None

    done = await world.until(FRIDAY + timedelta(days=3))

    assert [one.event for one in done][:2] == [Event.REMIND, Event.UPDATE]
    assert roles(world, ALICE) == [Role.REPLY]


async def test_where_a_cap_is_closed_the_nudge_is_left_out_and_the_case_goes_on(store: Store) -> None:
    world = World(store, configured(caps={"in_a_row": 1}))
    case = await answered(world)

    done = await world.until(FRIDAY + timedelta(days=30))

    assert [one.event for one in done] == [Event.NUDGE, Event.GIVE_UP, Event.FINAL]
    assert roles(world, ALICE) == [Role.REPLY]
    assert (await world.case(case.reference)).resolution is Resolution.ASSUMED


@pytest.mark.parametrize("mode", ["shadow", "draft"])
async def test_in_shadow_and_draft_the_clock_moves_the_case_and_no_customer_hears_of_it(
    store: Store, mode: str
) -> None:
    world = World(store, configured(mode))
    arrived = await world.receive()
    await world.act()

    done = await world.until(FRIDAY + timedelta(days=3))

    assert done
    assert roles(world, ALICE) == []
    if mode == "shadow":
        assert world.smtp.taken == []
    assert (await world.case(arrived.case.reference)).reminders > 0


async def test_a_paused_daemon_keeps_the_nudge_and_a_closed_case_makes_it_stale(store: Store) -> None:
    world = World(store, configured())
    case = await answered(world)
    async with store.transaction() as tx:
        await store.pause(tx, True)

    await world.until(FRIDAY + timedelta(days=10))
    async with store.transaction() as tx:
        await store.pause(tx, False)
    await world.deliver()

    assert (await world.case(case.reference)).status is CaseStatus.RESOLVED
    assert roles(world, ALICE) == [Role.REPLY]


async def test_a_clock_that_nobody_kept_rings_in_business_hours_and_leaves_the_customer_the_rest(store: Store) -> None:
    world = World(store, configured())
    case = await answered(world)
    world.now = datetime(2026, 12, 5, 23, 0, tzinfo=UTC)  # a Saturday night, after two weeks without the daemon

    assert await world.follow_up() is None
    waits = await world.case(case.reference)
    assert waits.follow_up_at == datetime(2026, 12, 7, 8, 0, tzinfo=UTC)

    (nudged, *_) = await world.until(datetime(2026, 12, 8, 0, 0, tzinfo=UTC))
    assert nudged.event is Event.NUDGE
    follows = (await world.case(case.reference)).follow_up_at
    assert follows is not None
    assert follows - world.now > timedelta(days=2)


async def test_after_a_start_every_case_has_its_clock_again(store: Store) -> None:
    world = World(store, configured())
    case = await answered(world)
    async with store.transaction() as tx:
        await store.cases.move(
            tx, case.id, now=world.now, moves=False, changes={"follow_up": None, "follow_up_at": None}
        )

    await world.pipeline.aftercare.recover()

    assert (await world.case(case.reference)).follow_up_at == case.follow_up_at


async def test_a_nudge_that_is_refused_for_good_brings_the_case_to_a_human(store: Store) -> None:
    world = World(store, configured())
    case = await answered(world)
    world.smtp.outcome = Outcome.PERMANENT

    await world.until(FRIDAY + timedelta(days=4))

    assert (await world.case(case.reference)).status is CaseStatus.AWAITING_HUMAN


async def test_without_follow_up_only_the_window_ends(store: Store) -> None:
    settings = configured(follow_up={"enabled": False})
    world = World(store, settings)
    case = await answered(world)
    assert (case.follow_up, case.follow_up_at) == (None, None)

    case = await happens(world, case, Event.ENDED, settings)

    assert (case.follow_up, case.follow_up_at) == (Event.FINAL, FRIDAY + timedelta(days=14))


async def test_the_case_that_a_withdrawn_answer_leaves_is_open_and_decided_again(store: Store) -> None:
    world = World(store, configured())
    arrived = await world.receive()
    await world.act()
    await world.receive("It is the blue one, by the way.", answers="m1@customer.test")
    await world.deliver()

    case = await world.case(arrived.case.reference)
    assert (case.status, case.owner, case.due_at) == (CaseStatus.OPEN, Owner.DAEMON, world.now)
    assert case.follow_up_at is None
    assert replace(case, due_at=None) != case
