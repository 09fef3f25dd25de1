"""Pure. What the steps say to each other: each verdict carries its reason."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from daemon.steps.customer import CustomerView
from kb.evidence import Evidence
from store.records import Case, Kind, Role, Turn
from threading_.message import Link, Message, NewText, OutgoingMail


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """What a mail is, and whether it may be answered at all (contract.md `kind`, `guard`)."""

    kind: Kind
    reply: bool
    rule: str | None = None  #: the rule that refused
    why: str | None = None
    bounce: "Bounce | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """What came back (RFC 3464). `original_ids` are the Message-IDs found in the returned mail: which of ours failed."""

    recipients: tuple[str, ...] = ()
    permanent: bool = False
    status: str | None = None  #: enhanced status code, such as 5.1.1
    original_ids: tuple[str, ...] = ()


class Proof(StrEnum):
    """Whether a mail is from whom its From says (contract.md `auth.verdict`)."""

    PASS = "pass"  # noqa: S105 - a verdict, not a secret
    FAIL = "fail"
    NONE = "none"  #: nobody whom we trust has looked


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticated:
    """What our own server found out about the sender."""

    verdict: Proof
    why: str


UNKNOWN_SENDER = Authenticated(verdict=Proof.NONE, why="nobody has looked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """By which way a mail came, and what a form or an agent told beside its text."""

    channel: str = "email"  #: email | portal | phone
    phone: str = ""
    product: str = ""
    severity: str = ""  #: low | normal | high, '' for nothing
    agent: str = ""  #: address of the agent who logged the call


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A mail after the pure steps of ingest: read, guarded, linked, freed of quotes."""

    message: Message
    guarded: Guarded
    link: Link
    new: NewText
    auth: Authenticated = UNKNOWN_SENDER
    unproven: str | None = None  #: why the sender is not believed, where [authentication] says so
    told: Told = Told()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """A limit that turns a reply into a hand-over."""

    rule: str
    why: str
    key: str = ""  #: for whom or what it is reached: an address, a domain, a fingerprint; '' for everybody

    @property
    def told(self) -> str:
        """The limit and whom it is reached for, as one word: what hand-overs that tell of it are counted by."""
        return f"{self.rule}:{self.key}"


class Request(StrEnum):
    """What a mail wants of us."""

    QUESTION = "question"
    PROBLEM = "problem"
    SERVICE_REQUEST = "service_request"
    NONE = "none"


class Flag(StrEnum):
    """What a human must know of a mail."""

    WANTS_HUMAN = "wants_human"
    LEGAL_OR_REGULATED = "legal_or_regulated"
    ANGRY = "angry"
    URGENT = "urgent"
    CANCEL_OR_REFUND = "cancel_or_refund"
    SECURITY_INCIDENT = "security_incident"
    VULNERABLE = "vulnerable"


class Outcome(StrEnum):
    """What a mail on a case that we answered says of our answer."""

    RESOLVED = "resolved"
    NOT_RESOLVED = "not_resolved"
    ANSWER_TO_QUESTION = "answer_to_question"
    NEW_QUESTION = "new_question"
    ACK_PENDING = "ack_pending"
    WANTS_HUMAN = "wants_human"
    STOP = "stop"
    AUTO = "auto"
    OTHER = "other"


class Previous(StrEnum):
    """What we sent last on a case."""

    ANSWER = "answer"
    QUESTION = "question"


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """What a turn is about (contract.md `triage`, `language`, `questions`)."""

    language: str  #: ISO 639-1, '' where it cannot be told
    topic: str | None
    request: Request
    sentiment: float  #: −1 to 1
    urgency: int  #: 0 can wait, 1 blocked or dated, 2 damage, safety, production down
    priority: str  #: low | normal | high
    flags: frozenset[Flag]
    outcome: Outcome | None  #: None for a mail on a new case
    query: str  #: what is searched for: the mail without greeting and thanks, merged with the asked turns before it
    own: str = ""  #: the part of `query` that this turn says itself; '' where that is all of it
    questions: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    none_fits: bool = False  #: of the candidates that a clarification of ours offered
    asks_nothing: bool = False  #: a mail on a new case that reads as the end of one that somebody else answered


class Action(StrEnum):
    """What is done (contract.md `decision`)."""

    ANSWER = "answer"
    DRAFT = "draft"
    CLARIFY = "clarify"
    ESCALATE = "escalate"
    CLOSE = "close"
    WAIT = "wait"
    RECORD = "record"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Exactly one action, with its reasons, first the one that decided (product.md §2)."""

    action: Action
    why: tuple[str, ...]
    questions: tuple[str, ...] = ()  #: of a clarification
    because: str = ""  #: a short stable key of the reason, for counts: `wants_human`, `low_confidence`, …
    quiet: bool = False  #: a cap is reached: whatever is decided, nothing automatic goes to the customer


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A sentence of a reply that may not leave, and why."""

    sentence: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The grade of a composed reply (product.md §2.6). Unknown counts as failed."""

    passed: bool
    failed: tuple[Failure, ...] = ()


Similarity = Callable[[str, Sequence[str]], Sequence[float]]
"""How near in meaning a sentence is to each of several texts, −1 to 1: the cosine of their embeddings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """What a language model made of an answer, or why the articles' own words stand."""

    text: str = ""  #: Markdown; '' where there is nothing that could be used
    because: str = "written"  #: a short stable key: `written`, `check`, `timeout`, `busy`, `budget`, `no_answer`, …
    why: str = ""  #: the same in words; may have words of the reply in it
    judged: str = ""  #: whether it finds that the articles answer: `yes`; anything else is a no; '' was not asked
    tokens: int = 0  #: what it cost
    near: Similarity | None = None  #: of the sentences in `text` and in the articles


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedMail:
    """A mail that was written but has not left, with what the outbox must know of it."""

    role: Role
    mail: OutgoingMail
    envelope_sender: str  #: '' is the null path
    draft: OutgoingMail | None = None  #: of a mail to the team: what the customer would get
    note: str = ""  #: of an answer: the articles it came from and how sure it is, for humans
    grounded: str = ""  #: the part of its text that the articles must say; '' for a mail that states nothing
    retells: str = ""  #: of an answer in other words: the articles' own


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnView:
    """Everything that composing may look at: the case, its mails, what is being handled, the verdicts on it."""

    case: Case
    history: tuple[Turn, ...]  #: every mail of the case, oldest first, those being handled included
    current: tuple[Turn, ...]  #: the customer's mails of this turn, oldest first; never empty
    triage: Triage
    evidence: Evidence | None  #: None where there is no knowledge base
    now: datetime
    original: bytes  #: raw bytes of the newest mail of this turn
    prose: str = ""  #: the answer in a language model's words, as Markdown; '' is in those of the articles
    known_customer_cases: int = 0  #: earlier cases of this customer
    customer: CustomerView | None = None  #: who they are to us, for humans alone; None where nobody has looked

    @property
    def newest(self) -> Turn:
        """The mail that is replied to."""
        return self.current[-1]
