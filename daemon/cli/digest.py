"""I/O. `firstline digest`: what the team is told of a day or a week, now and for any time."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from daemon import config as configuration
from daemon.cli.options import AsJson, Config
from daemon.cli.output import emit_json, foreign, result
from daemon.cli.state import configured_store
from daemon.errors import StateError
from daemon.settings import Settings
from daemon.steps.digest import Figures
from daemon.steps.digest_pages import as_html, as_text, heading
from daemon.steps.digest_sections import sections
from daemon.wiring import utc_now, zone_of
from store.figures import Window

_AGO = re.compile(r"(\d{1,4})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def digest(
    since: Annotated[
        str, typer.Option(metavar="TIME", help="From then on: 2026-11-01, 2026-11-01T08:00, or 36h, 7d, 4w ago.")
    ] = "1d",
    until: Annotated[str, typer.Option(metavar="TIME", help="Before that time; the same forms. Without it: now.")] = "",
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", show_default=False, help="Write it as a page into this file, too.")
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Print what the digest says of a time: what came, what was done with it and why, what waits, what is wrong.

    Nothing is sent. The mail itself comes daily and weekly, as [digest] says.

    Example: `firstline digest --since 7d --html week.html`
    """
    settings = configuration.load(config, offline=True).settings
    zone, now = zone_of(settings), utc_now()
    window = Window(since=_moment(since, now, settings), until=_moment(until, now, settings) if until else now)
    if window.since >= window.until:
        raise typer.BadParameter("--since is not before --until")
    told = asyncio.run(_figures(config, settings, window))
    title = heading("daily", told, zone)
    if html is not None:
        try:
            html.write_text(as_html(title, sections(told, zone)), "utf-8")
        except OSError as error:
            raise StateError(
                f"{html}: {error.strerror}.", remedy="name a file in a folder that you may write"
            ) from error
    if as_json:
        emit_json(told)
    else:
        result.print(foreign(as_text(title, sections(told, zone))), end="")


async def _figures(config: Path | None, settings: Settings, window: Window) -> Figures:
    from daemon.reporting import figures

    async with configured_store(config) as store:
        return await figures(store, settings, zone_of(settings), window, None)


def _moment(text: str, now: datetime, settings: Settings) -> datetime:
    if ago := _AGO.fullmatch(text.strip()):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no time: write 2026-11-01, 2026-11-01T08:00, 36h, 7d or 4w") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone_of(settings))).astimezone(UTC)
