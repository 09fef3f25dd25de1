"""Pure. Articles and their passages: files with front matter in, values with stable ids out."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import PurePosixPath
from urllib.parse import quote

import frontmatter
import yaml

from kb.blocks import cut
from kb.noise import without_noise
from kb.sources import as_page

#: How `base_url` may name the places of an article; without any of them the path is appended.
PLACES = ("{path}", "{name}", "{id}")
#: What front matters call an article's address: ours, then those of exports from Zendesk, of Jekyll and of Hugo.
_ADDRESSES = ("url", "link", "html_url", "canonical_url", "permalink")


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article of the team's knowledge base, as its file says it."""

    path: str  #: relative to the folder it was found in, with '/'; what contract.md calls `article`
    digest: str  #: SHA-256 of the file's bytes, hex: an unchanged one is never read again
    title: str
    body: str = field(repr=False)  #: Markdown without its front matter
    id: str = ""  #: front matter `id`, '' where there is none
    url: str = ""
    language: str = ""
    topic: str = ""  #: front matter `topic`, else the first folder of the path
    questions: tuple[str, ...] = ()  #: front matter `questions:`, as customers would ask
    needs: tuple[str, ...] = ()  #: front matter `needs:`, details without which the article does not answer
    public: bool = True  #: False for `audience: internal` and drafts: shown to humans, never to customers
    valid_until: date | None = None  #: front matter `valid_until`, its last day; after it, as if internal
    titled: bool = True  #: False where the title had to be made of the file's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A part of an article that can answer by itself, about 140 words, lists and code whole."""

    id: str  #: stable over re-indexing: digest of article path, section and text
    article: str  #: Article.path
    title: str  #: of the article
    section: str  #: the headings above it, joined by ' > '; '' at the top
    text: str  #: Markdown, as the article has it
    url: str = ""
    topic: str = ""
    language: str = ""
    needs: tuple[str, ...] = ()
    public: bool = True
    position: int = 0  #: its place in the article, from 0
    continues: bool = False  #: it goes on with a list that the passage before it began


def read_article(path: str, raw: bytes, *, base_url: str = "") -> Article:
    """Read an article from the bytes of its file. Never raises: what cannot be understood is left out.

    The suffix says what is in it: HTML, reStructuredText, plain text, else Markdown; each may have a front matter.

    `base_url` is put before the path, without its suffix, where the front matter names no address; with `{path}`,
    `{name}` (the file's name without suffix) or `{id}` in it, these are put in their place.
    """
    text = raw.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\0", "")
    try:
        matter, body = frontmatter.parse(text)
    except (yaml.YAMLError, ValueError, TypeError, AttributeError):
        # A slip in the front matter must not cost the article, nor print YAML to a customer.
        matter, body = {}, re.sub(r"\A---\n.*?\n---\n", "", text, count=1, flags=re.S)
    if not isinstance(matter, Mapping):
        matter = {}
    name = PurePosixPath(path)
    page = as_page(path, body)
    body = without_noise(page.body)
    heading = re.search(r"^#{1,2} +(.+?)[ #]*$", body, re.M)
    title = _line(matter.get("title")) or page.title or (heading[1] if heading else "")
    id_ = _line(matter.get("id"))
    return Article(
        path=path,
        digest=hashlib.sha256(raw).hexdigest(),
        title=plain(title).strip() or re.sub(r"[-_]+", " ", name.stem),
        body=body,
        id=id_,
        url=_named_url(matter, base_url) or page.url or _url(base_url, path, id_),
        language=_line(matter.get("language") or matter.get("lang")) or page.language,
        topic=_line(matter.get("topic")) or (name.parts[0] if len(name.parts) > 1 else ""),
        questions=_lines(matter.get("questions")),
        needs=_lines(matter.get("needs")),
        public=_line(matter.get("audience")).lower() != "internal" and matter.get("draft") is not True,
        valid_until=_day(matter.get("valid_until")),
        titled=bool(plain(title).strip()),
    )


def _line(value: object) -> str:
    return "" if value is None or isinstance(value, bool | list | dict) else " ".join(str(value).split())


def _lines(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(line for line in map(_line, values) if line)


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(_line(value))
    except ValueError:
        return None


def _named_url(matter: Mapping[str, object], base_url: str) -> str:
    """The address that a front matter names by one of the names that it has in exports: a whole one, or a path."""
    named = [value for key in _ADDRESSES if (value := _line(matter.get(key)))]
    if whole := next((value for value in named if value.startswith(("https://", "http://"))), ""):
        return whole
    below = next((value for value in named if value.startswith("/") and ":" not in value), "")
    if not below or not base_url or any(place in base_url for place in PLACES):
        return ""
    return base_url.rstrip("/") + below


def _url(base_url: str, path: str, id_: str) -> str:
    if not base_url:
        return ""
    name = PurePosixPath(path)
    stem = quote(str(name.with_suffix("")))
    if any(place in base_url for place in PLACES):
        if "{id}" in base_url and not id_:
            return ""
        return base_url.replace("{path}", stem).replace("{name}", quote(name.stem)).replace("{id}", quote(id_))
    return f"{base_url.rstrip('/')}/{stem}"


def passages(article: Article) -> tuple[Passage, ...]:
    """Cut an article into passages, in its order. An article without text has none."""
    seen: dict[str, int] = {}
    found: list[Passage] = []
    for position, piece in enumerate(cut(article.body)):
        key = "\0".join((article.path, piece.section, piece.text))
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > 1:  # the same words twice under one heading
            key = f"{key}\0{seen[key]}"
        found.append(
            Passage(
                id=hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:20],
                article=article.path,
                title=article.title,
                section=piece.section,
                text=piece.text,
                url=article.url,
                topic=article.topic,
                language=article.language,
                needs=article.needs,
                public=article.public,
                position=position,
                continues=piece.continues,
            )
        )
    return tuple(found)


_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"\*\*|__|`|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)|^ {0,3}(?:#{1,6}|>) ?", re.M)


def plain(markdown: str) -> str:
    """Return what a reader sees of Markdown, roughly: for searching, counting and quoting, not for sending."""
    return _MARKS.sub("", _LINK.sub(r"\1", markdown))
