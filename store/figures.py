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
