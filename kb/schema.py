"""I/O. The shape of the knowledge base's SQLite file: its tables, made, and made anew where they changed."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kb.errors import KnowledgeBaseError

_DROP = """
drop table if exists classifier;
drop table if exists sentences;
drop table if exists vocabulary;
drop table if exists words;
drop table if exists vectors;
drop table if exists passages;
drop table if exists documents;
"""
_SCHEMA = """
create table documents (
    path text primary key, folder text not null, fingerprint text not null, id text not null, title text not null,
    url text not null, language text not null, topic text not null, needs text not null, public integer not null,
    valid_until text not null
) without rowid;
create table passages (
    row integer primary key, id text not null unique,
    article text not null references documents (path) on delete cascade,
    position integer not null, section text not null, text text not null, continues integer not null
);
create index passages_of_article on passages (article, position);
-- Several a passage: its own text and each question that its article says it answers.
create table vectors (
    row integer primary key, passage integer not null references passages (row) on delete cascade, vector blob not null
);
create index vectors_of_passage on vectors (passage);
-- Words as kb/words.py makes them; rowid is passages.row.
create virtual table words using fts5 (terms, tokenize = "unicode61 remove_diacritics 0");
create virtual table vocabulary using fts5vocab (words, 'row');
-- What tells the articles apart (kb/classifier.py): vectors to learn from, and the one fitted classifier.
create table sentences (
    row integer primary key, article text not null references documents (path) on delete cascade, vector blob not null
);
create index sentences_of_article on sentences (article);
create table classifier (article text primary key, weights blob not null);
"""
#: Of the tables above. A file of another shape is emptied: the articles are the original, it is built again from them.
_SHAPE = 3


@contextmanager
def mended(path: Path) -> Iterator[None]:
    """Turn what SQLite says into what the user can do about it."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise KnowledgeBaseError(
            f"{path}: {error}.", remedy="let the user that Firstline runs as write the file and its folder"
        ) from error
    except sqlite3.DatabaseError as error:
        raise KnowledgeBaseError(
            f"{path}: {error}.", remedy="delete the file: it is built again from the articles"
        ) from error


def create(path: Path) -> None:
    """Make the file, readable by its owner alone, where there is none; bring an empty one to its shape."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise KnowledgeBaseError(
            f"{path}: {error.strerror}.", remedy="let the user that Firstline runs as write there"
        ) from error
    with mended(path):
        db = connect(path)
        try:
            # WAL: a killed writer leaves the last committed state, and readers never wait for it.
            db.execute("pragma journal_mode = wal")
            db.execute("begin immediate")  # another process may be about the same
            if db.execute("pragma user_version").fetchone()[0] != _SHAPE:
                for statement in f"{_DROP}{_SCHEMA}pragma user_version = {_SHAPE}".split(";\n"):
                    db.execute(statement)
            db.execute("commit")
        finally:
            db.close()


def connect(path: Path) -> sqlite3.Connection:
    """Open the file."""
    # Its own thread is not the one that opens it, hence check_same_thread; it is never used by two at once.
    db = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
    db.execute("pragma foreign_keys = on")
    # A power cut may cost the last articles written, never the file: they are indexed again at the next update.
    db.execute("pragma synchronous = normal")
    return db
