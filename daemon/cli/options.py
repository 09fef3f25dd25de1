"""I/O. The options that commands share, so that each is spelt and explained once."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        show_default=False,
        help="The configuration; without it ./config.toml, then /etc/firstline/config.toml.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result for programs (see the documented shapes).")]
Llm = Annotated[
    bool,
    typer.Option("--llm", help="Let the language model of [llm] word the answers; nothing else uses the network."),
]
KnowledgeBase = Annotated[
    Path | None,
    typer.Option(
        "--kb", metavar="DIR", show_default=False, help="A folder of articles instead of the configured ones."
    ),
]
