"""Pure. What the store counts over a time, as values."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From `since` on, before `until`."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """How many of the mails that came were decided upon so."""

    action: str
    because: str
    mode: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The first answer or question on a case after its customer wrote first."""

    case_id: int
    asked_at: datetime
    answered_at: datetime
    automatic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """The last link of the audit chain: whoever keeps it can tell later whether the chain before it was changed."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A reply that we would have sent beside what a human answered."""

    decision_id: int
    turn_id: int | None  #: the human's mail, where it was seen
    topic: str
    confidence: float | None
    agrees: bool | None  #: what rules say; None where they cannot tell
    why: str
    ours: str
    theirs: str
    asked: str = ""  #: what the customer wrote


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRecord:
    """What is known of a topic: '' is that of cases whose topic nobody can tell."""

    topic: str
    cases: int = 0
    answers: int = 0  #: decisions to answer, sent or not
    confidence: float | None = None  #: mean of what was answered or drafted
    compared: int = 0  #: with a human's answer, by rule or by a person
    agree: int = 0
    labelled: int = 0  #: by a person
    rule_labelled: int = 0  #: of them those on which rules had a say
    rule_right: int = 0  #: of these those on which the person said the same
    unknown: int = 0  #: of which rules cannot tell and nobody has said
