"""Pure. What the store counts over a time, as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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


class Said(StrEnum):
    """What was said of an answer, by a person in the team or by its customer."""

    SENT = "sent"  #: a person sent our draft as it was
    EDITED = "edited"  #: or changed
    REJECTED = "rejected"  #: or wrote their own
    ANSWERED = "answered"  #: a person answered where none of ours waited
    RESOLVED = "resolved"  #: the customer: it is solved
    NOT_RESOLVED = "not_resolved"
    NOTHING = ""  #: nobody spoke of it: it was compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What people made of one decision to answer."""

    unadjusted: float  #: how sure it was before people's verdicts moved that
    said: Said
    agrees: (
        bool | None
    )  #: whether ours and theirs agree, by rules; None where they cannot tell, or nothing was compared
    label: bool | None  #: the same, as a person said it


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
