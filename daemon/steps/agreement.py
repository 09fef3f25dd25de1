"""Pure. Does the reply that we would have sent agree with what a human answered? And what a topic's record is worth.

Two answers agree where the human names an article that ours comes from, or states what ours states. Rules tell, with a
reason; where they cannot, a person is asked, and what a person said goes before every rule.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from daemon.steps.claims import content
from daemon.steps.grounding import check_text
from daemon.steps.sentences import asks, sentences, without_courtesies
from daemon.steps.verdicts import Similarity

#: Share of what the human states that must stand in our reply.
_MOSTLY = 0.5
#: What the check says of a sentence that only tells more than ours. Anything else may contradict it: one number, name or
#: negation in a reply that is otherwise ours. Of 32 planted falsehoods all passed for agreement before this was looked at.
_MORE = ("the passages do not say it", "states no fact")
#: Words of a sentence that states something: "Please try this." states nothing.
_TELLING = 3
_URL = re.compile(r"https?://[^\s<>\"'\])]+", re.IGNORECASE)
#: z of the 90 % interval (Wilson 1927): its lower end is passed with 95 %.
_Z = 1.6449
#: Compared answers that a topic needs at least, however well they agree.
LEAST = 20


@dataclass(frozen=True, slots=True)
class Article:
    """An article as people name it."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What we would have sent."""

    text: str
    cited: tuple[Article, ...] = ()  #: the articles that it comes from
    others: tuple[Article, ...] = ()  #: further articles that were found


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Whether two answers agree; None where rules cannot tell."""

    agrees: bool | None
    why: str


def compare(ours: Ours, theirs: str, similarity: Similarity | None = None) -> Agreement:
    """Our reply beside a human's, of which `theirs` is the new text.

    Without a `similarity` a sentence agrees only where it has nearly the words of ours.
    """
    told = without_courtesies(theirs)
    linked = {_place(url) for url in _URL.findall(told)}
    cited = {_place(article.url): article for article in ours.cited if article.url}
    if same := linked & cited.keys():
        return Agreement(agrees=True, why=f"links the same article: “{cited[min(same)].title}”")
    if named := next((one for one in ours.cited if _names(told, one)), None):
        return Agreement(agrees=True, why=f"names the same article: “{named.title}”")
    stated = [one for one in sentences(_URL.sub(" ", told)) if not asks(one) and len(content(one)) >= _TELLING]
    graded = {one: check_text(one, [ours.text], similarity=similarity) for one in stated} if ours.text else {}
    supported = [one for one, grade in graded.items() if grade.passed]
    differs = next(
        (lack.why for grade in graded.values() for lack in grade.failed if not lack.why.startswith(_MORE)), None
    )
    if supported and differs:
        return Agreement(agrees=None, why=f"states partly the same, and {differs}")
    if stated and len(supported) >= max(1, math.ceil(_MOSTLY * len(stated))):
        return Agreement(agrees=True, why=f"states the same: {len(supported)} of {len(stated)} sentences")
    others = {_place(article.url): article for article in ours.others if article.url}
    if elsewhere := (linked & others.keys()):
        return Agreement(agrees=False, why=f"links another article: “{others[min(elsewhere)].title}”")
    if named := next((one for one in ours.others if _names(told, one)), None):
        return Agreement(agrees=False, why=f"names another article: “{named.title}”")
    if not stated:
        return Agreement(agrees=None, why="the human states nothing that could be compared")
    if supported:
        return Agreement(agrees=None, why=f"states partly the same: {len(supported)} of {len(stated)} sentences")
    return Agreement(agrees=False, why=f"states something else: {stated[0][:80]}")


def _place(url: str) -> str:
    """Where a link leads, however it is written: without scheme, www, query, a slash or a full stop at its end."""
    parts = urlsplit(url.rstrip(".,;:!?"))
    return f"{parts.netloc.lower().removeprefix('www.')}{parts.path.rstrip('/').lower()}"


def _names(text: str, article: Article) -> bool:
    """Whether a text names the article by its title: one of a few words could be said by chance."""
    return len(article.title.split()) >= 3 and " ".join(article.title.casefold().split()) in " ".join(
        text.casefold().split()
    )


class Standing(StrEnum):
    """What a topic's record allows."""

    EARNED = "earned"
    SOON = "soon"  #: more answers like these are enough
    NOT_LIKE_THIS = "not_like_this"  #: at this rate of agreement never


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What a record of agreement is worth."""

    agree: int
    compared: int
    low: float | None  #: ends of the 90 % interval of the agreement; None where nothing was compared
    high: float | None
    standing: Standing
    missing: int | None  #: further answers that it takes, all in agreement
    at_this_rate: int | None  #: the same, agreeing as often as now; None: never


def worth(agree: int, compared: int, wanted: float) -> Worth:
    """What it takes until a topic may answer by itself: the lower end of the agreement's 90 % interval at `wanted` or more,
    and at least LEAST answers compared."""
    low, high = interval(agree, compared) if compared else (None, None)
    if low is not None and low >= wanted and compared >= LEAST:
        return Worth(
            agree=agree, compared=compared, low=low, high=high, standing=Standing.EARNED, missing=0, at_this_rate=0
        )
    missing = next((more for more in range(1, 2001) if _enough(agree + more, compared + more, wanted)), None)
    rate = agree / compared if compared else 1.0
    at_this_rate = next(
        (
            more
            for more in range(1, 2001)
            if _enough(math.floor(rate * (compared + more) + 1e-9), compared + more, wanted)
        ),
        None,
    )
    return Worth(
        agree=agree,
        compared=compared,
        low=low,
        high=high,
        standing=Standing.NOT_LIKE_THIS if at_this_rate is None else Standing.SOON,
        missing=missing,
        at_this_rate=at_this_rate,
    )


def interval(agree: int, compared: int) -> tuple[float, float]:
    """The 90 % interval of a share (Wilson 1927). `compared` is above 0."""
    share = agree / compared
    middle = share + _Z * _Z / (2 * compared)
    spread = _Z * math.sqrt(share * (1 - share) / compared + _Z * _Z / (4 * compared * compared))
    whole = 1 + _Z * _Z / compared
    return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)


def _enough(agree: int, compared: int, wanted: float) -> bool:
    return compared >= LEAST and interval(agree, compared)[0] >= wanted


def in_words(worth: Worth) -> str:
    """What it takes, for people."""
    if worth.standing is Standing.EARNED:
        return f"{worth.agree} of {worth.compared} agree: earned"
    if not worth.compared:
        return f"nothing compared yet; {worth.missing} that all agree would do" if worth.missing else "out of reach"
    so_far = f"{worth.agree} of {worth.compared} agree"
    if worth.at_this_rate is not None:
        return f"{so_far}; {worth.at_this_rate} more at this rate"
    if worth.missing is not None:
        return f"{so_far}: too few; {worth.missing} more if all agreed"
    return f"{so_far}: too few"


def drafted(record_mails: Sequence[dict[str, str]]) -> str:
    """The text that a customer would have got, from the mails of a decision's record; '' where none was written."""
    for mail in record_mails:
        if mail.get("role") in ("reply", "offer"):
            return mail.get("text", "")
    for mail in record_mails:
        if mail.get("role") == "draft":
            match = re.search(r"^==== Draft[^\n]*\n(.*?)^==== End of the draft", mail.get("text", ""), re.S | re.M)
            return match[1].strip() if match else ""
    return ""
