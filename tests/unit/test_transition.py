"""How a decision moves a case, as a table."""

from dataclasses import replace
from datetime import timedelta

import pytest

from daemon.steps.transition import after
from daemon.steps.verdicts import Action, ComposedMail, Decision, Outcome, Request, Triage, TurnView
from store.records import Case, CaseStatus, Owner, Resolution, Role
from tests.unit.example_case import ASKED, CASE, NOW
from threading_.message import Address, OutgoingMail

PROMISED = NOW + timedelta(hours=4)
TRIAGE = Triage(
    language="de",
    topic="account",
    request=Request.QUESTION,
    sentiment=0.0,
    urgency=0,
    priority="normal",
    flags=frozenset(),
    outcome=None,
    query="Help",
)


def moved(action: Action, *roles: Role, case: Case = CASE, outcome: Outcome | None = None, because: str = "") -> Case:
    """The case after a decision that sends mails of these roles."""
    view = TurnView(
        case=case,
        history=(ASKED,),
        current=(ASKED,),
        triage=replace(TRIAGE, outcome=outcome),
        evidence=None,
        now=NOW,
        original=b"",
    )
    address = Address("", "alice@example.com")
    mails = tuple(
        ComposedMail(
            role=role,
            mail=OutgoingMail(message_id=f"{role}@example.com", date=NOW, sender=address, to=address),
            envelope_sender="",
        )
        for role in roles
    )
    return after(view, Decision(action=action, because=because, why=("because",)), mails, NOW, PROMISED)


@pytest.mark.parametrize(
    ("case", "status", "owner", "resolution"),
    [
        pytest.param(
            moved(Action.ANSWER, Role.REPLY),
            CaseStatus.AWAITING_CUSTOMER,
            Owner.DAEMON,
            None,
            id="an answer waits for her",
        ),
        pytest.param(
            moved(Action.CLARIFY, Role.QUESTIONS),
            CaseStatus.AWAITING_CUSTOMER,
            Owner.DAEMON,
            None,
            id="so do questions",
        ),
        pytest.param(moved(Action.DRAFT, Role.DRAFT), CaseStatus.AWAITING_HUMAN, Owner.HUMAN, None, id="a draft"),
        pytest.param(
            moved(Action.DRAFT, Role.OFFER), CaseStatus.AWAITING_CUSTOMER, Owner.DAEMON, None, id="an offer was sent"
        ),
        pytest.param(
            moved(Action.ESCALATE, Role.HANDOVER), CaseStatus.AWAITING_HUMAN, Owner.HUMAN, None, id="handed over"
        ),
        pytest.param(
            moved(Action.CLOSE, Role.CLOSURE, outcome=Outcome.RESOLVED),
            CaseStatus.RESOLVED,
            Owner.DAEMON,
            Resolution.CONFIRMED,
            id="solved, and said so",
        ),
        pytest.param(
            moved(Action.CLOSE, outcome=Outcome.STOP),
            CaseStatus.CLOSED,
            Owner.DAEMON,
            Resolution.STOPPED,
            id="no more mail",
        ),
        pytest.param(moved(Action.WAIT), CaseStatus.AWAITING_CUSTOMER, Owner.DAEMON, None, id="will try later"),
        pytest.param(moved(Action.IGNORE), CaseStatus.CLOSED, Owner.DAEMON, None, id="only a machine's mail on it"),
        pytest.param(
            moved(Action.IGNORE, case=replace(CASE, status=CaseStatus.AWAITING_CUSTOMER)),
            CaseStatus.AWAITING_CUSTOMER,
            Owner.DAEMON,
            None,
            id="an out-of-office changes nothing",
        ),
        pytest.param(
            moved(Action.IGNORE, Role.HANDOVER, because="undeliverable"),
            CaseStatus.AWAITING_HUMAN,
            Owner.HUMAN,
            None,
            id="what came back is a human's",
        ),
        pytest.param(
            moved(
                Action.RECORD, Role.HANDOVER, case=replace(CASE, status=CaseStatus.AWAITING_HUMAN, owner=Owner.HUMAN)
            ),
            CaseStatus.AWAITING_HUMAN,
            Owner.HUMAN,
            None,
            id="a human's case stays a human's",
        ),
    ],
)
def test_a_decision_moves_the_case(case: Case, status: CaseStatus, owner: Owner, resolution: Resolution | None) -> None:
    assert (case.status, case.owner, case.resolution) == (status, owner, resolution)
    assert case.due_at is None, "nothing is due until something happens"


def test_replies_and_questions_are_counted_and_notices_are_not() -> None:
    case = moved(Action.CLARIFY, Role.QUESTIONS, case=moved(Action.ANSWER, Role.REPLY))
    case = moved(Action.ESCALATE, Role.NOTICE, Role.HANDOVER, case=case)

    assert (case.automatic_replies, case.clarifications) == (2, 1)


def test_a_notice_is_remembered_with_its_promise() -> None:
    case = moved(Action.ESCALATE, Role.NOTICE, Role.HANDOVER)

    assert (case.noticed_at, case.promised_at) == (NOW, PROMISED)


def test_the_first_hand_over_starts_the_queues_thread() -> None:
    first = moved(Action.ESCALATE, Role.HANDOVER)
    second = moved(Action.DRAFT, Role.DRAFT, case=first)

    assert first.queue_id == second.queue_id == "handover@example.com"


def test_language_and_topic_are_kept_with_the_case() -> None:
    case = moved(Action.WAIT)

    assert (case.language, case.topic) == ("de", "account")
