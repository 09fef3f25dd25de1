"""Pure. reStructuredText as HTML, by docutils, the only file that knows it. Nothing is included, nothing is run."""

import re
from html import escape

# Roles and directives that Sphinx adds. docutils would drop what stands in them, or print their marks.
_CODE_ROLE = re.compile(r":(?:kbd|command|file|option|program|envvar|py:\w+|c:\w+|js:\w+):`([^`]+)`")
_MENU_ROLE = re.compile(r":(?:menuselection|guilabel):`([^`]+)`")
_NAMED_ROLE = re.compile(r":(?:[a-z]+:)?(?:ref|doc|term|any|numref|download|std:\w+):`([^`<]+?)\s*<[^`>]*>`")
_BARE_ROLE = re.compile(r":(?:[a-z]+:)?(?:term|any|numref|download|abbr):`([^`]+)`")
_LABEL_ROLE = re.compile(r":(?:ref|doc):`([^`]+)`")
_ORPHAN = re.compile(r"^:orphan:.*\n", re.M)
_ADDED = re.compile(
    r"^( *)\.\. (seealso|tabs?|tab-set|tab-item|tab-container|group-tab|dropdown|collapse|card|grid|grid-item|details"
    r"|versionadded|versionchanged|deprecated|only|rst-class|rubric)::[ \t]*(.*)\n((?:\1 +:[\w-]+:.*\n)*)",
    re.M,
)
_SINCE = {"versionadded": "New in", "versionchanged": "Changed in", "deprecated": "Deprecated since"}
# What holds no text of the article.
_SILENT = re.compile(
    r"^( *)\.\. (?:toctree|index|contents|include|literalinclude|meta|sectionauthor|codeauthor|raw|image|figure|youtube"
    r"|video|tags|highlight|currentmodule|module)::.*\n(?:(?:\1[ \t]+.*)?\n(?=\1[ \t]|\s*\n)|\1[ \t]+.*\n?)*",
    re.M,
)
_SETTINGS = {
    "_disable_config": True,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "report_level": 5,
    "halt_level": 6,
    "warning_stream": False,
    "embed_stylesheet": False,
    "stylesheet_path": "",
    "syntax_highlight": "none",
    "math_output": "LaTeX",
    "initial_header_level": 1,
    "doctitle_xform": True,
    "smart_quotes": False,
    "input_encoding": "unicode",
}


def to_html(text: str) -> str:
    """Return the HTML of a document. Never raises: what docutils does not understand is left out.

    A document at which docutils itself stumbles is taken as plain text.
    """
    from docutils.core import publish_parts  # here, because few knowledge bases need it

    try:
        body = publish_parts(_without_sphinx(text), writer="html5", settings_overrides=dict(_SETTINGS))["html_body"]
    # Random documents made it raise KeyError and ValueError, deep nesting RecursionError.
    except Exception:  # a parser's unforeseen faults: one article must not keep the others out
        body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in re.split(r"\n\s*\n", text))
    return f"<html><body><main>{body}</main></body></html>"


def _without_sphinx(text: str) -> str:
    text = _ORPHAN.sub("", text if text.endswith("\n") else text + "\n")
    text = _ADDED.sub(_container, _SILENT.sub("\n", text))
    text = _NAMED_ROLE.sub(r"\1", _CODE_ROLE.sub(r"``\1``", _MENU_ROLE.sub(r"**\1**", text)))
    return _LABEL_ROLE.sub(_label, _BARE_ROLE.sub(r"\1", text))


def _container(found: re.Match[str]) -> str:
    """Put a directive's words before what it holds, in a box that docutils knows."""
    indent, name, words = found[1], found[2], found[3].strip()
    if name in ("only", "rst-class", "grid", "grid-item"):
        words = ""
    if name in _SINCE and words:
        words = f"{_SINCE[name]} {words}"
    heading = f"{indent}   **{words}**\n\n" if words else ""
    return f"{indent}.. container::\n\n{heading}"


def _label(found: re.Match[str]) -> str:
    """A reference without words of its own: the last part of its name, as words."""
    return re.sub(r"[-_]+", " ", found[1].rsplit("/", 1)[-1])
