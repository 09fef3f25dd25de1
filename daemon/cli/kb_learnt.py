"""I/O. `firstline kb gaps` and `suggestions`: what customers asked in vain, and what people answered them."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from daemon import config as configuration
from daemon.cli.options import AsJson, Config
from daemon.cli.output import emit_json, foreign, result
from daemon.cli.state import configured_store
from daemon.cli.times import Since, Until, window_of
from daemon.settings import Settings
from daemon.steps.digest import Theme
from daemon.wiring import utc_now, zone_of
from store.figures import Window

if TYPE_CHECKING:
    from kb.index import KnowledgeBase


def gaps(
    since: Since = "30d",
    until: Until = "",
    least: Annotated[int, typer.Option(min=1, help="Only what at least so many customers asked.")] = 2,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List what customers asked and no article answered surely enough, like questions together, and the problems that
    came back, with the versions and error texts that customers named.

    Names, addresses and numbers of customers are taken out.

    Example: `firstline kb gaps --since 7d`
    """
    settings = configuration.load(config, offline=True).settings
    window = window_of(since, until, utc_now(), zone_of(settings))
    gaps_found, problems_found = asyncio.run(_themes(config, settings, window, least))
    if as_json:
        emit_json({"gaps": gaps_found, "problems": problems_found})
        return
    _show("What no article answers", gaps_found)
    _show("Problems that come back", problems_found)
    if not gaps_found and not problems_found:
        result.print(f"Nothing that {least} customers or more asked in vain.")


async def _themes(
    config: Path | None, settings: Settings, window: Window, least: int
) -> tuple[tuple[Theme, ...], tuple[Theme, ...]]:
    from daemon.learning import Themes

    async with configured_store(config) as store:
        articles = open_articles(settings)
        try:
            themes = Themes(store, articles)
            return await themes.gaps(window, least=least), await themes.problems(window, least=least)
        finally:
            await articles.close()


def suggestions(config: Config = None, as_json: AsJson = False) -> None:
    """Make suggested articles of what people approved, edited or answered since the last time, and list those there are.

    They are files in [learning] folder, for a person to read, mend and move: names, addresses and numbers of customers are
    taken out by rule, and nothing indexes them. Answers that say the same become one; of approved answers, the questions are
    suggested for the article that they came from.

    Example: `firstline kb suggestions`
    """
    settings = configuration.load(config, offline=True).settings
    state = configuration.state_folder(settings)
    folder = Path(settings.learning.folder) if settings.learning.folder else state / "suggestions"
    new = asyncio.run(_suggest(config, settings, folder))
    files = sorted(folder.glob("*.md")) if folder.is_dir() else []
    rows = [_listed(path, new) for path in files]
    if as_json:
        for row in rows:
            emit_json(row)
        return
    if not rows:
        result.print("No suggestions: no person has answered anything that says something to others yet.")
        return
    table = Table("", Column("file", overflow="fold"), "title", "questions", "cases")
    for row in rows:
        counts = (str(row["questions"]), str(row["cases"]))
        table.add_row("new" if row["new"] else "", foreign(str(row["file"])), foreign(str(row["title"])), *counts)
    result.print(table)
    result.print(foreign(f"They lie in {folder}. Read one, mend it, and move it into a folder of [knowledge]."))


def _listed(path: Path, new: list[str]) -> dict[str, object]:
    from kb.articles import read_article

    raw = path.read_bytes()
    article = read_article(path.name, raw)
    cases = raw.decode("utf-8", "replace").partition("\ncases:\n")[2].partition("\n---")[0].count("- ")
    return {
        "file": path.name,
        "title": article.title,
        "questions": len(article.questions),
        "cases": cases,
        "new": path.name in new,
        "folder": path.parent,
    }


async def _suggest(config: Path | None, settings: Settings, folder: Path) -> list[str]:
    from daemon.suggesting import suggest

    async with configured_store(config) as store:
        if not await store.learning.unsuggested(store.reader, limit=1):
            return []
        articles = open_articles(settings)
        try:
            return await suggest(store, articles, folder, utc_now())
        finally:
            await articles.close()


def open_articles(settings: Settings) -> "KnowledgeBase":
    """The daemon's own knowledge base, for its model. The caller closes it."""
    from daemon.app import KNOWLEDGE_FILE
    from kb.index import KnowledgeBase

    return KnowledgeBase.open(configuration.state_folder(settings) / KNOWLEDGE_FILE, model=settings.knowledge.model)


def _show(title: str, themes: tuple[Theme, ...]) -> None:
    if not themes:
        return
    table = Table(
        "customers",
        "what they ask",
        Column("nearest article", overflow="fold"),
        "cases",
        title=title,
        title_justify="left",
    )
    for theme in themes:
        more = f" and {len(theme.cases) - 3} more" if len(theme.cases) > 3 else ""
        cases = f"{', '.join(theme.cases[:3])}{more}"
        table.add_row(str(theme.count), foreign(theme.told), foreign(theme.nearest), cases)
    result.print(table)
