"""I/O. The knowledge base's SQLite file: documents, passages, vectors and words, each document replaced in one transaction.

The only module that opens it. A KnowledgeFile belongs to one thread; the functions open a connection of their own.
"""

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb.articles import Article, Passage
from kb.errors import KnowledgeBaseError

Matrix = NDArray[np.float32]

_DROP = """
drop table if exists vocabulary;
drop table if exists words;
drop table if exists vectors;
drop table if exists passages;
drop table if exists documents;
"""
_SCHEMA = """
create table documents (
    path text primary key, folder text not null, fingerprint text not null, id text not null, title text not null,
    url text not null, language text not null, topic text not null, needs text not null, public integer not null
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
"""
#: Of the tables above. A file of another shape is emptied: the articles are the original, it is built again from them.
_SHAPE = 1
_PASSAGES = """
select p.id, p.article, p.position, p.section, p.text, p.continues, d.title, d.url, d.topic, d.language, d.needs,
       d.public
from passages p join documents d on d.path = p.article
where p.id in (select value from json_each(:ids)) or p.article = :article
order by p.article, p.position
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRow:
    """What the file knows of an article."""

    path: str
    id: str  #: front matter `id`
    title: str
    url: str
    topic: str
    language: str
    public: bool
    passages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A passage on its way into the file."""

    passage: Passage
    words: Sequence[str]  #: kb.words.words of everything that it may be found by
    vectors: Matrix  #: one a row


@contextmanager
def _mended(path: Path) -> Iterator[None]:
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


class KnowledgeFile:
    """The open file. Its methods block and belong to one thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with _mended(path):
            self._db = _connect(path)

    @classmethod
    def create(cls, path: Path) -> None:
        """Make the file, readable by its owner alone, where there is none; bring an empty one to its shape."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise KnowledgeBaseError(
                f"{path}: {error.strerror}.", remedy="let the user that Firstline runs as write there"
            ) from error
        with _mended(path):
            db = _connect(path)
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

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    # -- writing

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with _mended(self.path):
            self._db.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")

    def replace(self, article: Article, folder: str, fingerprint: str, entries: Sequence[Entry]) -> None:
        """Put an article with all its passages in the place of what stands under its path, in one transaction."""
        with self._transaction():
            self._delete(article.path)
            self._db.execute(
                "insert into documents values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    article.path,
                    folder,
                    fingerprint,
                    article.id,
                    article.title,
                    article.url,
                    article.language,
                    article.topic,
                    json.dumps(article.needs),
                    article.public,
                ),
            )
            for entry in entries:
                passage = entry.passage
                row = self._db.execute(
                    "insert into passages (id, article, position, section, text, continues) values (?, ?, ?, ?, ?, ?)",
                    (
                        passage.id,
                        passage.article,
                        passage.position,
                        passage.section,
                        passage.text,
                        passage.continues,
                    ),
                ).lastrowid
                self._db.execute("insert into words (rowid, terms) values (?, ?)", (row, " ".join(entry.words)))
                self._db.executemany(
                    "insert into vectors (passage, vector) values (?, ?)",
                    [(row, vector.astype("<f4").tobytes()) for vector in entry.vectors],
                )

    def move(self, path: str, folder: str) -> None:
        """Note that an unchanged article is now found in another folder."""
        with self._transaction():
            self._db.execute("update documents set folder = ? where path = ?", (folder, path))

    def delete(self, paths: Sequence[str]) -> None:
        """Take articles out, all in one transaction."""
        with self._transaction():
            for path in paths:
                self._delete(path)

    def _delete(self, path: str) -> None:
        # FTS5 knows no foreign keys.
        self._db.execute("delete from words where rowid in (select row from passages where article = ?)", (path,))
        self._db.execute("delete from documents where path = ?", (path,))

    def set_vectors(self, vectors: Mapping[str, Matrix]) -> None:
        """Give passages, named by their ids, other vectors."""
        with self._transaction():
            for id_, matrix in vectors.items():
                self._db.execute("delete from vectors where passage = (select row from passages where id = ?)", (id_,))
                self._db.executemany(
                    "insert into vectors (passage, vector) select row, ? from passages where id = ?",
                    [(vector.astype("<f4").tobytes(), id_) for vector in matrix],
                )

    # -- reading

    def version(self) -> tuple[int, int]:
        """Return what differs after every change, this connection's own or another process's."""
        with _mended(self.path):
            (others,) = self._db.execute("pragma data_version").fetchone()
        return int(others), self._db.total_changes

    def documents(self) -> dict[str, tuple[str, str]]:
        """Return folder and fingerprint of each article by its path."""
        with _mended(self.path):
            rows = self._db.execute("select path, folder, fingerprint from documents")
            return {path: (folder, fingerprint) for path, folder, fingerprint in rows}

    def vectors(self) -> tuple[list[str], Matrix]:
        """Return all vectors, one a row, and the passage id of each."""
        ids: list[str] = []
        blobs: list[bytes] = []
        with _mended(self.path):
            for id_, blob in self._db.execute(
                "select p.id, v.vector from vectors v join passages p on p.row = v.passage order by v.passage, v.row"
            ):
                ids.append(id_)
                blobs.append(blob)
        if not ids:
            return [], np.zeros((0, 1), np.float32)
        # A model of another dimension was used for a part: those wait for the next update.
        size = len(blobs[-1])
        kept = [k for k, blob in enumerate(blobs) if len(blob) == size]
        matrix = np.frombuffer(b"".join(blobs[k] for k in kept), "<f4").reshape(len(kept), -1)
        return [ids[k] for k in kept], matrix

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        """Return passages by their ids; one that is gone is left out."""
        with _mended(self.path):
            rows = self._db.execute(_PASSAGES, {"ids": json.dumps(ids), "article": None})
            return {passage.id: passage for passage in map(_passage, rows)}

    def run_of(self, passage: Passage) -> tuple[Passage, ...]:
        """Return the passages that one long list was cut into, in order, `passage` among them; else it alone."""
        with _mended(self.path):
            rows = self._db.execute(_PASSAGES, {"ids": "[]", "article": passage.article})
            found = [_passage(row) for row in rows]
        first = last = next((k for k, each in enumerate(found) if each.id == passage.id), -1)
        if first < 0:
            return (passage,)
        while first > 0 and found[first].continues:
            first -= 1
        while last + 1 < len(found) and found[last + 1].continues:
            last += 1
        return tuple(found[first : last + 1])

    def matches(self, terms: Sequence[str], limit: int) -> list[str]:
        """Return the ids of the `limit` passages that have most of the terms, by BM25, best first."""
        if not terms:
            return []
        with _mended(self.path):
            # The inner query is what FTS5 sorts by itself; a join inside it would have it weigh every match first.
            rows = self._db.execute(
                """
                select p.id from (select rowid from words where words match ? order by rank limit ?) best
                join passages p on p.row = best.rowid
                """,
                [" OR ".join(f'"{term}"' for term in terms), limit],
            )
            return [id_ for (id_,) in rows]

    def words(self, ids: Sequence[str]) -> dict[str, list[str]]:
        """Return the words of passages by their ids."""
        with _mended(self.path):
            rows = self._db.execute(
                """
                select p.id, w.terms from passages p join words w on w.rowid = p.row
                where p.id in (select value from json_each(?))
                """,
                [json.dumps(ids)],
            )
            return {id_: terms.split() for id_, terms in rows}

    def lengths(self) -> tuple[int, int]:
        """Return how many passages there are, and how many words in all of them. Reads the whole vocabulary."""
        with _mended(self.path):
            (passages,) = self._db.execute("select count(*) from passages").fetchone()
            (total,) = self._db.execute("select coalesce(sum(cnt), 0) from vocabulary").fetchone()
            return int(passages), int(total)

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """Return in how many passages each term stands; one that stands nowhere is left out."""
        with _mended(self.path):
            rows = self._db.execute(
                "select term, doc from vocabulary where term in (select value from json_each(?))", [json.dumps(terms)]
            )
            return dict(rows.fetchall())


