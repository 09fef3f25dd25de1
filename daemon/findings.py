"""Pure. What `firstline check` and the edges' probes find: the thing, how bad it is, the cause and the remedy."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"  #: works, but somebody should know
    FAILED = "failed"  #: the daemon cannot do its work


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    name: str  #: what was looked at, such as `IMAP login`
    severity: Severity
    message: str  #: what was found, the cause where it failed
    remedy: str = ""  #: what to do about it; '' where there is nothing to do
