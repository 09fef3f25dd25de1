"""Pure. What site generators understand and readers do not, taken out of Markdown before it is cut; code is left alone.

Jekyll and Liquid, Hugo, kramdown, Docusaurus and MDX, MkDocs, VitePress. What says something is kept in plain Markdown:
the title of a note, the label of a tab, the words of a footnote, the rows of a table in HTML.
"""

import re
import textwrap
from collections.abc import Callable

from kb.markup import page

_FENCE = re.compile(r"(^ *(?P<fence>`{3,}|~{3,}).*?(?:^ *(?P=fence)[^\n]*$|\Z))", re.S | re.M)
_CODE = re.compile(r"(`+[^`\n]+`+)")
_TABLE = re.compile(r"^[ \t]*<table\b.*?</table>", re.S | re.M | re.I)

# Every span has an end within reach: an article with a thousand openings and no end is read in linear time.
_SPANNING = re.compile(
    r"<!--.{0,9999}?-->"
    r"|<figcaption\b.{0,999}?</figcaption>"  # the words of a picture that no mail shows
    r"|<(?P<tabs>ul|ol|div|nav)\b[^>]{0,300}?(?:role=[\"']?tablist|[\"' ]nav-(?:tabs|pills))\b[^>]{0,300}>.{0,9999}?</(?P=tabs)>"
    r"|\{%-?\s*comment\s*-?%\}.{0,9999}?\{%-?\s*endcomment\s*-?%\}"
    r"|\{\{%.{0,999}?%\}\}|\{\{<.{0,999}?>\}\}|\{%.{0,999}?%\}"  # Hugo's two kinds of shortcodes, Liquid's tags
    r"|\{\{-?\s*(?:site|page|layout|include|content)\b[^}\n]*\}\}"
    r"|\{\{[^}\n]{0,300}\|[^}\n]{0,300}\}\}",  # an output of Liquid with a filter
    re.S,
)
# A comment with code in it, or code with a comment in it: the one that begins first holds the other.
_CODE_OR_SPANNING = re.compile(rf"{_CODE.pattern}|{_SPANNING.pattern}", re.S)
_TOC = re.compile(
    r"^[ \t]*(?:[-*+]|\d+\.) +[^\n]*\n\{:\s*toc[^}\n]*\}[ \t]*$"  # kramdown
    r"|^[ \t]*(?:\[\[_?toc_?\]\]|\[toc\]|\[\[_TOC_\]\]|\{:toc\})[ \t]*$",
    re.M | re.I,
)
# "In this article:", or another sentence that announces them, and nothing but links to places on the page.
_PLACE = r"\[[^\]\n]*\]\(#[^)\n]*\)"
_ON_THIS_PAGE = re.compile(
    r"(?:^[^\n.!?]{1,120}:[ \t]*\n\s*)?"
    rf"(?:^[ \t]*(?:[-*+]|\d+[.)]) +{_PLACE}(?:[ ,]+(?:\w{{1,4}} )?{_PLACE}){{0,5}}[.;,]?[ \t]*(?:\n|\Z)){{2,}}",
    re.M,
)
# "Back to top", alone on its line.
_ALONE = re.compile(r"^[ \t]*\[[^\]\n]*\]\(#[^)\n]*\)[ \t]*$", re.M)
_ATTRIBUTES = re.compile(r"[ \t]*\{(?::[^}\n]*|\s*#[\w:.-]+[^}\n]*|\s*\.[A-Za-z][\w. =\"#-]*)\}")
_PICTURE = re.compile(r"!\[(?:[^\[\]]|\[[^\[\]]{0,99}\]){0,999}\](?:\((?:[^()]|\([^()]*\))*\)|\[[^\]]*\])")
# What is announced and shown to the eye alone: a line that ends in a colon, and pictures below it.
_SHOWN = re.compile(
    r"^(?P<line>[^\n]*\S):[ \t]*\n(?:[ \t]*\n)?"
    rf"(?:[ \t]*(?:{_PICTURE.pattern}|<img\b[^>]{{0,999}}>|\{{%-?\s*(?:image|img|figure|picture)\b[^\n]*?%\}}"
    r"|\{\{[<%]\s*(?:figure|img|image|picture)\b[^\n]*?[%>]\}\})(?:[ \t]*\{:[^}\n]*\})?[ \t]*(?:\n|\Z))+",
    re.M,
)
_ITEM = re.compile(r"\n*([ \t]*)(?:[-*+]|\d+[.)])[ \t]")
_ROW = re.compile(r"\n*\|")
# Bold as converters write it, `**Xbox **button`: a space inside, which leaves the marks to the reader's eye.
_BOLD_SPAN = re.compile(
    rf"{_CODE.pattern}|(?<!\*)(?P<marks>\*\*\*?)(?!\*)(?P<inside>(?:[^*\n]|(?<!\*)\*(?!\*)){{1,400}}?)(?P=marks)(?!\*(?!\*))"
)
_NOTHING_BOLD = re.compile(r"(?<=[^\s*])\*{4}(?!\*)|(?<!\*)\*{4}(?=[^\s*])")  # `**a****b**`
_BOLD_LINE = re.compile(r"^[ \t]*(?:\*\*|\*{4}|__)[ \t]*$", re.M)  # what is left of a picture
_EMPTY_LINK = re.compile(r"\[[\s*_]*\]\([^)]*\)")
_WIKI_LINK = re.compile(r"\[\[([^\[\]|#\n]{1,200})(?:#[^\]|\n]{0,200})?(?:\|([^\]\n]{1,200}))?\]\]")
_CONTAINER = re.compile(r"^[ \t]*:{3,}[ \t]*(?:\{?[\w-]+\}?)?[ \t]*(?:\[([^\]\n]*)\]|([^\n{]*))[^\n]*$", re.M)
_ALERT = re.compile(r"^ {0,3}> *(?:\[![A-Z]+\][-+]?|!\[[A-Za-z]+\]) *\n(?: {0,3}> *\n)?", re.M)
_MODULE = re.compile(
    r"^(?:import\s[^\n]*\bfrom\s+['\"][^\n]*|import\s+['\"][^\n]*|export\s+(?:const|default)\b[^\n]*)$", re.M
)
_COMPONENT = re.compile(
    r"</?(?:Tabs?|TabItem|TabbedContent|Note|Tip|Info|Warning|Danger|Caution|Check|Callout|Admonition|Steps?|Cards?"
    r"|CardGroup|Accordion|AccordionGroup|CodeBlock|CodeGroup|Frame|Columns?|Badge|Icon|Image|Details|Aside|Video|Youtube)\b[^>]{0,999}>"
    # Another by its form: `<Plan name="x">`, `<Divider />`. A word in angle brackets, `<Your name>`, may be meant for the eye.
    r"|<[A-Z][a-z]\w{0,40}(?=\s+[\w-]{1,40}=[\"'{]|\s*/>)[^>]{0,999}>|</[A-Z][a-z]\w{0,40}>"
)
_LABEL = re.compile(r"\b(?:label|title)=[\"']([^\"'\n]+)[\"']")
# `!!! note "Title"`, `??? tip`, `=== "Tab"`, and what is indented below.
_ADMONITION = re.compile(
    r"^(?P<indent>[ \t]*)(?:(?:!!!|\?\?\?\+?)[ \t]+[\w -]+?|===)(?:[ \t]+\"(?P<title>[^\"\n]*)\")?[ \t]*\n"
    r"(?P<inside>(?:(?:(?P=indent)(?: {4}|\t)[^\n]*|[ \t]*)(?:\n|\Z))*)",
    re.M,
)
# A definition list of PHP Markdown Extra, which Hugo and kramdown read: the term, and what it is below a colon.
_DEFINITION = re.compile(r"^([^\s:|>#*+<-][^\n]{0,120}?)[ \t]*\n {0,3}:[ \t]+(?=\S)", re.M)
_NOTE_TEXT = re.compile(r"^ {0,3}\[\^([^\]\s]+)\]:[ \t]*([^\n]*(?:\n[ \t]+[^\n]+)*)\n?", re.M)
_NOTE_MARK = re.compile(r"[ \t]*\[\^([^\]\s]+)\]")
_ADDRESS = re.compile(
    r"^ {0,3}\[([^\]^\n][^\]\n]*)\]:[ \t]*<?([^\s>]+)>?(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'|\([^)\n]*\)))?[ \t]*$\n?",
    re.M,
)
_REFERENCE = re.compile(r"(?<!!)\[([^\]\n]{1,300})\](?:\[([^\]\n]*)\]|(?![(\[:]))")


