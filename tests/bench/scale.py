"""I/O. Part of `make bench`: a knowledge base of 10,000 articles and 50,000 passages: indexing, searching, memory.

The articles are made of the sentences of the demo's or of Arduino's, drawn anew, so that words are as rare as in real
ones. Their vectors are random where that is said (the model itself would take ten minutes for them); everything else of
indexing and searching is the program's own.
"""

import asyncio
import random
import re
import resource
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kb.articles import plain
from kb.index import KnowledgeBase
from kb.model import Embedder
from tests.bench.mails import Questions

_WORDS = 640  #: of an article: five passages
_SEARCHES = 400


class Results(Protocol):
    """What the bench collects."""

    remarks: list[str]

    def add(self, group: str, name: str, unit: str, values: Iterable[float] | float, note: str = "") -> None:
        """Add a row."""


def sentences(folder: Path) -> list[str]:
    """Every sentence of the articles."""
    texts = (plain(path.read_text("utf-8", "replace")) for path in sorted(folder.rglob("*.md")))
    return [one for text in texts for one in re.split(r"(?<=[.!?])\s+", text) if 4 <= len(one.split()) <= 60]


def articles(said: Sequence[str], count: int) -> Iterator[tuple[str, str]]:
    """(path, Markdown) of articles made of the sentences."""
    rng = random.Random(10)
    for number in range(count):
        parts: list[str] = []
        while sum(len(part.split()) for part in parts) < _WORDS:
            parts.append(" ".join(rng.choices(said, k=4)))
        yield f"{number // 100:02}/{number:05}.md", f"# {rng.choice(said)[:70]} ({number})\n\n" + "\n\n".join(parts)


class _Drawn:
    """Vectors drawn instead of computed."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(1)

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        drawn = self._rng.standard_normal((len(texts), 384)).astype(np.float32)
        return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def memory() -> float:
    """What this process holds now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


async def measured(results: Results, questions: Questions, count: int) -> None:
    """Build, change one article, search."""
    said = sentences(questions.articles)
    with tempfile.TemporaryDirectory(prefix="fl-bench-") as name:
        source, group = Path(name) / "articles", f"a knowledge base of {count:,} articles"
        for path, text in articles(said, count):
            file = source / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        knowledge = KnowledgeBase.open(Path(name) / "knowledge.sqlite3")
        computed, drawn = Embedder.passages, _Drawn()
        try:
            await knowledge.load()
            before = memory()
            Embedder.passages = lambda self, texts: drawn(texts)  # type: ignore[method-assign] # for the bulk alone
            began, told = perf_counter(), 0

            def progress(done: int, of: int, path: str) -> None:
                nonlocal told
                told += 1

            await knowledge.update([source], progress=progress)
            results.add(group, "indexed, the model left out", "s", perf_counter() - began)
            results.remarks.append(
                f"{knowledge.count():,} passages; {told} reports of progress while they were indexed"
            )
            Embedder.passages = computed  # type: ignore[method-assign] # from here on everything is real
            texts = [f"{subject}\n{body}" for subject, body in questions.texts]
            for text in texts[:20]:
                await knowledge.search(text)
            changed = source / "00" / "00000.md"
            for number in range(5):
                changed.write_text(f"# The lamp of the barn\n\nIt glows in colour {number}.\n", "utf-8")
                began = perf_counter()
                await knowledge.update([source])
                hits = await knowledge.search(f"In which colour does the lamp of the barn glow? {number}")
                results.add(group, "a changed article is searchable (goal: 1 s)", "s", perf_counter() - began)
                if f"colour {number}" not in hits[0].passage.text:
                    raise RuntimeError("the changed article was not found")
            taken: list[float] = []
            for number in range(_SEARCHES):
                text = texts[number % len(texts)]
                began, model = perf_counter(), knowledge.embed_seconds
                await knowledge.search(text)
                taken.append((perf_counter() - began - (knowledge.embed_seconds - model)) * 1000)
            taken.sort()
            results.add(group, "search without the query's embedding, median", "ms", taken[len(taken) // 2])
            results.add(group, "… 99th of 100 (goal: 40 ms)", "ms", taken[int(len(taken) * 0.99)])
            results.add(group, "memory of the process (goal: 1,500 MB)", "MB", memory(), f"{before:,.0f} MB before")
        finally:
            Embedder.passages = computed  # type: ignore[method-assign]
            await knowledge.close()
            await asyncio.sleep(0)
