"""Who gets a hand-over: the route that fits, who is on duty, whose turn it is, and what a case keeps."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from daemon.settings import Settings
from daemon.steps.routing import Routed, on_duty, route, routed, towards
from tests.unit.example_case import CASE, VOICE

BERLIN = ZoneInfo("Europe/Berlin")
ANN, BOB, CLEO = "ann@example.com", "bob@example.com", "cleo@example.com"
TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=BERLIN)

TEAM = {
    "queue": {"address": "queue@example.com", "name": "Support queue"},
    "agents": [
        {"name": "Ann", "address": "Ann@example.com"},
        {"name": "Bob", "address": BOB, "days": ["mon", "tue"], "start": "07:00", "end": "11:00"},
        {"name": "Cleo", "address": CLEO, "start": "22:00", "end": "06:00", "away": ["2026-11-25"]},
    ],
    "routes": [
        {"topic": "billing", "language": "de", "agents": ["Bob"], "promise_hours": 2.0},
        {"topic": "Billing", "address": "billing@example.com"},
        {"tier": "gold", "agents": ["Ann", "Bob"], "address": "gold@example.com", "promise_hours": 1.0},
        {"topic": "night", "agents": ["Cleo"]},
    ],
}
SETTINGS = Settings.model_validate(TEAM)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def to(topic: str = "", tier: str = "", language: str = "en", at: datetime = TUESDAY, **turn_of: int) -> Routed:
    turns = {f"{name}@example.com": number for name, number in turn_of.items()}
    return route(topic, tier, language, SETTINGS, at, BERLIN, turns)


@pytest.mark.parametrize(
    ("topic", "tier", "language", "address", "agent", "promise"),
    [
        pytest.param("billing", "", "de", BOB, BOB, 2.0, id="the first that fits"),
        pytest.param("billing", "gold", "fr", "billing@example.com", "", 4.0, id="before a later one that fits too"),
        pytest.param("shipping", "gold", "fr", "Ann@example.com", ANN, 1.0, id="by tier"),
        pytest.param("shipping", "", "en", "queue@example.com", "", 4.0, id="none fits: the queue"),
        pytest.param("night", "", "en", "queue@example.com", "", 4.0, id="nobody on duty and no address: the queue"),
    ],
)
def test_the_first_route_that_fits_says_who_and_by_when(
    topic: str, tier: str, language: str, address: str, agent: str, promise: float
) -> None:
    found = to(topic, tier, language)
    assert (found.address, found.agent, found.promise_hours, found.drawn) == (address, agent, promise, bool(agent))
    assert found.why


def test_without_routes_everything_goes_to_the_queue() -> None:
    found = route("billing", "gold", "de", Settings(), TUESDAY, BERLIN, {})
    assert (found.address, found.agent, found.drawn) == ("queue@example.com", "", False)


def test_a_route_without_conditions_fits_everything() -> None:
    settings = Settings.model_validate({"routes": [{"address": "all@example.com"}]})
    assert route("billing", "", "", settings, TUESDAY, BERLIN, {}).address == "all@example.com"


@pytest.mark.parametrize(
    ("turns", "agent"),
    [
        pytest.param({}, ANN, id="at first in the order of the file"),
        pytest.param({"ann": 1}, BOB, id="then who got none yet"),
        pytest.param({"ann": 1, "bob": 2}, ANN, id="then who waited longest"),
        pytest.param({"ann": 7, "bob": 2}, BOB, id="whatever the numbers"),
    ],
)
def test_agents_take_turns(turns: dict[str, int], agent: str) -> None:
    assert to(tier="gold", **turns).agent == agent


def test_who_is_off_duty_is_passed_over_and_nobody_on_duty_leaves_the_address() -> None:
    assert to(tier="gold", at=local("2026-11-24 12:00"), ann=9).agent == ANN, "Bob goes at eleven"
    assert to(tier="gold", at=local("2026-11-25 10:00"), ann=9).agent == ANN, "Bob has his Wednesdays free"
    nobody = to(tier="gold", at=local("2026-11-24 19:00"))
    assert (nobody.address, nobody.agent) == ("gold@example.com", "")


@pytest.mark.parametrize(
    ("name", "at", "works"),
    [
        pytest.param("Ann", "2026-11-24 09:00", True, id="from the opening of [hours]"),
        pytest.param("Ann", "2026-11-24 17:00", False, id="until their end"),
        pytest.param("Ann", "2026-11-28 10:00", False, id="not on a day off"),
        pytest.param("Bob", "2026-11-24 07:30", True, id="by one's own hours"),
        pytest.param("Cleo", "2026-11-24 02:00", True, id="a night shift of yesterday"),
        pytest.param("Cleo", "2026-11-25 23:00", False, id="not on a day of leave"),
        pytest.param("Ann", "2026-03-30 09:00", True, id="the day after the clocks went forward"),
        pytest.param("Ann", "2026-03-30 08:59", False, id="and not an hour early"),
        pytest.param("Ann", "2026-10-26 09:00", True, id="the day after they went back"),
        pytest.param("Ann", "2026-10-26 08:59", False, id="and not an hour early then"),
    ],
)
def test_duty_is_on_the_clock_of_the_wall(name: str, at: str, works: bool) -> None:
    (agent,) = [one for one in SETTINGS.agents if one.name == name]
    assert on_duty(agent, SETTINGS, local(at), BERLIN) is works


def test_a_night_shift_lasts_through_the_night_in_which_the_clocks_change() -> None:
    settings = Settings.model_validate(
        {"agents": [{"name": "Cleo", "address": CLEO, "days": ["sat"], "start": "22:00", "end": "06:00"}]}
    )
    (cleo,) = settings.agents
    for night, hours in (("2026-03-28", 7), ("2026-10-24", 9)):
        start = local(f"{night} 22:00")
        worked = [
            on_duty(cleo, settings, datetime.fromtimestamp(start.timestamp() + 3600 * hour, UTC), BERLIN)
            for hour in range(12)
        ]
        assert worked == [True] * hours + [False] * (12 - hours)


def test_holidays_of_the_team_are_nobodys_duty() -> None:
    settings = Settings.model_validate(TEAM | {"hours": {"holidays": ["2026-11-24"]}})
    assert not any(on_duty(agent, settings, TUESDAY, BERLIN) for agent in settings.agents)


def held(agent: str = "", queue: str = "", at: datetime = TUESDAY, settings: Settings = SETTINGS) -> Routed:
    case = replace(CASE, agent=agent, queue=queue)
    return routed(case, "", "gold", "en", settings, at, BERLIN, {ANN: 1})


def test_a_case_stays_with_its_agent_at_night_too_and_is_nobodys_turn() -> None:
    for at in (TUESDAY, local("2026-11-24 23:00")):
        found = held(agent=ANN, queue="gold@example.com", at=at)
        assert (found.address, found.agent, found.drawn) == ("Ann@example.com", ANN, False)


def test_a_case_stays_with_the_address_it_went_to() -> None:
    found = held(queue="old@example.com")
    assert (found.address, found.agent, found.drawn) == ("old@example.com", "", False)
    assert found.promise_hours == 1.0


def test_who_is_on_leave_or_no_agent_any_more_is_relieved_by_the_next_on_duty() -> None:
    away = Settings.model_validate(TEAM | {"agents": [TEAM["agents"][0] | {"away": ["2026-11-24"]}, TEAM["agents"][1]]})
    relieved = held(agent=ANN, queue="Ann@example.com", settings=away)
    assert (relieved.agent, relieved.drawn) == (BOB, True)
    assert "Ann is on leave" in relieved.why
    assert held(agent="gone@example.com").agent == BOB


def test_a_case_that_was_given_back_is_not_bound_to_its_last_agent() -> None:
    assert held(agent="", queue="Ann@example.com").agent == BOB


def test_the_voice_speaks_to_whom_the_case_goes_and_promises_what_is_promised_there() -> None:
    voice = towards(VOICE, to(tier="gold"))
    assert (voice.queue.address, voice.agent, voice.hours.promise_hours) == ("Ann@example.com", "Ann", 1.0)
    assert voice.hours.start == VOICE.hours.start
    assert towards(voice, to()).agent == ""
