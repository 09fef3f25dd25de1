"""Pure. What the knowledge base has to say to a request, and how far it may be trusted."""

from dataclasses import dataclass

from kb.articles import Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage that the search returned. Scores are comparable inside one search only."""

    passage: Passage
    score: float  #: fused, the order of the list
    dense: float  #: cosine of the query's and the passage's vectors, −1 to 1
    sparse: float  #: BM25 of the words, ≥ 0
    coverage: float = 0.0  #: share of the query's words, weighed by their rarity, that the passage has, 0 to 1
    run: tuple[Passage, ...] = ()  #: where one long list was cut into several passages: all of them, in order


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The answer that the knowledge base supports, with the probability that it is right."""

    hits: tuple[Hit, ...] = ()  #: best first
    cited: tuple[Passage, ...] = ()  #: the passages that the answer comes from, best first
    answer: str = ""  #: Markdown, in the article's own words; '' where nothing answers
    confidence: float = 0.0  #: probability that the answer, as it would be sent, is right (product.md §2)
    candidates: tuple[
        Passage, ...
    ] = ()  #: best passage of each article that could be meant as well, the top one included
    ambiguous: bool = False  #: several articles fit about equally, or what an article needs is missing
    missing: tuple[str, ...] = ()  #: of the top article's `needs:`, what the mail does not say
    why: tuple[str, ...] = ()
