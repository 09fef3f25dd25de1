"""Pure. The sample configuration with values put in: one text is the manual, the sample and what `init` writes."""

import json
import re
from collections.abc import Mapping

Value = str | int | tuple[str, ...]

_TO_SET = re.compile(r"SET THIS(?:, or one of the two below)?\. ")
_LEGEND = re.compile(r"^# Lines marked SET THIS .*\n", re.M)


def filled(sample: str, values: Mapping[tuple[str, str], Value]) -> str:
    """The sample with `values`, by section and key; what was set is no longer marked as to be set.

    Raises KeyError for a key that the sample does not hold.
    """
    missing = dict(values)
    lines: list[str] = []
    section = ""
    for line in sample.splitlines():
        if header := re.fullmatch(r"\[(\w+)\]", line):
            section = header[1]
        key = re.match(r"(\w+) = ", line)
        if key and (section, key[1]) in values:
            line = f"{key[1]} = {_toml(missing.pop((section, key[1])))}"
            _unmark(lines)
        lines.append(line)
    if missing:
        raise KeyError(*missing)
    text = "\n".join(lines) + "\n"
    return text if len(_TO_SET.findall(text)) > 0 else _LEGEND.sub("", text)


def _unmark(lines: list[str]) -> None:
    """Take the mark out of the comment that the lines end with."""
    for number in range(len(lines) - 1, -1, -1):
        if not lines[number].startswith("#"):
            return
        lines[number] = _TO_SET.sub("", lines[number])


def _toml(value: Value) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    # A TOML basic string is a JSON string, but for DEL, which no setting holds.
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
