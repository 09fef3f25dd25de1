"""Pure. What the store keeps, as values. Times are aware datetimes in UTC; a `*_id` is the row's number."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class CaseStatus(StrEnum):
    """Where a case stands (product.md §1)."""

    OPEN = "open"  #: being worked on by the daemon
    AWAITING_CUSTOMER = "awaiting_customer"  #: we answered or asked
    AWAITING_HUMAN = "awaiting_human"  #: handed over, or a draft waits
    RESOLVED = "resolved"
    CLOSED = "closed"


class Resolution(StrEnum):
    """How a case ended."""

    CONFIRMED = "confirmed"  #: the customer said so
    ASSUMED = "assumed"  #: silence
    HUMAN = "human"
    STOPPED = "stopped"  #: the customer wants no more mail
    SPAM = "spam"
    UNDELIVERABLE = "undeliverable"


class Owner(StrEnum):
    """Who acts next on a case that is not closed."""

    DAEMON = "daemon"
    HUMAN = "human"


class Mode(StrEnum):
    """What may leave (product.md §2). A case keeps the mode it was opened in where that is `shadow`."""

    SHADOW = "shadow"  #: decides and records, sends nothing
    DRAFT = "draft"  #: humans approve all
    AUTO = "auto"


class Kind(StrEnum):
    """What a mail is (contract.md `kind`)."""

    CUSTOMER = "customer"
    AGENT = "agent"
    OWN = "own"
    BOUNCE = "bounce"
    DELAYED = "delayed"
    AUTO_REPLY = "auto_reply"
    FEEDBACK_REPORT = "feedback_report"
    REPORT = "report"
    RECEIPT = "receipt"
    CALENDAR = "calendar"
    LIST = "list"
    BULK = "bulk"
    ROBOT = "robot"
    UNREADABLE = "unreadable"


class Direction(StrEnum):
    """Which way a mail of a case went."""

    IN = "in"
    OUT = "out"


class Role(StrEnum):
    """What a mail of ours is for (contract.md `mails[].role`)."""

    REPLY = "reply"
    OFFER = "offer"
    QUESTIONS = "questions"
    NOTICE = "notice"
    HANDOVER = "handover"
    DRAFT = "draft"
    CLOSURE = "closure"
    NUDGE = "nudge"  #: the customer was silent: is it solved?
    RELAY = "relay"  #: what a human wrote
    STATUS = "status"  #: the promised time was missed: a new one
    RECEIPT = "receipt"  #: to an agent: what was done, in one line
    REMINDER = "reminder"  #: to the queue: a case waits
    REPORT = "report"  #: to the team: the digest

    @property
    def to_customer(self) -> bool:
        """Whether the customer receives it; the others go to the team."""
        return self not in (Role.HANDOVER, Role.DRAFT, Role.RECEIPT, Role.REMINDER, Role.REPORT)

    @property
    def answers(self) -> bool:
        """Whether it speaks to what the customer wrote, so that it is decided again when the case moved meanwhile."""
        return self in (Role.REPLY, Role.OFFER, Role.QUESTIONS, Role.CLOSURE)

    @property
    def follows_up(self) -> bool:
        """Whether only silence made the clock send it, so that it does not leave when the case moved meanwhile."""
        return self in (Role.NUDGE, Role.STATUS, Role.REMINDER)


class OutboxState(StrEnum):
    """Where an outgoing mail stands (architecture.md, Outbox)."""

    QUEUED = "queued"
    CLAIMED = "claimed"  #: a worker has it, nothing was transmitted: safe to repeat
    TRANSMITTING = "transmitting"  #: the server may have it: not safe to repeat
    SENT = "sent"
    RETRY = "retry"  #: refused for now
    UNCERTAIN = "uncertain"  #: the connection ended after DATA: evidence settles it, or a human
    DEAD = "dead"  #: refused for good, or too often
    STALE = "stale"  #: the case moved before it left: decided again


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A raw mail as the mailbox gave it. `raw` is cut to its header where the mail is over the size limit."""

    mailbox: str
    uidvalidity: int
    uid: int
    raw: bytes = field(repr=False)
    received_at: datetime  #: INTERNALDATE
    cut: str | None = None  #: why `raw` is not the whole mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far a mailbox was read: nothing at or below `last_uid` is fetched again while `uidvalidity` stays."""

    mailbox: str
    uidvalidity: int
    last_uid: int
    #: when the server got the mail that was taken last; None: none was taken. The store knows it, nobody sets it
    received_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMail:
    """A row of the durable inbox."""

    id: int
    mail: Fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One mail of a case, either direction, as decisions and hand-overs need it."""

    id: int
    direction: Direction
    at: datetime
    sender: str  #: address
    sender_name: str
    subject: str
    text: str  #: what is new in it
    kind: Kind
    message_id: str | None
    references: tuple[str, ...] = ()
    role: Role | None = None  #: of a mail of ours
    inbox_id: int | None = None  #: of a mail to us
    refused: str | None = None  #: the guard's rule, for a mail that must not be answered
    trusted: bool = True  #: the sender is a participant of the case
    handled: bool = True  #: a decision was made on it
    received_at: datetime | None = None  #: INTERNALDATE, of a mail to us
    note: str = ""  #: of an answer of ours: the article it came from and how sure it was, for humans
    unreadable: str | None = None  #: why nobody can read it (broken, too large, encrypted)
    unproven: str | None = None  #: why the sender is not believed, where [authentication] says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case as it stands. `version` grows with everything that could change a decision."""

    id: int
    reference: str
    status: CaseStatus
    owner: Owner
    mode: Mode  #: the mode it was opened in
    version: int
    customer: str  #: address as written
    customer_name: str
    subject: str
    opened_at: datetime
    updated_at: datetime
    resolution: Resolution | None = None
    language: str = ""
    topic: str = ""
    automatic_replies: int = 0  #: sent or on their way
    clarifications: int = 0
    noticed_at: datetime | None = None  #: when the customer was told that a human will answer
    promised_at: datetime | None = None  #: by when a human answers, as told to the customer
    queue_id: str | None = None  #: Message-ID of the first hand-over: the queue's thread
    tied_to: str | None = None  #: reference of the case it continues
    due_at: datetime | None = None  #: when the daemon looks at it again, for mail that waits to be decided
    since: datetime | None = None  #: since when it stands where it stands: what the clock of follow-ups counts from
    reminders: int = 0  #: what that clock did since then
    follow_up: str | None = None  #: what it does next (daemon/steps/lifecycle.py `Event`)
    follow_up_at: datetime | None = None
    priority: str = "normal"  #: low | normal | high
    agent: str = ""  #: address of the agent who has it; '' for nobody in particular
    queue: str = ""  #: address that its hand-overs go to; '' before the first
    channel: str = "email"  #: email | portal | phone: by which way it came in
    phone: str = ""  #: the customer's number, as a form or a call gave it
    product: str = ""  #: as a form gave it
    severity: str = ""  #: what a form or an agent said of it: low | normal | high, '' for nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedCase:
    """A case that a worker holds until its lease ends. A result without the right token is refused (fencing)."""

    case: Case
    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """A mail on its way out, as bytes, with everything that delivery needs."""

    id: int
    case_id: int | None
    case_version: int
    role: Role
    message_id: str
    envelope_sender: str  #: '' is the null path
    recipient: str
    raw: bytes = field(repr=False)
    state: OutboxState
    attempts: int
    token: int
    created_at: datetime
    valid_until: datetime | None
    last_error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """By what the caps count a mail, and what it causes. '' is never counted."""

    sender: str = ""  #: its address, lower case
    domain: str = ""  #: '' at hosts where the domain tells nothing of who writes
    content: str = ""  #: fingerprint of its text
    subject: str = ""  #: fingerprint of its subject among those of its domain


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Hand-overs that a storm held back: how many, and those that the list names."""

    told: str  #: the limit that held them, and whose
    count: int
    lines: tuple["HeldLine", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLine:
    """One of them."""

    case_id: int
    reference: str
    held_at: datetime
    sender: str
    subject: str


class BreakerState(StrEnum):
    """Whether mail to customers leaves."""

    CLOSED = "closed"  #: it does
    OPEN = "open"  #: too much of it failed
    TRIAL = "trial"  #: one mail was let through: does it fail too?


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """Where the breaker stands, and since when."""

    state: BreakerState = BreakerState.CLOSED
    since: datetime | None = None  #: None where it was never open
    trial_id: int | None = None  #: the outbox row that was let through
    case_id: int | None = None  #: the case of the mail that opened it
    told: bool = False  #: the queue knows


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxChange:
    """Something to do in the IMAP mailbox after the store knows it: done late, never forgotten, harmless to repeat."""

    id: int
    kind: str  #: `mark` | `answered` | `sent_copy`
    mailbox: str
    uidvalidity: int
    uid: int
    raw: bytes | None = field(default=None, repr=False)  #: of a `sent_copy`
    message_id: str | None = None  #: of a `sent_copy`: not appended twice
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One link of the append-only chain. `details` holds no personal text; that stands beside it, erasable."""

    sequence: int
    at: datetime
    case: str | None
    event: str
    details: dict[str, object]
    personal: dict[str, object] | None  #: None once the person was forgotten
    digest: str  #: salted digest of `personal`
    hash: str


