"""I/O. What commands print: a result to standard output, everything else to standard error (contract.md)."""

import dataclasses
import json
import sys
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time
from pathlib import PurePath
from typing import NoReturn, Protocol, runtime_checkable

from rich.console import Console
from rich.text import Text

from daemon.errors import ConfigurationError

#: Standard error: progress, remarks and problems.
console = Console(stderr=True, highlight=False)
#: Standard output: the result of a command, for people. `emit_json` writes it for programs.
result = Console(highlight=False)

# Everything a mail could steer a terminal with: C0 but tab and line feed, DEL, C1, and the marks that reverse text.
_CONTROLS = dict.fromkeys(
    [*range(0x00, 0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)


def foreign(text: str, style: str = "") -> Text:
    """Return text that others wrote, such as a mail's, so that it can neither steer the terminal nor act as markup."""
    return Text(text.replace("\r\n", "\n").translate(_CONTROLS), style=style)


def emit_json(value: object) -> None:
    """Write a value to standard output as one line of JSON, at once, in UTF-8 whatever the locale.

    Dataclasses become objects, sets sorted lists, times ISO 8601. A lone surrogate, which broken mail is full of,
    becomes `?`: what is printed is always valid.
    """
    line = json.dumps(_plain(value), ensure_ascii=False, allow_nan=False, separators=(", ", ": "))
    sys.stdout.flush()
    sys.stdout.buffer.write(line.encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


def _plain(value: object) -> object:
    if isinstance(value, str):  # before all else: a StrEnum's value
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, AbstractSet):
        return sorted((_plain(item) for item in value), key=str)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, PurePath):
        return str(value)
    return value


@runtime_checkable
class Mendable(Protocol):
    """An error that says what is wrong and what to do: the tree of daemon/errors.py, and those of `kb` and `store`."""

    message: str
    remedy: str


def fail(error: Mendable) -> NoReturn:
    """Say what is wrong and what to do about it, and exit: 2 where the configuration is at fault, else 1."""
    if isinstance(error, ConfigurationError) and error.problems:
        count = len(error.problems)
        heading = f"{error.subject} has {'a problem' if count == 1 else f'{count} problems'}:"
        console.print(Text(heading, style="bold red"))
        for problem in error.problems:
            console.print(Text("  • ", style="red") + foreign(problem), soft_wrap=True)
    else:
        console.print(Text("✗ ", style="bold red") + foreign(error.message, "red"), soft_wrap=True)
    if error.remedy:
        console.print(Text("  → ", style="green") + foreign(error.remedy), soft_wrap=True)
    sys.exit(2 if isinstance(error, ConfigurationError) else 1)
