"""The check: word for word passes, every planted change is stopped, doubt fails."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from daemon.steps.check import check, check_text
from daemon.steps.compose import compose
from daemon.steps.markdown import to_text
from daemon.steps.verdicts import Action, ComposedMail, Decision
from store.records import Role
from tests.unit.example_case import EVIDENCE, PASSAGE, VOICE, nonces, view
from threading_.message import Address

SHARED = Path(__file__).parents[3] / "shared" / "data"

PASSAGE_TEXT = (
    "# Unlock an account\n\n"
    "After the migration each account is locked. You must unlock it once within 30 days.\n\n"
    "1. Open [your profile](https://help.example.com/profile).\n"
    "2. Click **Unlock** and then choose *Save*.\n"
    "3. Sign in again.\n\n"
    "Do not delete the account. The Free plan allows only two devices."
)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(to_text(PASSAGE_TEXT), id="the whole passage"),
        pytest.param("Do not delete the account.", id="one sentence"),
        pytest.param("1. Click Unlock and then choose Save.\n2. Sign in again.", id="steps counted anew"),
        pytest.param("You must unlock it once within 30 days.", id="a number"),
        pytest.param("Open your profile (https://help.example.com/profile).", id="a link"),
    ],
)
def test_what_a_passage_says_passes(reply: str) -> None:
    assert check_text(reply, ["Something else entirely.", PASSAGE_TEXT]).passed


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        pytest.param("You must unlock it once within 90 days.", "number", id="another number"),
        pytest.param("The Free plan allows only five devices.", "number", id="another number in words"),
        pytest.param("Delete the account.", "", id="a negation dropped"),
        pytest.param("After the migration each account is not locked.", "negation", id="a negation added"),
        pytest.param("The Free plan allows two devices.", "left out", id="a condition dropped"),
        pytest.param("Every plan allows only two devices.", "", id="a condition added"),
        pytest.param("Click Save and then choose Unlock.", "", id="steps turned round"),
        pytest.param("Open your profile (https://evil.example/profile).", "link", id="another link"),
        pytest.param("Click Unlock and then choose Restart.", "name", id="another name"),
        pytest.param("The Enterprise plan allows only two devices.", "not there", id="another plan"),
        pytest.param("We will refund the full amount tomorrow.", "do not say it", id="an invention"),
    ],
)
def test_what_no_passage_says_is_stopped_with_its_sentence(reply: str, why: str) -> None:
    graded = check_text(f"Sign in again. {reply}", [PASSAGE_TEXT])
    assert not graded.passed
    assert [failure.sentence for failure in graded.failed] == [reply]
    assert why in graded.failed[0].why


TABLE = (
    "| Board | Current | Voltage |\n|---|---|---|\n| Uno | 20 mA | 5 V |\n| Mega | 40 mA | 7 V |\n| Nano | 8 mA | 3 V |"
)


@pytest.mark.parametrize(
    ("table", "passed"),
    [
        pytest.param(
            "| Board | Current | Voltage |\n|---|---|---|\n| Nano | 8 mA | 3 V |", True, id="a row with its head"
        ),
        pytest.param(
            "| Board | Current | Voltage |\n|---|---|---|\n| Nano | 20 mA | 3 V |", False, id="another's number"
        ),
        pytest.param("| Board | Voltage | Current |\n|---|---|---|\n| Nano | 8 mA | 3 V |", False, id="another head"),
        pytest.param(
            "| Board | Current | Voltage |\n|---|---|---|\n| Nano | 3 V | 8 mA |", False, id="cells exchanged"
        ),
    ],
)
def test_of_a_table_each_row_stands_as_the_passage_has_it(table: str, passed: bool) -> None:
    assert check_text(to_text(table), [TABLE]).passed == passed


@pytest.mark.parametrize(("reply", "passages"), [("", [PASSAGE_TEXT]), ("Sign in again.", []), ("   \n", [])])
def test_nothing_to_grade_has_failed(reply: str, passages: list[str]) -> None:
    assert not check_text(reply, passages).passed


def reply() -> ComposedMail:
    return compose(view(), Decision(action=Action.ANSWER, why=("x",)), VOICE, nonces())[0]


def test_an_extracted_answer_may_leave() -> None:
    assert check(reply(), view()).passed


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"to": Address("", "eve@example.org")}, "not the sender", id="another recipient"),
        pytest.param({"text": "See https://evil.example/x."}, "link", id="a foreign link in the text"),
        pytest.param({"html": '<a href="https://evil.example/x">x</a>'}, "link", id="a foreign link in the html"),
        pytest.param({"text": "Your password is: hunter22"}, "password", id="a password"),
        pytest.param({"text": "Card 4111 1111 1111 1111."}, "card number", id="a card number"),
    ],
)
def test_nothing_else_leaves_with_it(change: dict[str, object], why: str) -> None:
    mail = reply()
    graded = check(replace(mail, mail=replace(mail.mail, **change)), view())
    assert not graded.passed
    assert why in graded.failed[0].why


def test_a_reply_that_states_nothing_of_an_article_stays_here() -> None:
    assert not check(replace(reply(), grounded=""), view()).passed


def test_an_internal_article_reaches_no_customer() -> None:
    internal = view(evidence=replace(EVIDENCE, cited=(replace(PASSAGE, public=False),)))
    assert "the article is internal" in [failure.why for failure in check(reply(), internal).failed]


def test_a_reply_without_evidence_stays_here() -> None:
    assert not check(reply(), view(evidence=None)).passed


def test_a_draft_is_graded_and_a_hand_over_is_not() -> None:
    draft = compose(view(), Decision(action=Action.DRAFT, why=("x",)), VOICE, nonces())[-1]
    assert draft.role is Role.DRAFT
    assert check(draft, view()).passed
    assert not check(replace(draft, grounded="We refund it tomorrow."), view()).passed
    handover = compose(view(), Decision(action=Action.ESCALATE, why=("x",)), VOICE, nonces())[-1]
    assert check(handover, view(evidence=None)).passed


def test_questions_and_notices_pass_with_nothing_stated() -> None:
    seen = view(evidence=None)
    asked = Decision(action=Action.CLARIFY, why=("x",), questions=("Which version?", "Which device?"))
    notice = Decision(action=Action.ESCALATE, why=("x",))
    assert check(compose(seen, asked, VOICE, nonces())[0], seen).passed
    assert check(compose(seen, notice, VOICE, nonces())[0], seen).passed


def test_every_article_of_a_real_help_centre_passes_against_itself() -> None:
    folder = SHARED / "kb" / "arduino-help-center" / "content"
    if not folder.is_dir():
        pytest.skip("the shared development data is not beside this checkout")
    articles = [path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.md"))[::8]]
    bodies = [text.split("---", 2)[-1] for text in articles]
    assert [body[:60] for body in bodies if not check_text(to_text(body), [body]).passed] == []


def rows_of_the_development_set() -> list[dict[str, Any]]:
    source = SHARED / "check" / "dev.jsonl"
    if not source.is_file():
        pytest.skip("the shared development data is not beside this checkout")
    return [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]


def near(sentence: str, texts: Sequence[str]) -> list[float]:
    return [0.9] * len(texts)


def test_true_texts_pass_and_facts_are_held_by_rules_alone() -> None:
    # Without the model, all as near in meaning as can be: what is stopped here is stopped by a rule. What is about
    # something else (foreign, invented) is stopped by meaning; the command check-reply and the scorer look at that.
    passed, total = Counter[str](), Counter[str]()
    for row in rows_of_the_development_set():
        texts = [("true", row["true"]), *(("paraphrase", text) for text in row["paraphrases"])]
        texts += [("changed", false["text"]) for false in row["false"] if false["kind"] not in ("foreign", "invented")]
        for kind, text in texts:
            total[kind] += 1
            passed[kind] += check_text(text, [row["passage"]], similarity=near).passed
    assert passed["changed"] / total["changed"] <= 0.05
    assert passed["true"] == total["true"]
    assert passed["paraphrase"] / total["paraphrase"] >= 0.80


def test_without_a_similarity_more_fails_and_nothing_more_passes() -> None:
    for row in rows_of_the_development_set()[::5]:
        for false in row["false"]:
            assert not check_text(false["text"], [row["passage"]]).passed


def test_a_reply_in_another_language_than_the_customers_stays_here() -> None:
    german = replace(view(), triage=replace(view().triage, language="de"))
    assert "the customer writes de, this is en" in [failure.why for failure in check(reply(), german).failed]


def test_a_reply_that_touches_one_of_two_questions_stays_here() -> None:
    asked = ("How do I unlock my account?", "Which voltage does the battery charger need?")
    two = replace(view(), triage=replace(view().triage, questions=asked))
    assert [failure.sentence for failure in check(reply(), two).failed] == [asked[1]]
