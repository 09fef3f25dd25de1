"""I/O. The search behind LlamaIndex's interfaces: an exact vector store over our file, and a hybrid retriever."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import BaseNode, NodeWithScore, QueryBundle, TextNode
from llama_index.core.vector_stores.types import BasePydanticVectorStore, VectorStoreQuery, VectorStoreQueryResult

from kb.classifier import Classifier, runs
from kb.evidence import Hit
from kb.file import KnowledgeFile
from kb.model import Embedder, ModelFiles
from kb.opinion import reordered
from kb.prepare import Matrix
from kb.reader import ADAPTER, Asked, Reader, reads
from kb.words import SATURATION, bm25, rarity, words

if TYPE_CHECKING:
    from kb.reranker import Reranker

#: How many passages each of the two searches brings to the fusion.
DEPTH = 60
#: How many words of a query bring passages, the rarest: a mail of 200 words would touch every passage. All words count in
#: the score of what was brought.
TERMS = 8
#: How many passages those may touch together, the two rarest aside: what a query costs must not grow with the articles.
TOUCHED = 4000
#: What the share of the best possible BM25 adds to the cosine. 0.4 to 0.6 gave hit@1 0.81 and hit@3 0.90 on 80
#: customer mails over 414 articles; the cosine alone 0.79 and 0.89, BM25 alone 0.45 and 0.73.
SPARSE_WEIGHT = 0.5


Vocabulary = tuple[int, int, Mapping[str, int]]  #: passages, their words, in how many passages each word stands
#: How many articles a reranker reads, the best passage of each; the reader alone reads the best.
READ = 6


class ExactVectors(BasePydanticVectorStore):
    """All vectors of the file in memory, multiplied with the query's: exact, and under 4 ms for 50,000 passages."""

    _file: KnowledgeFile = PrivateAttr()
    _version: tuple[int, int] | None = PrivateAttr(default=None)
    _ids: tuple[str, ...] = PrivateAttr(default=())
    _rows: dict[str, slice] = PrivateAttr(default_factory=dict)
    _starts: np.ndarray[Any, np.dtype[np.intp]] = PrivateAttr()
    _matrix: Matrix = PrivateAttr()

    def __init__(self, file: KnowledgeFile) -> None:
        super().__init__(stores_text=True)
        self._file = file

    @property
    def client(self) -> KnowledgeFile:
        """The file."""
        return self._file

    def add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """Set the vectors of passages that the file has. Articles come in whole, by KnowledgeFile.replace."""
        self._file.set_vectors({node.node_id: np.asarray([node.get_embedding()], np.float32) for node in nodes})
        return [node.node_id for node in nodes]

    def delete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """Take an article out."""
        self._file.delete([ref_doc_id])

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """Return ids and cosines of the passages nearest to the query's vector, or of those that it names."""
        self._refresh()
        if not self._ids or query.query_embedding is None:
            return VectorStoreQueryResult(ids=[], similarities=[])
        vector = np.asarray(query.query_embedding, np.float32)
        if query.node_ids is not None:
            named = {id_: self._rows[id_] for id_ in query.node_ids if id_ in self._rows}
            return VectorStoreQueryResult(
                ids=[*named], similarities=[float((self._matrix[rows] @ vector).max()) for rows in named.values()]
            )
        best = np.maximum.reduceat(self._matrix @ vector, self._starts)  # of a passage's several vectors
        count = min(query.similarity_top_k, len(best))
        nearest = sorted(np.argpartition(-best, count - 1)[:count].tolist(), key=lambda k: (-best[k], k))
        return VectorStoreQueryResult(
            ids=[self._ids[k] for k in nearest], similarities=[float(best[k]) for k in nearest]
        )

    def _refresh(self) -> None:
        version = self._file.version()
        if version == self._version:
            return
        owners, self._matrix = self._file.vectors()
        self._ids, self._starts = runs(owners)
        ends = np.append(self._starts, len(owners))[1:]
        self._rows = {id_: slice(low, high) for id_, low, high in zip(self._ids, self._starts, ends, strict=True)}
        self._version = version


