"""The decision as a table: each row a state of affairs, what must be done, and the reason's key."""

from dataclasses import replace
from datetime import timedelta

import pytest

from daemon.settings import Middle, PolicySettings
from daemon.steps.decide import Question, decide
from daemon.steps.verdicts import Action, Cap, Flag, Outcome, Request, Triage, TurnView
from kb.articles import Passage
from kb.evidence import Evidence
from store.records import Case, Direction, Kind, Owner, Role, Turn
from tests.unit.example_case import ASKED, CASE, NOW

PASSAGE = Passage(id="p1", article="account/sign-in.md", title="Sign in", section="", text="Press Reset.")
OTHER = Passage(id="p2", article="account/unlock.md", title="Unlock", section="", text="Call us.")

MAIL = replace(ASKED, at=NOW, received_at=NOW)
OURS = replace(MAIL, id=2, direction=Direction.OUT, sender="support@example.com", kind=Kind.OWN, role=Role.REPLY)
TRIAGE = Triage(
    language="en",
    topic="account",
    request=Request.QUESTION,
    sentiment=0.0,
    urgency=0,
    priority="normal",
    flags=frozenset(),
    outcome=None,
    query="How do I sign in?",
)
SURE = Evidence(cited=(PASSAGE,), answer="Press Reset.", confidence=0.95)
MIDDLING = replace(SURE, confidence=0.8)
UNSURE = replace(SURE, confidence=0.2)
GERMAN = replace(SURE, cited=(replace(PASSAGE, language="de"),))
AMBIGUOUS = replace(UNSURE, ambiguous=True, candidates=(PASSAGE, OTHER))


def question(
    *,
    mail: Turn = MAIL,
    case: Case = CASE,
    triage: Triage = TRIAGE,
    evidence: Evidence | None = SURE,
    policy: PolicySettings | None = None,
    cap: Cap | None = None,
    history: tuple[Turn, ...] = (),
) -> Question:
    """A question that would be answered, but for what the row changes."""
    view = TurnView(
        case=case, history=(*history, mail), current=(mail,), triage=triage, evidence=evidence, now=NOW, original=b""
    )
    return Question(view=view, policy=policy or PolicySettings(), cap=cap)


def flagged(*flags: Flag) -> Triage:
    return replace(TRIAGE, flags=frozenset(flags))


def outcome(value: Outcome) -> Triage:
    return replace(TRIAGE, outcome=value)


