"""Pure. Business hours: when a person will have answered, over nights, weekends, holidays and clock changes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo

from daemon.settings import HoursSettings

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HORIZON = 3660  # days looked ahead before we hold that nobody ever works
_QUARTER = timedelta(minutes=15)


def add_business_hours(start: datetime, hours: float, settings: HoursSettings, zone: tzinfo) -> datetime:
    """The moment, in UTC, at which `hours` working hours have passed since `start` (aware).

    Outside working hours the clock stands still, so zero hours from a Saturday are Monday's opening. Hours are real
    ones: the night in which the clocks change makes a shift an hour shorter or longer, as it does for those who work
    it. An `end` at or before `start` ends on the next day. Where no day is a working day, every hour counts.
    """
    now = start.astimezone(UTC)
    left = timedelta(hours=hours)
    for opens, closes in _shifts(now, settings, zone):
        begin = max(now, opens)
        if begin >= closes:
            continue
        if begin + left <= closes:
            return begin + left
        left -= closes - begin
    return now + timedelta(hours=hours)


def business_hours(start: datetime, end: datetime, settings: HoursSettings, zone: tzinfo) -> float:
    """How many working hours lie between two moments (aware); 0 where `end` is not after `start`."""
    if end <= start:
        return 0.0
    worked, seen = timedelta(), False
    for opens, closes in _shifts(start.astimezone(UTC), settings, zone):
        seen = True
        if opens >= end:
            break
        worked += max(timedelta(), min(end, closes) - max(start, opens))
    return (worked if seen else end - start).total_seconds() / 3600


def in_business_hours(moment: datetime, settings: HoursSettings, zone: tzinfo) -> datetime:
    """`moment` (aware) where people work then, else the same time of day on the next working day, in UTC.

    Where that is no working time either, it is the opening of that day. So what falls on a weekend comes spread over
    Monday, not all at once at nine. Where no day is a working day, every moment is working time.
    """
    now = moment.astimezone(UTC)
    for opens, closes in _shifts(now, settings, zone):
        if now >= closes:
            continue
        if opens <= now:
            return now
        day = opens.astimezone(zone).date()
        same = datetime.combine(day, moment.astimezone(zone).time(), tzinfo=zone).astimezone(UTC)
        return same if opens <= same < closes else opens
    return now


def is_open(moment: datetime, settings: HoursSettings, zone: tzinfo) -> bool:
    """Whether people work at that moment (aware). Where no day is a working day, they always do."""
    now = moment.astimezone(UTC)
    opens, _ = next((shift for shift in _shifts(now, settings, zone) if shift[1] > now), (now, now))
    return opens <= now


def promise(now: datetime, settings: HoursSettings, zone: tzinfo) -> datetime:
    """By when a colleague will have answered, as customers are told it: rounded up to a quarter of an hour, in UTC."""
    due = add_business_hours(now, settings.promise_hours, settings, zone)
    past = timedelta(minutes=due.minute % 15, seconds=due.second, microseconds=due.microsecond)
    return due if not past else due - past + _QUARTER


def _shifts(now: datetime, settings: HoursSettings, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
    """The working hours from the day before `now` on, in UTC: a shift of yesterday may still run."""
    first = now.astimezone(zone).date() - timedelta(days=1)
    holidays = frozenset(settings.holidays)
    days = frozenset(day.lower()[:3] for day in settings.days)
    if not days:
        return
    for offset in range(_HORIZON):
        day = first + timedelta(days=offset)
        if _DAYS[day.weekday()] in days and day not in holidays:
            yield _shift(day, settings, zone)


def _shift(day: date, settings: HoursSettings, zone: tzinfo) -> tuple[datetime, datetime]:
    last = day if settings.end > settings.start else day + timedelta(days=1)
    opens = datetime.combine(day, settings.start, tzinfo=zone).astimezone(UTC)
    closes = datetime.combine(last, settings.end, tzinfo=zone).astimezone(UTC)
    return opens, closes
