"""Pure. What kind of mail is this, and may it be answered at all: a table of named rules, the first that fires wins.

The table is the union of what mail systems use to say "do not answer me" (`Rule.source` names who). Each rule reads the
mail alone, never the store: what the store knows comes as a value. Mail that is refused is still recorded on its case.

Who is never refused: `Auto-Submitted: no`; an encrypted mail (a human reads it); a person who wrote to us by BCC, see
`not_addressed`; a person whose mail came through our own distribution list, see `_our_list`. What a web form sends
in the name of somebody else passes only where an [[intake]] rule says whose mail it is (daemon/steps/intake.py).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from daemon.steps import machine_mail
from daemon.steps.bounce import read_bounce
from daemon.steps.verdicts import Guarded
from store.records import Kind
from threading_.ids import KeyRing, is_ours, read_id
from threading_.message import Message

LOOP_HEADER = "x-firstline-loop"  #: our own mails carry it, signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What the guard must know of us. Addresses are lower case."""

    addresses: frozenset[str]  #: the mailbox and its aliases
    queue: frozenset[str]  #: queue addresses: from these agents write
    ring: KeyRing
    agents: frozenset[str] = frozenset()  #: addresses of [[agents]]
    any_address: bool = False  #: `--address any`: take every mail as addressed to us


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the store knows that matters to the guard."""

    #: the earlier mail with the same digest, or the same Message-ID and content, within the duplicates window
    duplicate_of: str | None = None
    form: bool = False  #: an [[intake]] rule claims it: a robot's mail that a customer wrote
    form_of_ours: bool = False  #: the customer that it names is one of our own addresses
    to_team: bool = False  #: it answers a mail of ours to the team, or names a case that its sender has no part in


class Rule(NamedTuple):
    """One reason not to answer. `refuses` returns what the mail is, None where the rule does not fire."""

    name: str  #: stored with the mail: never renamed
    source: str  #: RFC section or product
    refuses: Callable[[Message, Ours, Seen], Kind | None]
    why: str


def guard(message: Message, ours: Ours, seen: Seen) -> Guarded:
    """What the mail is and whether it may be answered. Never raises; linear in the mail."""
    for rule in RULES:
        kind = None if seen.form and rule.name in _OF_EVERY_FORM else rule.refuses(message, ours, seen)
        if kind is not None:
            bounce = read_bounce(message) if kind in (Kind.BOUNCE, Kind.DELAYED) else None
            return Guarded(kind=kind, reply=False, rule=rule.name, why=rule.why, bounce=bounce)
    return Guarded(kind=Kind.CUSTOMER, reply=True)


def examine(message: Message, ours: Ours, seen: Seen) -> tuple[tuple[str, bool], ...]:
    """Every rule's name and whether it fires, in the table's order: for `firstline explain`."""
    return tuple(
        (rule.name, not (seen.form and rule.name in _OF_EVERY_FORM) and rule.refuses(message, ours, seen) is not None)
        for rule in RULES
    )


def _by_mail(test: Callable[[Message], Kind | None]) -> Callable[[Message, Ours, Seen], Kind | None]:
    """A rule that needs the mail alone."""
    return lambda message, ours, seen: test(message)


def _duplicate(message: Message, ours: Ours, seen: Seen) -> Kind | None:
    """The kind is that of the mail itself, so that the second copy of a bounce is still a bounce."""
    if seen.duplicate_of is None:
        return None
    kinds = (rule.refuses(message, ours, seen) for rule in RULES if rule.name != "duplicate")
    return next((kind for kind in kinds if kind), Kind.CUSTOMER)


def _own_loop_header(message: Message, ours: Ours, seen: Seen) -> Kind | None:
    tokens = message.headers.all(LOOP_HEADER)[:5]
    return Kind.OWN if any(is_ours(ours.ring, token) for token in tokens) else None


def _own_message_id(message: Message, ours: Ours, seen: Seen) -> Kind | None:
    return Kind.OWN if message.message_id and read_id(ours.ring, message.message_id) else None


def _form_of_ours(message: Message, ours: Ours, seen: Seen) -> Kind | None:
    return Kind.ROBOT if seen.form_of_ours else None


def _own_address(message: Message, ours: Ours, seen: Seen) -> Kind | None:
    return Kind.OWN if message.sender and without_tag(message.sender.key) in ours.addresses else None


def _machine_header(message: Message, ours: Ours, seen: Seen) -> Kind | None:
    if message.headers.get("x-amazon-mail-relay-type").strip().lower() == "notification":
        return Kind.ROBOT
    loop = {value.strip().lower() for value in message.headers.all("x-loop")}
    if loop & {"yes", "true"} or loop & ours.addresses:
        return Kind.ROBOT
    return Kind.ROBOT if "x-fc-machinegenerated" in message.headers else None


def _agent(message: Message, ours: Ours, seen: Seen) -> Kind | None:
    """An agent who asks us something as a customer does is one. What the text says a machine wrote is no agent's answer."""
    if message.sender is None or machine_mail.machine_text(message):
        return None
    works = message.sender.key in ours.agents and seen.to_team
    return Kind.AGENT if works or message.sender.key in ours.queue else None


