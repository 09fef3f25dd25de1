"""I/O. What `explain` and `replay` share: their options, and the knowledge base that they look things up in."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from daemon import config
from daemon.cli.language_model import wording_for
from daemon.forecast import Forecaster, forecasting
from daemon.settings import Settings
from store.records import Mode

Address = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="A",
        show_default=False,
        help="The support address; `any` takes every mail as addressed to us.",
    ),
]
InMode = Annotated[
    Mode | None, typer.Option("--mode", show_default=False, help="The mode, instead of the configured one.")
]


def settings_for(config_file: Path | None, mode: Mode | None, address: str | None) -> Settings:
    """The configured settings, or the documented defaults, with what the command line says instead."""
    settings = config.load(config_file, offline=True).settings
    if mode is not None:
        settings = settings.model_copy(update={"policy": settings.policy.model_copy(update={"mode": mode})})
    if address and address != "any":
        settings = settings.model_copy(update={"mailbox": settings.mailbox.model_copy(update={"address": address})})
    return settings


@asynccontextmanager
async def forecaster(
    settings: Settings, folder: Path | None, address: str | None, *, llm: bool = False
) -> AsyncIterator[Forecaster]:
    """A forecaster with the articles of `folder`, else with the configured ones, else with none.

    Without articles neither torch nor llama-index is loaded.
    """
    folders = [folder] if folder else [Path(name) for name in settings.knowledge.folders]
    async with AsyncExitStack() as stack:
        knowledge = None
        if folders:
            from daemon.cli.knowledge import open_folders

            knowledge = await open_folders(folders, settings.knowledge)
            stack.push_async_callback(knowledge.close)
        wording = wording_for(settings, knowledge, llm) if knowledge else None
        forecast = forecasting(settings, knowledge, any_address=address == "any", wording=wording)
        yield await stack.enter_async_context(forecast)
