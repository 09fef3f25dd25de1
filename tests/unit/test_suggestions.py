"""What people answered becomes a file for people: without personal data, kept from customers, like answers in one."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from daemon.steps.suggestions import HumanAnswer, as_file, file_name, merged, suggestion, worth_suggesting
from kb.articles import passages, read_article

ANSWER = HumanAnswer(
    source="turn:1",
    at=datetime(2026, 11, 23, tzinfo=UTC),
    verdict="answered",
    case="FL-7K2Q-9DX",
    names=("Alice Archer", "Ann Berger"),
    subject="Re: Printing outdoors in winter",
    asked="Hi,\n\nI am Alice Archer, order 4711-0815. Can I print at -10 °C?\n\nAlice",
    answer="Hello Alice,\n\nthe printer works down to -5 °C. Below that the labels lose their glue, so warm the roll up"
    " indoors first.\nCall me at +49 30 1234567.\n\nBest regards\nAnn Berger\nTapir Support",
    topic="printer",
    language="en",
)


def test_a_file_holds_no_personal_data_and_is_kept_from_customers() -> None:
    text = as_file(suggestion([ANSWER]), date(2026, 11, 23))
    article = read_article("x.md", text.encode())
    assert article.title == "Printing outdoors in winter"
    assert article.questions == ("Can I print at -10 °C?",)
    assert article.topic == "printer"
    assert not article.public
    assert passages(article)
    assert "the printer works down to -5 °C" in article.body
    assert "warm the roll up indoors first" in article.body
    for personal in ("Alice", "Archer", "Ann", "Berger", "1234567", "4711", "regards"):
        assert personal not in text
    assert "status: suggested" in text
    assert "  - FL-7K2Q-9DX" in text


@pytest.mark.parametrize(
    ("change", "worth"),
    [
        ({}, True),
        ({"answer": "Hi Alice,\n\nthanks, we will look into it.\n\nAnn"}, False),
        ({"answer": "Your order 4711-0815 of 4711-0816 went to Alice Archer, 221b Baker Street, by DPD 123456789012."}, False),
        ({"answer": "Which printer do you have? What does the light do? Since when does it blink, and how often a day?"}, False),
        ({"verdict": "sent", "article": "printer/cold.md"}, True),
        ({"verdict": "sent", "article": ""}, False),
    ],
)  # fmt: skip
def test_what_others_could_learn_from(change: dict[str, str], worth: bool) -> None:
    assert worth_suggesting(replace(ANSWER, **change)) is worth


def test_like_answers_are_one_file_with_all_their_questions() -> None:
    other = replace(ANSWER, source="turn:2", case="FL-2222-22A", asked="Does it print when it freezes?")
    found = suggestion([ANSWER, other])
    assert found.questions == ("Can I print at -10 °C?", "Does it print when it freezes?")
    assert found.cases == ("FL-7K2Q-9DX", "FL-2222-22A")


def test_an_approved_answer_suggests_its_question_for_its_article() -> None:
    approved = replace(ANSWER, verdict="sent", article="printer/cold.md", title="The printer in the cold")
    found = suggestion([approved])
    assert (found.title, found.article) == ("The printer in the cold", "printer/cold.md")
    assert "printer/cold.md" in found.body
    assert "works down" not in found.body


def test_further_answers_join_a_file_and_leave_its_words_as_a_person_mended_them() -> None:
    file = as_file(suggestion([ANSWER]), date(2026, 11, 23)).replace("the printer works", "The Tapir works")
    further = suggestion([replace(ANSWER, case="FL-2222-22A", asked="Does it print when it freezes?"), ANSWER])
    joined = merged(file, further)
    article = read_article("x.md", joined.encode())
    assert set(article.questions) == {"Can I print at -10 °C?", "Does it print when it freezes?"}
    assert joined.count("FL-7K2Q-9DX") == joined.count("FL-2222-22A") == 1
    assert "The Tapir works" in article.body
    assert merged("A file of somebody's own.", further) == "A file of somebody's own."


def test_a_file_gets_a_name_that_no_other_has() -> None:
    assert file_name("Größe & Farbe: ../x?", []) == "größe-farbe-x.md"
    assert file_name("Cold", ["cold.md", "cold-2.md"]) == "cold-3.md"
    assert file_name("???", []) == "suggestion.md"