_LIST_HEADERS = ("list-id", "list-post", "list-owner", "list-help", "list-archive", "list-subscribe")
_LIST_SOFTWARE = ("mailing-list", "x-mailing-list", "x-beenthere", "x-mailman-version", "x-mlserver", "x-ml-name")


def _our_list(message: Message, ours: Ours) -> bool:
    """Whether the list signs are our own distribution list's (a Google Group as the support address): those are people."""
    signs = [message.headers.get(name).lower() for name in ("list-id", "list-post", "mailing-list", "x-beenthere")]
    forms = {form for address in ours.addresses for form in (address, address.replace("@", "."))}
    named = {word for sign in signs for word in re.split(r"[\s<>,;\"]+|mailto:", sign)}
    return bool(named & forms)


def _list(message: Message, ours: Ours, seen: Seen) -> Kind | None:
    present = any(name in message.headers for name in (*_LIST_HEADERS, *_LIST_SOFTWARE))
    return Kind.LIST if present and not _our_list(message, ours) else None


def _unsubscribe(message: Message, ours: Ours, seen: Seen) -> Kind | None:
    present = "list-unsubscribe" in message.headers
    return Kind.BULK if present and not _our_list(message, ours) else None


_PRECEDENCE = {
    "list": Kind.LIST,
    "bulk": Kind.BULK,
    "junk": Kind.BULK,
    "auto_reply": Kind.AUTO_REPLY,
    "auto-reply": Kind.AUTO_REPLY,
}


def _precedence(message: Message, ours: Ours, seen: Seen) -> Kind | None:
    values = (*message.headers.all("precedence"), *message.headers.all("x-precedence"))
    kind = next(
        (
            _PRECEDENCE[machine_mail.first_word(value)]
            for value in values
            if machine_mail.first_word(value) in _PRECEDENCE
        ),
        None,
    )
    if kind is Kind.LIST and _our_list(message, ours):
        return None
    return kind


_MASS_MAIL_HEADERS = ("feedback-id", "x-campaign", "x-campaignid", "x-mailgun-sid", "x-sg-eid", "x-csa-complaints")


def _not_addressed(message: Message, ours: Ours, seen: Seen) -> Kind | None:
    """Not addressed to us, and sent by a mass mailer.

    RFC 5230 §4.5 would refuse whatever does not name us. A support desk cannot: whoever puts us into BCC is a person
    who wrote to us, and a person is never silenced. So the missing address only adds to a sign that alone proves
    nothing, since people at companies that send through Amazon SES or SendGrid carry it too.
    """
    if ours.any_address:
        return None
    named = {address.key for address in (*message.to, *message.cc)} | set(message.delivered_to)
    if {without_tag(address) for address in named} & ours.addresses:
        return None
    return Kind.BULK if any(name in message.headers for name in _MASS_MAIL_HEADERS) else None


def _unreadable(message: Message, ours: Ours, seen: Seen) -> Kind | None:
    return Kind.UNREADABLE if message.unreadable else None


def without_tag(address: str) -> str:
    """The address without its +tag: our plus addresses are ours."""
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


#: What every form's mail looks like: these say that a machine sent it, which is known.
_OF_EVERY_FORM = frozenset(
    {
        "own_address",
        "auto_submitted",
        "auto_reply_header",
        "asks_no_answer",
        "null_path",
        "machine_header",
        "list",
        "precedence",
        "unsubscribe",
        "robot_sender",
        "machine_text",
        "not_addressed",
    }
)

