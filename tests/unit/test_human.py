"""The hand-over as a person in the queue reads it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from daemon.steps.compose import compose
from daemon.steps.human import header_value, summary
from daemon.steps.verdicts import Action, Decision, TurnView
from store.records import Role
from tests.unit.example_case import ASKED, CASE, EVIDENCE, NOW, PASSAGE, VOICE, nonces, ours, theirs, view
from threading_.message import OutgoingMail
from threading_.parse import parse
from threading_.write import write

ESCALATE = Decision(action=Action.ESCALATE, why=("our answer did not solve it",), because="not_resolved")


def handover(seen: TurnView, decision: Decision = ESCALATE) -> OutgoingMail:
    return compose(seen, decision, VOICE, nonces())[-1].mail


def test_a_hand_over_reads_so() -> None:
    seen = view(
        replace(ASKED, at=NOW - timedelta(minutes=34)),
        ours(2, Role.REPLY, "Hello Alice,\n\nOpen your profile.", minutes=33),
        theirs(3, 'Thanks, but I am still locked out. It says "account locked" as before.', minutes=4),
        case=replace(CASE, opened_at=NOW - timedelta(minutes=34)),
        evidence=replace(EVIDENCE, confidence=0.43),
        earlier=3,
    )
    assert handover(seen).text == (
        "This case needs a person; Firstline will not answer it.\n"
        "\n"
        "Case        FL-7K2Q-9DX · opened Tue 11:33 · waiting 4 min · reply due Tue 16:15\n"
        "Customer    Alice Archer <alice@example.net> · 3 earlier cases\n"
        "Subject     Re: Can't sign in after the upgrade\n"
        "Why         our answer did not solve it\n"
        "Topic       priority normal · sentiment +0.2 · language en\n"
        'Summary     Thanks, but I am still locked out. It says "account locked" as before.\n'
        "Tried       Tue 11:34 answered · Tue 12:03 customer: Thanks, but I am still locked out. "
        'It says "account locked" as before.\n'
        'Best guess  "Unlock an account › With the link" (0.43) https://help.example.com/unlock\n'
        "            Each account must be unlocked once after the migration:\n"
        "\n"
        "            1. Open your profile (https://help.example.com/profile).\n"
        "            2. Click Unlock.\n"
        "\n"
        "            You are signed in at once.\n"
        "Answer      Open the attached mail and answer it as usual, from the support address.\n"
        "            Firstline stays silent on this case. A reply to this mail does not reach the customer.\n"
        "\n"
        "==== The conversation, oldest first ====\n"
        "\n"
        "Tue 24 Nov 11:33  Alice Archer <alice@example.net> wrote:\n"
        "  Hi there,\n"
        "\n"
        '  Since the upgrade on Monday I can\'t sign in any more. It says "account locked".\n'
        "  How do I unlock it?\n"
        "\n"
        "  Many thanks\n"
        "  Alice\n"
        "\n"
        "Tue 24 Nov 11:34  Firstline answered:\n"
        "  Hello Alice,\n"
        "\n"
        "  Open your profile.\n"
        "\n"
        "Tue 24 Nov 12:03  Alice Archer <alice@example.net> wrote:\n"
        '  Thanks, but I am still locked out. It says "account locked" as before.\n'
        "\n"
        "==== The newest mail as it came is attached ====\n"
    )


def test_it_offers_only_what_is_built() -> None:
    text = handover(view()).text
    assert "#send" not in text
    assert "just reply to this mail" not in text


def test_the_block_stands_in_headers_as_well() -> None:
    headers = dict(handover(view()).headers)
    assert headers["X-Firstline-Case"] == "FL-7K2Q-9DX"
    assert headers["X-Firstline-Customer"] == "Alice Archer <alice@example.net>"
    assert headers["X-Firstline-Why"] == "our answer did not solve it"
    assert headers["X-Firstline-Decision"] == "escalate"
    assert headers["X-Firstline-Confidence"] == "0.93"
    assert "X-Firstline-Topic" not in headers  # nothing to say
    assert headers["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    "value", ["a\r\nBcc: eve@example.net", "x\x00y\u2028z", "Zoë Müller “x” " * 30, "日本語のお客様"]
)
def test_a_header_is_one_short_line_whatever_comes_in(value: str) -> None:
    safe = header_value(value)
    assert safe.isprintable()
    assert len(safe) <= 201


def test_a_header_that_needs_more_than_ascii_is_encoded_once() -> None:
    named = replace(CASE, customer_name="Zoë Müller")
    raw = write(handover(view(case=named)))
    assert "Zoë Müller" in parse(raw).headers.get("x-firstline-customer")


def test_the_queue_sees_one_thread_a_case() -> None:
    first = handover(view())
    assert (first.in_reply_to, first.references) == (None, ())
    later = handover(view(case=replace(CASE, queue_id="fl.first@example.com")))
    assert (later.in_reply_to, later.references) == ("fl.first@example.com", ("fl.first@example.com",))
    assert later.subject == "[FL-7K2Q-9DX] Can't sign in after the upgrade"
    assert later.reply_to == later.sender == VOICE.mailbox
    assert later.attached_mail == view().original


@pytest.mark.parametrize(
    ("decision", "says"),
    [
        (
            Decision(action=Action.RECORD, why=("a human has the case",), because="human_owns"),
            "The customer wrote again",
        ),
        (Decision(action=Action.IGNORE, why=("it bounced",), because="undeliverable"), "A mail of ours came back"),
        (Decision(action=Action.DRAFT, why=("middle",), because="middle"), "A draft waits for you"),
    ],
)
def test_the_first_line_says_what_it_is(decision: Decision, says: str) -> None:
    assert handover(view(), decision).text.startswith(says)


def test_what_a_person_must_beware_of_is_the_next_step() -> None:
    assert "Make sure who alice@example.net is" in handover(view(replace(ASKED, trusted=False))).text
    assert "could not read this mail (encrypted)" in handover(view(replace(ASKED, unreadable="encrypted"))).text
    assert "Ask for what the mail does not say: the board" in (
        handover(view(evidence=replace(EVIDENCE, missing=("the board",)))).text
    )


def test_an_internal_article_is_shown_and_marked() -> None:
    secret = replace(PASSAGE, public=False, url="")
    text = handover(view(evidence=replace(EVIDENCE, cited=(secret,)))).text
    assert "account/unlock.md · internal, not for customers" in text


def test_earlier_hand_overs_are_no_part_of_the_conversation() -> None:
    seen = view(ASKED, ours(2, Role.HANDOVER, "the block of before", minutes=2), theirs(3, "Any news?"))
    assert "the block of before" not in handover(seen).text


def test_the_summary_leaves_out_courtesy_and_keeps_the_customers_words() -> None:
    story = replace(
        ASKED,
        text=(
            "Dear team,\n\nI hope you are well. We have been happy customers for years. The weather is fine here. "
            "Since Monday the export fails with error 512. We restarted it twice. How can we get the file?\n\n"
            "Kind regards\nAlice Archer\nAcme Ltd"
        ),
    )
    assert summary((story,)) == (
        "Since Monday the export fails with error 512. We restarted it twice. How can we get the file?"
    )


def test_a_mail_without_text_is_handed_over_too() -> None:
    text = handover(view(replace(ASKED, text="", subject=""), evidence=None, case=replace(CASE, subject=""))).text
    assert "(no text)" in text
    assert "Summary" not in text
    assert "Best guess" not in text
