"""Pure. Links between articles: in the folder they name files, in a mail they have to name pages."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from posixpath import dirname, join, normpath, splitext
from urllib.parse import unquote

from kb.articles import Article
from kb.sources import SUFFIXES

#: Code, which is left alone, or a link to something of the site's own; what it leads to may have a title behind it.
_LINK = re.compile(
    r"^ *(?P<fence>`{3,}|~{3,}).*?(?:^ *(?P=fence)[^\n]*$|\Z)|`[^`\n]+`"
    r"|(?<!!)\[(?P<words>[^\[\]\n]{1,500})\]\(\s*<?(?P<target>(?![a-z][a-z\d+.-]*:|//|#)[^)\s>]{1,500})>?(?:\s+\"[^\"\n]{0,300}\")?\s*\)",
    re.S | re.M | re.I,
)


def linked(article: Article, pages: Mapping[str, str]) -> Article:
    """Return the article with each link to another one leading to that one's page.

    `pages` has the address of each article that customers may read, by its `place`. Links to anything else stay as they
    are: of those a reply keeps the words (kb/blocks.py).
    """
    if "](" not in article.body:
        return article

    def led(found: re.Match[str]) -> str:
        meant = destinations(article.path, found["target"]) if found["target"] else ()
        page = next((page for path in meant if (page := pages.get(place(path)))), "")
        return f"[{found['words']}]({page})" if page else found[0]

    return replace(article, body=_LINK.sub(led, article.body))


def place(path: str) -> str:
    """Return what an article is linked by: its path without suffix, or its folder's where it is the folder's index."""
    named = PurePosixPath(path)
    if named.suffix.lower() in SUFFIXES:
        named = named.with_suffix("")
    if named.name in ("index", "_index", "README"):
        named = named.parent
    return str(named).casefold()


def destinations(path: str, target: str) -> tuple[str, ...]:
    """Return the paths that a link in an article may mean: from its own folder, or from the one that its page will be.

    A `/` at its beginning is the folder of the articles. None where it only names a part of its own page.
    """
    named = unquote(re.split(r"[?#]", target, maxsplit=1)[0])
    if not named:
        return ()
    if named.startswith("/"):
        return (normpath(named.lstrip("/")),)
    return tuple(normpath(join(base, named)) for base in (dirname(path), splitext(path)[0]))
