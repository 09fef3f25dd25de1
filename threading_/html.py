"""Pure. HTML of a mail as text: lists, code and tables stay readable, what a reader could not see is left out.

The only file that knows selectolax. Walks the tree with a stack of its own, in linear time, however deep it is nested.
"""

import re
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from threading_.headers import charset_codec

_SKIPPED = frozenset(
    {"head", "style", "script", "title", "template", "noscript", "object", "svg", "math", "select", "textarea",
     "iframe", "canvas", "audio", "video", "-comment", "!doctype", "-doctype"}
)  # fmt: skip
_PARAGRAPHS = frozenset({"p", "blockquote", "ul", "ol", "pre", "table", "dl", "h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = _PARAGRAPHS | frozenset(
    {"div", "tr", "li", "dt", "dd", "section", "article", "header", "footer", "center", "address", "form", "hr", "body",
     "main", "aside", "figure", "fieldset", "caption", "thead", "tbody", "tfoot"}
)  # fmt: skip

# What hides text from a person but not from a machine (peers.md G).
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*0*(?:\.0+)?(?:px|pt|em|rem|%)?\s*(?:!|;|$)"
    r"|opacity\s*:\s*0*(?:\.0+)?\s*(?:!|;|$)"
    r"|text-indent\s*:\s*-\d{3,}|left\s*:\s*-\d{4,}",
    re.IGNORECASE,
)
# A fixed height of zero hides only what does not run over; on its own it is a spacer of Outlook's.
_OVERFLOW = re.compile(r"overflow\s*:\s*hidden", re.IGNORECASE)
_ZERO_BOX = re.compile(r"(?<![-\w])(?:max-)?(?:height|width)\s*:\s*0(?:px|pt)?\s*(?:!|;|$)", re.IGNORECASE)
_COLOR = re.compile(r"(?<![-\w])color\s*:\s*([^;!]+)", re.IGNORECASE)
_BACKGROUND = re.compile(r"(?<![-\w])background(?:-color)?\s*:\s*([^;!]+)", re.IGNORECASE)
_WHITE = re.compile(r"(?:#f{3}(?:f{3})?\b|white\b|rgba?\(\s*255\s*,\s*255\s*,\s*255\b)", re.IGNORECASE)

# Zero-width and bidi controls, the soft hyphen and the invisible tag letters. The joiners U+200C and U+200D stay:
# Persian, Hindi and emoji are written with them.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")

# How clients mark what they quote: the class or id of the element that holds it.
_QUOTE_MARK = re.compile(
    r"(?:^|\s)(?:x_)*(?:gmail_quote(?:_container)?|gmail_extra|yahoo_quoted\S*|protonmail_quote|tutanota_quote|zmail_extra"
    r"|moz-cite-prefix|moz-email-headers-table|gmail_attr|bloop_original_html|OutlookMessageHeader|WM_QUOTE"
    r"|mail-editor-reference-message-container|ms-outlook-mobile-reference-message|OLK_SRC_BODY_SECTION"
    r"|quoted-text|freebirdFormviewerViewItemsItemItem|x_x_x_quote)(?:\s|$)"
)
# … and the ids after which everything is the old mail.
_REST_MARK = re.compile(r"^(?:x_)*(?:divRplyFwdMsg|appendonsend|stopSpelling|zwchr|isForwardContent|reply-intro)$")
# Outlook's line above From/Sent/To/Subject, in inches, centimetres and points.
_OUTLOOK_BORDER = re.compile(
    r"border\s*:\s*none\s*;\s*border-top\s*:\s*solid\s+#?(?:E1E1E1|B5C4DF|windowtext)\s+1\.0pt\s*;\s*padding\s*:\s*3\.0pt",
    re.IGNORECASE,
)
_NESTING = re.compile(
    r"<(/?)(?:div|blockquote|ul|ol|dl|table|span|font|center|section|form|[abius]|em|strong)\b", re.IGNORECASE
)
_MAX_DEPTH = 5_000
_MAX_PREFIX = 8  # deeper quotes and lists are not indented further: lines stay short, time linear