def _bringing(terms: Sequence[str], counts: Mapping[str, int]) -> Sequence[str]:
    """The terms, the rarest first, up to where they would touch too many passages."""
    touched = 0
    for place, term in enumerate(terms):
        touched += counts[term]
        if touched > TOUCHED and place >= 2:
            return terms[:place]
    return terms


class HybridRetriever(BaseRetriever):
    """The nearest passages by meaning and by words. The bundle carries the query's vector."""

    def __init__(
        self, vectors: BasePydanticVectorStore, file: KnowledgeFile, vocabulary: Vocabulary, limit: int, whole: str = ""
    ) -> None:
        self._vectors = vectors
        self._file = file
        self._passages, self._words, self._counts = vocabulary
        self._limit = limit
        self._whole = whole  # a passage whose article comes whole; '': the best one
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        vector = query_bundle.embedding
        depth = max(DEPTH, self._limit)
        terms = list(dict.fromkeys(words(query_bundle.query_str)))
        counts = {term: self._counts[term] for term in terms if term in self._counts}
        weights = {term: rarity(self._passages, counts.get(term, 0)) for term in terms}
        known = {term: weights[term] for term in counts}
        rarest = _bringing(sorted(known, key=lambda term: (-known[term], term))[:TERMS], counts)

        dense = self._dense(VectorStoreQuery(query_embedding=vector, similarity_top_k=depth))
        self._name(dense, vector, self._file.matches(rarest, depth))
        fused, scored = self._scored(dense, known, weights)
        best = sorted(fused, key=lambda id_: (-fused[id_], id_))[: self._limit]
        # The answer is cut from the best article: all of it is scored alike, whether or not it was found.
        rest = [id_ for id_ in self._file.beside(self._whole or best[0]) if id_ not in best] if best else []
        self._name(dense, vector, rest)
        unscored = {id_: dense[id_] for id_ in rest if id_ in dense and id_ not in scored}
        fused_too, scored_too = self._scored(unscored, known, weights)
        fused |= fused_too
        scored |= scored_too
        return [
            NodeWithScore(node=TextNode(id_=id_, metadata={**scored[id_], "found": id_ in best}), score=fused[id_])
            for id_ in (*best, *rest)
            if id_ in scored
        ]

    def _name(self, dense: dict[str, float], vector: list[float] | None, ids: Sequence[str]) -> None:
        """Add the cosines of passages that are named, where they are not known yet."""
        further = [id_ for id_ in ids if id_ not in dense]
        if further:
            dense |= self._dense(
                VectorStoreQuery(query_embedding=vector, similarity_top_k=len(further), node_ids=further)
            )

    def _scored(
        self, dense: dict[str, float], known: dict[str, float], weights: dict[str, float]
    ) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
        """Return the fused score of each passage, and what it is made of."""
        found = self._file.words([*dense])
        average = self._words / max(1, self._passages)
        sparse = {id_: bm25(known, found.get(id_, ()), average) for id_ in dense}
        ideal = SATURATION * sum(known.values()) or 1.0
        told = sum(weights.values()) or 1.0
        fused = {id_: cosine + SPARSE_WEIGHT * sparse[id_] / ideal for id_, cosine in dense.items()}
        return fused, {
            id_: {
                "dense": dense[id_],
                "sparse": sparse[id_],
                "coverage": sum(weights[term] for term in weights.keys() & {*found.get(id_, ())}) / told,
            }
            for id_ in dense
        }

    def _dense(self, query: VectorStoreQuery) -> dict[str, float]:
        result = self._vectors.query(query)
        return dict(zip(result.ids or [], result.similarities or [], strict=True))


