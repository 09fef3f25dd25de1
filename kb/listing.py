"""I/O. Which articles the knowledge base's SQLite file has, for lists and counts: beside the daemon or an index that writes."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from kb.schema import connect, mended


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
    valid_until: str = ""  #: the last day on which customers may read it, as YYYY-MM-DD


def article_rows(path: Path) -> tuple[ArticleRow, ...]:
    """Return all articles of a file in the order of their paths. Safe beside a writer."""
    with mended(path), closing(connect(path)) as db:
        rows = db.execute(
            """
            select d.path, d.id, d.title, d.url, d.topic, d.language, d.public, count(p.row), d.valid_until
            from documents d left join passages p on p.article = d.path group by d.path order by d.path
            """
        ).fetchall()
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
            valid_until=valid_until,
        )
        for path_, id_, title, url, topic, language, public, count, valid_until in rows
    )


def count_passages(path: Path) -> int:
    """Return how many passages a file has. Safe beside a writer."""
    with mended(path), closing(connect(path)) as db:
        return int(db.execute("select count(*) from passages").fetchone()[0])
