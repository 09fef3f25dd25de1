"""I/O. `firstline kb`: index and list the articles."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from daemon import config as configuration
from daemon.cli.options import AsJson, Config
from daemon.cli.output import console, emit_json, foreign, result
from daemon.errors import KnowledgeBaseError
from daemon.settings import Settings

if TYPE_CHECKING:
    from kb.file import ArticleRow
    from kb.index import UpdateReport

app = typer.Typer(help="The articles that answers come from.", no_args_is_help=True)

Folders = Annotated[
    list[Path] | None,
    typer.Option(
        "--kb",
        metavar="DIR",
        show_default=False,
        help="A folder of articles instead of the configured ones; repeatable.",
    ),
]


@app.command("index")
def index(
    folders: Folders = None,
    max_deletion: Annotated[
        float | None,
        typer.Option(
            "--max-deletion", min=0.0, max=1.0, show_default=False, help="Share of a folder's articles that may go."
        ),
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Bring the index up to date: what is unchanged costs nothing. The daemon does so by itself when it starts.

    Example: `firstline kb index --kb articles/`
    """
    settings = configuration.load(config, offline=True).settings
    if max_deletion is not None:
        knowledge = settings.knowledge.model_copy(update={"max_deletion": max_deletion})
        settings = settings.model_copy(update={"knowledge": knowledge})
    report, articles = asyncio.run(_index(settings, folders))
    if as_json:
        passages = sum(article.passages for article in articles)
        emit_json({"articles": len(articles), "passages": passages, "report": report})
        return
    console.print(
        f"{len(articles)} articles, {sum(article.passages for article in articles)} passages: {report.added} new,"
        f" {report.changed} changed, {report.removed} removed, {report.unchanged} unchanged."
    )
    for path in report.expired:
        console.print(foreign(f"Its valid_until passed, so customers no longer get it: {path}", "yellow"))
    for path in report.empty:
        console.print(foreign(f"Without text, so nothing finds it: {path}", "yellow"))


@app.command("list")
def list_(folders: Folders = None, config: Config = None, as_json: AsJson = False) -> None:
    """List the articles: what each is called, where it belongs, and whether customers may read it.

    Example: `firstline kb list --kb articles/`
    """
    settings = configuration.load(config, offline=True).settings
    _, articles = asyncio.run(_index(settings, folders))
    if as_json:
        for article in articles:
            emit_json(article)
        return
    table = Table("article", "title", "topic", "passages", "")
    for article in articles:
        note = "" if article.public else "internal"
        if article.valid_until:
            note = f"{note} until {article.valid_until}".strip()
        table.add_row(
            foreign(article.path), foreign(article.title), foreign(article.topic), str(article.passages), note
        )
    result.print(table)


async def _index(settings: Settings, given: list[Path] | None) -> "tuple[UpdateReport, tuple[ArticleRow, ...]]":
    """Index the given folders in the user's cache, or the configured ones in the daemon's own file."""
    from daemon.app import KNOWLEDGE_FILE
    from daemon.cli.knowledge import cache_file, open_file

    folders = given or [Path(name) for name in settings.knowledge.folders]
    if not folders:
        raise KnowledgeBaseError(
            "No articles are named.", remedy="name their folder with --kb DIR, or in [knowledge] folders of config.toml"
        )
    own = configuration.state_folder(settings) / KNOWLEDGE_FILE
    file = cache_file(folders, settings.knowledge.model) if given else own
    knowledge, report = await open_file(file, folders, settings.knowledge)
    try:
        return report, knowledge.articles()
    finally:
        await knowledge.close()
