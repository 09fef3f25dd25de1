"""Our mails as customers get them: whole texts, headers, and who is told nothing."""

from dataclasses import replace
from datetime import timedelta
from email.utils import parseaddr

import pytest

from daemon.settings import ReplySettings
from daemon.steps.compose import compose, first_name
from daemon.steps.markdown import to_html, to_text
from daemon.steps.triage import triage_text
from daemon.steps.verdicts import Action, ComposedMail, Decision, Flag, TurnView
from daemon.steps.voice import Voice
from store.records import Role
from tests.unit.example_case import ASKED, CASE, NOW, PASSAGE, VOICE, nonces, ours, theirs, view
from threading_.ids import is_ours, read_id

ANSWER = Decision(action=Action.ANSWER, why=("confidence 0.93 ≥ send_at 0.90",), because="confident")
DRAFT = Decision(action=Action.DRAFT, why=("confidence 0.80 is between 0.70 and 0.90",), because="middle")
OFFER = replace(DRAFT, because="offer")
ASK = Decision(
    action=Action.CLARIFY, why=("two articles fit",), questions=("On the web or in the app?", "Which version?")
)
ESCALATE = Decision(action=Action.ESCALATE, why=("asks for a person",), because="wants_human")
RECORD = Decision(action=Action.RECORD, why=("a human has the case",), because="human_owns")


def mails(seen: TurnView, decision: Decision, voice: Voice = VOICE) -> tuple[ComposedMail, ...]:
    return compose(seen, decision, voice, nonces())


def only(seen: TurnView, decision: Decision, voice: Voice = VOICE) -> ComposedMail:
    (mail,) = mails(seen, decision, voice)
    return mail


def test_an_answer_reads_so() -> None:
    mail = only(view(), ANSWER)
    assert mail.role is Role.REPLY
    assert mail.mail.text == (
        "Hello Alice,\n"
        "\n"
        "Each account must be unlocked once after the migration:\n"
        "\n"
        "1. Open your profile (https://help.example.com/profile).\n"
        "2. Click Unlock.\n"
        "\n"
        "You are signed in at once.\n"
        "\n"
        "Read more:\n"
        "\n"
        "- Unlock an account (https://help.example.com/unlock)\n"
        "\n"
        "Did this not solve it? Just reply to this mail. If you would rather have a person look at it, reply with "
        '"a person, please" and a colleague takes over.\n'
        "\n"
        "Example Support\n"
        "\n"
        "This mail was written automatically. Your case: FL-7K2Q-9DX\n"
    )
    assert mail.grounded == to_text(PASSAGE.text)


def test_the_html_of_an_answer_says_the_same() -> None:
    html = only(view(), ANSWER).mail.html
    assert html is not None
    assert '<ol>\n<li>Open <a href="https://help.example.com/profile"' in html
    assert "<li>Click <strong>Unlock</strong>.</li>" in html
    assert "<small>This mail was written automatically." in html
    assert "<img" not in html


def test_questions_read_so() -> None:
    mail = only(view(), ASK)
    assert mail.role is Role.QUESTIONS
    assert mail.mail.text == (
        "Hello Alice,\n"
        "\n"
        "Thank you for your mail. To give you the right answer, we need to know a little more:\n"
        "\n"
        "1. On the web or in the app?\n"
        "2. Which version?\n"
        "\n"
        "Just reply to this mail; a few words for each number are enough. If you would rather have a person look at "
        'it, reply with "a person, please" and a colleague takes over.\n'
        "\n"
        "Example Support\n"
        "\n"
        "This mail was written automatically. Your case: FL-7K2Q-9DX\n"
    )


def test_a_notice_reads_so_and_repeats_nothing_of_the_customers_text() -> None:
    notice, handover = mails(view(), ESCALATE)
    assert (notice.role, handover.role) == (Role.NOTICE, Role.HANDOVER)
    assert notice.mail.text == (
        "Hello Alice,\n"
        "\n"
        "Thank you for your mail. A colleague will answer you by 16:15 (CET) today.\n"
        "\n"
        "There is nothing you need to do. If you have something to add, just reply to this mail.\n"
        "\n"
        "Example Support\n"
        "\n"
        "This mail was written automatically. Your case: FL-7K2Q-9DX\n"
    )
    assert notice.envelope_sender == ""


