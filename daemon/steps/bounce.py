"""Pure. What came back: which addresses failed, for good or for now, and which mail of ours it was.

A report's fields (RFC 3464) are believed first; where there are none, or they leave something out, the words are read.
"""

from dataclasses import dataclass

from daemon.steps import bounce_report, bounce_text, signals
from daemon.steps.bounce_report import Action, Delivery
from daemon.steps.verdicts import Bounce
from store.records import Kind
from threading_.message import Message

_WENT_WELL = frozenset({Action.DELIVERED, Action.RELAYED, Action.EXPANDED, Action.DELIVERABLE})
_NOT_THE_ADDRESS = frozenset({"5.1.7", "5.1.8", "5.2.2", "5.2.3"})
_UNROUTABLE = "5.4.4"  #: the domain has no mail server
_UNSAID = frozenset({"5.0.0", "5.2.0", "5.5.0"})  #: codes that leave it to the words


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A delivery notice: `bounce`, `delayed`, or `receipt` where it says that all went well."""

    kind: Kind
    bounce: Bounce


def read_bounce(message: Message) -> Bounce | None:
    """What the mail says came back; None where it is no notice of a failed or delayed delivery."""
    notice = read_notice(message)
    return notice.bounce if notice and notice.kind is not Kind.RECEIPT else None


def read_notice(message: Message) -> Notice | None:
    """Read a delivery notice, a report or one in words; None where the mail is neither."""
    if signals.passes_on_bounce(message):
        return _notice(message, bounce_report.deliveries(message), in_words=False)
    if bounce_report.is_report(message):
        return _notice(message, bounce_report.deliveries(message), in_words=True)
    if "x-failed-recipients" in message.headers or signals.tells_of_bounce(message):
        return _notice(message, bounce_report.deliveries(message), in_words=True)
    return None


def _notice(message: Message, found: tuple[Delivery, ...], *, in_words: bool) -> Notice:
    told = {d.action for d in found}
    if told and told <= _WENT_WELL:
        kind = Kind.RECEIPT
    elif told == {Action.DELAYED} or (in_words and not told - {None} and bounce_text.is_delay(message)):
        kind = Kind.DELAYED
    else:
        kind = Kind.BOUNCE
    failed = tuple(d for d in found if d.action not in _WENT_WELL) or found
    recipients = tuple(d.recipient for d in failed if d.recipient)
    if not recipients and in_words:
        recipients = bounce_text.recipients(message)
    status = _worst(failed)
    if status is None and in_words:
        status = bounce_text.status(message) or ("4.0.0" if kind is Kind.DELAYED else "5.0.0")
    permanent = kind is Kind.BOUNCE and status is not None and _is_permanent(status, message)
    original_ids = bounce_report.original_ids(message)
    return Notice(
        kind=kind,
        bounce=Bounce(recipients=recipients, permanent=permanent, status=status, original_ids=original_ids),
    )


def _is_permanent(status: str, message: Message) -> bool:
    """Whether the address itself is bad (RFC 3463 §3), since a permanent bounce stops our mail to it for weeks.

    A full mailbox (X.2.2), a mail that was too large (X.2.3), their system (X.3), a network that gave up (X.4), our
    content (X.6) and policies (X.7) say nothing of the address; nor does a sender that was refused (X.1.7, X.1.8).
    Where the code says nothing either, the words must blame the address.
    """
    if status in _UNSAID:
        return bounce_text.blames_address(message)
    blamed = status.startswith("5") and status[2] not in "3467" and status not in _NOT_THE_ADDRESS
    return blamed or status == _UNROUTABLE


def _worst(found: tuple[Delivery, ...]) -> str | None:
    """The status of the first recipient that failed for good, else of the first that has one (RFC 3463 §2)."""
    statuses = [d.status for d in found if d.status]
    return next((s for s in statuses if s.startswith("5")), statuses[0] if statuses else None)
