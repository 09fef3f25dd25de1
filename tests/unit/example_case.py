"""One believable case, as values: what composing, the hand-over and the check are tested on."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from daemon.edges.templates import load
from daemon.settings import HoursSettings, ReplySettings
from daemon.steps.triage import triage
from daemon.steps.verdicts import TurnView
from daemon.steps.voice import Voice
from kb.articles import Passage
from kb.evidence import Evidence, Hit
from store.records import Case, CaseStatus, Direction, Kind, Mode, Owner, Role, Turn
from threading_.ids import KeyRing
from threading_.message import Address

NOW = datetime(2026, 11, 24, 11, 7, tzinfo=UTC)  # a Tuesday, 12:07 in Berlin

VOICE = Voice(
    mailbox=Address("Example Support", "support@example.com"),
    envelope_sender="bounce@example.com",
    queue=Address("Support queue", "queue@example.com"),
    domain="example.com",
    ring=KeyRing((b"k" * 16,)),
    reply=ReplySettings(),
    hours=HoursSettings(),
    zone=ZoneInfo("Europe/Berlin"),
    render=load(""),
)

PASSAGE = Passage(
    id="p1",
    article="account/unlock.md",
    title="Unlock an account",
    section="Unlock an account > With the link",
    text=(
        "Each account must be unlocked once after the migration:\n\n"
        "1. Open [your profile](https://help.example.com/profile).\n"
        "2. Click **Unlock**.\n\n"
        "You are signed in at once."
    ),
    url="https://help.example.com/unlock",
)

EVIDENCE = Evidence(
    hits=(Hit(passage=PASSAGE, score=0.8, dense=0.8, sparse=3.0),),
    cited=(PASSAGE,),
    answer=PASSAGE.text,
    confidence=0.93,
)

ASKED = Turn(
    id=1,
    direction=Direction.IN,
    at=NOW - timedelta(minutes=4),
    sender="alice@example.net",
    sender_name="Alice Archer",
    subject="Can't sign in after the upgrade",
    text=(
        'Hi there,\n\nSince the upgrade on Monday I can\'t sign in any more. It says "account locked".\n'
        "How do I unlock it?\n\nMany thanks\nAlice"
    ),
    kind=Kind.CUSTOMER,
    message_id="first@example.net",
    handled=False,
)

CASE = Case(
    id=1,
    reference="FL-7K2Q-9DX",
    status=CaseStatus.OPEN,
    owner=Owner.DAEMON,
    mode=Mode.AUTO,
    version=1,
    customer="alice@example.net",
    customer_name="Alice Archer",
    subject="Can't sign in after the upgrade",
    opened_at=NOW - timedelta(minutes=4),
    updated_at=NOW,
)


def nonces() -> Iterator[str]:
    """1, 2, 3, …"""
    return (str(number) for number in count(1))


def view(
    *turns: Turn, case: Case = CASE, evidence: Evidence | None = EVIDENCE, current: int = 1, earlier: int = 0
) -> TurnView:
    """The case with these mails, the last `current` of them in this turn."""
    history = turns or (ASKED,)
    newest = history[-current:]
    return TurnView(
        case=case,
        history=history,
        current=newest,
        triage=triage(newest, history, default_language="en"),
        evidence=evidence,
        now=NOW,
        original=b"Subject: original\r\n\r\nAs it came.\r\n",
        known_customer_cases=earlier,
    )


def ours(number: int, role: Role, text: str, *, minutes: int) -> Turn:
    """A mail of ours, `minutes` before NOW."""
    return replace(
        ASKED,
        id=number,
        direction=Direction.OUT,
        at=NOW - timedelta(minutes=minutes),
        sender="support@example.com",
        sender_name="Example Support",
        text=text,
        kind=Kind.OWN,
        role=role,
        message_id=f"ours{number}@example.com",
    )


def theirs(number: int, text: str, *, minutes: int = 1) -> Turn:
    """A further mail of the customer, `minutes` before NOW."""
    return replace(
        ASKED,
        id=number,
        at=NOW - timedelta(minutes=minutes),
        subject="Re: Can't sign in after the upgrade",
        text=text,
        message_id=f"theirs{number}@example.net",
        references=("first@example.net",),
    )