def test_a_notice_on_a_friday_evening_names_the_monday() -> None:
    friday = replace(view(), now=NOW + timedelta(days=3, hours=8))
    assert "will answer you by Monday, 30 November, 13:00 (CET)." in mails(friday, ESCALATE)[0].mail.text


def test_a_closure_reads_so() -> None:
    solved = theirs(3, "It works now, thank you!")
    mail = only(
        view(ASKED, ours(2, Role.REPLY, "…", minutes=3), solved), Decision(action=Action.CLOSE, why=("solved",))
    )
    assert mail.role is Role.CLOSURE
    assert mail.mail.text == (
        "Hello Alice,\n"
        "\n"
        "Good to hear that it is solved. We have closed your case; if anything else comes up, just reply to this "
        "mail.\n"
        "\n"
        "Example Support\n"
        "\n"
        "This mail was written automatically. Your case: FL-7K2Q-9DX\n"
    )


def test_who_wants_no_more_mail_gets_none() -> None:
    stop = view(ASKED, ours(2, Role.REPLY, "…", minutes=3), theirs(3, "Stop sending me mails."))
    assert mails(stop, Decision(action=Action.CLOSE, why=("stop",), because="stop")) == ()


def test_an_offer_says_the_answer_and_offers_a_person() -> None:
    mail = only(view(), OFFER)
    assert mail.role is Role.OFFER
    assert "Click Unlock." in mail.mail.text
    assert 'reply with "a person, please"' in mail.mail.text
    assert mail.grounded


def test_what_we_tell_customers_to_write_calls_a_person() -> None:
    assert Flag.WANTS_HUMAN in triage_text("a person, please").flags
    assert Flag.WANTS_HUMAN in triage_text("A person please.").flags


def test_a_mail_to_a_customer_has_the_headers_of_an_automatic_reply() -> None:
    mail = only(view(replace(ASKED, references=("older@example.net",))), ANSWER)
    headers = dict(mail.mail.headers)
    assert headers["Auto-Submitted"] == "auto-replied"
    assert headers["X-Auto-Response-Suppress"] == "OOF, DR, RN, NRN, AutoReply"
    assert is_ours(VOICE.ring, headers["X-Firstline-Loop"])
    signed = read_id(VOICE.ring, mail.mail.message_id)
    assert signed is not None
    assert signed.case == CASE.reference
    assert mail.mail.in_reply_to == "first@example.net"
    assert mail.mail.references == ("older@example.net", "first@example.net")
    assert mail.mail.to.address == "alice@example.net"
    assert mail.mail.subject == "Re: Can't sign in after the upgrade"
    assert mail.envelope_sender == "bounce@example.com"
    assert mail.mail.date == NOW


def test_a_mail_goes_to_the_sender_of_the_newest_mail() -> None:
    other = replace(theirs(3, "Same for me, how do I unlock it?"), sender="bob@example.net", sender_name="Bob Brown")
    mail = only(view(ASKED, other), ANSWER)
    assert mail.mail.to.address == "bob@example.net"
    assert mail.mail.text.startswith("Hello Bob,")


def test_a_draft_goes_to_the_queue_with_the_whole_mail_and_the_customer_is_told() -> None:
    notice, draft = mails(view(), DRAFT)
    assert (notice.role, draft.role) == (Role.NOTICE, Role.DRAFT)
    assert draft.mail.to == VOICE.queue
    assert only(view(), ANSWER).mail.text.strip() in draft.mail.text
    assert draft.grounded
    assert draft.mail.attached_mail == view().original


def test_a_draft_of_questions_holds_the_questions() -> None:
    *_, draft = mails(view(), replace(ASK, action=Action.DRAFT, because="mode"))
    assert "1. On the web or in the app?" in draft.mail.text
    assert draft.grounded == ""


@pytest.mark.parametrize("decision", [DRAFT, ESCALATE])
def test_the_customer_is_told_once(decision: Decision) -> None:
    assert all(not mail.role.to_customer for mail in mails(view(case=replace(CASE, noticed_at=NOW)), decision))


@pytest.mark.parametrize("turn", [replace(ASKED, trusted=False), replace(ASKED, refused="bulk")])
def test_a_stranger_or_a_machine_is_told_nothing(turn: object) -> None:
    assert isinstance(turn, type(ASKED))
    assert [mail.role for mail in mails(view(turn), ESCALATE)] == [Role.HANDOVER]


