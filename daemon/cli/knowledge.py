"""I/O. The knowledge base that a command works with: indexed once, kept in the user's cache, brought up to date."""

import asyncio
import fcntl
import hashlib
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from daemon import config
from daemon.cli.output import console
from daemon.settings import KnowledgeSettings
from daemon.wiring import utc_now
from kb.errors import KnowledgeBaseError
from kb.index import KnowledgeBase, UpdateReport


async def open_folders(folders: Sequence[Path], knowledge: KnowledgeSettings | None = None) -> KnowledgeBase:
    """Open the knowledge base of folders of articles, up to date, from the user's cache.

    What is unchanged since the last time is not read by the model again. A second process with the same folders waits
    for the first and finds its work done. Raises KnowledgeBaseError. The caller closes it.
    """
    settings = knowledge or KnowledgeSettings()
    # The cache is nobody's only copy, so that a shrunken folder is followed, not doubted.
    settings = settings.model_copy(update={"max_deletion": 1.0})
    opened, _ = await open_file(cache_file(folders, settings.model), folders, settings)
    return opened


async def open_file(
    file: Path, folders: Sequence[Path], settings: KnowledgeSettings
) -> tuple[KnowledgeBase, UpdateReport]:
    """Open a knowledge base's file and bring it up to date with the folders, with progress on standard error."""
    # Opening too: SQLite does not wait for another process that makes the same file and its journal.
    async with _alone(file):
        opened = KnowledgeBase.open(file, model=settings.model, reranker=settings.reranker)
        try:
            report = await _update(opened, folders, settings)
        except BaseException:
            await opened.close()
            raise
    return opened, report


def cache_file(folders: Sequence[Path], model: str = "") -> Path:
    """Return where the index of these folders is kept: a name made of their resolved paths and the model."""
    key = "\0".join([*(str(folder.resolve()) for folder in folders), "", model])
    return config.cache_folder() / f"kb-{hashlib.sha256(key.encode()).hexdigest()[:16]}.sqlite3"


async def _update(opened: KnowledgeBase, folders: Sequence[Path], settings: KnowledgeSettings) -> UpdateReport:
    with Progress(
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("Reading the articles", total=None, visible=False)

        def show(done: int, total: int, path: str) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        return await opened.update(
            folders,
            base_url=settings.base_url,
            max_deletion=settings.max_deletion,
            progress=show,
            today=utc_now().date(),
        )


@asynccontextmanager
async def _alone(file: Path) -> AsyncIterator[None]:
    """Hold off other processes that would index the same file. A killed one lets go by itself."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        remedy = "let the user that Firstline runs as write there"
        raise KnowledgeBaseError(f"{file.parent}: {error.strerror}.", remedy=remedy) from error
    try:
        await asyncio.to_thread(fcntl.flock, descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
