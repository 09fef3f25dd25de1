"""Pure. Caps: how much may leave. A cap turns a reply into a hand-over; it never silences a person (product.md §7)."""

from dataclasses import dataclass

from daemon.settings import CapSettings
from daemon.steps.verdicts import Cap


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What left, or is on its way, inside the windows."""

    to_sender_in_a_day: int = 0
    total_in_an_hour: int = 0
    total_in_a_day: int = 0


def cap(sent: Sent, settings: CapSettings) -> Cap | None:
    """The first cap that is reached, None where there is room."""
    if not settings.enabled:
        return None
    for rule, count, most, words in (
        ("sender_per_day", sent.to_sender_in_a_day, settings.sender_per_day, "automatic mails to this sender in a day"),
        ("total_per_hour", sent.total_in_an_hour, settings.total_per_hour, "automatic mails in an hour"),
        ("total_per_day", sent.total_in_a_day, settings.total_per_day, "automatic mails in a day"),
    ):
        if count >= most:
            return Cap(rule=rule, why=f"{count} {words} already, the cap is {most}")
    return None