@pytest.mark.parametrize(
    ("decision", "roles"),
    [
        pytest.param(RECORD, [Role.HANDOVER], id="what is added while a human has the case"),
        pytest.param(replace(RECORD, because="agent"), [], id="a mail from the queue never goes back there"),
        pytest.param(Decision(action=Action.WAIT, why=("later",)), [], id="wait"),
        pytest.param(Decision(action=Action.IGNORE, why=("robot",), because="bulk"), [], id="ignore"),
        pytest.param(
            Decision(action=Action.IGNORE, why=("bounced",), because="undeliverable"),
            [Role.HANDOVER],
            id="a bounce of ours",
        ),
    ],
)
def test_what_leaves_by_decision(decision: Decision, roles: list[Role]) -> None:
    assert [mail.role for mail in mails(view(), decision)] == roles


def test_the_teams_tone_is_used() -> None:
    reply = ReplySettings(greeting="Hi", signature="Your **Acme** team\nacme.example", disclosure=False)
    text = only(view(), ANSWER, replace(VOICE, reply=reply)).mail.text
    assert text.startswith("Hi Alice,\n")
    assert "Your Acme team\nacme.example\n" in text
    assert "automatically" not in text


def test_a_name_cannot_become_markup() -> None:
    for name in ("<b>Eve</b> Evil", "[Eve](https://evil.example) Evil", "**Eve** Evil"):
        mail = only(view(replace(ASKED, sender_name=name)), ANSWER)
        assert mail.mail.text.startswith("Hello,")
        assert "evil.example" not in mail.mail.text


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Alice Archer", "Alice"),
        ("Archer, Alice", "Alice"),
        ("ALICE ARCHER", "Alice"),
        ("Dr. Anna-Lena Weiß", "Anna-Lena"),
        ("José", "José"),
        ("Zoë O'Neil (Acme)", "Zoë"),
        ("", ""),
        ("vogelfan77", ""),
        ("ACME", ""),
        ("Acme Support", ""),
        ("alice@example.net", ""),
        ("J. Smith", ""),
        ("Acme GmbH & Co. KG", ""),
    ],
)
def test_only_what_is_surely_a_first_name_is_used_to_greet(name: str, first: str) -> None:
    assert first_name(parseaddr(f'"{name}" <x@example.net>')[0] if "," in name else name) == first


def test_markdown_as_text_keeps_steps_lists_and_code() -> None:
    markdown = (
        "# Reset *it*\n\nOpen the [panel](https://x.example/p) and\nsee ![shot](a.png)[more](/relative).<br>Then:\n\n"
        "3. First **do**\n\n   ```\n   code  x\n     y\n   ```\n4. Second\n   - a\n   - `b_c`\n\n| A | B |\n|---|---|\n| 1 | 2 |\n"
    )
    assert to_text(markdown) == (
        "Reset it\n\nOpen the panel (https://x.example/p) and see more.\nThen:\n\n"
        "3. First do\n\n       code  x\n         y\n\n4. Second\n   - a\n   - b_c\n\nA | B\n1 | 2"
    )


def test_html_from_markdown_can_load_and_run_nothing() -> None:
    html = to_html(
        '<script>x()</script><img src="http://t.example/p.gif"> [a](javascript:x) <a href="data:x">b</a> ![i](x.png)'
    )
    assert not any(bad in html for bad in ("<script", "<img", 'href="javascript', 'href="data'))


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("Seit gestern kann ich mich nicht mehr anmelden.\n\nAlice", "Guten Tag Alice,\n\nvielen Dank"),
        ("Desde ayer no puedo entrar en mi cuenta.\n\nAlice", "Hola, Alice:\n\nGracias"),
        ("Since yesterday I cannot sign in.\n\nAlice", "Hey Alice,\n\nThank you"),
    ],
)
def test_a_customer_is_greeted_in_their_language_and_in_the_teams_words_where_it_is_theirs(
    text: str, begins: str
) -> None:
    voice = replace(VOICE, reply=ReplySettings(greeting="Hey,"))
    notice = mails(view(replace(ASKED, subject="", text=text)), ESCALATE, voice)[0]
    assert notice.mail.text.startswith(begins)
