"""Twenty-seven styles of answering a hand-over: the customer gets the agent's words, and nothing of the block, of notes,
of drafts, and no address of the team's."""

import html
import re
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from daemon.steps.agent_text import LINE, Known, for_customer, written
from daemon.steps.human import QueueMail, handover
from daemon.steps.relay import carried, relay
from daemon.steps.verdicts import Action, Decision
from store.records import Kind, Role
from tests.unit.example_case import CASE, NOW, VOICE, ours, theirs, view
from threading_.message import Message
from threading_.parse import parse
from threading_.write import write

MAILS = Path(__file__).parents[1] / "mails" / "agents"
ANSWER = "Hello Alice,\n\nyour account is unlocked now. Please sign in again.\n\nKind regards\nAnn"
INLINE = "Please click the link in the mail that I just sent you."
PRIVATE = ("ann@example.com", "queue@example.com")
NOTE = replace(
    ours(3, Role.NOTICE, "Ignore her, she always complains.", minutes=2),
    role=None,
    kind=Kind.AGENT,
    sender="bob@example.com",
    sender_name="Bob Builder",
)
SENT = ours(2, Role.REPLY, "Open your profile and click Unlock.", minutes=3)
HISTORY = (view().newest, SENT, NOTE, theirs(4, "I am still locked out.\nWhere do I find the link that you mean?"))
TEAM = handover(
    view(*HISTORY, earlier=3),
    Decision(action=Action.ESCALATE, because="wants_human", why=("asks for a person", "confidence 0.43 is under 0.70")),
    replace(VOICE, by_mail=True),
    QueueMail(due=NOW, draft="Dear Alice, this draft is not approved."),
    message_id="fl.fl7k2q9dx.1.x@example.com",
    headers=(),
)
KNOWN = Known(
    team=(TEAM.text,),
    customer=tuple(turn.text for turn in (HISTORY[0], HISTORY[3])),
    others=(SENT.text,),
    notes=(NOTE.text,),
)
#: What no customer may read.
SECRETS = (
    "write above",
    "waiting 4 min",
    "reply due",
    "earlier case",
    "asks for a person",
    "0.43",
    "best guess",
    "priority",
    "sentiment",
    "not approved",
    "always complains",
    "bob builder",
    "ann@example.com",
    "queue@example.com",
    "support queue",
    "ann agent",
    "x-firstline-why",
    "x-firstline-case",
    "fl-7k2q-9dx",
    "newest mail as it came",
    "confidential",
    "sent from my",
    "outlook for",
    "proton",
    "k-9",
)
#: Styles in which the words between the quoted lines cannot be told apart from them for sure.
REFUSED = {"04-outlook-desktop-inline", "24-quote-without-the-line", "25-block-in-the-answer"}
INLINED = {"02-gmail-inline", "07-apple-mail-inline", "11-thunderbird-inline"}
NAMES = sorted(path.stem for path in MAILS.glob("*.eml"))


def quoted(lines: list[str], sign: str = "> ") -> str:
    return "\n".join(f"{sign}{line}".rstrip() for line in lines)


def mail(name: str, *, without_line: bool = False) -> Message:
    """The answer, with the hand-over in it as the program quotes it."""
    lines = TEAM.text.rstrip("\n").split("\n")[2 if without_line else 0 :]
    middle = max(index for index, line in enumerate(lines) if "Where do I find the link" in line) + 1
    wrapped = "\n".join("\n".join(textwrap.wrap(f"> {line}", 72, break_on_hyphens=False)) or ">" for line in lines)
    page = [html.escape(line, quote=False).replace("  ", " &nbsp;") + "<br>" for line in lines]
    values = {
        "subject": TEAM.subject,
        "name": name,
        "id": TEAM.message_id,
        "quote": quoted(lines),
        "quote_bare": quoted(lines).removeprefix("> "),
        "quote_before": quoted(lines[:middle]),
        "quote_after": quoted(lines[middle:]),
        "bars": quoted(lines, "| "),
        "plain": "\n".join(lines),
        "plain_without_line": "\n".join(lines[2:]),
        "block_line": next(line for line in lines if line.startswith("Why")),
        "wrapped": wrapped,
        "html": "\n".join(page),
        "html_before": "\n".join(page[:middle]),
        "html_after": "\n".join(page[middle:]),
    }
    text = re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), (MAILS / f"{name}.eml").read_text())
    return parse(text.encode(), files=True)


