"""I/O. The command line: the table of all commands, and what becomes of their errors.

`firstline --help` must start in a blink: a command's file imports torch, llama-index, IMAPClient and the like inside
its functions, never at its top. tests/unit/test_house.py holds that.
"""

import logging
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated, Any

import typer

from daemon.cli import audit, cases, kb, topics
from daemon.cli.ask import ask
from daemon.cli.check import check
from daemon.cli.check_reply import check_reply
from daemon.cli.demo import demo
from daemon.cli.digest import digest
from daemon.cli.evaluate import evaluate
from daemon.cli.explain import explain
from daemon.cli.forget import forget
from daemon.cli.init import init
from daemon.cli.output import Mendable, fail
from daemon.cli.pause import pause, resume
from daemon.cli.replay import replay
from daemon.cli.run import run
from daemon.cli.threads import threads
from daemon.cli.triage import triage

SET_UP = "Set up"
DAEMON = "The daemon"
FORECAST = "What would it do?"
CASES = "What happened?"

# Panel, name, function (or a Typer of further commands), in the order of the help page.
COMMANDS: tuple[tuple[str, str, Callable[..., Any] | typer.Typer], ...] = (
    (SET_UP, "init", init),
    (SET_UP, "check", check),
    (SET_UP, "demo", demo),
    (SET_UP, "kb", kb.app),
    (DAEMON, "run", run),
    (DAEMON, "pause", pause),
    (DAEMON, "resume", resume),
    (FORECAST, "explain", explain),
    (FORECAST, "replay", replay),
    (FORECAST, "ask", ask),
    (FORECAST, "evaluate", evaluate),
    (FORECAST, "check-reply", check_reply),
    (FORECAST, "triage", triage),
    (FORECAST, "threads", threads),
    (CASES, "cases", cases.app),
    (CASES, "digest", digest),
    (CASES, "topics", topics.app),
    (CASES, "audit", audit.app),
    (CASES, "forget", forget),
)

app = typer.Typer(
    name="firstline",
    help="The first line of support, by mail: answers from your articles, asks, or hands over to a human.",
    epilog="Exit codes: 0 fine, 1 failed, 2 wrong use or configuration. Every command has --help with an example.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a traceback that shows local variables could show a secret
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for panel, name, command in COMMANDS:
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name, rich_help_panel=panel)
    else:
        app.command(name, rich_help_panel=panel)(command)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"firstline {version('firstline')}")
        raise typer.Exit


@app.callback()
def _top(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Take the options that come before a command."""


def main() -> None:
    """Run the command line: every error that somebody can mend ends with cause, remedy and its exit code."""
    # mail-parser logs headers and parts as strangers wrote them; what is odd about a mail stands in its record.
    mail_parser = logging.getLogger("mailparser")
    mail_parser.addHandler(logging.NullHandler())
    mail_parser.propagate = False
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        # A task group wraps what a part of the daemon died of.
        cause: BaseException = error
        while isinstance(cause, BaseExceptionGroup) and len(cause.exceptions) == 1:
            cause = cause.exceptions[0]
        if not isinstance(cause, Mendable):
            raise  # a fault of ours: the whole traceback
        fail(cause)
