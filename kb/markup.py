"""Pure. HTML of a help centre as the Markdown that says the same: the main content, without menus and pictures."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from selectolax.lexbor import LexborHTMLParser, LexborNode

_SKIPPED = frozenset(
    "head script style template noscript object svg math select textarea iframe canvas audio video nav header footer"
    " aside form button input img figcaption hr -comment !doctype -doctype".split()
)
#: Where a site says so, its text is what stands in here, from the surest on.
_MAIN = ("main", "[role=main]", "[itemprop=articleBody]", "article")
_BLOCKS = frozenset(
    "address article blockquote body center dd details div dl dt fieldset figure h1 h2 h3 h4 h5 h6 html"
    " main ol p pre section summary table ul aside".split()
)
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
# What is on every page and says nothing; a docutils note is an `aside` that does.
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:breadcrumbs?|toc|sidebar|headerlink|docinfo|skip-link|navbar|pagination|share|cookie\w*|sr-only"
    r"|visually-hidden|system-message|tablist|nav-tabs|nav-pills)(?:$|[\s_-])",
    re.I,
)
_NOTE = re.compile(r"(?:^|[\s_-])(?:admonition|note|tip|warning|callout|alert|important)(?:$|[\s_-])", re.I)
#: Deeper nesting is read as text alone.
_DEPTH = 120
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page of HTML says."""

    title: str  #: its first heading, else its title element; '' where there is neither
    language: str  #: of the html element
    url: str  #: the canonical address that it names
    body: str  #: Markdown


def page(html: str) -> Page:
    """Read a page, or a piece of one. Never raises: what is no HTML is text."""
    tree = LexborHTMLParser(html)
    root = next((found[0] for name in _MAIN if len(found := tree.css(name)) == 1), tree.body)
    body = "\n\n".join(_blocks(root, 0)) if root is not None else ""
    heading = tree.css_first("h1")
    titles = (_words(node.text()) for node in (heading, tree.css_first("head > title")) if node is not None)
    canonical = tree.css_first("link[rel=canonical]")
    return Page(
        # A heading's mark that links to itself is no part of it.
        title=next((title.rstrip("¶# ") for title in titles if title), ""),
        language=_attribute(tree.css_first("html"), "lang"),
        url=url if (url := _attribute(canonical, "href")).startswith(("https://", "http://")) else "",
        body=body,
    )


def _attribute(node: LexborNode | None, name: str) -> str:
    return "" if node is None else (node.attributes.get(name) or "").strip()


def _words(text: str | None) -> str:
    return _SPACE.sub(" ", text or "").strip()


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.child
    while child is not None:
        yield child
        child = child.next


def _silent(node: LexborNode) -> bool:
    """Whether nothing of the element is for a reader."""
    tag = node.tag or ""
    if tag in ("-text", "body", "html"):
        return False
    attributes = node.attributes
    marks = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    if tag in _SKIPPED:
        return not (tag == "aside" and _NOTE.search(marks))
    hidden = "hidden" in attributes or attributes.get("aria-hidden") == "true"
    return hidden or bool(_FURNITURE.search(f"{marks} {attributes.get('role') or ''}"))


def _blocks(node: LexborNode, depth: int) -> list[str]:
    """The Markdown blocks of all that stands in an element."""
    if depth > _DEPTH:
        return [text] if (text := escape(_words(node.text()), quote=False)) else []
    found: list[str] = []
    line: list[str] = []

    def end_line() -> None:
        if text := _tidy("".join(line)):
            found.append(text)
        line.clear()

    for child in _children(node):
        tag = child.tag or ""
        if _silent(child):
            continue
        if tag in _BLOCKS or "-" in tag[1:]:
            end_line()
            found.extend(_block(child, tag, depth + 1))
        else:
            line.append(_inline(child, depth + 1))
    end_line()
    return found


def _block(node: LexborNode, tag: str, depth: int) -> list[str]:
    if tag in _HEADINGS:
        text = _words(_inside(node, depth)).rstrip("¶# ").replace("**", "")
        return [f"{'#' * int(tag[1])} {text}"] if text else []
    if tag == "pre":
        return _code(node)
    if tag in ("ul", "ol"):
        return _list(node, tag == "ol", depth)
    if tag == "table":
        return _table(node, depth)
    if tag == "blockquote":
        quoted = "\n\n".join(_blocks(node, depth))
        return ["\n".join(f"> {line}".rstrip() for line in quoted.split("\n"))] if quoted else []
    if tag in ("dt", "summary", "caption"):
        text = _words(_inside(node, depth)).replace("**", "")
        return [f"**{text}**"] if text else []
    return _blocks(node, depth)


