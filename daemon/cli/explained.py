"""I/O. How `firstline explain` prints: numbered steps, and rows of a label and what is said of it."""

from collections.abc import Iterable

from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from daemon.cli.output import foreign, result

_LABEL = 14  #: letters
_EXCERPT = 12  #: lines that are shown of a text


def step(title: str) -> None:
    """Begin a step."""
    result.print()
    result.print(Rule(title, align="left", style="dim"))


def row(label: str, text: str, style: str = "") -> None:
    """Print a label and what is said of it, wrapped beside it."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=2)
    table.add_column(width=_LABEL, style="bold")
    table.add_column(overflow="fold")
    table.add_row("", label, foreign(text, style))
    result.print(table)


def rows(label: str, texts: Iterable[str], style: str = "") -> None:
    """Print several rows of which the first bears the label."""
    for text in texts:
        row(label, text, style)
        label = ""


def excerpt(label: str, text: str, style: str = "") -> None:
    """Print the first lines of a text, and how many there are."""
    lines = text.strip("\n").split("\n")
    more = f"\n… and {len(lines) - _EXCERPT} more lines" if len(lines) > _EXCERPT else ""
    row(label, "\n".join(lines[:_EXCERPT]) + more, style)


def headline(text: str, style: str) -> None:
    """Print a word that stands out."""
    result.print(Text(f"  {text}", style=style))
