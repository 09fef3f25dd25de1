"""I/O. Gaps in the articles and problems that come back: mails from the store, grouped by what they say."""

from collections.abc import Sequence

from daemon.steps.digest import Theme
from daemon.steps.gaps import Asked, essence, gaps, problems
from daemon.steps.nearness import Embedding
from kb.clusters import clusters
from store.db import Row
from store.figures import Window
from store.store import Store

#: Mails that are compared at most, the newest: a quarter of a million pairs of them a millisecond.
_MOST = 4000


class Themes:
    """Finds themes; called by the digest and by `firstline kb gaps`."""

    def __init__(self, store: Store, embedding: Embedding) -> None:
        self._store = store
        self._embedding = embedding

    async def __call__(self, window: Window) -> tuple[Sequence[Theme], Sequence[Theme]]:
        """The five largest gaps and problems in a window."""
        return (await self.gaps(window))[:5], (await self.problems(window))[:5]

    async def gaps(self, window: Window, *, least: int = 2) -> tuple[Theme, ...]:
        """What at least so many customers asked and no article answered."""
        rows = await self._store.learning.unanswered(self._store.reader, window)
        mails = [_asked(row) for row in rows]
        return gaps(mails, await self._groups([essence(mail) for mail in mails]), least=least)

    async def problems(self, window: Window, *, least: int = 2) -> tuple[Theme, ...]:
        """The problems that at least so many customers reported, answered or not."""
        rows = await self._store.learning.decided_mails(self._store.reader, window)
        reported = [row for row in rows if (row["record"].get("triage") or {}).get("request") == "problem"]
        mails = [_asked(row) for row in reported]
        return problems(mails, await self._groups([essence(mail, problem=True) for mail in mails]), least=least)

    async def _groups(self, texts: Sequence[str]) -> list[list[int]]:
        kept = [number for number, text in enumerate(texts) if text][-_MOST:]
        if not kept:
            return []
        vectors = await self._embedding.embed([texts[number] for number in kept])
        return [[kept[row] for row in group] for group in clusters(vectors)]


def _asked(row: Row) -> Asked:
    hits = row["record"].get("hits") or []
    return Asked(
        case=row["reference"],
        customer=row["customer_key"],
        name=row["customer_name"],
        subject=row["subject"],
        text=row["text"],
        topic=row["topic"],
        product=row["product"],
        nearest=hits[0]["title"] if hits else "",
    )