def clean_text(text: str) -> str:
    """Text free of control characters and of what cannot be seen; line ends are LF."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n")
    return _INVISIBLE.sub("", _CONTROL.sub("", text))


def html_text(html: str, *, mark_quotes: bool = False, hidden: bool = False, references: bool = False) -> str:
    """The text that a reader of the HTML sees. With `mark_quotes` every line of a quoted mail starts with "> ".

    With `hidden` also what no reader can see, for humans who want to know what was left out. With `references` also
    where its links lead, `text <url>`, and which of the mail's own pictures it shows, `[cid:id]`.
    """
    if not html.strip():
        return ""
    html = clean_text(html)
    if _too_deep(html):
        return re.sub(r"[^\S\n]+", " ", re.sub(r"<[^<>]*>", " ", html)).strip()
    tree = LexborHTMLParser(html)
    if tree.root is None:
        return ""
    writer = _Writer()
    _walk(tree.root, writer, mark_quotes, hidden, references)
    return writer.finish()


def _too_deep(html: str) -> bool:
    """Whether elements nest past what any mail client writes: the HTML standard's parser needs quadratic time there
    (measured: 10,000 levels 0.07 s, 100,000 levels 21 s)."""
    depth = 0
    for tag in _NESTING.finditer(html):
        depth += -1 if tag[1] else 1
        if depth > _MAX_DEPTH:
            return True
        depth = max(depth, 0)
    return False


def declared_charset(data: bytes) -> str:
    """The charset that an HTML document declares in its first 2,048 bytes, '' where none is known."""
    match = re.search(rb"charset\s*=\s*[\"']?([\w.:-]{2,40})", data[:2048], re.IGNORECASE)
    return charset_codec(match[1].decode("ascii", "replace")) if match else ""


@dataclass(slots=True)
class _Writer:
    """Lines of text in the making."""

    lines: list[str] = field(default_factory=list)
    buffer: list[str] = field(default_factory=list)
    quotes: int = 0
    lists: int = 0
    pre: int = 0
    bullet: str = ""  #: what the next line of a list item starts with

    def prefix(self) -> str:
        return "> " * min(self.quotes, _MAX_PREFIX)

    def text(self, text: str) -> None:
        if not self.pre:
            self.buffer.append(text)
            return
        first, *rest = text.split("\n")
        self.buffer.append(first)
        for line in rest:
            self.end_line(blank=True)
            self.buffer.append(line)

    def end_line(self, *, blank: bool = False) -> None:
        line = "".join(self.buffer)
        self.buffer.clear()
        line = line.rstrip() if self.pre else " ".join(line.split())
        if not line and not (blank and self.lines):
            return
        indent = "  " * min(max(self.lists - 1, 0), _MAX_PREFIX)
        if line and self.lists:
            indent, self.bullet = (indent + self.bullet, "") if self.bullet else (indent + "  ", "")
        self.lines.append(f"{self.prefix()}{indent if line else ''}{line}".rstrip())

    def gap(self) -> None:
        self.end_line()
        if self.lines and self.lines[-1].strip("> "):
            self.lines.append(self.prefix().rstrip())

    def finish(self) -> str:
        self.end_line()
        text = "\n".join(self.lines)
        return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


@dataclass(slots=True)
class _State:
    """What an element changed, to be taken back when it ends."""

    node: LexborNode
    quote: bool = False
    color: bool = False  #: white text
    background: bool = False  #: a ground that is not white
    number: int = 0  #: of the next item of an ordered list; -1 in an unordered one
    link: str = ""  #: where it leads, to be written behind its text


def _walk(root: LexborNode, writer: _Writer, mark_quotes: bool, hidden: bool, references: bool) -> None:
    open_elements: list[_State] = []
    rest_marked = False
    node: LexborNode | None = root
    while node is not None:
        descend = False
        tag = node.tag or ""
        if tag == "-text":
            text = node.text_content or ""
            top = open_elements[-1] if open_elements else None
            if hidden or not (top and top.color and not top.background):
                writer.text(text)
        elif tag not in _SKIPPED:
            attributes = node.attributes
            style = attributes.get("style") or ""
            if hidden or not _hidden(attributes, style):
                if mark_quotes and not rest_marked and _rest_starts(attributes, style):
                    rest_marked = True
                    writer.gap()
                    writer.quotes += 1
                state = _state(node, tag, attributes, style, open_elements[-1] if open_elements else None)
                state.quote = tag == "blockquote" or (mark_quotes and not rest_marked and _is_quote(attributes))
                _open(tag, state, open_elements[-1] if open_elements else None, writer)
                if references:
                    state.link = _reference(node, tag, attributes, writer)
                if node.child is not None:
                    open_elements.append(state)
                    descend = True
                else:
                    _close(tag, state, writer)
        if descend:
            node = node.child
            continue
        while node is not None and node.next is None:
            if not open_elements:
                return
            state = open_elements.pop()
            _close(state.node.tag or "", state, writer)
            node = state.node
            if node.mem_id == root.mem_id:
                return
        node = node.next if node is not None else None


def _reference(node: LexborNode, tag: str, attributes: dict[str, str | None], writer: _Writer) -> str:
    """Writes down which picture is shown; returns where a link leads, '' where its text says so itself."""
    if tag == "img" and (attributes.get("src") or "").lower().startswith("cid:"):
        writer.text(f"[{(attributes.get('src') or '')[:300]}]")
    url = (attributes.get("href") or "").strip() if tag == "a" else ""
    if not re.match(r"(?:https?://|mailto:)[^\s<>]{1,2000}$", url, re.IGNORECASE):
        return ""
    shown = "".join(node.text(deep=True).split()).lower().rstrip("/")
    bare = re.sub(r"^mailto:", "", url, flags=re.IGNORECASE).lower().rstrip("/")
    return "" if not shown or shown in (bare, re.sub(r"^https?://(?:www\.)?", "", bare)) else url


def _hidden(attributes: dict[str, str | None], style: str) -> bool:
    return (
        "hidden" in attributes
        or bool(_HIDDEN.search(style))
        or bool(_ZERO_BOX.search(style) and _OVERFLOW.search(style))
    )


def _rest_starts(attributes: dict[str, str | None], style: str) -> bool:
    return bool(_REST_MARK.match(attributes.get("id") or "")) or bool(_OUTLOOK_BORDER.search(style))


def _is_quote(attributes: dict[str, str | None]) -> bool:
    marks = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    return (
        bool(_QUOTE_MARK.search(marks))
        or attributes.get("name") == "quote"  # GMX and web.de
        or attributes.get("data-marker") == "__QUOTED_TEXT__"  # Zimbra
    )


def _state(node: LexborNode, tag: str, attributes: dict[str, str | None], style: str, above: _State | None) -> _State:
    state = _State(node, color=bool(above and above.color), background=bool(above and above.background))
    color = _COLOR.search(style)
    named = color[1] if color else (attributes.get("color") or "" if tag == "font" else "")
    if named.strip():
        state.color = bool(_WHITE.match(named.strip()))
    ground = _BACKGROUND.search(style)
    named = ground[1] if ground else (attributes.get("bgcolor") or attributes.get("background") or "")
    if named.strip():
        state.background = not _WHITE.match(named.strip())
    return state


def _open(tag: str, state: _State, above: _State | None, writer: _Writer) -> None:
    if state.quote:
        writer.gap()
        writer.quotes += 1
    if tag in ("ul", "ol"):
        if writer.lists:
            writer.end_line()
        else:
            writer.gap()
        writer.lists += 1
        state.number = 1 if tag == "ol" else -1
    elif tag == "li":
        writer.end_line()
        writer.bullet = f"{above.number}. " if above and above.number > 0 else "- "
        if above and above.number > 0:
            above.number += 1
    elif tag in ("td", "th"):
        if any(piece.strip() for piece in writer.buffer):
            writer.buffer.append(" | ")
    elif tag == "br":
        writer.end_line(blank=True)
    elif tag == "p" and writer.bullet:
        pass  # a paragraph right inside a list item stays on the bullet's line
    elif tag in _PARAGRAPHS:
        writer.gap()
    elif tag in _BLOCKS:
        writer.end_line()
    if tag == "pre":
        writer.pre += 1


def _close(tag: str, state: _State, writer: _Writer) -> None:
    if state.link:
        writer.text(f" <{state.link}>")
    if tag == "pre":
        writer.end_line()
        writer.pre -= 1
    if tag in ("ul", "ol"):
        writer.end_line()
        writer.lists -= 1
        writer.bullet = ""
        if not writer.lists:
            writer.gap()
    elif tag in _PARAGRAPHS and not (tag == "p" and writer.lists):
        writer.gap()
    elif tag in _BLOCKS:
        writer.end_line()
    if state.quote:
        writer.gap()
        writer.quotes -= 1
        if writer.lines and not writer.lines[-1].strip("> "):
            writer.lines[-1] = writer.prefix().rstrip()
