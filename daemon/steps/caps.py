"""Pure. Caps: how much may leave, as a table of named limits (product.md §9).

A cap turns what would go to a customer into a hand-over; it never silences a person. While it is closed nothing
automatic leaves, notices and closures included, since those would keep a loop alive as well as answers do. So that a
storm does not drown the queue either, a closed cap hands over one mail an hour by itself and lists the others.
"""

from dataclasses import dataclass, field

from daemon.settings import CapSettings
from daemon.steps.verdicts import Cap
from store.records import Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What left, or is on its way, inside the windows of the caps: automatic mails, each counted by its own window."""

    trace: Trace = field(default_factory=Trace)  #: of the mail that would be answered
    case: str = ""  #: reference
    in_a_row: int = 0  #: to the sender since a person last wrote from there
    sender_per_day: int = 0
    domain_per_hour: int = 0  #: 0 at exempt hosts
    similar_text: int = 0  #: in an hour, in answer to mails that say the same
    similar_subject: int = 0  #: in an hour, in answer to mails of this domain with this subject
    reopened: int = 0  #: times that the case was opened again within a week
    total_per_hour: int = 0
    total_per_day: int = 0
    suppressed: str | None = None  #: why nothing automatic goes to the address
    breaker: str | None = None  #: why nothing leaves at all
    said: frozenset[str] = frozenset()  #: digests of what the address was told within the duplicates window


@dataclass(frozen=True, slots=True)
class Limit:
    """One row of the table: reached where `count` is `most`."""

    rule: str
    key: str  #: for whom it is counted, '' for everybody
    count: int
    most: int
    words: str  #: what is counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """Hand-over mails that were written within an hour."""

    of_limit: int = 0  #: for the cap that is closed now
    of_sender: int = 0
    similar: int = 0
    total: int = 0


def limits(sent: Sent, settings: CapSettings) -> tuple[Limit, ...]:
    """Every limit with what counts against it, the narrowest first."""
    trace = sent.trace
    rows = (
        ("in_a_row", trace.sender, sent.in_a_row, settings.in_a_row, "automatic mails without a sign of a person"),
        (
            "sender_per_day",
            trace.sender,
            sent.sender_per_day,
            settings.sender_per_day,
            "automatic mails to this sender in a day",
        ),
        ("reopened", sent.case, sent.reopened, settings.reopened_per_week, "times opened again in a week"),
        (
            "similar_text",
            trace.content,
            sent.similar_text,
            settings.similar_per_hour,
            "automatic mails in an hour to mails that say the same",
        ),
        (
            "similar_subject",
            trace.subject,
            sent.similar_subject,
            settings.similar_per_hour,
            "automatic mails in an hour to mails of this domain with this subject",
        ),
        (
            "domain_per_hour",
            trace.domain,
            sent.domain_per_hour,
            settings.domain_per_hour,
            "automatic mails to this domain in an hour",
        ),
        ("total_per_hour", "", sent.total_per_hour, settings.total_per_hour, "automatic mails in an hour"),
        ("total_per_day", "", sent.total_per_day, settings.total_per_day, "automatic mails in a day"),
    )
    return tuple(Limit(*row) for row in rows)


def cap(sent: Sent, settings: CapSettings) -> Cap | None:
    """The first cap that is reached, the narrowest first; None where there is room."""
    trace = sent.trace
    if sent.suppressed is not None:
        return Cap(rule="suppressed", key=trace.sender, why=sent.suppressed)
    if not settings.enabled:
        return None
    if sent.breaker is not None:
        return Cap(rule="breaker", why=sent.breaker)
    reached = next((limit for limit in limits(sent, settings) if limit.count >= limit.most), None)
    if reached is not None:
        why = f"{reached.count} {reached.words} already, the cap is {reached.most}"
        return Cap(rule=reached.rule, key=reached.key, why=why)
    return None


def hold(reached: Cap | None, handed: Handed, trace: Trace, settings: CapSettings) -> Cap | None:
    """The limit for which a hand-over waits for the hourly list instead of being a mail of its own; None for none.

    A cap without a key (all mail in an hour, the breaker) is closed for everybody: those hand-overs are people's, and
    come one by one as long as humans can follow.
    """
    if not settings.enabled:
        return None
    if reached is not None and reached.key and handed.of_limit:
        return reached
    for rule, key, count, most, words in (
        ("handovers_per_sender", trace.sender, handed.of_sender, settings.handovers_per_sender, "of this sender"),
        (
            "handovers_similar",
            trace.content,
            handed.similar,
            settings.handovers_per_sender,
            "of mails that say the same",
        ),
        ("handovers_per_hour", "all", handed.total, settings.handovers_per_hour, "to the queue"),
    ):
        if key and count >= most:
            return Cap(rule=rule, key=key, why=f"{count} hand-overs {words} in an hour already, the limit is {most}")
    return None