class Search:
    """The loaded model and the file, searched together. Blocks; belongs to one thread."""

    def __init__(
        self, file: KnowledgeFile, model: ModelFiles, reranker: Path | None = None, reader: Path | None = None
    ) -> None:
        """Load the models; `reranker` is the folder that `kb.reranker.find_reranker` found, `reader` the
        reader's weights, those that ship where None. Raises KnowledgeBaseError.
        """
        self.embedder = Embedder(model)
        self._reader = Reader(model, reader or ADAPTER) if reads(model) else None
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="reader")
        self._reranker = _loaded(reranker) if reranker else None
        self._file = file
        self._vectors = ExactVectors(file)
        self._version: tuple[int, int] | None = None
        self._vocabulary: Vocabulary = (0, 0, {})
        self._classifier: Classifier | None = None

    def close(self) -> None:
        """End the thread beside the search."""
        self._beside.shutdown()

    def hits(self, queries: Sequence[tuple[str, int]]) -> list[tuple[Hit, ...]]:
        """Return the best hits of each query, at most as many as it wants. All queries are embedded in one call."""
        if (version := self._file.version()) != self._version:
            self._vocabulary, self._classifier = self._file.vocabulary(), self._file.classifier()
            self._version = version
        vectors = self.embedder.queries([query for query, _ in queries])
        return [self._hits(query, vector, limit) for (query, limit), vector in zip(queries, vectors, strict=True)]

    def _hits(self, query: str, vector: Matrix, limit: int) -> tuple[Hit, ...]:
        # Two cores are the least that a mail host has: the reader reads the query while the passages are found.
        asked = self._beside.submit(self._reader.asked, query) if self._reader else None
        hits, rest = self._found(query, vector, limit)
        if not hits:
            return ()
        if self._reader and asked:
            hits = self._read(self._reader, asked.result(), hits)
        first, hits = hits[0], self._reranked(query, hits)
        if hits[0].passage.article != first.passage.article:
            _, rest = self._found(query, vector, limit, whole=hits[0].passage.id)
        own = [hit for hit in (*hits, *rest) if hit.passage.article == hits[0].passage.article]
        whole = tuple(sorted(own, key=lambda hit: hit.passage.position))
        return (replace(hits[0], whole=whole), *hits[1:])

    def _found(self, query: str, vector: Matrix, limit: int, whole: str = "") -> tuple[list[Hit], list[Hit]]:
        """Return the best hits, and what else the article has that comes whole: the best one, or that of a passage."""
        retriever = HybridRetriever(self._vectors, self._file, self._vocabulary, limit, whole)
        found = retriever.retrieve(QueryBundle(query_str=query, embedding=vector.tolist()))
        passages = self._file.passages([each.node.node_id for each in found])
        articles = {passage.article for passage in passages.values()}
        claims = self._classifier.claims(vector, articles) if self._classifier else {}
        hits: list[Hit] = []
        rest: list[Hit] = []
        for each in found:
            passage = passages.get(each.node.node_id)
            if passage is None:  # another process took it out in between
                continue
            told = each.node.metadata
            claim = claims.get(passage.article)
            hit = Hit(
                passage=passage,
                score=each.score or 0.0,
                dense=told["dense"],
                sparse=told["sparse"],
                coverage=told["coverage"],
                own=claim.own if claim else None,
                share=claim.share if claim else None,
                own_lead=claim.lead if claim else None,
                nearest_lead=claim.nearest if claim else None,
            )
            (hits if told["found"] else rest).append(hit)
        return hits, rest

    def _read(self, reader: Reader, asked: Asked, hits: list[Hit]) -> list[Hit]:
        """Let the reader say what it thinks of the best article: of all that a reranker, where there is one, may put first."""
        chosen = _to_read(hits) if self._reranker else hits[:1]
        read = reader.scores(asked, [hit.passage for hit in chosen])
        told = {hit.passage.id: value for hit, value in zip(chosen, read, strict=True)}
        return [replace(hit, read=told.get(hit.passage.id)) for hit in hits]

    def _reranked(self, query: str, hits: list[Hit]) -> list[Hit]:
        """Let the reranker, where there is one, say what it thinks of the same, and move articles by it."""
        if self._reranker is None:
            return hits
        read = [hit.passage for hit in _to_read(hits)]
        told = self._reranker.probabilities(query, read)
        return reordered(hits, {passage.id: value for passage, value in zip(read, told, strict=True)})


def _to_read(hits: Sequence[Hit]) -> list[Hit]:
    best: dict[str, Hit] = {}
    for hit in hits:
        best.setdefault(hit.passage.article, hit)
    return [*best.values()][:READ]


def _loaded(folder: Path) -> "Reranker":
    from kb.reranker import Reranker  # here, because nobody pays for it who has none

    return Reranker(folder)
