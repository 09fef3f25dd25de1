"""Issue 2, line 1: `firstline demo` runs the main job for real, and tells it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient

pytestmark = pytest.mark.model

FIRSTLINE = Path(sys.executable).parent / "firstline"
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}  # the tests share the machine
TO_CUSTOMER = {"reply", "offer", "questions", "notice", "closure", "nudge"}
Event = dict[str, Any]


@pytest.fixture(scope="module")
def events() -> list[Event]:
    done = subprocess.run([FIRSTLINE, "demo", "--json"], capture_output=True, timeout=300, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def of_kind(events: list[Event], kind: str) -> Iterator[Event]:
    return (event for event in events if event["event"] == kind)


@pytest.fixture(scope="module")
def cases(events: list[Event]) -> dict[str, list[Event]]:
    """The decisions of each case, in order."""
    found: dict[str, list[Event]] = {}
    for event in of_kind(events, "decision"):
        found.setdefault(event["case"], []).append(event)
    return found


def with_steps(cases: dict[str, list[Event]], *steps: str) -> list[Event]:
    """The beginning of the first case that went this way at first."""
    ways = {case: tuple(event["decision"] for event in events)[: len(steps)] for case, events in cases.items()}
    assert steps in ways.values(), ways
    return next(cases[case][: len(steps)] for case, way in ways.items() if way == steps)


def test_at_least_eight_customers_write_and_the_articles_are_at_least_fifteen(events: list[Event]) -> None:
    [opening] = of_kind(events, "opening")
    [closing] = of_kind(events, "closing")
    assert opening["articles"] >= 15
    assert len(closing["customers"]) >= 8
    assert opening["customers"] == len(closing["customers"])


def test_a_question_is_answered_from_the_articles_and_the_thank_you_closes_the_case(
    cases: dict[str, list[Event]],
) -> None:
    [answered, closed] = with_steps(cases, "answer", "close")
    assert answered["confidence"] >= 0.9
    assert answered["check"]["passed"] is True
    assert answered["cited"]
    assert (closed["status"], closed["resolution"]) == ("resolved", "confirmed")


def test_a_vague_mail_is_asked_about_then_answered_then_resolved(cases: dict[str, list[Event]]) -> None:
    asked, answered, closed = with_steps(cases, "clarify", "answer", "close")
    assert 2 <= len(asked["asked"]) <= 4
    assert answered["triage"]["outcome"] == "answer_to_question"
    assert closed["resolution"] == "confirmed"


def test_whoever_asks_for_a_person_or_disputes_a_bill_is_handed_over_with_the_block(
    cases: dict[str, list[Event]],
) -> None:
    because = {case[0]["because"]: case[0] for case in cases.values() if case[0]["decision"] == "escalate"}
    assert {"wants_human", "cancel_or_refund"} <= set(because)
    for handed_over in because.values():
        [block] = [mail for mail in handed_over["mails"] if mail["role"] == "handover"]
        assert block["to"] == "queue@tapir.example"
        assert all(re.search(rf"^{label} ", block["text"], re.M) for label in ("Case", "Customer", "Why", "Summary"))
        assert block["headers"]["X-Firstline-Case"] == handed_over["case"]


def test_a_question_that_no_article_answers_is_handed_over_with_the_best_guess(cases: dict[str, list[Event]]) -> None:
    unanswered = next(case[0] for case in cases.values() if case[0]["because"] == "low_confidence")
    [block] = [mail for mail in unanswered["mails"] if mail["role"] == "handover"]
    assert "Best guess" in block["text"]


def test_an_answer_that_did_not_help_is_not_given_again(cases: dict[str, list[Event]]) -> None:
    _, handed_over = with_steps(cases, "answer", "escalate")
    assert handed_over["because"] == "not_resolved"
    [block] = [mail for mail in handed_over["mails"] if mail["role"] == "handover"]
    assert re.search(r"^Tried ", block["text"], re.M)


def test_bounce_out_of_office_and_newsletter_are_left_alone(events: list[Event]) -> None:
    refused = {event["kind"]: event for event in of_kind(events, "mail") if not event["guard"]["reply"]}
    del refused["agent"]  # Ann's
    assert set(refused) == {"bounce", "auto_reply", "list"}
    decided = {event["answers"]: event for event in of_kind(events, "decision")}
    for event in refused.values():
        assert decided[event["message_id"]]["decision"] == "ignore"
        assert decided[event["message_id"]]["mails"] == []


def test_nobody_gets_two_automatic_replies_to_one_mail(events: list[Event]) -> None:
    replies: dict[str, int] = {}
    for decision in of_kind(events, "decision"):
        count = sum(mail["role"] in TO_CUSTOMER for mail in decision["mails"])
        replies[decision["answers"]] = replies.get(decision["answers"], 0) + count
    assert max(replies.values()) == 1
    left = [event["message_id"] for event in of_kind(events, "left")]
    written = sum(len(event["mails"]) for kind in ("decision", "silence") for event in of_kind(events, kind))
    reports = [
        event for event in of_kind(events, "left") if event["role"] == "report"
    ]  # days pass: there may be several
    assert len(left) == len(set(left)) == written + len(reports)
    assert {event["state"] for event in of_kind(events, "left")} == {"sent"}


def test_an_answer_that_its_topic_makes_a_draft_is_told_as_a_draft(events: list[Event]) -> None:
    [closing] = of_kind(events, "closing")
    assert closing["totals"]["drafted"] == 1


def test_a_colleague_answers_by_mail_and_approves_a_draft_with_one_word(events: list[Event]) -> None:
    by_team = {event["because"] for event in of_kind(events, "decision") if event["decision"] == "record"}
    assert {"send", "relay"} <= by_team
    relayed = [event for event in of_kind(events, "left") if event["role"] == "relay"]
    assert len({event["to"] for event in relayed}) >= 4


def test_a_silent_customer_is_asked_once_and_silence_closes_the_case(events: list[Event]) -> None:
    silent = [(event["case"], event["did"]) for event in of_kind(events, "silence")]
    assert len(silent) == len(set(silent)), "each only once"
    assert {"nudge", "confirm", "give_up", "assume"} <= {did for _, did in silent}
    assert {event["resolution"] for event in of_kind(events, "silence") if event["status"] == "resolved"} == {"assumed"}
    days = [event["text"] for event in of_kind(events, "meanwhile")]
    assert any("set forward by 3 days" in text for text in days), "it says that time is compressed"


def test_who_answers_the_question_after_silence_has_the_last_word(cases: dict[str, list[Event]]) -> None:
    confirmed = with_steps(cases, "answer", "escalate", "record", "close")
    assert (confirmed[-1]["status"], confirmed[-1]["resolution"]) == ("resolved", "confirmed")


def test_the_digest_arrives(events: list[Event]) -> None:
    [digest] = of_kind(events, "digest")
    assert "handed over" in digest["text"]


def test_the_users_own_mail_is_played_and_with_keep_a_mail_client_can_look_into_it(tmp_path: Path) -> None:
    own = tmp_path / "mine.eml"
    own.write_bytes(
        b"From: Zoe <zoe@somewhere.example>\nTo: support@tapir.example\nSubject: Cable\nMessage-ID: <own@x>\n\n"
        b"I would like to talk to a person, please.\n"
    )
    with subprocess.Popen(
        [FIRSTLINE, "demo", "--keep", "--mail", own], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as running:
        assert running.stdout is not None
        told = ""
        for line in running.stdout:
            told += line
            if "Ctrl-C" in line:
                break
        try:
            found = re.search(r"IMAP +(\S+), port (\d+)", told)
            assert found, told
            with IMAPClient(found[1], int(found[2]), ssl=False, timeout=10) as client:
                client.login("zoe@somewhere.example", "tapir")
                assert client.select_folder("INBOX")[b"EXISTS"] >= 1, "the notice that a colleague answers"
        finally:
            running.send_signal(signal.SIGINT)
        assert running.wait(60) == 0
    assert "your own mail, mine.eml" in told
    assert "\x1b[" not in told, "no colour where nobody looks"


def test_a_mail_that_is_not_there_is_a_wrong_use() -> None:
    done = subprocess.run([FIRSTLINE, "demo", "--mail", "nowhere.eml"], capture_output=True, timeout=60)
    assert done.returncode == 2
    assert b"nowhere.eml" in done.stderr
