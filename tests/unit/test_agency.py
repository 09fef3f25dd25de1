"""Only an agent is obeyed, and only where the mail is proven twice: by what it answers and by who sent it."""

from datetime import UTC, datetime, timedelta

import pytest

from daemon.settings import Settings
from daemon.steps.agency import Agency, TokenKnown, agency, can_be_believed
from daemon.steps.authenticate import authenticate
from store.records import Role
from threading_.parse import parse

NOW = datetime(2026, 11, 24, 11, 7, tzinfo=UTC)
ANN, BOB, QUEUE, SERVER = "ann@example.com", "bob@example.com", "queue@example.com", "mx.example.com"
PASSED = f"Authentication-Results: {SERVER}; dmarc=pass header.from=example.com"
FAILED = f"Authentication-Results: {SERVER}; dmarc=fail header.from=example.com"


def settings(*, server: str = SERVER, trust_local: bool = False) -> Settings:
    return Settings.model_validate(
        {
            "queue": {"address": QUEUE, "fallback": "boss@example.com", "trust_local": trust_local, "token_days": 30},
            "agents": [{"name": "Ann", "address": ANN}, {"name": "Bob", "address": BOB}],
            "routes": [{"address": "billing@example.com"}],
            "authentication": {"authserv_id": server},
        }
    )


def token(recipient: str = QUEUE, *, role: Role = Role.HANDOVER, days: float = 1) -> TokenKnown:
    return TokenKnown(
        case="FL-7K2Q-9DX", message_id="x@example.com", role=role, recipient=recipient, at=NOW - timedelta(days=days)
    )


def judged(
    *fields: str, sender: str = f"Ann <{ANN}>", known: TokenKnown | None = None, given: Settings | None = None
) -> Agency:
    given = given or settings()
    raw = "\r\n".join([*fields, f"From: {sender}", "To: support@example.com", "Subject: x", "", "#close"])
    message = parse(raw.encode())
    return agency(message, authenticate(message, given.authentication.authserv_id), known, given, NOW)


@pytest.mark.parametrize("recipient", [ANN, "Ann@Example.com", QUEUE, "boss@example.com", "billing@example.com"])
@pytest.mark.parametrize("role", [Role.HANDOVER, Role.DRAFT, Role.RECEIPT, Role.REMINDER])
def test_an_agent_who_answers_a_mail_to_the_team_with_a_pass_is_believed(recipient: str, role: Role) -> None:
    found = judged(PASSED, known=token(recipient, role=role))
    assert (found.believed, found.proven, found.agent and found.agent.name) == (True, True, "Ann")
    assert "DMARC passed" in found.why


@pytest.mark.parametrize(
    ("fields", "sender", "known", "why"),
    [
        ((), f"Ann <{ANN}>", token(), "no Authentication-Results"),
        ((FAILED,), f"Ann <{ANN}>", token(), "DMARC failed"),
        ((PASSED.replace(SERVER, "mx.mallory.test"),), f"Ann <{ANN}>", token(), "not by mx.example.com"),
        ((PASSED.replace("example.com", "mallory.test"),), f"Ann <{ANN}>", token(), "not by mx.example.com"),
        ((f"Authentication-Results: {SERVER}; dmarc=pass header.from=mallory.test",), ANN, token(), "From says"),
        ((PASSED, f"From: {BOB}"), f"Ann <{ANN}>", token(), "more than one"),
        ((PASSED,), f"Ann <{ANN}>, Mallory <m@mallory.test>", token(), "more than one sender"),
        ((PASSED,), f'"{ANN}" <mallory@example.com>', token(), "none of [[agents]]"),
        ((PASSED,), f"Ann <{ANN}>", None, "answers no mail of ours"),
        ((PASSED,), f"Ann <{ANN}>", token(BOB), "went to bob@example.com"),
        ((PASSED,), f"Ann <{ANN}>", token("alice@customer.test"), "went to alice"),
        ((PASSED,), f"Ann <{ANN}>", token(role=Role.REPLY), "no mail to the team"),
        ((PASSED,), f"Ann <{ANN}>", token(days=31), "older than 30 days"),
        ((PASSED,), QUEUE, token(), "none of [[agents]]"),
        ((PASSED,), "alice@customer.test", token(), "none of [[agents]]"),
    ],
)
def test_without_one_of_the_proofs_nobody_is_believed(
    fields: tuple[str, ...], sender: str, known: TokenKnown | None, why: str
) -> None:
    found = judged(*fields, sender=sender, known=known)
    assert not found.believed
    assert why in found.why


@pytest.mark.parametrize(
    ("given", "fields", "believed"),
    [
        (settings(server="", trust_local=True), (), True),
        (settings(server="", trust_local=True), (f"From: {BOB}",), False),
        (settings(server="", trust_local=False), (PASSED,), False),
        (settings(trust_local=True), (), True),
        (settings(trust_local=True), (FAILED,), False),
    ],
)
def test_trust_local_takes_the_place_of_a_pass_and_never_of_a_fail(
    given: Settings, fields: tuple[str, ...], believed: bool
) -> None:
    assert judged(*fields, known=token(), given=given).believed is believed


def test_hand_overs_offer_an_answer_by_mail_only_where_one_can_be_believed() -> None:
    assert can_be_believed(settings())
    assert can_be_believed(settings(server="", trust_local=True))
    assert not can_be_believed(settings(server=""))
    assert not can_be_believed(Settings.model_validate({"queue": {"trust_local": True}}))