class DraftState(StrEnum):
    """What became of a reply that waits for a person's word."""

    WAITING = "waiting"
    SENT = "sent"  #: as it stood
    EDITED = "edited"
    REJECTED = "rejected"  #: a person answered otherwise
    SUPERSEDED = "superseded"  #: a newer one took its place


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A reply that waits for a person's word: what the customer would get."""

    case_id: int
    message_id: str  #: of the mail to the team that showed it
    at: datetime
    recipient: str
    subject: str
    text: str
    id: int = 0  #: 0 where it is not kept yet
    decision_id: int | None = None
    turn_id: int = 0  #: the customer's newest mail that whoever approves it has been shown
    state: DraftState = DraftState.WAITING
    agent: str = ""  #: of an answer that waits because another agent's was first; '' for one of ours
    recipient_name: str = ""
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    html: str | None = None
    inbox_id: int | None = None  #: the agent's mail, whose files go with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Relayed:
    """What a person had sent to a customer."""

    outbox_id: int
    message_id: str
    state: OutboxState
    created_at: datetime
    agent: str  #: the name of whoever had it sent
    draft_id: int | None = None  #: the draft that it was

    @property
    def waits(self) -> bool:
        """Whether nothing of it was transmitted, so that it can be taken back."""
        return self.state in (OutboxState.QUEUED, OutboxState.RETRY, OutboxState.CLAIMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a person made of what we wrote, or would have written: a row of `verdict`."""

    verdict: str  #: `sent` | `edited` | `rejected` | `answered`
    before: str = ""  #: our text
    after: str = ""  #: theirs
    decision_id: int | None = None  #: that made ours; None: the case's last
