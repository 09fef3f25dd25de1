"""What lies in Sent: ours, a person's answer to a case, or nothing of ours."""

from datetime import UTC, datetime, timedelta

import pytest

from daemon.steps.sent import answered, ours, recipients
from threading_.ids import KeyRing, loop_token, sign_id
from threading_.message import Candidate, Message
from threading_.parse import parse

RING = KeyRing((b"k" * 32,))
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
ALICE, BOB = "alice@customer.test", "bob@customer.test"
CASE, OLD = "FL-7K2Q-9DX", "FL-2222-22K"


def case(reference: str = CASE, customer: str = ALICE, *, days: int = 0, **fields: object) -> Candidate:
    values: dict[str, object] = {
        "case": reference,
        "customer": customer,
        "participants": frozenset({customer}),
        "ids": frozenset({f"first@{reference.lower()}"}),
        "subjects": frozenset({"Stuck label"}),
        "opened_at": NOW,
        "last_activity": NOW - timedelta(days=days),
    }
    return Candidate(**(values | fields))


def sent(*headers: str, to: str = f"Alice <{ALICE}>", subject: str = "Re: Stuck label") -> Message:
    lines = [
        "From: Support <support@example.com>",
        f"To: {to}",
        f"Subject: {subject}",
        "Message-ID: <x@office.test>",
        *headers,
    ]
    return parse("\r\n".join([*lines, "", "Please switch it off first."]).encode())


ANSWER = f"In-Reply-To: <first@{CASE.lower()}>"


@pytest.mark.parametrize(
    ("message", "candidates", "expected"),
    [
        pytest.param(sent(ANSWER), [case()], CASE, id="an answer to the customer's mail"),
        pytest.param(sent(f"References: <first@{CASE.lower()}> <gone@x>"), [case()], CASE, id="by any of its references"),
        pytest.param(sent(ANSWER, to="ann@example.com"), [case()], None, id="passed on to a colleague"),
        pytest.param(sent(ANSWER, to="ann@example.com", ), [case(participants=frozenset({ALICE, "ann@example.com"}))], CASE, id="to another who takes part"),
        pytest.param(sent(ANSWER, f"Cc: {ALICE}", to=BOB), [case()], CASE, id="to the customer in Cc"),
        pytest.param(sent(ANSWER, f"Bcc: {ALICE}", to="support@example.com"), [case()], CASE, id="or in Bcc"),
        pytest.param(sent(ANSWER, "Auto-Submitted: auto-replied"), [case()], None, id="a machine's, such as a vacation notice"),
        pytest.param(sent(subject=f"[{CASE}] A word"), [case()], CASE, id="by the tag of its subject"),
        pytest.param(sent(), [case(), case(OLD, subjects=frozenset({"Invoice"}))], CASE, id="a new mail of the same subject"),
        pytest.param(sent(subject="About your printer"), [case()], CASE, id="a new mail to whoever has one open case"),
        pytest.param(sent(subject="About your printer"), [case(), case(OLD)], None, id="to whoever has two it might be either"),
        pytest.param(sent(subject="About your printer"), [case(resolved=True)], None, id="a solved case is answered by nothing new"),
        pytest.param(sent("In-Reply-To: <else@where>", subject="Lunch"), [case()], None, id="an answer to something else"),
        pytest.param(sent(ANSWER), [case(closed=True)], CASE, id="a closed case that it names"),
        pytest.param(sent(ANSWER), [case(OLD, ids=frozenset({f"first@{CASE.lower()}"}), closed=True), case()], CASE, id="the open one of two that know the id"),
        pytest.param(sent(to=BOB), [case()], None, id="somebody else"),
        pytest.param(sent(ANSWER), [], None, id="no case at all"),
    ],
)  # fmt: skip
def test_which_case_a_person_answered(message: Message, candidates: list[Candidate], expected: str | None) -> None:
    found = answered(message, candidates)
    assert (found.case if found else None) == expected


def test_our_mails_are_told_by_what_only_we_sign() -> None:
    signed = sign_id(RING, case=CASE, nonce="abc", domain="example.com")
    replaced = sent(f"X-Firstline-Loop: {loop_token(RING, CASE)}")
    assert ours(parse(f"Message-ID: <{signed}>\r\n\r\nhello".encode()), RING) == CASE
    assert ours(replaced, RING) == CASE, "the provider put its own id there"
    assert ours(sent(), RING) is None
    assert ours(replaced, KeyRing((b"x" * 32,))) is None


def test_everybody_whom_a_mail_goes_to_counts() -> None:
    message = sent("Cc: Bob <Bob@Customer.Test>", "Bcc: ann@example.com", to=f"{ALICE}, undisclosed-recipients:;")
    assert recipients(message) == {ALICE, BOB, "ann@example.com"}
