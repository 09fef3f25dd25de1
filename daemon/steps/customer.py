"""Pure. Who a customer is to us: what the team's own list and their earlier cases say. For humans alone.

Nothing of it reaches a customer: composing a customer's mail looks at none of it. What a case is worth being looked at
first for (its priority) is made here of what the customer says, of who they are, and of how long they have waited.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

#: The priorities, the lowest first.
PRIORITIES = ("low", "normal", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A row of the team's own list of customers. A row of a domain tells tier and plan of all who write from it."""

    key: str  #: address or domain, lower case
    name: str = ""
    tier: str = ""
    region: str = ""
    plan: str = ""
    products: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierCase:
    """A case of the same customer, by the exact address, before this one."""

    reference: str
    topic: str
    subject: str
    opened_at: datetime
    at: datetime  #: when it moved last
    status: str
    resolution: str = ""  #: '' while it is open
    by_human: bool = False  #: a person wrote the last answer
    solved_with: str = ""  #: the last answer: the article with its confidence, or the first words of a person's


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPromise:
    """What the customer was told and is still waiting for."""

    reference: str
    until: datetime  #: by then a person answers


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerView:
    """Everything that we know of the customer of a case."""

    known: Customer | None = None  #: None where the list does not have them
    history: tuple[EarlierCase, ...] = ()  #: the latest first; of very many only the latest
    promises: tuple[OpenPromise, ...] = ()  #: this case's and others', the nearest first
    tone: float | None = None  #: mean sentiment of their last mails, −1 to 1; None where none were judged
    waiting_since: datetime | None = None  #: their oldest mail that nobody has answered

    @property
    def tier(self) -> str:
        """'' where it is unknown."""
        return self.known.tier if self.known else ""

    @property
    def region(self) -> str:
        """'' where it is unknown."""
        return self.known.region if self.known else ""

    @property
    def plan(self) -> str:
        """'' where it is unknown."""
        return self.known.plan if self.known else ""

    @property
    def products(self) -> tuple[str, ...]:
        """Empty where they are unknown."""
        return self.known.products if self.known else ()


def highest(*priorities: str) -> str:
    """The highest of these priorities."""
    return max(priorities, key=PRIORITIES.index)


def priority(
    of_the_mail: str, *, severity: str = "", tier: str = "", high_tiers: Sequence[str] = (), late: bool = False
) -> str:
    """The priority of a case: what the mail says, or the form's own word where the mail says nothing special.

    A tier that counts raises it by one step, and so does a customer's waiting for too long.
    """
    found = severity if severity in PRIORITIES and of_the_mail != "high" else of_the_mail
    steps = (tier.casefold() in {one.casefold() for one in high_tiers} if tier else False) + late
    return PRIORITIES[min(PRIORITIES.index(found) + steps, len(PRIORITIES) - 1)]


def is_late(waiting_since: datetime | None, now: datetime, hours: float) -> bool:
    """Whether a customer has waited for longer than that."""
    return waiting_since is not None and now - waiting_since > timedelta(hours=hours)


def facts(customer: CustomerView | None, count: int) -> str:
    """What the list says, and the earlier cases (`count` of them), as a hand-over has it: `gold · EU · 3 earlier …`."""
    if customer is None:
        return f"{count} earlier case{'s' if count > 1 else ''}" if count else ""
    parts = [customer.tier, customer.region, f"plan {customer.plan}" if customer.plan else ""]
    parts.append(earlier(customer.history, count))
    if customer.tone is not None and customer.tone <= -0.3:
        parts.append(f"their last mails were upset ({customer.tone:+.1f})".replace("-", "−"))
    first = " · ".join(part for part in parts if part)
    more = [f"uses {', '.join(customer.products)}" if customer.products else ""]
    more.append(" ".join(customer.known.note.split()) if customer.known else "")
    second = " · ".join(part for part in more if part)
    return "\n".join(line for line in (first, second) if line)


def earlier(history: Sequence[EarlierCase], count: int) -> str:
    """`3 earlier cases (last: refund, 12 Nov, resolved)`."""
    if not history:
        return ""
    last = history[0]
    what = last.topic or " ".join(last.subject.split())[:40] or "no subject"
    day = f"{last.opened_at.day} {last.opened_at:%b}"
    state = last.status.replace("_", " ") + (
        f" ({last.resolution})" if last.resolution in ("assumed", "stopped") else ""
    )
    return f"{count} earlier case{'s' if count > 1 else ''} (last: {what}, {day}, {state})"


def promised(customer: CustomerView | None, reference: str, now: datetime, zone: tzinfo) -> str:
    """What the customer was told and is still waiting for, on this case and on others."""
    lines = []
    for promise in customer.promises if customer else ():
        local = promise.until.astimezone(zone)
        which = "" if promise.reference == reference else f" on {promise.reference}"
        missed = " (missed)" if promise.until < now else ""
        lines.append(f"a colleague answers{which} by {local:%a} {local.day} {local:%b %H:%M}{missed}")
    return " · ".join(lines)


def solved_last_time(customer: CustomerView | None, topic: str, subject: str) -> str:
    """What solved the customer's last case of the same kind: the next step of whoever answers this one."""
    for case in customer.history if customer else ():
        if case.solved_with and case.resolution in ("confirmed", "assumed", "human") and _alike(case, topic, subject):
            who = "a colleague" if case.by_human else "the article"
            day = f"{case.at.day} {case.at:%b}"
            return f"Solved last time by {who} ({day}, {case.reference}): {case.solved_with}"
    return ""


def _alike(case: EarlierCase, topic: str, subject: str) -> bool:
    if topic and case.topic:
        return topic.casefold() == case.topic.casefold()
    mine, theirs = _telling(subject), _telling(case.subject)
    return bool(mine and theirs) and len(mine & theirs) * 2 >= min(len(mine), len(theirs))


def _telling(subject: str) -> set[str]:
    return {word for word in subject.casefold().split() if len(word) > 3}
