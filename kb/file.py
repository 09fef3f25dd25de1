"""I/O. The knowledge base's SQLite file: documents, passages, vectors and words, each document replaced in one transaction.

A KnowledgeFile belongs to one thread; what only lists the articles opens a connection of its own (kb/listing.py).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np

from kb.articles import Article, Passage
from kb.classifier import Classifier, runs
from kb.prepare import Entry, Matrix
from kb.schema import connect, mended

_PASSAGES = """
select p.id, p.article, p.position, p.section, p.text, p.continues, d.title, d.url, d.topic, d.language, d.needs,
       d.public
from passages p join documents d on d.path = p.article
where p.id in (select value from json_each(:ids)) or p.article = :article
order by p.article, p.position
"""


class KnowledgeFile:
    """The open file. Its methods block and belong to one thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with mended(path):
            self._db = connect(path)

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    # -- writing

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with mended(self.path):
            self._db.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")

    def replace(
        self,
        article: Article,
        folder: str,
        fingerprint: str,
        entries: Sequence[Entry],
        sentences: Matrix | None = None,
    ) -> None:
        """Put an article with all its passages in the place of what stands under its path, in one transaction."""
        with self._transaction():
            self._delete(article.path)
            self._db.execute(
                "insert into documents values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
                    article.valid_until.isoformat() if article.valid_until else "",
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
            self._db.executemany(
                "insert into sentences (article, vector) values (?, ?)",
                [(article.path, vector.astype("<f2").tobytes()) for vector in (() if sentences is None else sentences)],
            )

    def move(self, path: str, folder: str) -> None:
        """Note that an unchanged article is now found in another folder."""
        with self._transaction():
            self._db.execute("update documents set folder = ? where path = ?", (folder, path))

    def expire(self, today: date) -> list[str]:
        """Take articles whose last day is before `today` from customers. Returns the paths of those that they had."""
        past = "public and valid_until != '' and valid_until < ?"
        with mended(self.path):
            rows = self._db.execute(f"select path from documents where {past}", [today.isoformat()])  # noqa: S608 - ours
            paths = sorted(path for (path,) in rows)
        if paths:
            with self._transaction():
                self._db.executemany("update documents set public = 0 where path = ?", [(path,) for path in paths])
        return paths

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

    def keep_classifier(self, classifier: Classifier | None) -> None:
        """Put a fitted classifier, or none, in the place of the last."""
        with self._transaction():
            self._db.execute("delete from classifier")
            if classifier is not None:
                self._db.executemany(
                    "insert into classifier values (?, ?)",
                    [
                        (article, row.astype("<f4").tobytes())
                        for article, row in zip(classifier.articles, classifier.weights, strict=True)
                    ],
                )

    # -- reading

    def classifier(self) -> Classifier | None:
        """Return the fitted classifier. It knows nothing yet of articles that came or changed since it was fitted."""
        with mended(self.path):
            rows = self._db.execute(
                "select c.article, c.weights from classifier c join documents d on d.path = c.article order by c.article"
            ).fetchall()
        if not rows:
            return None
        weights = {article: np.frombuffer(blob, "<f4") for article, blob in rows}
        owners, examples = self.examples()
        known = [k for k, owner in enumerate(owners) if owner in weights]
        articles, starts = runs([owners[k] for k in known])
        if not articles:
            return None
        return Classifier(
            articles=articles,
            weights=np.stack([weights[article] for article in articles]),
            examples=examples[known],
            starts=starts,
        )

    def examples(self) -> tuple[list[str], Matrix]:
        """Return what the classifier learns from: the article of each vector, and the vectors."""
        with mended(self.path):
            rows = self._db.execute(
                """
                select article, vector, 2 from sentences
                union all select p.article, v.vector, 4 from vectors v join passages p on p.row = v.passage
                """
            ).fetchall()
        vectors = [np.frombuffer(blob, f"<f{size}").astype(np.float32) for _, blob, size in rows]
        size = len(vectors[-1]) if vectors else 1
        kept = [k for k, vector in enumerate(vectors) if len(vector) == size]
        kept.sort(key=lambda k: rows[k][0])
        stacked = np.stack([vectors[k] for k in kept]) if kept else np.zeros((0, 1), np.float32)
        return [rows[k][0] for k in kept], stacked

    def version(self) -> tuple[int, int]:
        """Return what differs after every change, this connection's own or another process's."""
        with mended(self.path):
            (others,) = self._db.execute("pragma data_version").fetchone()
        return int(others), self._db.total_changes

    def documents(self) -> dict[str, tuple[str, str]]:
        """Return folder and fingerprint of each article by its path."""
        with mended(self.path):
            rows = self._db.execute("select path, folder, fingerprint from documents")
            return {path: (folder, fingerprint) for path, folder, fingerprint in rows}

    def vectors(self) -> tuple[list[str], Matrix]:
        """Return all vectors, one a row, and the passage id of each."""
        ids: list[str] = []
        blobs: list[bytes] = []
        with mended(self.path):
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
        with mended(self.path):
            rows = self._db.execute(_PASSAGES, {"ids": json.dumps(ids), "article": None})
            return {passage.id: passage for passage in map(_passage, rows)}

    def beside(self, id_: str) -> list[str]:
        """Return the ids of all passages of a passage's article, in order, its own among them."""
        with mended(self.path):
            rows = self._db.execute(
                """
                select id from passages where article = (select article from passages where id = ?) order by position
                """,
                [id_],
            )
            return [beside for (beside,) in rows]

    def matches(self, terms: Sequence[str], limit: int) -> list[str]:
        """Return the ids of the `limit` passages that have most of the terms, by BM25, best first."""
        if not terms:
            return []
        with mended(self.path):
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
        with mended(self.path):
            rows = self._db.execute(
                """
                select p.id, w.terms from passages p join words w on w.rowid = p.row
                where p.id in (select value from json_each(?))
                """,
                [json.dumps(ids)],
            )
            return {id_: terms.split() for id_, terms in rows}

    def vocabulary(self) -> tuple[int, int, dict[str, int]]:
        """Return how many passages there are, how many words in all of them, and in how many each word stands.

        Reads everything: FTS5 counts a word by walking its whole list, 4 ms a query at 50,000 passages.
        """
        with mended(self.path):
            (passages,) = self._db.execute("select count(*) from passages").fetchone()
            rows = self._db.execute("select term, doc, cnt from vocabulary").fetchall()
            return int(passages), sum(count for _, _, count in rows), {term: having for term, having, _ in rows}


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
