"""A customer's choice among numbered candidates, in seven languages; and what is none."""

from dataclasses import replace

import pytest

from daemon.steps.choice import NONE, chosen, offered
from daemon.steps.clarify import clarifying_questions
from daemon.steps.triage import triage
from kb.articles import Passage
from store.records import Direction, Kind, Role, Turn
from tests.unit.example_case import ASKED, EVIDENCE, NOW, view

TITLES = ("Clear a label jam", "Replace the ribbon", "Load new labels")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2", 2),
        ("2.", 2),
        ("(2)", 2),
        ("2 please", 2),
        ("2. and my version is 5.1", 2),
        ("2, and it says E04", 2),
        ("Number 2 it is", 2),
        ("It's no. 3", 3),
        ("option 1", 1),
        ("#2", 2),
        ("the second", 2),
        ("The second one, please.", 2),
        ("second one", 2),
        ("the first", 1),
        ("I think replace the ribbon", 2),
        ("1. the third\n2. version 5.1\n3. Windows", 3),
        ("1. 2\n2. version 5.1", 2),
        ("Nummer 2", 2),
        ("das zweite", 2),
        ("Die erste, bitte.", 1),
        ("2 bitte", 2),
        ("le deuxième", 2),
        ("la première", 1),
        ("numéro 3", 3),
        ("el segundo", 2),
        ("la tercera", 3),
        ("número 2", 2),
        ("il secondo", 2),
        ("la prima", 1),
        ("numero 1", 1),
        ("o segundo", 2),
        ("a primeira", 1),
        ("de tweede", 2),
        ("het eerste", 1),
        ("none of them", NONE),
        ("Neither.", NONE),
        ("something else", NONE),
        ("keine davon", NONE),
        ("nichts davon", NONE),
        ("aucune des deux", NONE),
        ("ninguno", NONE),
        ("nessuna", NONE),
        ("nenhum deles", NONE),
        ("geen van beide", NONE),
        ("2.1 is my version", None),
        ("version 2", None),
        ("2 hours ago it began", None),
        ("7", None),
        ("It has printed nothing since Monday", None),
        ("First I switched it off, then I opened the cover and at last I called the shop, nothing helped at all", None),
        ("1. it beeps\n2. version 5.1", None),
        ("", None),
    ],
)  # fmt: skip
def test_what_is_chosen(text: str, number: int | None) -> None:
    assert chosen(text, TITLES) == number


def test_nothing_is_chosen_where_nothing_was_offered() -> None:
    assert chosen("2", ()) is None
    assert chosen("3", TITLES[:2]) is None


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it", "pt", "nl"])
def test_what_a_clarification_offers_is_found_in_it_again(language: str) -> None:
    candidates = tuple(Passage(id=t, article=f"{t}.md", title=t, section="", text="Text.") for t in TITLES)
    turn = view(replace(ASKED, text="it does not print", subject=""), evidence=replace(EVIDENCE, candidates=candidates))
    first, *_ = clarifying_questions(replace(turn, triage=replace(turn.triage, language=language)))
    wrapped = first.replace(" ", "\n", 5)
    assert offered(f"Thank you.\n\n1. {wrapped}\n\n2. What do you see?") == TITLES


def reply(text: str) -> tuple[tuple[Turn, ...], tuple[Turn, ...]]:
    asked = replace(ASKED, text="it does not print any more", subject="Printer", handled=True)
    titles = ", ".join(f"({number}) “{title}”" for number, title in enumerate(TITLES, start=1))
    ours = Turn(
        id=2, direction=Direction.OUT, at=NOW, sender="support@example.com", sender_name="", subject="Re: Printer",
        text=f"1. Which comes closest: {titles}?\n2. Which version?", kind=Kind.OWN, message_id="q@x", role=Role.QUESTIONS,
    )  # fmt: skip
    now = replace(ASKED, id=3, text=text, subject="Re: Printer", message_id="r@x")
    return (now,), (asked, ours, now)


def test_the_chosen_title_and_no_other_is_looked_up_with_what_was_asked() -> None:
    found = triage(*reply("the second one. My version is 5.1"), default_language="en")
    assert TITLES[1] in found.query
    assert not any(title in found.query for title in (TITLES[0], TITLES[2]))
    assert "does not print" in found.query
    assert "5.1" in found.query
    assert found.outcome == "answer_to_question"


def test_who_says_that_none_fits_gets_a_person() -> None:
    found = triage(*reply("none of them"), default_language="en")
    assert found.none_fits
    assert not any(title in found.query for title in TITLES)
