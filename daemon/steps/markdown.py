"""Pure. Markdown for mail: as plain text that keeps steps, lists and code, and as safe HTML without images.

The only file that knows markdown-it and nh3.
"""

import re
from collections.abc import Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

_PARSER = MarkdownIt("commonmark", {"html": True, "breaks": False}).enable(["table", "strikethrough"])
_SCHEMES = frozenset({"http", "https", "mailto"})
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&])")
_TAGS = frozenset(
    "p br strong em del code pre small ul ol li blockquote h4 table thead tbody tr th td a hr div span".split()
)
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "div": {"style"}, "p": {"style"}, "span": {"style"}}
_STYLES = frozenset({"font-family", "font-size", "line-height", "color", "max-width", "margin-top"})


def to_text(markdown: str) -> str:
    """Markdown as plain text: numbers and bullets stay, code keeps its lines, a link is `text (url)`, images go.

    A paragraph is one line: the reader's window wraps it.
    """
    return "\n\n".join(block for block in _blocks(_tokens(markdown), "") if block.strip()).strip("\n")


def to_html(markdown: str) -> str:
    """Markdown as HTML that is safe to mail: no images, scripts or forms, links to http, https and mailto alone."""
    return sanitise(_PARSER.renderer.render(_tokens(markdown), _PARSER.options, {}))


def sanitise(html: str, *, pictures: bool = False) -> str:
    """HTML with everything removed that a mail of ours never needs; with `pictures` those that the mail itself carries."""
    return nh3.clean(
        html,
        tags=set(_TAGS) | ({"img"} if pictures else set()),
        attributes=_ATTRIBUTES | ({"img": {"src", "alt"}} if pictures else {}),
        url_schemes=set(_SCHEMES) | ({"cid"} if pictures else set()),
        filter_style_properties=set(_STYLES),
        link_rel="noopener noreferrer",
    ).strip()


def escape(text: str) -> str:
    """Foreign text (a name, a subject) as Markdown that shows it literally, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _tokens(markdown: str) -> list[Token]:
    tokens = _PARSER.parse(markdown)
    for token in tokens:
        if token.type.startswith("heading_"):
            token.tag = "h4"  # an article's chapter is a small heading in a mail
        if token.children is not None:
            token.children = _kept(token.children)
    return tokens


def _kept(children: Sequence[Token]) -> list[Token]:
    """Without images, and without links that lead nowhere from a mail (relative ones): their text stays."""
    kept: list[Token] = []
    dead = 0
    for token in children:
        if token.type == "image":
            continue
        if token.type == "link_open" and not _absolute(str(token.attrGet("href") or "")):
            dead += 1
        elif token.type == "link_close" and dead:
            dead -= 1
        else:
            kept.append(token)
    return kept


def _absolute(url: str) -> bool:
    return url.partition(":")[0].lower() in _SCHEMES


def _blocks(tokens: Sequence[Token], indent: str) -> list[str]:
    """The blocks of one level as text, each with `indent` before its lines; a container's inside is one block."""
    blocks: list[str] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        end = _closing(tokens, position)
        inside = tokens[position + 1 : end]
        if token.type in ("bullet_list_open", "ordered_list_open"):
            blocks.append(_list(token, inside, indent))
        elif token.type == "table_open":
            blocks.append(_table(inside, indent))
        elif token.type in ("fence", "code_block"):
            blocks.append("\n".join(f"{indent}    {line}" for line in token.content.rstrip("\n").split("\n")))
        elif token.type == "html_block":
            blocks.append(_indented(_stripped(token.content), indent))
        elif token.type == "blockquote_open":
            blocks.extend(_blocks(inside, indent + "  "))
        elif token.type == "inline":
            blocks.append(_indented(_inline(token.children or []), indent))
        elif token.nesting == 1:
            blocks.extend(_blocks(inside, indent))
        position = end + 1
    return [block for block in blocks if block.strip()]


def _closing(tokens: Sequence[Token], position: int) -> int:
    """Where the token that opens at `position` closes; `position` itself where it opens nothing."""
    if tokens[position].nesting != 1:
        return position
    depth = 0
    for index in range(position, len(tokens)):
        depth += tokens[index].nesting
        if depth == 0:
            return index
    return len(tokens) - 1


def _list(opening: Token, inside: Sequence[Token], indent: str) -> str:
    number = int(opening.attrGet("start") or 1) if opening.type == "ordered_list_open" else None
    items: list[str] = []
    tight = True
    position = 0
    while position < len(inside):
        end = _closing(inside, position)
        item = inside[position + 1 : end]
        mark = "- " if number is None else f"{number}. "
        deeper = indent + " " * len(mark)
        blocks = _blocks(item, deeper)
        lists = any(token.type.endswith("list_open") for token in item)
        tight = tight and (len(blocks) <= 1 or (lists and len(blocks) == 2))
        body = ("\n" if lists and len(blocks) == 2 else "\n\n").join(blocks)
        items.append(indent + mark + body[len(deeper) :] if body else indent + mark.rstrip())
        number = None if number is None else number + 1
        position = end + 1
    return ("\n" if tight else "\n\n").join(items)


def _table(inside: Sequence[Token], indent: str) -> str:
    rows: list[list[str]] = []
    for token in inside:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_inline(token.children or []))
    return "\n".join(indent + " | ".join(row) for row in rows)


def _inline(children: Sequence[Token]) -> str:
    text: list[str] = []
    links: list[tuple[str, int]] = []
    for token in children:
        if token.type == "link_open":
            links.append((str(token.attrGet("href")), len(text)))
        elif token.type == "link_close":
            url, start = links.pop()
            shown = "".join(text[start:]).strip()
            address = url.removeprefix("mailto:")
            text[start:] = [address if shown in ("", url, address) else f"{shown} ({address})"]
        elif token.type == "softbreak":
            text.append(" ")
        elif token.type == "hardbreak":
            text.append("\n")
        elif token.type == "html_inline":
            text.append("\n" if re.match(r"<br\b", token.content, re.IGNORECASE) else "")
        else:
            text.append(token.content)
    return re.sub(r"[ \t]+\n[ \t]*|\n[ \t]+", "\n", "".join(text)).strip()


def _indented(text: str, indent: str) -> str:
    return "\n".join(indent + line for line in text.split("\n"))


def _stripped(html: str) -> str:
    """The text of a piece of HTML; its lines where it breaks them."""
    lines = re.sub(r"<br\b[^>]*>|</(?:p|div|li|tr|h\d|summary|pre)>", "\n", html, flags=re.IGNORECASE)
    plain = nh3.clean(lines, tags=set())
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&amp;", "&")):
        plain = plain.replace(entity, sign)
    return re.sub(r"\n\s*\n+", "\n", "\n".join(line.strip() for line in plain.split("\n"))).strip()
