"""Pure. `[topics.NAME] mode` in the text of a configuration: that line alone is changed, every other stays as it is."""

import json
import re
import tomllib

_HEADER = re.compile(r"\s*\[([^\[\]]+|[^\[]*\"[^\"]*\"[^\]]*)\]\s*(#.*)?$")


def with_mode(text: str, topic: str, mode: str) -> str:
    """The text with `mode` set for the topic: in its table where there is one, else in a new one at the end.

    Raises ValueError where the file keeps the topic in another form, such as an inline table.
    """
    before = tomllib.loads(text)
    lines = text.splitlines(keepends=True)
    start = next((number for number, line in enumerate(lines) if _is_table_of(line, topic)), None)
    setting = f'mode = "{mode}"'
    if start is None:
        end = "" if not text or text.endswith("\n") else "\n"
        changed = f"{text}{end}\n[topics.{_key(topic)}]\n{setting}\n"
    else:
        end_of_table = next(
            (number for number in range(start + 1, len(lines)) if re.match(r"\s*\[", lines[number])), len(lines)
        )
        place = next(
            (number for number in range(start + 1, end_of_table) if re.match(r"\s*mode\s*=", lines[number])), None
        )
        if place is None:
            lines.insert(start + 1, f"{setting}\n")
            if not lines[start].endswith("\n"):
                lines[start] += "\n"
        else:
            lines[place] = re.sub(r"(\s*)mode\s*=\s*(?:\"[^\"]*\"|'[^']*')", rf"\g<1>{setting}", lines[place], count=1)
        changed = "".join(lines)
    wanted = {
        **before,
        "topics": {**before.get("topics", {}), topic: {**before.get("topics", {}).get(topic, {}), "mode": mode}},
    }
    try:
        found = tomllib.loads(changed)
    except tomllib.TOMLDecodeError:
        found = {}
    if found != wanted:
        raise ValueError(f"[topics] {topic} stands there in a form that cannot be changed by line")
    return changed


def _is_table_of(line: str, topic: str) -> bool:
    match = _HEADER.match(line)
    if match is None:
        return False
    try:
        return tomllib.loads(f"[{match[1]}]") == {"topics": {topic: {}}}
    except tomllib.TOMLDecodeError:
        return False


def _key(topic: str) -> str:
    return topic if re.fullmatch(r"[A-Za-z0-9_-]+", topic) else json.dumps(topic, ensure_ascii=False)
