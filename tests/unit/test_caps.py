import pytest

from daemon.settings import CapSettings
from daemon.steps.caps import Sent, cap


@pytest.mark.parametrize(
    ("sent", "rule"),
    [
        pytest.param(Sent(), None, id="nothing sent yet"),
        pytest.param(Sent(sender_per_day=9), None, id="one below the cap"),
        pytest.param(Sent(sender_per_day=10), "sender_per_day", id="the sender's cap"),
        pytest.param(Sent(total_per_hour=60), "total_per_hour", id="the hour's cap"),
        pytest.param(Sent(total_per_day=300), "total_per_day", id="the day's cap"),
    ],
)
def test_a_cap_is_reached_at_its_number(sent: Sent, rule: str | None) -> None:
    reached = cap(sent, CapSettings())

    assert (reached.rule if reached else None) == rule


def test_caps_can_be_switched_off() -> None:
    assert cap(Sent(sender_per_day=1000), CapSettings(enabled=False)) is None