@pytest.mark.parametrize("name", NAMES)
def test_the_customer_gets_the_answer_and_nothing_of_ours(name: str) -> None:
    message = mail(name)
    found = written(message, KNOWN)
    if name in REFUSED:
        assert found.problem
        return
    assert found.problem == ""
    text, _ = for_customer(found.text, PRIVATE, "support@example.com")
    files, _ = carried(message, text)
    composed = relay(CASE, HISTORY[3], VOICE, text=text, files=files, agent="Ann", nonce="9", view=view(*HISTORY))
    sent = parse(write(composed.mail), files=True)
    if name in INLINED:
        assert INLINE in sent.text
        assert "> Where do I find the link that you mean?" in sent.text
    elif name.startswith(("14", "23")):
        assert sent.text.startswith("Hello Alice,\n\nyour account is unlocked now. Please sign in again")
    else:
        # Outlook makes a paragraph of each line.
        assert re.sub(r"\n+", "\n", sent.text) == re.sub(r"\n+", "\n", ANSWER)
    shown = "\n".join((sent.text, sent.html, str(sent.headers), *(one.name for one in sent.attachments))).lower()
    assert [secret for secret in SECRETS if secret in shown] == []


@pytest.mark.parametrize("name", NAMES)
def test_without_the_line_the_customer_gets_the_answer_or_nothing(name: str) -> None:
    found = written(mail(name, without_line=True), KNOWN)
    text, _ = for_customer(found.text, PRIVATE, "support@example.com")
    assert [secret for secret in SECRETS if secret in text.lower()] == []
    assert found.problem or text.startswith("Hello Alice") or INLINE in text


def test_a_picture_goes_where_the_words_show_it_and_a_logo_stays() -> None:
    message = mail("14-html-picture-and-link")
    text = written(message, KNOWN).text
    files, left = carried(message, text)
    composed = relay(CASE, HISTORY[3], VOICE, text=text, files=files, agent="Ann", nonce="9", view=view(*HISTORY))
    sent = parse(write(composed.mail), files=True)
    assert [(one.name, one.content_id, one.content) for one in sent.attachments] == [
        ("shot.png", "shot@x", b"\x89PNG\r\n\x1a\n")
    ]
    assert '<img src="cid:shot@x"' in sent.html
    assert 'href="https://help.example.com/unlock"' in sent.html
    assert "[shot.png]" in sent.text
    assert left == ()


def test_below_an_answer_a_disclaimer_is_left_out_and_told() -> None:
    assert written(mail("26-disclaimer-below"), KNOWN).remarks == ("what stands below the quoted mail was left out",)


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("Bye\nAnn\nann@example.com", "Bye\nAnn"),
        ("Bye\nAnn | ann@example.com | 0123", "Bye"),
        ("Write to ANN@example.com and tell me.", "Write to support@example.com and tell me."),
        ("Write to joann@example.com and tell me.", "Write to joann@example.com and tell me."),
    ],
)
def test_an_address_of_the_team_reaches_nobody(text: str, want: str) -> None:
    assert for_customer(text, PRIVATE, "support@example.com")[0] == want


def test_the_line_is_never_wrapped_by_quoting() -> None:
    assert len(f"> > {LINE}") <= 72


def test_an_answer_of_one_word_between_the_lines_is_the_agents() -> None:
    lines = TEAM.text.rstrip("\n").split("\n")
    at = max(index for index, line in enumerate(lines) if "Where do I find the link" in line)
    body = f"{quoted(lines[: at + 1])}\n\nYes.\n\n{quoted(lines[at + 1 :])}\n"
    raw = f"From: ann@example.com\nSubject: Re: x\nContent-Type: text/plain; charset=utf-8\n\n{body}"
    found = written(parse(raw.encode()), KNOWN)
    assert found.text == "> I am still locked out.\n> Where do I find the link that you mean?\n\nYes."


def test_a_piece_of_the_conversation_without_any_mark_is_not_passed_on() -> None:
    """A program that marks no quote, and an agent who cut the top of it away."""
    piece = TEAM.text.partition("oldest first ====")[2]
    assert "always complains" in piece
    for start in range(0, piece.count("\n") - 4, 2):
        left = "\n".join(piece.split("\n")[start:])
        raw = f"From: ann@example.com\nSubject: Re: x\nContent-Type: text/plain; charset=utf-8\n\n{ANSWER}\n\n{left}"
        found = written(parse(raw.encode()), KNOWN)
        assert [secret for secret in SECRETS if secret in found.text.lower()] == []
        assert found.problem or found.text == ANSWER


def test_bottom_posting_under_a_rule_is_the_answer() -> None:
    body = f"{'_' * 32}\n{quoted(TEAM.text.split(chr(10)), '>')}\n\n{ANSWER}\n"
    raw = f"From: ann@example.com\nSubject: Re: x\nContent-Type: text/plain; charset=utf-8\n\n{body}"
    assert written(parse(raw.encode()), KNOWN).text == ANSWER