ROWS = [
    pytest.param(question(), Action.ANSWER, "confident", id="a sure answer is sent"),
    pytest.param(question(evidence=MIDDLING), Action.DRAFT, "middle", id="between the thresholds a human approves"),
    pytest.param(
        question(evidence=MIDDLING, policy=PolicySettings(middle=Middle.OFFER)),
        Action.DRAFT,
        "offer",
        id="or it is offered",
    ),
    pytest.param(question(evidence=GERMAN), Action.DRAFT, "language", id="sure, in another language: a human sends it"),
    pytest.param(
        question(evidence=replace(GERMAN, confidence=0.2, ambiguous=True, candidates=(PASSAGE, OTHER))),
        Action.ESCALATE,
        "language",
        id="unsure in another language: a human, and no questions about articles that the customer cannot read",
    ),
    pytest.param(
        question(evidence=GERMAN, triage=replace(TRIAGE, language="de")),
        Action.ANSWER,
        "confident",
        id="an article in the customer's language answers",
    ),
    pytest.param(
        question(evidence=replace(GERMAN, cited=(PASSAGE,), answer="Öffnen Sie Ihr Profil und wählen Sie Entsperren.")),
        Action.DRAFT,
        "language",
        id="an article that does not name its language is read",
    ),
    pytest.param(question(evidence=AMBIGUOUS), Action.CLARIFY, "ambiguous", id="several articles fit: ask"),
    pytest.param(
        question(evidence=AMBIGUOUS, case=replace(CASE, clarifications=1)),
        Action.ESCALATE,
        "second_clarification",
        id="never ask twice",
    ),
    pytest.param(question(evidence=UNSURE), Action.ESCALATE, "low_confidence", id="otherwise a human"),
    pytest.param(question(evidence=None), Action.ESCALATE, "no_knowledge", id="no articles: a human"),
    pytest.param(
        question(evidence=replace(SURE, answer="")),
        Action.ESCALATE,
        "low_confidence",
        id="confidence without an answer",
    ),
    pytest.param(
        question(mail=replace(MAIL, refused="auto_submitted", kind=Kind.AUTO_REPLY)),
        Action.IGNORE,
        "auto_submitted",
        id="a robot is left alone",
    ),
    pytest.param(
        question(mail=replace(MAIL, refused="report", kind=Kind.BOUNCE), history=(OURS,)),
        Action.IGNORE,
        "undeliverable",
        id="a bounce of ours is told to the queue",
    ),
    pytest.param(
        question(mail=replace(MAIL, refused="report", kind=Kind.BOUNCE)),
        Action.IGNORE,
        "report",
        id="a bounce of somebody else's mail is only left alone",
    ),
    pytest.param(
        question(mail=replace(MAIL, refused="unreadable", kind=Kind.UNREADABLE, unreadable="too deep")),
        Action.ESCALATE,
        "unreadable",
        id="a broken mail is shown to a human",
    ),
    pytest.param(
        question(mail=replace(MAIL, refused="agent", kind=Kind.AGENT)),
        Action.RECORD,
        "agent",
        id="an agent is not answered",
    ),
    pytest.param(
        question(case=replace(CASE, owner=Owner.HUMAN)), Action.RECORD, "human_owns", id="never talk over a human"
    ),
    pytest.param(question(mail=replace(MAIL, trusted=False)), Action.ESCALATE, "not_a_participant", id="a stranger"),
    pytest.param(
        question(mail=replace(MAIL, trusted=False, unproven="DMARC failed")),
        Action.ESCALATE,
        "authentication",
        id="not who it says",
    ),
    pytest.param(
        question(mail=replace(MAIL, unreadable="it is encrypted (pgp)")), Action.ESCALATE, "unreadable", id="encrypted"
    ),
    pytest.param(
        question(mail=replace(MAIL, received_at=NOW - timedelta(hours=25))), Action.ESCALATE, "too_old", id="too old"
    ),
    pytest.param(
        question(mail=replace(MAIL, received_at=NOW - timedelta(hours=23))),
        Action.ANSWER,
        "confident",
        id="not too old",
    ),
    *(
        pytest.param(question(triage=flagged(flag)), Action.ESCALATE, flag.value, id=f"never answered: {flag}")
        for flag in (
            Flag.WANTS_HUMAN,
            Flag.LEGAL_OR_REGULATED,
            Flag.SECURITY_INCIDENT,
            Flag.CANCEL_OR_REFUND,
            Flag.VULNERABLE,
        )
    ),
    pytest.param(question(triage=flagged(Flag.URGENT)), Action.ANSWER, "confident", id="urgent alone is answered"),
    pytest.param(
        question(triage=flagged(Flag.WANTS_HUMAN), policy=PolicySettings(never_auto=())),
        Action.ESCALATE,
        "wants_human",
        id="asking for a person always works",
    ),
    pytest.param(
        question(policy=PolicySettings(never_auto_topics=("account",))),
        Action.ESCALATE,
        "never_auto_topic",
        id="a topic that the team keeps for itself",
    ),
    pytest.param(question(triage=replace(TRIAGE, sentiment=-0.7)), Action.ESCALATE, "sentiment", id="under the floor"),
    pytest.param(question(triage=replace(TRIAGE, sentiment=-0.6)), Action.ANSWER, "confident", id="at the floor"),
    pytest.param(
        question(case=replace(CASE, automatic_replies=3)), Action.ESCALATE, "turn_cap", id="three replies are enough"
    ),
    pytest.param(
        question(cap=Cap(rule="sender_per_day", why="10 already")),
        Action.ESCALATE,
        "sender_per_day",
        id="a cap hands over",
    ),
    pytest.param(
        question(triage=replace(TRIAGE, request=Request.SERVICE_REQUEST)),
        Action.ESCALATE,
        "service_request",
        id="an article about refunds is not a refund",
    ),
    pytest.param(
        question(
            triage=replace(TRIAGE, request=Request.SERVICE_REQUEST), evidence=replace(SURE, answer="1. Open\n2. Press")
        ),
        Action.ANSWER,
        "confident",
        id="unless an article tells how to do it oneself",
    ),
    pytest.param(question(triage=outcome(Outcome.RESOLVED)), Action.CLOSE, "resolved", id="solved"),
    pytest.param(question(triage=outcome(Outcome.STOP)), Action.CLOSE, "stop", id="stop"),
    pytest.param(
        question(triage=replace(flagged(Flag.WANTS_HUMAN), outcome=Outcome.STOP)), Action.CLOSE, "stop", id="stop wins"
    ),
    pytest.param(question(triage=outcome(Outcome.ACK_PENDING)), Action.WAIT, "ack_pending", id="will try later"),
    pytest.param(
        question(triage=replace(TRIAGE, asks_nothing=True)), Action.ESCALATE, "asks_nothing", id="nothing to answer"
    ),
    pytest.param(question(triage=outcome(Outcome.NOT_RESOLVED)), Action.ESCALATE, "not_resolved", id="back off"),
    pytest.param(question(triage=outcome(Outcome.WANTS_HUMAN)), Action.ESCALATE, "wants_human", id="asks for a person"),
    pytest.param(question(triage=outcome(Outcome.NEW_QUESTION)), Action.ANSWER, "confident", id="a new question"),
    pytest.param(question(triage=outcome(Outcome.AUTO)), Action.IGNORE, "auto", id="reads like an automatic reply"),
    pytest.param(
        question(triage=outcome(Outcome.RESOLVED), case=replace(CASE, automatic_replies=3)),
        Action.CLOSE,
        "resolved",
        id="a thank-you closes even at the turn cap",
    ),
]


@pytest.mark.parametrize(("asked", "action", "because"), ROWS)
def test_first_matching_rule_decides(asked: Question, action: Action, because: str) -> None:
    decision = decide(asked)

    assert (decision.action, decision.because) == (action, because)
    assert decision.why, "a decision without a reason is no decision"


def test_a_clarification_has_two_to_four_questions() -> None:
    decision = decide(question(evidence=replace(AMBIGUOUS, missing=("your version", "your system", "your plan"))))

    assert decision.action is Action.CLARIFY
    assert 2 <= len(decision.questions) <= 4
    assert "Sign in" in decision.questions[0]
    assert "Unlock" in decision.questions[0]
