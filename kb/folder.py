"""I/O. Folders of articles: which files there are and what their bytes are."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kb.errors import KnowledgeBaseError
from kb.sources import SUFFIXES, TABLES, rows

#: Folders of site generators and package managers: what is in them is on every page, or is no article.
_PASSED_OVER = frozenset("_includes _layouts _data _sass _static _templates _build node_modules".split())
#: Files that look like articles and are none.
_NO_ARTICLES = frozenset(
    "robots.txt humans.txt ads.txt requirements.txt constraints.txt cmakelists.txt 404.html".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleFile:
    """A file that holds an article, or a row of a table that does."""

    folder: str  #: the folder it was found in, resolved
    path: str  #: relative to it, with '/'
    digest: str  #: SHA-256 of its bytes, hex
    raw: bytes = field(repr=False)


def scan(folders: Sequence[Path]) -> Iterator[ArticleFile]:
    """Find the articles of all folders, each folder's in the order of their paths.

    Hidden files and folders are passed over, and those of site generators. A table of questions is one article a row.
    Where two folders have the same path, the later one's is put under its
    folder's name. Raises KnowledgeBaseError for a folder that is missing or cannot be read, so that a failed mount is
    never taken for an empty knowledge base.
    """
    seen: set[str] = set()
    for folder in folders:
        root = folder.resolve()
        if not root.is_dir():
            raise KnowledgeBaseError(
                f"{folder}: no such folder of articles.",
                remedy="name an existing folder in [knowledge] folders or with --kb, and see that it is mounted",
            )
        for path, raw in _files(root):
            if path in seen:
                path = f"{root.name}/{path}"
            seen.add(path)
            yield ArticleFile(folder=str(root), path=path, digest=hashlib.sha256(raw).hexdigest(), raw=raw)


def all_files(folders: Sequence[Path]) -> frozenset[str]:
    """Return the paths of everything in the folders, relative and with '/': what a link between articles may name."""
    return frozenset(
        Path(place, name).relative_to(folder).as_posix()
        for folder in folders
        for place, _, names in os.walk(folder)
        for name in names
    )


def _files(root: Path) -> Iterator[tuple[str, bytes]]:
    def refuse(error: OSError) -> None:
        raise KnowledgeBaseError(
            f"{error.filename}: {error.strerror}.", remedy="let the user that Firstline runs as read it"
        ) from error

    found: list[Path] = []
    for folder, names, files in os.walk(root, onerror=refuse, followlinks=False):
        names[:] = [name for name in names if not name.startswith(".") and name not in _PASSED_OVER]
        found.extend(
            Path(folder, name) for name in files if not name.startswith(".") and name.lower() not in _NO_ARTICLES
        )
    for file in sorted(found):
        if file.suffix.lower() in SUFFIXES and file.is_file():
            try:
                raw = file.read_bytes()
            except OSError as error:
                refuse(error)
            else:
                path = file.relative_to(root).as_posix()
                if file.suffix.lower() in TABLES:
                    yield from rows(path, raw)
                else:
                    yield path, raw
