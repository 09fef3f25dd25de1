"""Pure. What happened in a time, counted: everything that a digest says.

Nothing is added up that is not the same: what a customer confirmed, what silence lets us assume and what was opened
again stand apart, and so do answers of Firstline's own and of people's. Cases are named by their references, customers never.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from daemon.steps.verdicts import Action


class Done(StrEnum):
    """What became of a mail."""

    ANSWERED = "answered"
    ASKED = "asked"
    DRAFTED = "drafted"
    HANDED_OVER = "handed_over"
    PASSED_ON = "passed_on"
    CLOSED = "closed"
    WAITING = "waiting"
    RATED = "rated"
    LEFT_ALONE = "left_alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """How many mails were decided upon in one way."""

    done: Done
    because: str
    shadow: bool
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Times to the first answer of cases."""

    count: int = 0
    median: timedelta | None = None
    p90: timedelta | None = None  #: nine in ten were no slower


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """How often our reply and the human's agreed on a topic."""

    topic: str
    agree: int
    compared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Like mails: a gap in the articles, or a problem that comes back."""

    count: int
    told: str  #: what the mails have in common, without personal data
    nearest: str = ""  #: title of the article that lies nearest
    cases: tuple[str, ...] = ()  #: references of some


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the daemon itself fares."""

    downtimes: tuple[tuple[datetime, datetime], ...] = ()  #: when it did not run
    breaker: str = "closed"
    breaker_opened: int = 0
    paused: bool = False
    uncertain: int = 0  #: mails of ours of which nobody knows whether they left
    failed: Mapping[str, int] = field(default_factory=dict)  #: mails of ours refused for good, by role
    quarantined: int = 0  #: mails that came and that nobody could read
    overdue: int = 0  #: cases that should have been worked on
    chain: str = ""  #: hash of the last audit entry
    entries: int = 0  #: its number


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Everything that a digest says."""

    since: datetime
    until: datetime
    came: Mapping[str, int] = field(default_factory=dict)  #: by kind of mail
    opened: int = 0
    fates: tuple[Fate, ...] = ()
    left: Mapping[str, int] = field(default_factory=dict)  #: mails of ours that left, by role
    verdicts: Mapping[str, int] = field(default_factory=dict)  #: of humans on drafts
    drafts_waiting: int = 0
    endings: Mapping[str, int] = field(default_factory=dict)
    automatic: Speed = Speed()
    human: Speed = Speed()
    oldest: tuple[str, datetime] | None = None
    waiting: Mapping[str, int] = field(default_factory=dict)  #: cases that wait for a human, by priority
    ratings: Mapping[int, int] = field(default_factory=dict)
    agreement: tuple[Agreed, ...] = ()
    gaps: tuple[Theme, ...] = ()
    problems: tuple[Theme, ...] = ()
    days: tuple[tuple[date, int, int], ...] = ()  #: customers' mails and answers of ours, day by day
    health: Health = Health()


def fate(action: str, because: str, mode: str, count: int) -> Fate:
    """What became of mails that were decided so in that mode. In `draft` a human gets what would have been said."""
    shadow, drafts = mode == "shadow", mode == "draft"
    match action:
        case Action.ANSWER:
            done = Done.DRAFTED if drafts else Done.ANSWERED
        case Action.CLARIFY:
            done = Done.DRAFTED if drafts else Done.ASKED
        case Action.DRAFT:
            done = Done.ANSWERED if because == "offer" and not drafts else Done.DRAFTED
        case Action.ESCALATE:
            done = Done.HANDED_OVER
        case Action.RECORD:
            done = Done.PASSED_ON
        case Action.CLOSE:
            done = Done.CLOSED
        case Action.WAIT:
            done = Done.WAITING
        case Action.IGNORE if because == "rating":
            done = Done.RATED
        case _:
            done = Done.HANDED_OVER if because == "undeliverable" else Done.LEFT_ALONE
    return Fate(done=done, because=because, shadow=shadow, count=count)


def speed(times: Iterable[timedelta]) -> Speed:
    """The median, and the time within which nine in ten were answered."""
    ordered = sorted(times)
    if not ordered:
        return Speed()
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    return Speed(count=len(ordered), median=middle, p90=ordered[-(-9 * len(ordered) // 10) - 1])


def total(figures: Figures, done: Done, *, shadow: bool = False) -> int:
    """How many mails became that."""
    return sum(fate.count for fate in figures.fates if fate.done is done and fate.shadow is shadow)
