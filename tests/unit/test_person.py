from datetime import UTC, datetime, timedelta

import pytest

from daemon.steps.likeness import repeatable, said, trace_of
from daemon.steps.person import sign_of_person

NOW = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("ours", "repeats", "may_answer", "lately", "person"),
    [
        pytest.param([], False, True, 0, True, id="the first mail of somebody"),
        pytest.param([], False, False, 0, False, id="a machine's"),
        pytest.param([], True, True, 0, False, id="the same words again"),
        pytest.param([ago(59)], False, True, 0, False, id="within a minute of our mail"),
        pytest.param([ago(60)], False, True, 0, True, id="a minute later"),
        pytest.param([ago(3600), ago(2)], False, True, 0, False, id="soon after the last of ours"),
        pytest.param([ago(-3)], False, True, 0, False, id="clocks that differ a little"),
        pytest.param([ago(-3600)], False, True, 0, True, id="written before ours left"),
        pytest.param([], False, True, 3, True, id="a burst as people write it"),
        pytest.param([], False, True, 4, False, id="five within ten minutes"),
    ],
)
def test_a_person_is_known_by_how_a_mail_was_written(
    ours: list[datetime], repeats: bool, may_answer: bool, lately: int, person: bool
) -> None:
    found, why = sign_of_person(may_answer=may_answer, received=NOW, ours=ours, repeats=repeats, lately=lately)
    assert found is person
    assert why


LONG = "Dear {name},\n\nthank you for your mail “{subject}”. Your request #{number} was received by {to} and is worked on.\n"


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        pytest.param(
            LONG.format(name="Anna", subject="Re: label", number=4711, to="a@x.test"),
            LONG.format(name="Bert", subject="Re: printer", number=4712, to="b@y.test"),
            True,
            id="numbers, names in the greeting, quoted words and addresses are filled in",
        ),
        pytest.param(
            "Your case FL-AAAA-AAA is open, see https://x.test/a for what comes next with it.",
            "Your case FL-BBBB-BBB is open, see https://x.test/b for what comes next with it.",
            True,
            id="case references and links",
        ),
        pytest.param(
            "The blue printer prints nothing since the last update of the driver.",
            "The blue printer prints nothing since the last change of the driver.",
            False,
            id="one word is another matter",
        ),
        pytest.param("  THE Blue\nprinter prints nothing at all any more", "the blue printer prints nothing at all any more", True, id="case and lines"),
    ],
)  # fmt: skip
def test_texts_of_one_robot_are_alike_and_those_of_people_are_not(one: str, other: str, alike: bool) -> None:
    found = (trace_of("a@x.test", "s", one).content, trace_of("b@y.test", "t", other).content)
    assert (found[0] == found[1]) is alike


def test_a_short_text_is_like_another_only_under_the_same_subject() -> None:
    thanks = "Thank you very much!"
    assert trace_of("a@x.test", "Stuck label", thanks).content != trace_of("b@x.test", "Sign in", thanks).content
    assert (
        trace_of("a@x.test", "Re: Stuck label 1", thanks).content
        == trace_of("b@x.test", "Stuck label 2", thanks).content
    )
    assert repeatable("Thanks a lot!")
    assert not repeatable("Thank you, we have received your request.")


def test_subjects_are_compared_within_a_domain_and_at_free_mail_hosts_within_an_address() -> None:
    subject = "Can't sign in any more"
    assert trace_of("a@shop.test", subject, "x").subject == trace_of("b@shop.test", f"AW: {subject}", "y").subject
    assert trace_of("a@shop.test", subject, "x").subject != trace_of("a@other.test", subject, "x").subject
    assert trace_of("a@gmail.com", subject, "x").subject != trace_of("b@gmail.com", subject, "x").subject
    assert trace_of("a@gmail.com", subject, "x").domain == ""
    assert trace_of("a@mail.example", subject, "x", exempt=("mail.example",)).domain == ""
    assert trace_of("A@Shop.test", "Help", "x").subject == "", "one word is nobody's own"


def test_an_empty_mail_is_like_none() -> None:
    assert trace_of("a@x.test", "", "").content == ""
    assert said("FL-AAAA-AAA 12:30") == ""
    assert said("Switch it off. Case FL-AAAA-AAA") == said("Switch it off.  Case FL-BBBB-BBB")
