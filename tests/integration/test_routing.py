"""Hand-overs find their people: addresses, turns, promises, priority; kept by the case and over restarts."""

from datetime import timedelta

import pytest

from daemon.steps.lifecycle import Event
from store.records import Role
from store.store import FILE, open_store
from tests.servers.desk import QUEUE, Desk, written
from threading_.parse import parse

ANN, BOB, GOLD = "ann@example.com", "bob@example.com", "gold@example.com"
TEAM = {
    "hours": {"zone": "Europe/Berlin", "days": [], "promise_hours": 4.0},
    "agents": [{"name": "Ann", "address": ANN}, {"name": "Bob", "address": BOB}],
    "routes": [{"agents": ["Ann", "Bob"], "address": GOLD, "promise_hours": 1.0}],
    "caps": {"enabled": False},
}


def asks_for_person(number: int, text: str = "I want to talk to a human being, please.") -> bytes:
    return written(text, id_=f"ask{number}@c.test", sender=f"c{number}@customer.test", subject=f"Request {number}")


async def hand_over(desk: Desk, number: int, text: str = "I want to talk to a human being, please.") -> str:
    """A customer asks for a person. Returns to whom it went."""
    ingested = await desk.take(asks_for_person(number, text))
    before = len(desk.smtp.taken)
    await desk.work()
    (mail,) = [item for item in desk.smtp.taken[before:] if not item.role.to_customer]
    case = await desk.case(ingested.case.reference)
    assert case.queue == mail.recipient
    return mail.recipient


async def test_agents_get_cases_in_turn_also_after_a_restart(tmp_path) -> None:
    async with open_store(tmp_path / FILE) as store:
        desk = Desk(store, TEAM)
        assert [await hand_over(desk, number) for number in range(3)] == [ANN, BOB, ANN]
    async with open_store(tmp_path / FILE) as store:
        again = Desk(store, TEAM)
        again._uid, again.now = 100, again.now + timedelta(hours=1)
        assert await hand_over(again, 7) == BOB


async def test_two_workers_never_draw_the_same_turn(tmp_path) -> None:
    async with open_store(tmp_path / FILE) as store:
        seen = await store.duty.turns(store.reader)
        async with store.transaction() as tx:
            assert await store.duty.draw(tx, ANN, seen)
        async with store.transaction() as tx:
            assert not await store.duty.draw(tx, ANN, seen), "the second looks again"
        assert await store.duty.turns(store.reader) == {ANN: 1}


async def test_what_follows_on_a_case_goes_to_the_same_agent(tmp_path) -> None:
    async with open_store(tmp_path / FILE) as store:
        desk = Desk(store, TEAM)
        first = await desk.take(asks_for_person(1))
        await desk.work()
        await desk.take(asks_for_person(2))
        await desk.work()
        again = written(
            "Are you there?",
            id_="again@c.test",
            sender="c1@customer.test",
            subject="Re: Request 1",
            headers=(("In-Reply-To", "<ask1@c.test>"),),
        )
        await desk.take(again)
        await desk.work()
        assert len(desk.to(ANN)) == 2
        assert len(desk.to(BOB)) == 1
        case = await desk.case(first.case.reference)
        assert (case.agent, case.queue) == (ANN, ANN)


async def test_what_an_agent_who_went_on_leave_did_not_answer_is_the_next_ones_in_full(tmp_path) -> None:
    ann, bob = TEAM["agents"]
    slow = TEAM["routes"][0] | {"promise_hours": 40.0}
    leave = TEAM | {"agents": [ann | {"away": ["2026-11-21", "2026-11-22"]}, bob], "routes": [slow]}
    async with open_store(tmp_path / FILE) as store:
        desk = Desk(store, leave)
        assert await hand_over(desk, 1) == ANN
        done = await desk.until(desk.now + timedelta(hours=39))
        assert [one.event for one in done] == [Event.REMIND]
        assert len(desk.to(ANN)) == 1, "nothing goes to who is away"
        (item,) = desk.to(BOB)
        assert item.role is Role.HANDOVER
        assert "Ann is on leave" in parse(item.raw).text
        assert b"message/rfc822" in item.raw, "with what the customer wrote"
        (case,) = await store.cases.list()
        assert (case.agent, case.queue) == (BOB, BOB)
        assert await store.duty.turns(store.reader) == {ANN: 1, BOB: 2}, "it was a turn of his"


async def test_a_case_that_went_to_the_fallback_is_reminded_of_there(tmp_path) -> None:
    lead = "lead@example.com"
    async with open_store(tmp_path / FILE) as store:
        desk = Desk(store, TEAM | {"queue": {"address": QUEUE, "fallback": lead}})
        assert await hand_over(desk, 1) == ANN
        done = await desk.until(desk.now + timedelta(hours=30))
        assert [one.event for one in done][:4] == [Event.REMIND, Event.UPDATE, Event.REROUTE, Event.REMIND]
        assert len(desk.to(ANN)) == 3
        assert [item.role for item in desk.to(lead)][:2] == [Role.HANDOVER, Role.REMINDER]


async def test_with_nobody_on_duty_the_address_of_the_route_gets_it_and_the_route_promises(tmp_path) -> None:
    night = TEAM | {"agents": [one | {"away": ["2026-11-20"]} for one in TEAM["agents"]]}
    async with open_store(tmp_path / FILE) as store:
        desk = Desk(store, night)
        assert await hand_over(desk, 1) == GOLD
        (case,) = await store.cases.list()
        assert case.agent == ""
        assert case.promised_at is not None
        assert timedelta(minutes=60) <= case.promised_at - desk.now <= timedelta(minutes=75), "the route's one hour"


@pytest.mark.parametrize(
    ("text", "high"),
    [
        ("Everything is down, production is lost, this is an emergency! I want to speak to a human now!", True),
        ("I want to talk to a human being, please.", False),
    ],
)
async def test_high_priority_reaches_the_humans_and_is_kept(tmp_path, text: str, high: bool) -> None:
    async with open_store(tmp_path / FILE) as store:
        desk = Desk(store, TEAM)
        assert await hand_over(desk, 1, text) == ANN
        mail = parse(desk.to(ANN)[0].raw)
        (case,) = await store.cases.list()
        assert mail.subject == f"[{case.reference}] {'[high] ' if high else ''}Request 1"
        assert mail.headers.get("importance") == ("high" if high else "")
        assert mail.headers.get("x-priority") == ("1" if high else "")
        assert (case.priority == "high") is high
        assert "Agent       Ann" in mail.text


async def test_without_routes_the_queue_gets_everything(tmp_path) -> None:
    async with open_store(tmp_path / FILE) as store:
        assert await hand_over(Desk(store), 1) == QUEUE