def without_noise(markdown: str) -> str:
    """Return the Markdown as its reader knows it. Never raises; text without noise comes back as it is."""
    parts = _outside(_FENCE, _tables, markdown)
    text = _outside(_FENCE, _spans, parts)
    # Where a note is explained and where an address is given may be far from where they are used.
    notes = {found[1]: " ".join(found[2].split()) for found in _NOTE_TEXT.finditer(_prose(text))}
    text = _outside(_FENCE, lambda part: _NOTE_TEXT.sub("", part), text) if notes else text
    addresses = {found[1].casefold(): found[2] for found in _ADDRESS.finditer(_prose(text))}

    def settled(part: str) -> str:
        part = _ADDRESS.sub("", part) if addresses else part
        return _outside(_CODE, lambda piece: _links(piece, notes, addresses), part)

    return _outside(_FENCE, settled, text)


def _outside(code: re.Pattern[str], change: Callable[[str], str], text: str) -> str:
    """Change what stands outside of the code."""
    done: list[str] = []
    end = 0
    for found in code.finditer(text):
        done += (change(text[end : found.start()]), found[0])
        end = found.end()
    return "".join([*done, change(text[end:])])


def _prose(text: str) -> str:
    return _FENCE.sub("", text)


def _tables(text: str) -> str:
    return _TABLE.sub(lambda found: f"\n{page(found[0]).body}\n", text) if "<table" in text.lower() else text


