"""Pure. What articles may be written in: each kind of file as Markdown, and a table of questions as files of its own."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import yaml

from kb.markup import Page, page
from kb.restructured import to_html

MARKDOWN = frozenset({".md", ".markdown", ".mdx"})
HTML = frozenset({".html", ".htm", ".xhtml"})
RESTRUCTURED = frozenset({".rst"})
TEXT = frozenset({".txt", ".text"})
TABLES = frozenset({".csv"})
SUFFIXES = MARKDOWN | HTML | RESTRUCTURED | TEXT | TABLES

#: Columns of a table of questions beside `question` and `answer`; each says what the same key says in a front matter.
COLUMNS = ("title", "id", "url", "topic", "language", "audience", "valid_until", "questions", "needs")
#: Several values in one cell.
_SEVERAL = re.compile(r"\s*(?:\||\n)\s*")
_RULE = re.compile(r"^[=\-~*_]{3,}\s*$")


def as_page(path: str, text: str) -> Page:
    """Return the text of a file, without its front matter, as Markdown with what else it says about itself."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in HTML:
        return page(text)
    if suffix in RESTRUCTURED:
        return page(to_html(text))
    if suffix in TEXT:
        return _plain_text(text)
    return Page(title="", language="", url="", body=text)


def _plain_text(text: str) -> Page:
    """A short first line that stands by itself is the title."""
    lines = text.strip("\n").split("\n")
    title = lines[0].strip()
    rest = lines[1:]
    if rest and _RULE.match(rest[0]):
        rest = ["", *rest[1:]]
    alone = bool(rest) and not rest[0].strip()
    if not title or not alone or len(title) > 80 or title.endswith((".", ",", ":", ";", "!")):
        return Page(title="", language="", url="", body=text)
    return Page(title=title.lstrip("# "), language="", url="", body="\n".join(rest))


def rows(path: str, raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Cut a table with the columns `question` and `answer` into one Markdown file a row, called `faq.csv#3`.

    Rows are counted from 1 below the head; one without question or answer is left out. A table of something else
    has no rows at all.
    """
    text = raw.decode("utf-8-sig", errors="replace").replace("\0", "")
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    number = 0
    names: list[str] = []
    try:
        for cells in reader:
            if not names:
                names = [cell.strip().lower() for cell in cells]
                if not {"question", "answer"} <= {*names}:
                    return
                continue
            number += 1
            row = {name: cell.strip() for name, cell in zip(names, cells, strict=False)}
            if row.get("question") and row.get("answer"):
                yield f"{path}#{number}", _file(row)
    except csv.Error:  # a quote that never ends: what was read before it stays
        return


def _file(row: dict[str, str]) -> bytes:
    matter: dict[str, object] = {name: row[name] for name in COLUMNS if row.get(name)}
    matter.setdefault("title", row["question"])
    for name in ("questions", "needs"):
        if name in matter:
            matter[name] = _SEVERAL.split(row[name])
    asked = [question for question in _SEVERAL.split(row.get("questions", "")) if question]
    matter["questions"] = [row["question"], *asked]
    return f"---\n{yaml.safe_dump(matter, allow_unicode=True, width=10_000)}---\n{row['answer']}\n".encode()
