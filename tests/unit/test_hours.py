"""Business hours: nights, weekends, holidays, clock changes."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from daemon.settings import HoursSettings
from daemon.steps.hours import add_business_hours, promise

BERLIN = ZoneInfo("Europe/Berlin")
NINE_TO_FIVE = HoursSettings()


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        pytest.param("2026-11-24 10:00", 4, "2026-11-24 14:00", id="inside one day"),
        pytest.param("2026-11-24 13:00", 4, "2026-11-24 17:00", id="exactly to the day's end"),
        pytest.param("2026-11-24 15:00", 4, "2026-11-25 11:00", id="over the night"),
        pytest.param("2026-11-27 16:00", 4, "2026-11-30 12:00", id="over the weekend"),
        pytest.param("2026-11-28 12:00", 1, "2026-11-30 10:00", id="from a Saturday"),
        pytest.param("2026-11-24 03:00", 1, "2026-11-24 10:00", id="before opening"),
        pytest.param("2026-11-24 23:00", 20, "2026-11-27 13:00", id="several days"),
        pytest.param("2026-11-28 12:00", 0, "2026-11-30 09:00", id="no hours are the next opening"),
    ],
)
def test_only_working_hours_count(start: str, hours: float, due: str) -> None:
    assert add_business_hours(local(start), hours, NINE_TO_FIVE, BERLIN) == local(due)


def test_a_holiday_is_no_working_day() -> None:
    settings = HoursSettings(holidays=(date(2026, 12, 25), date(2026, 12, 28)))
    assert add_business_hours(local("2026-12-24 16:00"), 2, settings, BERLIN) == local("2026-12-29 10:00")


def test_a_weekend_in_which_clocks_change_moves_nothing_on_the_wall() -> None:
    assert add_business_hours(local("2026-10-23 16:00"), 2, NINE_TO_FIVE, BERLIN) == local("2026-10-26 10:00")
    assert add_business_hours(local("2026-03-27 16:00"), 2, NINE_TO_FIVE, BERLIN) == local("2026-03-30 10:00")


@pytest.mark.parametrize(
    ("start", "due"),
    [
        pytest.param("2026-03-28 22:00", "2026-03-29 07:00", id="spring: the night is an hour shorter"),
        pytest.param("2026-10-24 22:00", "2026-10-25 05:00", id="autumn: the night is an hour longer"),
    ],
)
def test_a_night_shift_counts_the_hours_that_pass(start: str, due: str) -> None:
    always = HoursSettings(days=("sat", "sun"), start=time(22), end=time(22))
    assert add_business_hours(local(start), 8, always, BERLIN) == local(due)


def test_a_night_shift_of_yesterday_still_runs() -> None:
    night = HoursSettings(days=("mon",), start=time(22), end=time(6))
    assert add_business_hours(local("2026-11-24 02:00"), 1, night, BERLIN) == local("2026-11-24 03:00")


def test_the_result_is_utc() -> None:
    assert add_business_hours(local("2026-11-24 10:00"), 1, NINE_TO_FIVE, BERLIN).tzinfo is UTC


def test_where_nobody_works_every_hour_counts() -> None:
    nobody = HoursSettings(days=())
    assert add_business_hours(local("2026-11-28 12:00"), 5, nobody, BERLIN) == local("2026-11-28 17:00")


@pytest.mark.parametrize(
    ("now", "due"), [("2026-11-24 10:03", "2026-11-24 14:15"), ("2026-11-24 10:15", "2026-11-24 14:15")]
)
def test_a_promise_is_rounded_up_to_a_quarter_of_an_hour(now: str, due: str) -> None:
    assert promise(local(now), NINE_TO_FIVE, BERLIN) == local(due)