def article_rows(path: Path) -> tuple[ArticleRow, ...]:
    """Return all articles of a file in the order of their paths. Safe beside a writer."""
    with _mended(path):
        db = _connect(path)
        try:
            rows = db.execute(
                """
                select d.path, d.id, d.title, d.url, d.topic, d.language, d.public, count(p.row)
                from documents d left join passages p on p.article = d.path group by d.path order by d.path
                """
            ).fetchall()
        finally:
            db.close()
    return tuple(
        ArticleRow(
            path=path_,
            id=id_,
            title=title,
            url=url,
            topic=topic,
            language=language,
            public=bool(public),
            passages=count,
        )
        for path_, id_, title, url, topic, language, public, count in rows
    )


def count_passages(path: Path) -> int:
    """Return how many passages a file has. Safe beside a writer."""
    with _mended(path):
        db = _connect(path)
        try:
            return int(db.execute("select count(*) from passages").fetchone()[0])
        finally:
            db.close()


def _connect(path: Path) -> sqlite3.Connection:
    # Its own thread is not the one that opens it, hence check_same_thread; it is never used by two at once.
    db = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
    db.execute("pragma foreign_keys = on")
    # A power cut may cost the last articles written, never the file: they are indexed again at the next update.
    db.execute("pragma synchronous = normal")
    return db


def _passage(row: tuple[str, str, int, str, str, int, str, str, str, str, str, int]) -> Passage:
    id_, article, position, section, text, continues, title, url, topic, language, needs, public = row
    return Passage(
        id=id_,
        article=article,
        title=title,
        section=section,
        text=text,
        url=url,
        topic=topic,
        language=language,
        needs=tuple(json.loads(needs)),
        public=bool(public),
        position=position,
        continues=bool(continues),
    )
