"""Pure. Markdown cut into pieces of reading length, at headings and between blocks; lists, steps and code stay whole."""

import html
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from os.path import commonprefix

from markdown_it import MarkdownIt
from markdown_it.token import Token

#: What a piece aims at, in words. The bundled model reads about 190 English words.
AIM = 140
#: A list is kept whole up to here, in words; a longer one is cut between its items.
LIST_LIMIT = 230

# Code by indentation is off: in help centres an indented line is sloppy HTML or a list's second paragraph, not code.
_MARKDOWN = MarkdownIt("commonmark").enable("table").disable("code")

_NOISE = re.compile(
    r"<!--.*?-->"  # comments
    r"|\{%.*?%\}"  # tags of Jekyll and Liquid, shortcodes of Hugo
    r"|\{\{<.*?>\}\}"
    r"|\{\{\s*(?:site|page|layout|include|content)\b[^}]*\}\}"
    r"|\{:[^}\n]*\}"  # attributes of kramdown
    r"|!\[[^\]]*\]\([^)]*\)"  # pictures, which no mail shows
    r"|^ {0,3}> *\[![A-Z]+\] *\n",  # the mark of a GitHub alert
    re.S | re.M,
)
_BREAK = re.compile(r"</?(?:p|div|tr|table|ul|ol|h[1-6]|section|figure|details|summary)\b[^>]*>|<br\s*/?>", re.I)
_ITEM = re.compile(r"[ \t]*<li\b[^>]*>\s*", re.I)
_BOLD = re.compile(r"</?(?:b|strong|th|h[1-6])\b[^>]*>", re.I)
_CODE = re.compile(r"</?(?:code|kbd)\b[^>]*>", re.I)
_TAG = re.compile(
    r"</?(?:a|abbr|audio|b|big|blockquote|button|caption|center|cite|code|col|colgroup|del|em|figcaption|font|form|h[1-6]|hr|i"
    r"|iframe|img|input|ins|kbd|label|li|link|mark|nav|pre|s|samp|script|small|source|span|strike|strong|style|sub|sup|svg"
    r"|tbody|td|tfoot|th|thead|tt|u|video)\b[^>]*>",
    re.I,
)
#: A link inside the site's own sources leads nowhere from a mail: its words stay.
_RELATIVE_LINK = re.compile(r"\[([^\]]*)\]\((?!https?:|mailto:|tel:)[^)]*\)")
#: A path of Windows. Who writes one means its backslashes, where Markdown takes them for marks before what follows.
_PATH = re.compile(r"(?<![\w\\])(?:[A-Za-z]:|%\w+%)\\[^\s`<>|\"]*")
_LOST = re.compile(r"(\\\\)|\\(?=[!#-),-/:;=?@\[\]^{}~])")
_BLANK = re.compile(r"[ \t]+$", re.M)
_GAP = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, list, table or code, or a part of a list that is too long."""

    headings: tuple[str, ...]  #: Markdown heading lines above it, the outermost first
    text: str
    continues: bool = False  #: goes on with the list of the block before it
    kind: str = "paragraph"  #: paragraph | list | steps | table | quote | code

    @property
    def words(self) -> int:
        """How much there is to read."""
        return len(self.text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of blocks that is read as one."""

    section: str  #: the headings above it, joined by ' > '
    text: str
    continues: bool = False


def cut(markdown: str) -> tuple[Piece, ...]:
    """Cut a Markdown text into pieces of about `AIM` words, in its order."""
    runs: list[list[Block]] = []
    for block in _blocks(markdown):
        if runs and _follows(runs[-1], block):
            runs[-1].append(block)
        else:
            runs.append([block])
    return tuple(_piece(run) for run in _short_ones_joined(runs))


def _follows(run: Sequence[Block], block: Block) -> bool:
    last = run[-1]
    if block.continues or block.headings != last.headings:
        return False
    # What announces a list or code is never left without it.
    limit = AIM + LIST_LIMIT if last.text.endswith(":") else AIM * 1.25
    return sum(each.words for each in run) + block.words <= limit


def _short_ones_joined(runs: Sequence[list[Block]]) -> Iterator[list[Block]]:
    """Join short neighbouring sections of one parent: a step of thirty words answers only with the steps beside it."""
    current: list[Block] = []
    for run in runs:
        if current and not run[0].continues:
            shared = len(_shared([*current, *run]))
            deepest = max(len(block.headings) for block in [*current, *run])
            if shared >= deepest - 1 and sum(block.words for block in [*current, *run]) <= AIM:
                current = [*current, *run]
                continue
        if current:
            yield current
        current = run
    if current:
        yield current


def _shared(run: Sequence[Block]) -> tuple[str, ...]:
    return tuple(commonprefix([block.headings for block in run]))