def _code(node: LexborNode) -> list[str]:
    code = (node.text() or "").strip("\n").rstrip()
    if not code.strip():
        return []
    inner = node.css_first("code")
    marks = " ".join(_attribute(each, "class") for each in (node, inner) if each is not None)
    language = re.search(r"(?:language|lang|highlight-source)-([\w+#-]+)", marks)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", code)), default=0))
    return [f"{fence}{language[1] if language else ''}\n{code}\n{fence}"]


def _list(node: LexborNode, numbered: bool, depth: int) -> list[str]:
    start = _attribute(node, "start")
    number = int(start) if start.isdecimal() and len(start) < 6 else 1
    items: list[str] = []
    for child in _children(node):
        if child.tag in ("ul", "ol"):  # sloppy, and common: a list right inside a list
            nested = "\n".join(_list(child, child.tag == "ol", depth + 1))
            if nested and depth < _DEPTH:
                items.append("\n".join(f"   {line}".rstrip() for line in nested.split("\n")))
            continue
        if child.tag != "li" or _silent(child):
            continue
        blocks = _blocks(child, depth + 1)
        if not blocks:
            continue
        mark = f"{number}. " if numbered else "- "
        number += 1
        # A list under an item's words needs no empty line between; a second paragraph does.
        text = blocks[0] + "".join(("\n" if _is_list(block) else "\n\n") + block for block in blocks[1:])
        first, *rest = text.split("\n")
        items.append("\n".join([mark + first, *(f"{' ' * len(mark)}{line}".rstrip() for line in rest)]))
    return ["\n".join(items)] if items else []


def _is_list(block: str) -> bool:
    return bool(re.match(r"(?:- |\d+\. )", block))


def _table(node: LexborNode, depth: int) -> list[str]:
    caption = [
        block for child in _children(node) if child.tag == "caption" for block in _block(child, "caption", depth)
    ]
    cells_of = list(_rows(node))
    rows = [cells for row in cells_of if any(cells := [_blocks(cell, depth + 1) for cell in row])]
    width = max(map(len, rows), default=0)
    # A frame around text, or the columns of a page: what is in its cells reads by itself.
    framed = any(cell.css_first("h1, h2, h3, h4, h5, h6, table") for row in cells_of for cell in row)
    if width < 2 or framed or _attribute(node, "role") in ("presentation", "none"):
        return [*caption, *(block for cells in rows for blocks in cells for block in blocks)]
    texts = [[_words(" ".join(blocks)).replace("|", "\\|") for blocks in cells] for cells in rows]
    lines = ["| " + " | ".join(cells + [""] * (width - len(cells))) + " |" for cells in texts]
    lines.insert(1, "|" + " --- |" * width)
    return [*caption, "\n".join(lines)]


def _rows(node: LexborNode) -> Iterator[list[LexborNode]]:
    """The cells of each row of a table; those of a table inside of a cell are that cell's."""
    for child in _children(node):
        if child.tag in ("thead", "tbody", "tfoot"):
            yield from _rows(child)
        elif child.tag == "tr":
            yield [cell for cell in _children(child) if cell.tag in ("td", "th")]


def _inside(node: LexborNode, depth: int) -> str:
    return "".join(_inline(child, depth + 1) for child in _children(node) if not _silent(child))


def _inline(node: LexborNode, depth: int) -> str:
    """The Markdown of what stands in a line. `<` and `&` stay escaped: kb/blocks.py turns them back."""
    tag = node.tag or ""
    if tag == "-text":
        return _SPACE.sub(" ", escape(node.text_content or "", quote=False))
    if tag == "br":
        return "\n"
    if depth > _DEPTH:
        return escape(_words(node.text()), quote=False)
    if tag in ("code", "kbd", "samp", "tt") or "literal" in _attribute(node, "class").split():
        code = _words(node.text())
        return f"`{code}`" if code and "`" not in code else code
    text = _inside(node, depth)
    if tag in ("b", "strong"):
        return _wrapped("**", text)
    if tag in ("em", "i"):
        return _wrapped("*", text)
    href = _attribute(node, "href")
    if tag == "a" and text.strip() and href and not href.startswith(("#", "javascript:", "data:")):
        return f"[{text.strip()}]({href.replace(' ', '%20').replace('(', '%28').replace(')', '%29')})"
    # A block inside of a line, such as a paragraph in a link.
    return f" {text} " if tag in _BLOCKS else text


def _wrapped(mark: str, text: str) -> str:
    core = text.strip()
    if not core or mark in core:
        return text
    start = text.index(core)
    return f"{text[:start]}{mark}{core}{mark}{text[start + len(core) :]}"


def _tidy(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.strip().split("\n")).strip()
