"""I/O. `firstline digest`: what the team is told of a day or a week, now and for any time."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from daemon import config as configuration
from daemon.cli.options import AsJson, Config
from daemon.cli.output import emit_json, foreign, result
from daemon.cli.state import configured_store
from daemon.cli.times import Since, Until, window_of
from daemon.errors import StateError
from daemon.settings import Settings
from daemon.steps.digest import Figures
from daemon.steps.digest_pages import as_html, as_text, heading
from daemon.steps.digest_sections import sections
from daemon.wiring import utc_now, zone_of
from store.figures import Window


def digest(
    since: Since = "1d",
    until: Until = "",
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
    window = window_of(since, until, now, zone)
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
    from daemon.cli.kb_learnt import open_articles
    from daemon.learning import Themes
    from daemon.reporting import figures

    async with configured_store(config) as store:
        articles = open_articles(settings)
        try:
            return await figures(store, settings, zone_of(settings), window, Themes(store, articles))
        finally:
            await articles.close()
