"""I/O. Compares what we would have answered with what humans answered, keeps what comes of it, and lets it move the confidence."""

from datetime import datetime
from typing import Any, Protocol

from daemon.steps.agreement import Agreement, Article, Ours, compare, drafted
from daemon.steps.learnt import Verdicts, verdicts
from daemon.steps.nearness import Cosines, Embedding
from store.db import Row
from store.figures import Compared
from store.store import Store

#: How often a comparison may ask for further similarities before those that are still unknown count as none.
_ROUNDS = 5


class Confidence(Protocol):
    """What learns from verdicts: the knowledge base."""

    def adjust(self, verdicts: Verdicts) -> None:
        """Let these verdicts, and no others, move the confidence."""


async def people_made_of_ours(store: Store) -> Verdicts:
    """The latest 500 verdicts on our answers, of what was compared and said so far."""
    return verdicts(await store.learning.opinions(store.reader))


async def compare_all(store: Store, now: datetime, embedding: Embedding | None = None) -> int:
    """Compare every pair that nobody compared. Returns how many. Without an `embedding`, by links, titles and words alone."""
    done = 0
    while rows := await store.learning.uncompared(store.reader):
        for row in rows:
            compared = await _compared(row, embedding)
            async with store.transaction() as tx:
                await store.learning.compared(tx, compared, now)
            done += 1
    return done


async def _compared(row: Row, embedding: Embedding | None) -> Compared:
    record: dict[str, Any] = row["record"]
    text = row["before"] or drafted(record.get("mails") or [])
    cited = record.get("cited") or []
    found = [(hit["article"], Article(hit["title"], hit["url"])) for hit in record.get("hits") or []]
    ours = Ours(
        text=text,
        cited=tuple(dict.fromkeys(article for path, article in found if path in cited)),
        others=tuple(dict.fromkeys(article for path, article in found if path not in cited)),
    )
    match row["verdict"]:
        case "sent":
            agreement = Agreement(agrees=True, why="a human sent it as it was")
        case "rejected":
            agreement = Agreement(agrees=False, why="a human rejected it")
        case _:
            agreement = await by_text(ours, row["after"], embedding)
    return Compared(
        decision_id=row["decision_id"],
        turn_id=row["turn_id"],
        topic=row["topic"] or (record.get("triage") or {}).get("topic") or "",
        confidence=row["confidence"],
        agrees=agreement.agrees,
        why=agreement.why,
        ours=text,
        theirs=row["after"] or text,
    )


async def by_text(ours: Ours, theirs: str, embedding: Embedding | None) -> Agreement:
    """The comparison, again and again until it asks for no similarity that is unknown."""
    if embedding is None:
        return compare(ours, theirs)
    cosines = Cosines()
    for _ in range(_ROUNDS):
        agreement = compare(ours, theirs, cosines)
        if not cosines.unknown:
            break
        texts = sorted(cosines.unknown)
        cosines.learn(texts, await embedding.embed(texts))
    return agreement