def _spans(text: str) -> str:
    text = _MODULE.sub("", text)
    if ":::" in text:
        text = _CONTAINER.sub(lambda found: _bold(found[1] or found[2]), text)
    while True:  # one inside of another comes out with the next round
        text, count = _ADMONITION.subn(_admonition, text)
        if not count:
            break
    text = _DEFINITION.sub(r"**\1**: ", text)
    text = _SHOWN.sub(_without_colon, text)
    text = _ALONE.sub("", _TOC.sub("", _ON_THIS_PAGE.sub("", _ALERT.sub("", text))))
    text = _CODE_OR_SPANNING.sub(lambda found: found[1] or "", text)
    return _BOLD_SPAN.sub(_tight, _BOLD_LINE.sub("", _outside(_CODE, _marks, text)))


def _without_colon(found: re.Match[str]) -> str:
    """End the line that announces pictures, unless a list or table that it announces too stands below them."""
    item, below = _ITEM.match(found["line"]), _ITEM.match(found.string, found.end())
    listed = below and (not item or len(below[1]) > len(item[1]))
    return found[0] if listed or _ROW.match(found.string, found.end()) else f"{found['line']}.\n\n"


def _admonition(found: re.Match[str]) -> str:
    title = _bold(found["title"])
    inside = textwrap.indent(textwrap.dedent(found["inside"]), found["indent"])
    return f"{found['indent']}{title}\n\n{inside}" if title else inside


def _bold(title: str | None) -> str:
    return f"**{title.strip()}**\n" if title and title.strip() else ""


def _marks(text: str) -> str:
    text = _COMPONENT.sub(lambda found: _bold(label[1]) if (label := _LABEL.search(found[0])) else "", text)
    return _NOTHING_BOLD.sub("", _EMPTY_LINK.sub("", _PICTURE.sub("", _ATTRIBUTES.sub("", text))))


def _tight(found: re.Match[str]) -> str:
    """Move the spaces at the ends of a bold span out of it, and part it from a letter that its marks would not end at.

    Source: the flanking rules of CommonMark 0.31, section 6.2.
    """
    marks, inside, text = found["marks"], found["inside"], found.string
    if not marks:  # code
        return found[0]
    core = inside.strip()
    if not core:
        return inside
    before, after = text[max(0, found.start() - 1) : found.start()], text[found.end() : found.end() + 1]
    if all(sign.isspace() for sign in (inside[0], inside[-1], before, after)):
        return found[0]  # a sum: `2 ** 3 ** 4`
    opens = inside[: len(inside) - len(inside.lstrip())] or " " * (before.isalnum() and not core[0].isalnum())
    ends = inside[len(inside.rstrip()) :] or " " * (after.isalnum() and not core[-1].isalnum())
    if (opens or ends) and not re.search(r"\w", core):
        return inside  # `at the top**.** Then`
    return f"{opens}{marks}{core}{marks}{ends}"


def _links(text: str, notes: dict[str, str], addresses: dict[str, str]) -> str:
    if notes:
        text = _NOTE_MARK.sub(lambda found: f" ({said})" if (said := notes.get(found[1], "").rstrip(".")) else "", text)
    text = _WIKI_LINK.sub(lambda found: found[2] or found[1], text)
    if not addresses:
        return text

    def written_out(found: re.Match[str]) -> str:
        address = addresses.get((found[2] or found[1]).casefold())
        return f"[{found[1]}]({address})" if address else found[0]

    return _REFERENCE.sub(written_out, text)