#: Order: what was seen before; what is surely ours; reports that say what they are; automatic answers; agents (whose
#: out-of-office is not an answer, and whose words are never bulk); lists and robots; what nobody can read.
RULES: tuple[Rule, ...] = (
    Rule("duplicate", "product.md §7; FreeScout#2807", _duplicate, "the same mail came before"),
    Rule(
        "own_loop_header",
        "RT X-RT-Loop-Prevention; LibreDesk",
        _own_loop_header,
        "it carries our signed loop header: our own mail came back",
    ),
    Rule(
        "own_message_id",
        "Zammad own_notification_loop_detection; osTicket",
        _own_message_id,
        "its Message-ID is signed by us: our own mail came back",
    ),
    Rule("form_of_ours", "loops: our answer would come back to us", _form_of_ours, "a form names our own address"),
    Rule(
        "machine_report",
        "RFC 7489 §7.2; RFC 8460 §5.3; RFC 6591 §3",
        _by_mail(machine_mail.machine_report),
        "a DMARC or TLS report",
    ),
    Rule(
        "feedback_report",
        "RFC 5965 §2; Microsoft JMRP; Amazon SES",
        _by_mail(machine_mail.feedback_report),
        "a feedback report of a mailbox provider",
    ),
    Rule("receipt", "RFC 8098 §3.1; Amazon SES", _by_mail(machine_mail.receipt), "a receipt: read or delivered"),
    Rule(
        "delivery_notice",
        "RFC 3464 §2; osTicket, Chatwoot X-Failed-Recipients; words of qmail, Exim, Exchange and others",
        _by_mail(machine_mail.delivery_notice),
        "a mail system tells of the delivery of a mail",
    ),
    Rule("own_address", "every peer; zammad#731, osTicket#2354", _own_address, "it was sent from our own address"),
    Rule("calendar", "RFC 6047 §2.4", _by_mail(machine_mail.calendar), "a calendar invitation or its answer"),
    Rule(
        "auto_submitted",
        "RFC 3834 §2, §5; RFC 5436 §2.7.1",
        _by_mail(machine_mail.auto_submitted),
        "Auto-Submitted says that a machine sent it",
    ),
    Rule(
        "auto_reply_header",
        "osTicket, FreeScout, Chatwoot",
        _by_mail(machine_mail.auto_reply_header),
        "a header marks it as an automatic reply",
    ),
    Rule(
        "auto_reply_subject",
        "Zammad out_of_office_check; product.md §7",
        _by_mail(machine_mail.auto_reply_subject),
        "the subject begins as automatic replies do",
    ),
    Rule(
        "asks_no_answer",
        "MS-OXCMAIL 2.1.3.2.20",
        _by_mail(machine_mail.asks_no_answer),
        "X-Auto-Response-Suppress asks not to be answered by a machine",
    ),
    Rule(
        "null_path",
        "RFC 3834 §2; RFC 5321 §4.5.5",
        _by_mail(machine_mail.null_path),
        "the null return path allows no answer",
    ),
    Rule(
        "mail_system",
        "RFC 5230 §4.6; RT, osTicket, Zammad",
        _by_mail(machine_mail.mail_system),
        "the sender is a mail system",
    ),
    Rule(
        "machine_header",
        "RT X-FC-MachineGenerated; osTicket X-AMAZON-MAIL-RELAY-TYPE; Zammad X-Loop",
        _machine_header,
        "a header says that a machine sent it",
    ),
    Rule("agent", "product.md §4", _agent, "a colleague wrote it, to the team"),
    Rule("list", "RFC 2919 §3; RFC 2369 §3; RFC 5230 §4.6", _list, "it came through a mailing list"),
    Rule("precedence", "RFC 3834 §2; Zammad, FreeScout, osTicket", _precedence, "Precedence says bulk, junk or list"),
    Rule("unsubscribe", "RFC 2369 §3.2; Zammad, Pigeonhole", _unsubscribe, "List-Unsubscribe marks it as mass mail"),
    Rule(
        "robot_sender",
        "Zammad; RFC 5230 §4.6",
        _by_mail(machine_mail.robot_sender),
        "nobody reads the sender's address",
    ),
    Rule(
        "machine_text",
        "FreeScout#3670; product.md §7",
        _by_mail(machine_mail.machine_text),
        "the text says that a machine wrote it",
    ),
    Rule("not_addressed", "RFC 5230 §4.5; Pigeonhole", _not_addressed, "a mass mailer sent it, and not to our address"),
    Rule("unreadable", "product.md §7", _unreadable, "the mail cannot be read: a human looks at it"),
)
