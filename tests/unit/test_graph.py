"""Threads are what references join, in whatever order the mails came."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threading_.graph import GraphMail, threads


@pytest.mark.parametrize(
    ("mails", "want"),
    [
        pytest.param([("a", ()), ("b", ())], (("a",), ("b",)), id="two mails"),
        pytest.param([("a", ()), ("b", ("a",)), ("c", ("a", "b"))], (("a", "b", "c"),), id="a chain"),
        pytest.param([("b", ("ghost",)), ("c", ("ghost",))], (("b", "c"),), id="joined by a mail that is not there"),
        pytest.param([("a", ()), ("c", ("a", "ghost"))], (("a", "c"),), id="over a ghost"),
        pytest.param([("a", ("a",))], (("a",),), id="names itself"),
        pytest.param([("a", ("b",)), ("b", ("a",))], (("a", "b"),), id="a ring of two"),
        pytest.param(
            [("a", ()), ("b", ("a", "c")), ("c", ("b",))], (("a",), ("b", "c")), id="own words count more than others'"
        ),
        pytest.param([("a", ()), ("a", ())], (("a",), ("a",)), id="two mails of one id"),
        pytest.param([("a", ()), ("a", ()), ("b", ("a",))], (("a",), ("a", "b")), id="a reply to one of them"),
        pytest.param([], (), id="none"),
    ],
)
def test_groups(mails: list[tuple[str, tuple[str, ...]]], want: tuple[tuple[str, ...], ...]) -> None:
    assert threads(GraphMail(*mail) for mail in mails) == want


names = st.sampled_from("abcdefgh")


@given(st.lists(st.builds(GraphMail, names, st.lists(names, max_size=4).map(tuple)), max_size=12), st.randoms())
def test_the_order_of_arrival_changes_nothing(mails: list[GraphMail], order: random.Random) -> None:
    shuffled = list(mails)
    order.shuffle(shuffled)
    grouped = threads(mails)
    assert threads(shuffled) == grouped
    assert sorted(one for group in grouped for one in group) == sorted(mail.id for mail in mails)


def test_a_thread_of_a_hundred_thousand_mails_is_one_group() -> None:
    mails = [GraphMail(f"{number:06}", (f"{number - 1:06}",) if number else ()) for number in range(100_000)]
    assert len(threads(mails)) == 1
