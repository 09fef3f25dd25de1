"""Pure. When a digest is due, and the time that it covers."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from daemon.settings import HoursSettings
from store.figures import Window

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_BACK = 400  #: days looked back for the last working day


def due(
    name: str, covered_until: datetime, now: datetime, at: time, hours: HoursSettings, zone: tzinfo
) -> Window | None:
    """What the `daily` or `weekly` digest has to cover now, None where nothing is due.

    It is due on working days of the zone at that time of the day, the weekly one on the first of each week. It begins
    where the last one ended: weekends, holidays and days on which nothing ran stand in the next.
    """
    today = now.astimezone(zone).date()
    for back in range(_BACK):
        day = today - timedelta(days=back)
        moment = datetime.combine(day, at, zone).astimezone(UTC)
        if moment <= covered_until:
            return None
        if moment <= now and _works(day, hours) and (name == "daily" or _first_of_week(day, hours)):
            return Window(since=covered_until, until=moment)
    return None


def cause(name: str, window: Window, zone: tzinfo) -> str:
    """By what the outbox knows the digest: one live mail each."""
    day = window.until.astimezone(zone).date()
    year, week, _ = day.isocalendar()
    return f"digest:{day.isoformat()}" if name == "daily" else f"digest:{year}-W{week:02}"


def days(window: Window, zone: tzinfo) -> tuple[date, ...]:
    """The days that the window touches."""
    first, last = (
        window.since.astimezone(zone).date(),
        (window.until - timedelta(microseconds=1)).astimezone(zone).date(),
    )
    return tuple(first + timedelta(days=number) for number in range((last - first).days + 1))


def _works(day: date, hours: HoursSettings) -> bool:
    if not hours.days:
        return True
    return _DAYS[day.weekday()] in hours.days and day not in hours.holidays


def _first_of_week(day: date, hours: HoursSettings) -> bool:
    return not any(_works(day - timedelta(days=back), hours) for back in range(1, day.weekday() + 1))
