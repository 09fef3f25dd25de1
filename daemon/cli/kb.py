"""I/O. `firstline kb`: index, list and look through the articles; what they lack is in kb_learnt.py."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from daemon import config as configuration
from daemon.cli.kb_learnt import gaps, suggestions
from daemon.cli.options import AsJson, Config
from daemon.cli.output import console, emit_json, foreign, result
from daemon.errors import KnowledgeBaseError
from daemon.settings import Settings
from daemon.wiring import utc_now

if TYPE_CHECKING:
    from kb.index import UpdateReport
    from kb.listing import ArticleRow
    from kb.prepare import Matrix

app = typer.Typer(help="The articles that answers come from.", no_args_is_help=True)
app.command("gaps")(gaps)
app.command("suggestions")(suggestions)

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
    table = Table(Column("article", overflow="fold"), "title", "topic", "passages", "")
    for article in articles:
        note = "" if article.public else "internal"
        if article.valid_until:
            note = f"{note} until {article.valid_until}".strip()
        table.add_row(
            foreign(article.path), foreign(article.title), foreign(article.topic), str(article.passages), note
        )
    result.print(table)


@app.command("lint")
def lint(folders: Folders = None, config: Config = None, as_json: AsJson = False) -> None:
    """Look for what makes answers wrong: dead links between articles, articles without title or text, two with one title
    or one text, sentences that differ in a number alone, and articles whose valid_until passed.

    Reads the folders and changes nothing. Texts that are nearly the same are found where the index has been built
    (`firstline kb index`). Exits with 1 where something was found; with --json always with 0.

    Example: `firstline kb lint --kb articles/`
    """
    from kb.articles import read_article
    from kb.folder import all_files, scan
    from kb.lint import lint as look_through

    settings = configuration.load(config, offline=True).settings
    places, file = _places(settings, folders)
    articles = [read_article(each.path, each.raw, base_url=settings.knowledge.base_url) for each in scan(places)]
    remarks = look_through(articles, all_files(places), today=utc_now().date(), vectors=_vectors(file))
    if as_json:
        emit_json({"articles": len(articles), "findings": remarks})
        return
    if not remarks:
        console.print(f"{len(articles)} articles, nothing to remark.")
        return
    table = Table("what", Column("article", overflow="fold"), Column("detail", overflow="fold"))
    for remark in remarks:
        article = foreign(remark.article)
        if remark.other:
            article.append("\n").append_text(foreign(remark.other))
        table.add_row(str(remark.fault), article, foreign(remark.detail))
    result.print(table)
    console.print(f"{len(remarks)} {'finding' if len(remarks) == 1 else 'findings'} in {len(articles)} articles.")
    raise typer.Exit(1)


def _vectors(file: Path) -> "dict[str, Matrix]":
    """The vector of each passage's own text, where there is an index."""
    from kb.file import KnowledgeFile

    if not file.is_file():
        return {}
    opened = KnowledgeFile(file)
    try:
        ids, matrix = opened.vectors()
    finally:
        opened.close()
    vectors: dict[str, Matrix] = {}
    for id_, vector in zip(ids, matrix, strict=True):
        vectors.setdefault(id_, vector)  # the text's own comes before those of its questions
    return vectors


def _places(settings: Settings, given: list[Path] | None) -> tuple[list[Path], Path]:
    """The folders of articles, and the file of their index: in the user's cache where they were given, else the daemon's."""
    from daemon.app import KNOWLEDGE_FILE
    from daemon.cli.knowledge import cache_file

    folders = given or [Path(name) for name in settings.knowledge.folders]
    if not folders:
        raise KnowledgeBaseError(
            "No articles are named.", remedy="name their folder with --kb DIR, or in [knowledge] folders of config.toml"
        )
    own = configuration.state_folder(settings) / KNOWLEDGE_FILE
    return folders, cache_file(folders, settings.knowledge.model) if given else own


async def _index(settings: Settings, given: list[Path] | None) -> "tuple[UpdateReport, tuple[ArticleRow, ...]]":
    """Index the given folders in the user's cache, or the configured ones in the daemon's own file."""
    from daemon.cli.knowledge import open_file

    folders, file = _places(settings, given)
    knowledge, report = await open_file(file, folders, settings.knowledge)
    try:
        return report, knowledge.articles()
    finally:
        await knowledge.close()
