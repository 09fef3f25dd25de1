"""I/O. The store of the configured daemon, for commands that read or steer it beside the running one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from daemon import config
from daemon.errors import StateError
from store.store import FILE, Store, open_store


@asynccontextmanager
async def configured_store(config_file: Path | None) -> AsyncIterator[Store]:
    """The store that the configuration names. Raises StateError where the daemon never ran."""
    settings = config.load(config_file, offline=True).settings
    path = config.state_folder(settings) / FILE
    if not path.exists():
        raise StateError(
            f"There is no store at {path}.",
            remedy="start `firstline run` once, or name the configuration that it runs with (--config)",
        )
    async with open_store(path) as store:
        yield store
