"""I/O. `firstline demo`: the whole loop on this machine, with an embedded mail server and nothing to configure."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.options import AsJson
from daemon.cli.output import console, result


def demo(
    mail: Annotated[
        list[Path] | None,
        typer.Option("--mail", metavar="FILE.eml", show_default=False, help="Send this mail of your own, too."),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Go on running, and say how to connect a mail client.")] = False,
    as_json: AsJson = False,
) -> None:
    """See the whole loop: customers of an invented product write, and Firstline answers, asks, or hands over.

    Runs the real daemon against a real IMAP and SMTP server inside this process. Nothing leaves this machine, and
    nothing is left behind.

    Example: `firstline demo --mail my-question.eml --keep`
    """
    from daemon.demo.lines import ForPrograms
    from daemon.demo.show import POLICY, guest, show
    from daemon.demo.story import ForPeople

    story = ForPrograms() if as_json else ForPeople(result, POLICY)
    guests = [guest(path) for path in mail or ()]
    keeping = (
        (lambda kept: (console if as_json else result).print(kept.instructions(), markup=False, soft_wrap=True))
        if keep
        else None
    )
    asyncio.run(show(story, guests=guests, progress=lambda what: console.status(f"{what} …"), keep=keeping))
