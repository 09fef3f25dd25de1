"""I/O. The knowledge base: one file, one model, one thread for both.

Opening is cheap: torch and llama-index are loaded in that thread when the model is first needed.
"""

import asyncio
from collections.abc import Callable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np

from kb.articles import Article, passages, read_article
from kb.calibrate import DEFAULT, Calibration, adjusted
from kb.classifier import MOST_ARTICLES, fit, sentences
from kb.evidence import Hit
from kb.file import KnowledgeFile
from kb.folder import ArticleFile, scan
from kb.links import linked, place
from kb.listing import ArticleRow, article_rows, count_passages
from kb.model import ModelFiles, find_model
from kb.prepare import Matrix, Prepared, fingerprint, gone
from kb.schema import create

if TYPE_CHECKING:
    from kb.retrieve import Search

T = TypeVar("T")
Progress = Callable[[int, int, str], None]

#: Passages in one call of the model while indexing: about half a second, the longest that a search waits for it.
_CHUNK = 48
#: Queries in one call of the model.
_BATCH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateReport:
    """What an update did, in articles."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    empty: tuple[str, ...] = ()  #: paths of articles without text, which nothing can find
    embedded: int = 0  #: texts that went through the model
    expired: tuple[str, ...] = ()  #: paths of articles that customers no longer get, since `valid_until` passed


class KnowledgeBase:
    """The team's articles, searchable. Made by `open`; used on one event loop."""

    def __init__(self, path: Path, model: str, reranker: str = "", reader: Path | None = None) -> None:
        self._path = path
        self._model = model
        self._reranker = reranker
        self._reader = reader
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="knowledge")
        self._file: KnowledgeFile | None = None
        self._files: ModelFiles | None = None
        self._search: Search | None = None
        self._calibration = DEFAULT
        self._loading: asyncio.Task[None] | None = None
        self._waiting: list[tuple[str, int, asyncio.Future[tuple[Hit, ...]]]] = []
        self._answering: asyncio.Task[None] | None = None

    @classmethod
    def open(cls, file: Path, *, model: str = "", reranker: str = "", reader: Path | None = None) -> Self:
        """Open the file, made readable by its owner alone where it is missing.

        `model`: '' is the bundled one; `reranker`: '' is none; `reader`: the reader's weights, those that ship where None. They are
        looked for when they are loaded. Raises KnowledgeBaseError where the file cannot be used.
        """
        create(file)
        return cls(file, model, reranker, reader)

    async def close(self) -> None:
        """Let what runs in the thread end, and close the file. Those who still wait for an answer are cancelled."""
        for task in (self._answering, self._loading):
            if task is not None and not task.done():
                task.cancel()
        for _, _, future in self._waiting:
            future.cancel()
        self._waiting.clear()
        if self._search is not None:
            await self._in_thread(self._search.close)
        if self._file is not None:
            await self._in_thread(self._file.close)
        await asyncio.to_thread(self._thread.shutdown)

    # -- the model

    async def load(self) -> None:
        """Load the models, once, however often this is called. Raises KnowledgeBaseError where it is not usable."""
        if self._search is not None:
            return
        if self._loading is None or self._loading.done():
            self._loading = asyncio.create_task(self._load(), name="load the embedding model")
        await asyncio.shield(self._loading)

    async def _load(self) -> None:
        self._search = await self._in_thread(self._load_now)

    def _load_now(self) -> "Search":
        from kb.retrieve import Search  # here, because it loads llama-index

        return Search(self._opened(), self._model_files(), self._reranker_folder(), self._reader)

    @property
    def ready(self) -> bool:
        """Whether the model is loaded."""
        return self._search is not None

    @property
    def embed_seconds(self) -> float:
        """Time spent inside the model so far, in seconds."""
        return 0.0 if self._search is None else self._search.embedder.seconds

    @property
    def embed_calls(self) -> int:
        """How often the model was called so far."""
        return 0 if self._search is None else self._search.embedder.calls

    # -- searching

    async def search(self, query: str, limit: int = 10) -> tuple[Hit, ...]:
        """Return the best passages, best first. Callers that wait at the same time share one call of the model."""
        if not query.strip():
            return ()
        await self.load()
        future: asyncio.Future[tuple[Hit, ...]] = asyncio.get_running_loop().create_future()
        self._waiting.append((query, limit, future))
        if self._answering is None or self._answering.done():
            self._answering = asyncio.create_task(self._answer(), name="answer searches")
        return await future

    async def _answer(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
            batch = [entry for entry in batch if not entry[2].done()]
            if not batch:
                continue
            assert self._search is not None  # noqa: S101 - search() has waited for load()
            try:
                found = await self._in_thread(self._search.hits, [(query, limit) for query, limit, _ in batch])
            except Exception as error:  # each caller gets it: none may wait for ever
                for _, _, future in batch:
                    if not future.done():
                        future.set_exception(error)
            except asyncio.CancelledError:
                for _, _, future in batch:
                    future.cancel()
                raise
            else:
                for (_, _, future), hits in zip(batch, found, strict=True):
                    if not future.done():
                        future.set_result(hits)

    async def embed(self, texts: Sequence[str]) -> Matrix:
        """Return one unit vector a text. Searches that wait meanwhile get their turn every few texts."""
        await self.load()
        assert self._search is not None  # noqa: S101 - load() has made it
        found: list[Matrix] = []
        for start in range(0, len(texts), _CHUNK):
            found.append(await self._in_thread(self._search.embedder.passages, texts[start : start + _CHUNK]))
        return np.concatenate(found) if found else np.empty((0, 0), dtype=np.float32)

    @property
    def calibration(self) -> Calibration:
        """What turns the features of a search into a probability."""
        return self._calibration

    def adjust(self, verdicts: Sequence[tuple[float, bool]]) -> None:
        """Let people's verdicts on answers move the confidence: all of them, each with `Evidence.unadjusted`."""
        self._calibration = adjusted(DEFAULT, verdicts)

    # -- what there is

    def articles(self) -> tuple[ArticleRow, ...]:
        """Return all articles in the order of their paths."""
        return article_rows(self._path)

    def count(self) -> int:
        """Return the number of passages."""
        return count_passages(self._path)

    # -- indexing

    async def update(
        self,
        folders: Sequence[Path],
        *,
        base_url: str = "",
        max_deletion: float = 0.5,
        progress: Progress | None = None,
        today: date | None = None,
    ) -> UpdateReport:
        """Bring the file to what the folders hold. An unchanged article costs a hash, a changed one its passages.

        Each article is embedded first and then replaced in one transaction, so that a search, or a kill, finds the old
        one or the new one. `progress` gets the articles done, those to do, and the path of the last. With `today`,
        articles whose `valid_until` passed are kept from customers. Raises
        KnowledgeBaseError where a folder is missing, nothing is found, or more than `max_deletion` (a share) of a
        folder's articles would be deleted: a failed mount must not empty the knowledge base.
        """
        found: list[ArticleFile] = await self._in_thread(lambda: list(scan(folders)))
        known = await self._in_thread(lambda: self._opened().documents())
        here = {file.path for file in found}
        lost = gone(here, {path: at for path, (at, _) in known.items()}, ", ".join(map(str, folders)), max_deletion)
        files = await self._in_thread(self._model_files)
        counts = {"added": 0, "changed": 0, "unchanged": 0, "embedded": 0}
        empty: list[str] = []
        waiting: list[Prepared] = []
        todo: list[tuple[ArticleFile, str]] = []
        for file in found:
            mark = fingerprint(file.digest, files.identity, base_url)
            if known.get(file.path, ("", ""))[1] != mark:
                todo.append((file, mark))
                counts["changed" if file.path in known else "added"] += 1
            else:
                counts["unchanged"] += 1
                if known[file.path][0] != file.folder:
                    await self._in_thread(self._opened().move, file.path, file.folder)
        classified = len(found) <= MOST_ARTICLES
        if progress is not None and todo:
            progress(0, len(todo), todo[0][0].path)
        read = await self._linked([file for file, _ in todo], base_url, here)
        for done, ((file, mark), article) in enumerate(zip(todo, read, strict=True), 1):
            cut = passages(article)
            prepared = Prepared(
                article=article,
                folder=file.folder,
                fingerprint=mark,
                passages=cut,
                sentences=sentences(article.title, [each.text for each in cut]) if classified else (),
            )
            if not prepared.passages:
                empty.append(file.path)
            waiting.append(prepared)
            if done == len(todo) or sum(len(each.texts) for each in waiting) >= _CHUNK:
                if any(each.texts for each in waiting):
                    await self.load()
                counts["embedded"] += await self._in_thread(self._write, tuple(waiting))
                waiting.clear()
                if progress is not None:
                    progress(done, len(todo), file.path)
        if lost:
            await self._in_thread(self._opened().delete, lost)
        if todo or lost:
            classifier = None
            if classified:
                # Not in the thread: a search does not wait for the fit.
                owners, vectors = await self._in_thread(self._opened().examples)
                classifier = await asyncio.to_thread(fit, vectors, owners)
            await self._in_thread(self._opened().keep_classifier, classifier)
        expired = await self._in_thread(self._opened().expire, today) if today is not None else []
        return UpdateReport(removed=len(lost), empty=tuple(empty), expired=tuple(expired), **counts)

    async def _linked(self, files: Sequence[ArticleFile], base_url: str, here: Set[str]) -> list[Article]:
        """Read articles, with their links leading to the pages of all that are here."""
        one = partial(read_article, base_url=base_url)
        read = [await self._in_thread(one, file.path, file.raw) for file in files]
        known = await asyncio.to_thread(self.articles) if read else ()
        pages = {place(row.path): row.url for row in known if row.public and row.path in here}
        pages |= {place(article.path): article.url if article.public else "" for article in read}
        return [linked(article, pages) for article in read]

    def _write(self, articles: Sequence[Prepared]) -> int:
        texts = [text for article in articles for text in article.texts]
        vectors = self._search.embedder.passages(texts) if self._search is not None and texts else None
        start = 0
        for article in articles:
            end = start + len(article.texts)
            entries = article.entries(vectors[start:end]) if vectors is not None else []
            learnt = article.learnt(vectors[start:end]) if vectors is not None else None
            self._opened().replace(article.article, article.folder, article.fingerprint, entries, learnt)
            start = end
        return len(texts)

    # -- the thread

    async def _in_thread(self, function: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *args)

    def _opened(self) -> KnowledgeFile:
        if self._file is None:
            self._file = KnowledgeFile(self._path)
        return self._file

    def _model_files(self) -> ModelFiles:
        if self._files is None:
            self._files = find_model(self._model)
        return self._files

    def _reranker_folder(self) -> Path | None:
        if not self._reranker:
            return None
        from kb.reranker import find_reranker  # here, because nobody pays for it who has none

        return find_reranker(self._reranker)
