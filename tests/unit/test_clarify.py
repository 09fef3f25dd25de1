"""A clarification asks what tells the candidates apart, nothing that the mail says, and no more than it takes."""

from dataclasses import replace

import pytest

from daemon.steps.clarify import clarifying_questions
from daemon.steps.languages import QUESTIONS
from daemon.steps.verdicts import TurnView
from kb.articles import Passage
from tests.unit.example_case import ASKED, EVIDENCE, view

ENGLISH = QUESTIONS["en"]


def asked(text: str, *titles: str, body: str = "Text.", language: str = "en", **evidence: object) -> tuple[str, ...]:
    candidates = tuple(Passage(id=title, article=f"{title}.md", title=title, section="", text=body) for title in titles)
    found: TurnView = view(
        replace(ASKED, text=text, subject=""), evidence=replace(EVIDENCE, candidates=candidates, **evidence)
    )
    return clarifying_questions(replace(found, triage=replace(found.triage, language=language)))


def test_the_titles_of_the_candidates_are_offered():
    first, *_ = asked("it does not print", "Clear a jam", "Replace the ribbon")
    assert first == ENGLISH.closest.format(titles="(1) “Clear a jam” or (2) “Replace the ribbon”")


def test_products_that_the_titles_name_are_asked_for():
    questions = asked("how do I charge it", "Charge the Tapir Mini", "Charge the Tapir One", "Charge the Kolibri")
    assert questions[1] == ENGLISH.which.format(names="Tapir Mini, Tapir One or Kolibri")


def test_a_product_that_the_mail_names_is_not_asked_for():
    questions = asked("how do I charge my kolibri", "Charge the Tapir Mini", "Charge the Kolibri")
    assert not any("Tapir Mini or" in question or "Kolibri?" in question for question in questions[1:])


def test_a_title_in_capitals_names_nothing():
    questions = asked("how do I charge it", "How To Charge Your Printer", "Where To Find Your Serial")
    assert all("for example" not in question for question in questions)


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        pytest.param("it does not start", True, id="no system named"),
        pytest.param("it does not start on my MacBook", False, id="a system named"),
        pytest.param("it does not start under win 11", False, id="named with its version"),
    ],
)
def test_the_system_is_asked_for_where_the_articles_tell_systems_apart(text, asks):
    questions = asked(text, "Install the program", "Start the program", body="## Windows\n\nA.\n\n## macOS\n\nB.")
    assert (ENGLISH.system.format(names="Windows or macOS") in questions) == asks


def test_what_the_article_needs_is_asked_for_in_its_words():
    questions = asked("it does not print", "Clear a jam", missing=("your model", "Which paper do you use?"))
    assert questions == (ENGLISH.need.format(need="your model"), "Which paper do you use?")


def test_an_error_text_that_the_mail_tells_is_not_asked_for():
    assert ENGLISH.seen in asked("it will not print", "Clear a jam", "Replace the ribbon")
    assert ENGLISH.seen not in asked("the display says E4", "Clear a jam", "Replace the ribbon")


def test_a_clarification_has_two_to_four_questions():
    assert len(asked("hi, it broke")) == 2
    assert len(asked("it broke", "A", "B", missing=("one", "two", "three", "four"))) == 4


@pytest.mark.parametrize("language", QUESTIONS)
def test_it_asks_in_the_customers_language(language):
    words = QUESTIONS[language]
    questions = asked("?", "Charge the Mini", "Charge the Kolibri", body="## Windows\n\n## Linux", language=language)
    assert questions == (
        words.closest.format(titles=f"(1) “Charge the Mini” {words.either} (2) “Charge the Kolibri”"),
        words.which.format(names=f"Mini {words.either} Kolibri"),
        words.system.format(names=f"Windows {words.either} Linux"),
    )
