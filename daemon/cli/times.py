"""Pure. A time that a command looks at, as people write it."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated

import typer

from store.figures import Window

_AGO = re.compile(r"(\d{1,4})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}

Since = Annotated[
    str, typer.Option(metavar="TIME", help="From then on: 2026-11-01, 2026-11-01T08:00, or 36h, 7d, 4w ago.")
]
Until = Annotated[str, typer.Option(metavar="TIME", help="Before that time, in the same forms; without it: now.")]


def window_of(since: str, until: str, now: datetime, zone: tzinfo) -> Window:
    """The window that the options name. Raises typer.BadParameter."""
    window = Window(since=_moment(since, now, zone), until=_moment(until, now, zone) if until else now)
    if window.since >= window.until:
        raise typer.BadParameter("--since is not before --until")
    return window


def _moment(text: str, now: datetime, zone: tzinfo) -> datetime:
    if ago := _AGO.fullmatch(text.strip()):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no time: write 2026-11-01, 2026-11-01T08:00, 36h, 7d or 4w") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
