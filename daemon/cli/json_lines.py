"""I/O. Rows that commands read as JSON lines: a wrong one is named by its number, its place and what is wrong with it."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

import typer
from pydantic import BaseModel, ValidationError

RowT = TypeVar("RowT", bound=BaseModel)


def read_rows(lines: Iterable[bytes], row: type[RowT], shape: str) -> Iterator[RowT]:
    """Each line that is not empty as a `row`. `shape` is what a line should be, in words, for the error."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield row.model_validate_json(line)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in problem["loc"])
            raise typer.BadParameter(
                f"line {number} is not {shape}: {place + ': ' if place else ''}{problem['msg']}"
            ) from error