def _piece(run: Sequence[Block]) -> Piece:
    shared = _shared(run)
    lines: list[str] = []
    above = shared
    for block in run:
        if block.headings != above:
            lines.extend(heading for k, heading in enumerate(block.headings) if above[k : k + 1] != (heading,))
            above = block.headings
        lines.append(block.text)
    # In a heading that names a menu, "File > Save", the sign that joins headings is another.
    section = " > ".join(heading.lstrip("#").strip().replace(" > ", " › ") for heading in shared)
    return Piece(section=section, text="\n\n".join(lines), continues=run[0].continues)


def blocks(text: str) -> Iterator[Block]:
    """Read the text of a piece again, block by block; lists are whole."""
    return _blocks(text, list_limit=None, tidy=_dedented)


def items(text: str) -> list[str]:
    """Return the items of a list, each with its mark."""
    lines = text.split("\n")
    found = [token.map for token in _MARKDOWN.parse(text) if token.type == "list_item_open" and token.level == 1]
    return ["\n".join(lines[place[0] : place[1]]).rstrip() for place in found if place]


def rows(table: str) -> list[str]:
    """Return the rows of a table, each as a table with the head."""
    head, rule, *body = table.split("\n")
    return [f"{head}\n{rule}\n{row}" for row in body]


#: What an opening token of markdown-it makes of a block.
_KINDS = {
    "bullet_list_open": "list",
    "ordered_list_open": "steps",
    "table_open": "table",
    "blockquote_open": "quote",
    "fence": "code",
}


def _blocks(
    markdown: str, list_limit: int | None = LIST_LIMIT, tidy: Callable[[str], str] | None = None
) -> Iterator[Block]:
    tidy = tidy or clean
    lines = markdown.split("\n")
    headings: list[tuple[int, str]] = []
    tokens = _MARKDOWN.parse(markdown)
    for index, token in enumerate(tokens):
        if token.level != 0 or token.nesting == -1 or token.map is None or token.type == "hr":
            continue
        source = "\n".join(lines[token.map[0] : token.map[1]])
        if token.type == "heading_open":
            level = int(token.tag[1:])
            headings = [pair for pair in headings if pair[0] < level]
            title = tidy(tokens[index + 1].content)
            if title:
                headings.append((level, f"{'#' * level} {title}"))
            continue
        above = tuple(heading for _, heading in headings)
        kind = _KINDS.get(token.type, "paragraph")
        if kind == "code":
            yield Block(headings=above, text=textwrap.dedent(source).rstrip(), kind=kind)
        elif kind in ("list", "steps") and list_limit is not None and len(source.split()) > list_limit:
            yield from _list_parts(tokens, index, lines, above)
        else:
            text = tidy(source)
            if text:
                yield Block(headings=above, text=text, kind=kind)


def _dedented(markdown: str) -> str:
    return textwrap.dedent(markdown).strip()


def _list_parts(tokens: Sequence[Token], index: int, lines: Sequence[str], above: tuple[str, ...]) -> Iterator[Block]:
    """Cut a long list between its items. Numbers are written out, so that the second part goes on counting."""
    number = int(tokens[index].attrGet("start") or 1)
    part: list[str] = []
    continues = False
    for token in tokens[index + 1 :]:
        if token.level == 0:
            break
        if token.type != "list_item_open" or token.level != 1 or token.map is None:
            continue
        item = "\n".join(lines[token.map[0] : token.map[1]]).rstrip()
        if tokens[index].type == "ordered_list_open":
            item = re.sub(r"^\s*\d+([.)])", rf"{number}\1", item, count=1)
            number += 1
        if part and len(" ".join(part).split()) + len(item.split()) > AIM:
            yield Block(headings=above, text=clean("\n".join(part)), continues=continues)
            part, continues = [], True
        part.append(item)
    if part:
        yield Block(headings=above, text=clean("\n".join(part)), continues=continues)


def clean(markdown: str) -> str:
    """Take out what a site generator understands and a reader does not; HTML becomes the Markdown that says the same.

    Code between fences or backticks is left as it is.
    """
    parts = re.split(r"(^ *```.*?^ *```|`[^`\n]+`)", markdown, flags=re.S | re.M)
    text = "".join(part if k % 2 else _clean(part) for k, part in enumerate(parts))
    return textwrap.dedent(_GAP.sub("\n\n", _BLANK.sub("", text)).strip("\n")).strip()


def _clean(markdown: str) -> str:
    text = _NOISE.sub("", markdown)
    if "<" in text:
        text = _CODE.sub("`", _BOLD.sub("**", _ITEM.sub("- ", text)))
        text = _TAG.sub("", _BREAK.sub("\n", text)).replace("****", "").replace("``", "")
        text = re.sub(r"\n[ \t]*\n\s*", "\n\n", text)
    text = _RELATIVE_LINK.sub(r"\1", html.unescape(text))
    return _PATH.sub(lambda path: _LOST.sub(r"\\\\", path[0]), text)
