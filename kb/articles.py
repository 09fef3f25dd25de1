"""Pure. Articles and their passages: Markdown with front matter in, values with stable ids out."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article of the team's knowledge base, as its file says it."""

    path: str  #: relative to the folder it was found in, with '/'; what contract.md calls `article`
    digest: str  #: SHA-256 of the file's bytes, hex: an unchanged one is never read again
    title: str
    body: str = field(repr=False)  #: Markdown without its front matter
    id: str = ""  #: front matter `id`, '' where there is none
    url: str = ""
    language: str = ""
    topic: str = ""  #: front matter `topic`, else the first folder of the path
    questions: tuple[str, ...] = ()  #: front matter `questions:`, as customers would ask
    needs: tuple[str, ...] = ()  #: front matter `needs:`, details without which the article does not answer
    public: bool = True  #: False for `audience: internal`: shown to humans, never to customers


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A part of an article that can answer by itself, about 140 words, lists and code whole."""

    id: str  #: stable over re-indexing: digest of article path, section and text
    article: str  #: Article.path
    title: str  #: of the article
    section: str  #: the headings above it, joined by ' > '; '' at the top
    text: str  #: Markdown, as the article has it
    url: str = ""
    topic: str = ""
    language: str = ""
    needs: tuple[str, ...] = ()
    public: bool = True
