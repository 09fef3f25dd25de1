from dataclasses import replace

import pytest

from daemon.settings import CapSettings
from daemon.steps.caps import Handed, Sent, cap, hold
from daemon.steps.verdicts import Cap
from store.records import Trace

TRACE = Trace(sender="alice@shop.test", domain="shop.test", content="c0", subject="s0")
CLOSED = Cap(rule="similar_text", key="c0", why="5 already")


@pytest.mark.parametrize(
    ("sent", "rule", "key"),
    [
        pytest.param(Sent(), None, "", id="nothing sent yet"),
        pytest.param(Sent(in_a_row=2), None, "", id="two in a row"),
        pytest.param(Sent(in_a_row=3), "in_a_row", "alice@shop.test", id="three in a row"),
        pytest.param(Sent(sender_per_day=9), None, "", id="one below the sender's cap"),
        pytest.param(Sent(sender_per_day=10), "sender_per_day", "alice@shop.test", id="the sender's cap"),
        pytest.param(Sent(reopened=3, case="FL-1"), "reopened", "FL-1", id="reopened too often"),
        pytest.param(Sent(similar_text=4), None, "", id="one below the cap on similar text"),
        pytest.param(Sent(similar_text=5), "similar_text", "c0", id="similar text"),
        pytest.param(Sent(similar_subject=5), "similar_subject", "s0", id="similar subject"),
        pytest.param(Sent(domain_per_hour=20), "domain_per_hour", "shop.test", id="the domain's cap"),
        pytest.param(Sent(total_per_hour=60), "total_per_hour", "", id="the hour's cap"),
        pytest.param(Sent(total_per_day=300), "total_per_day", "", id="the day's cap"),
        pytest.param(Sent(in_a_row=3, total_per_day=300), "in_a_row", "alice@shop.test", id="the narrowest is named"),
        pytest.param(Sent(suppressed="it came back"), "suppressed", "alice@shop.test", id="suppressed"),
        pytest.param(Sent(breaker="too much failed"), "breaker", "", id="the breaker"),
    ],
)
def test_a_cap_is_reached_at_its_number_and_says_for_whom(sent: Sent, rule: str | None, key: str) -> None:
    reached = cap(replace(sent, trace=TRACE), CapSettings())

    assert (reached.rule if reached else None) == rule
    assert (reached.key if reached else "") == key


def test_caps_can_be_switched_off_but_a_dead_address_stays_one() -> None:
    off = CapSettings(enabled=False)
    assert cap(Sent(sender_per_day=1000, breaker="x"), off) is None
    assert hold(CLOSED, Handed(of_limit=9, of_sender=99, total=999), TRACE, off) is None
    assert cap(Sent(suppressed="it came back"), off) is not None


@pytest.mark.parametrize(
    ("reached", "handed", "rule"),
    [
        pytest.param(None, Handed(), None, id="an ordinary hand-over"),
        pytest.param(CLOSED, Handed(of_sender=3, total=20), None, id="the first that a closed cap hands over"),
        pytest.param(CLOSED, Handed(of_limit=1), "similar_text", id="its second within the hour"),
        pytest.param(
            Cap(rule="total_per_hour", why="60"), Handed(of_limit=30), None, id="closed for all: people, one by one"
        ),
        pytest.param(None, Handed(of_sender=10), "handovers_per_sender", id="one sender's eleventh"),
        pytest.param(None, Handed(similar=10), "handovers_similar", id="the eleventh that says the same"),
        pytest.param(None, Handed(total=60), "handovers_per_hour", id="more than people can follow"),
    ],
)
def test_a_storm_comes_to_the_queue_as_a_list(reached: Cap | None, handed: Handed, rule: str | None) -> None:
    held = hold(reached, handed, TRACE, CapSettings())

    assert (held.rule if held else None) == rule


def test_what_cannot_be_told_apart_is_not_held_for_it() -> None:
    assert hold(None, Handed(similar=10, of_sender=10), Trace(), CapSettings()) is None
