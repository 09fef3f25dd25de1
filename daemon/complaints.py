"""Pure. What is wrong with a configuration file, in words that its writer knows: where it stands, cause and remedy."""

import difflib
import re
from typing import get_args, get_origin

from pydantic_core import ErrorDetails

from daemon.settings import Login, Section, Settings


def lines_of(text: str) -> dict[tuple[str, ...], int]:
    """Where each section and key stands. tomllib does not tell; the file is valid TOML when this reads it."""
    lines: dict[tuple[str, ...], int] = {}
    section: tuple[str, ...] = ()
    nth: tuple[str, ...] = ()  # the section with its number, where it may stand several times
    inside = ""  # the quotes of the text over several lines that we are in
    for number, line in enumerate(text.splitlines(), start=1):
        if not inside:
            if header := re.match(r"\s*(\[+)\s*([^\[\]#]+?)\s*\]+\s*(#.*)?$", line):
                section = nth = _dotted(header[2])
                if header[1] == "[[":
                    count = sum(known[:-1] == section and known[-1].isdecimal() for known in lines)
                    nth = (*section, str(count))
                lines.setdefault(section, number)
                lines.setdefault(nth, number)
            elif key := re.match(r"""\s*([\w."'\s-]+?)\s*=""", line):
                lines.setdefault((*section, *_dotted(key[1])), number)
                lines.setdefault((*nth, *_dotted(key[1])), number)
        for quotes in re.findall(r'"""|\'\'\'', line):
            inside = "" if inside == quotes else inside or quotes
    return lines


def _table(section: str) -> object:
    """The shape of a section, also of one that may stand several times or under names of its own."""
    annotation = Settings.model_fields[section].annotation
    return next((part for part in reversed(get_args(annotation)) if part is not Ellipsis), annotation)


def several(section: str) -> bool:
    """Whether the section is a list of tables, or a table of tables with names of their own."""
    field = Settings.model_fields.get(section)
    return field is not None and get_origin(field.annotation) in (tuple, dict)


def _dotted(name: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in name.split("."))


def explain(error: ErrorDetails, section: str, key: str) -> tuple[str, str, str]:
    """What is wrong, what to do, and the key that was probably meant ('' where none was)."""
    fields = Settings.model_fields
    if not key:
        if error["type"] == "extra_forbidden":
            close = difflib.get_close_matches(section, fields, 1)
            return "there is no such section", _did_you_mean(close, list(fields)), close[0] if close else ""
        return "is not a section", f"write [{section}] on a line of its own and its keys below", ""
    kind = _table(section)
    if not (isinstance(kind, type) and issubclass(kind, Section)):
        raise TypeError(f"[{section}] is no Section")  # a mistake in settings.py
    if error["type"] == "extra_forbidden":
        if key in ("password", "token", "secret") and issubclass(kind, Login):
            # Never the value: it is the secret.
            return (
                "secrets are not kept in this file",
                "use password_file, password_env or password_command",
                "password_file",
            )
        elsewhere = [name for name in fields if key in getattr(_table(name), "model_fields", {})]
        close = difflib.get_close_matches(key, kind.model_fields, 1)
        if elsewhere and not close:
            return "there is no such key here", f"did you mean the one of [{elsewhere[0]}]?", ""
        return "there is no such key", _did_you_mean(close, list(kind.model_fields)), close[0] if close else ""
    field = kind.model_fields.get(key) or next(one for one in kind.model_fields.values() if one.alias == key)
    if error["type"] == "missing":
        return "is missing", "each of these tables needs it", ""
    default = field.get_default(call_default_factory=True) if not field.is_required() else ""
    remedy = "leave it out where it is not needed" if default in ("", ()) else f"the default is {_shown(default)}"
    if error["type"] == "value_error":
        return str(error["ctx"]["error"]), f"for example {default}" if key == "address" else remedy, ""
    value, bounds = error["input"], error.get("ctx", {})
    given = "it" if key.startswith(("password", "token")) else _shown(value)
    for bound, phrase in (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than")):
        if bound in bounds:
            return f"{given} is not possible: {phrase} {bounds[bound]}", remedy, ""
    if "expected" in bounds:
        return f"{given} is not possible: one of {bounds['expected']}", remedy, ""
    return f"{given} is not possible: {_NEEDS.get(error['type'], error['msg'])}", remedy, ""


# pydantic's kinds of error → what the key needs, in words of TOML.
_NEEDS = {
    "string_type": "it needs a text in quotes",
    "string_pattern_mismatch": "two lower-case letters, such as en",
    "int_type": "it needs a whole number",
    "int_parsing": "it needs a whole number",
    "int_from_float": "it needs a whole number",
    "float_type": "it needs a number",
    "float_parsing": "it needs a number",
    "bool_type": "it needs true or false",
    "bool_parsing": "it needs true or false",
    "tuple_type": 'it needs a list, such as ["one", "two"]',
    "time_parsing": 'it needs a time of day, such as "09:00"',
    "time_type": 'it needs a time of day, such as "09:00"',
    "date_from_datetime_parsing": 'it needs a date, such as "2026-12-25"',
    "date_type": 'it needs a date, such as "2026-12-25"',
}


def _did_you_mean(close: list[str], known: list[str]) -> str:
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    if isinstance(value, int | float):
        return str(value)
    return f'"{value:%H:%M}"' if hasattr(value, "hour") and not hasattr(value, "day") else f'"{value}"'
