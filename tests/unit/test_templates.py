"""Templates: the team's before ours, English where a language is missing, and every slip found before a mail is due."""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from daemon.edges.templates import PACKAGED, load
from daemon.errors import ConfigurationError
from daemon.steps.languages import GREETINGS, QUESTIONS
from daemon.steps.triage import triage_text
from daemon.steps.verdicts import Flag, Outcome, Previous
from threading_.language import language

CLOSURE = {
    "greeting": "Hello",
    "signature": "Support",
    "disclosure": True,
    "reference": "FL-7K2Q-9DX",
    "rating": False,
}


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_every_packaged_template_is_held_to_the_same_rules_as_the_teams() -> None:
    load(str(PACKAGED))


def test_a_language_without_templates_gets_english() -> None:
    assert load("")("closure.md", "fi", CLOSURE) == load("")("closure.md", "en", CLOSURE)


def test_the_teams_template_comes_before_ours_and_only_for_its_language(tmp_path: Path) -> None:
    write(tmp_path, "de/closure.md", "{{ greeting }}, schön! ({{ language }})")
    render = load(str(tmp_path))
    assert render("closure.md", "de", CLOSURE) == "Hello, schön! (de)"
    assert render("closure.md", "de-AT", CLOSURE) == "Hello, schön! (de)"
    assert "Good to hear" in render("closure.md", "en", CLOSURE)


def test_the_team_may_replace_a_part_that_our_templates_include(tmp_path: Path) -> None:
    write(tmp_path, "en/_footer.md", "Ours is {{ reference }}.")
    assert "Ours is FL-7K2Q-9DX." in load(str(tmp_path))("closure.md", "en", CLOSURE)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        pytest.param("en/reply.md", "{{ greeting }},\n{% if answer %}\n", "line 2", id="an if without its end"),
        pytest.param("en/reply.md", "{{ greeting }},\n\n{{ customer_name }}", "line 3: nothing is called", id="a name"),
        pytest.param("en/repply.md", "Hello", "no mail of ours is called so", id="a slip in the file's name"),
        pytest.param("en/reply.md", "{{ answer | shout }}", "line 1", id="an unknown filter"),
    ],
)
def test_a_broken_template_is_refused_with_file_line_and_cause(tmp_path: Path, name: str, text: str, says: str) -> None:
    path = write(tmp_path, name, text)
    with pytest.raises(ConfigurationError) as caught:
        load(str(tmp_path))
    assert str(path) in str(caught.value)
    assert says in str(caught.value)
    assert caught.value.remedy


def test_all_broken_templates_are_named_at_once(tmp_path: Path) -> None:
    write(tmp_path, "en/reply.md", "{{ nobody }}")
    write(tmp_path, "de/notice.md", "{% endif %}")
    with pytest.raises(ConfigurationError) as caught:
        load(str(tmp_path))
    assert len(caught.value.problems) == 2


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not a folder"):
        load(str(tmp_path / "nowhere"))


def test_a_template_that_fails_only_when_filled_names_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "en/notice.md", "{{ greeting }}\n\n{{ due.nonsense }}")
    with pytest.raises(ConfigurationError) as caught:
        load(str(tmp_path))("notice.md", "en", {"greeting": "Hello", "due": 1})
    assert f"{path}, line 3" in str(caught.value)


def test_only_html_is_escaped() -> None:
    render = load("")
    assert "Q & A" in render("closure.md", "en", {**CLOSURE, "signature": "Q & A"})
    assert "<p>x</p>" in render("mail.html", "en", {"body": "<p>x</p>"})


SPOKEN = ("en", "de", "fr", "es", "it", "pt", "nl")
# The frame of the HTML has no words, and what the queue gets speaks the team's language.
WITHOUT_WORDS = {"mail.html", "handover.txt", "reminder.txt"}
BERLIN = ZoneInfo("Europe/Berlin")
FULL = {
    **CLOSURE,
    "answer": "",
    "articles": [{"title": "FL-1", "url": "https://help.example.com/1"}],
    "questions": ["1?", "2?"],
    "due": datetime(2026, 11, 24, 15, 30, tzinfo=BERLIN),
    "today": True,
}


@pytest.mark.parametrize("spoken", SPOKEN)
def test_each_language_has_every_mail_that_english_has(spoken: str) -> None:
    english = {path.name for path in (PACKAGED / "en").iterdir()} - WITHOUT_WORDS
    assert {path.name for path in (PACKAGED / spoken).iterdir()} - WITHOUT_WORDS == english
    assert spoken in GREETINGS
    assert spoken in QUESTIONS


@pytest.mark.parametrize("spoken", SPOKEN)
@pytest.mark.parametrize(
    "name",
    ["reply.md", "offer.md", "questions.md", "notice.md", "closure.md", "nudge.md", "confirm.md", "status.md"],
)
def test_each_mail_is_in_its_language_and_tells_the_case(spoken: str, name: str) -> None:
    text = load("")(name, spoken, {**FULL, "greeting": GREETINGS[spoken][0]})
    assert language(text) == spoken
    assert "FL-7K2Q-9DX" in text
    assert not re.search(r"[{}]|en/", text)


@pytest.mark.parametrize("spoken", SPOKEN)
@pytest.mark.parametrize("name", ["reply.md", "offer.md", "questions.md"])
def test_what_a_mail_offers_to_say_brings_a_human(spoken: str, name: str) -> None:
    text = load("")(name, spoken, {**FULL, "greeting": GREETINGS[spoken][0]})
    (offered,) = re.findall(r"[\"„“«]\s*([^\"„“”«»?]{5,40}?)\s*[\"“”»]", text)
    for said in (offered, offered.upper(), f"{offered}!"):
        found = triage_text(said, "", Previous.ANSWER)
        assert Flag.WANTS_HUMAN in found.flags
        assert found.outcome is Outcome.WANTS_HUMAN


@pytest.mark.parametrize(
    ("spoken", "today", "later"),
    [
        ("en", "by 15:30 (CET) today", "by Tuesday, 24 November, 15:30 (CET)"),
        ("de", "bis heute, 15:30 Uhr (CET)", "bis Dienstag, den 24. November, 15:30 Uhr (CET)"),
        ("fr", "au plus tard aujourd’hui à 15 h 30 (CET)", "au plus tard mardi 24 novembre à 15 h 30 (CET)"),
        ("es", "antes de las 15:30 (CET) de hoy", "antes de las 15:30 (CET) del martes 24 de noviembre"),
        ("it", "entro le 15:30 (CET) di oggi", "entro le 15:30 (CET) di martedì 24 novembre"),
        ("pt", "até às 15:30 (CET) de hoje", "até às 15:30 (CET) de terça-feira, 24 de novembro"),
        ("nl", "uiterlijk vandaag om 15:30 uur (CET)", "uiterlijk dinsdag 24 november om 15:30 uur (CET)"),
    ],
)
def test_a_moment_is_told_in_the_form_of_the_language(spoken: str, today: str, later: str) -> None:
    render = load("")
    assert f" {today}." in render("notice.md", spoken, FULL)
    assert f" {later}." in render("notice.md", spoken, {**FULL, "today": False})


@pytest.mark.parametrize("spoken", SPOKEN)
def test_questions_are_asked_in_the_language(spoken: str) -> None:
    asked = QUESTIONS[spoken]
    assert language(f"{asked.seen} {asked.product} {asked.before}") == spoken
    assert "{titles}" in asked.closest
    assert "{need}" in asked.need
