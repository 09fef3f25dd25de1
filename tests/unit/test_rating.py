"""A bare number after our good-bye is a rating; anything else, anywhere else, is a mail."""

from dataclasses import replace

import pytest

from daemon.settings import PolicySettings
from daemon.steps.decide import Question, decide
from daemon.steps.rating import rating_of
from daemon.steps.verdicts import Action
from store.records import CaseStatus, Resolution, Role
from tests.unit.example_case import ASKED, CASE, ours, theirs, view

CLOSED = ours(2, Role.CLOSURE, "Good to hear that it is solved.", minutes=30)


@pytest.mark.parametrize(
    ("text", "stars"),
    [
        ("5", 5),
        ("4.", 4),
        (" 3 / 5 ", 3),
        ("5/5!!", 5),
        ("**5**", 5),
        ("2 stars", 2),
        ("4 von 5 Sternen", 4),
        ("4 von 5", 4),
        ("★★★★☆", 4),
        ("0", None),
        ("6", None),
        ("55", None),
        ("5 thank you", None),
        ("5 printers are broken", None),
        ("1. It does not work", None),
        ("", None),
    ],
)
def test_what_is_a_rating(text: str, stars: int | None) -> None:
    assert rating_of(view(ASKED, CLOSED, theirs(3, text))) == stars


def test_a_number_is_a_rating_only_after_our_good_bye_and_of_somebody_on_the_case() -> None:
    assert rating_of(view(ASKED, ours(2, Role.QUESTIONS, "1. A? 2. B?", minutes=3), theirs(3, "2"))) is None
    assert rating_of(view(theirs(1, "5"))) is None
    assert rating_of(view(ASKED, CLOSED, replace(theirs(3, "5"), trusted=False))) is None
    assert rating_of(view(ASKED, CLOSED, theirs(3, "5"), theirs(4, "And one more thing"), current=2)) is None


def test_a_rating_is_noted_and_nothing_else_happens() -> None:
    solved = replace(CASE, status=CaseStatus.RESOLVED, resolution=Resolution.CONFIRMED)
    decision = decide(Question(view=view(ASKED, CLOSED, theirs(3, "4"), case=solved), policy=PolicySettings()))
    assert (decision.action, decision.because, decision.why) == (Action.IGNORE, "rating", ("a rating: 4 of 5",))
