"""What may be answered: every rule refuses its machine, lets its look-alike person pass, in any spelling of headers."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from daemon.steps.guard import RULES, Ours, Seen, examine, guard
from store.records import Kind
from threading_.ids import KeyRing, loop_token, sign_id
from threading_.parse import parse

MAILS = Path(__file__).parents[1] / "mails" / "guard"
DATA = Path(__file__).parents[3] / "shared" / "data"
GOLD = DATA / "gold" / "email_class.csv"
RING = KeyRing((b"a key of the tests",))
CASE = "FL-7K2Q-9DX"
OURS = Ours(addresses=frozenset({"support@example.com"}), queue=frozenset({"queue@example.com"}), ring=RING)
NAMES = [rule.name for rule in RULES]


def upper(name: bytes) -> bytes:
    return name.upper()


def lower(name: bytes) -> bytes:
    return name.lower()


def as_written(name: bytes) -> bytes:
    return name


def mail(name: str, spelling: Callable[[bytes], bytes] = as_written) -> bytes:
    """A mail of the corpus: its placeholders signed, the names of its headers spelled so."""
    raw = (MAILS / f"{name}.eml").read_bytes()
    raw = raw.replace(b"{loop}", loop_token(RING, CASE).encode())
    raw = raw.replace(b"{signed}", sign_id(RING, case=CASE, nonce="n1", domain="example.com").encode())
    head, gap, body = raw.partition(b"\n\n")
    return re.sub(rb"(?m)^[A-Za-z-]+(?=:)", lambda match: spelling(match[0]), head) + gap + body


def seen(rule: str, *, refuse: bool) -> Seen:
    if refuse and rule == "form_of_ours":
        return Seen(form=True, form_of_ours=True)
    return Seen(duplicate_of="earlier@example.org") if refuse and rule == "duplicate" else Seen()


@pytest.mark.parametrize("spelling", [as_written, lower, upper])
@pytest.mark.parametrize("rule", NAMES)
def test_each_rule_is_the_first_to_refuse_its_mail(rule: str, spelling: Callable[[bytes], bytes]) -> None:
    verdict = guard(parse(mail(f"{rule}-refuse", spelling)), OURS, seen(rule, refuse=True))
    assert (verdict.reply, verdict.rule) == (False, rule)
    assert verdict.why


@pytest.mark.parametrize("spelling", [as_written, lower, upper])
@pytest.mark.parametrize("rule", NAMES)
def test_the_person_who_looks_like_it_passes(rule: str, spelling: Callable[[bytes], bytes]) -> None:
    verdict = guard(parse(mail(f"{rule}-pass", spelling)), OURS, seen(rule, refuse=False))
    assert (verdict.kind, verdict.reply, verdict.rule, verdict.why) == (Kind.CUSTOMER, True, None, None)


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ("duplicate", Kind.CUSTOMER),
        ("own_loop_header", Kind.OWN),
        ("own_message_id", Kind.OWN),
        ("form_of_ours", Kind.ROBOT),
        ("machine_report", Kind.REPORT),
        ("feedback_report", Kind.FEEDBACK_REPORT),
        ("receipt", Kind.RECEIPT),
        ("delivery_notice", Kind.BOUNCE),
        ("own_address", Kind.OWN),
        ("calendar", Kind.CALENDAR),
        ("auto_submitted", Kind.AUTO_REPLY),
        ("auto_reply_header", Kind.AUTO_REPLY),
        ("auto_reply_subject", Kind.AUTO_REPLY),
        ("asks_no_answer", Kind.ROBOT),
        ("null_path", Kind.ROBOT),
        ("mail_system", Kind.ROBOT),
        ("machine_header", Kind.ROBOT),
        ("agent", Kind.AGENT),
        ("list", Kind.LIST),
        ("precedence", Kind.BULK),
        ("unsubscribe", Kind.BULK),
        ("robot_sender", Kind.ROBOT),
        ("machine_text", Kind.ROBOT),
        ("not_addressed", Kind.BULK),
        ("unreadable", Kind.UNREADABLE),
    ],
)
def test_the_rule_says_what_the_mail_is(rule: str, kind: Kind) -> None:
    assert guard(parse(mail(f"{rule}-refuse")), OURS, seen(rule, refuse=True)).kind is kind


def test_every_rule_has_its_own_name_source_and_reason() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert all(rule.source and rule.why for rule in RULES)
    assert {path.name for path in MAILS.glob("*.eml")} == {
        f"{n}-{end}.eml" for n in NAMES for end in ("refuse", "pass")
    }


def test_examine_shows_every_rule_and_agrees_with_the_guard() -> None:
    for rule in NAMES:
        message, known = parse(mail(f"{rule}-refuse")), seen(rule, refuse=True)
        shown = examine(message, OURS, known)
        assert [name for name, _ in shown] == NAMES
        assert next(name for name, fires in shown if fires) == guard(message, OURS, known).rule


def test_the_second_copy_of_a_bounce_is_a_duplicate_and_still_a_bounce() -> None:
    verdict = guard(parse(mail("delivery_notice-refuse")), OURS, Seen(duplicate_of="earlier"))
    assert (verdict.rule, verdict.kind) == ("duplicate", Kind.BOUNCE)
    assert verdict.bounce


def test_a_bounce_says_who_failed_and_which_of_our_mails_it_was() -> None:
    bounce = guard(parse(mail("delivery_notice-refuse")), OURS, Seen()).bounce
    assert bounce
    assert (bounce.recipients, bounce.status, bounce.permanent) == (("bob@example.net",), "5.1.1", True)
    assert bounce.original_ids == ("answer-1@example.com",)


def test_an_agents_absence_note_is_no_agents_answer() -> None:
    raw = mail("auto_submitted-refuse").replace(b"alice@example.org", b"queue@example.com", 1)
    assert guard(parse(raw), OURS, Seen()).kind is Kind.AUTO_REPLY


def test_our_own_note_about_a_bounce_is_ours_and_no_bounce() -> None:
    raw = mail("delivery_notice-refuse").replace(
        b"Subject:", b"X-Firstline-Loop: " + loop_token(RING, CASE).encode() + b"\nSubject:", 1
    )
    assert guard(parse(raw), OURS, Seen()).kind is Kind.OWN


@pytest.mark.parametrize("header", ["To", "Cc", "Delivered-To", "X-Original-To", "Resent-To"])
def test_mass_mail_that_names_our_address_anywhere_is_addressed_to_us(header: str) -> None:
    raw = mail("not_addressed-refuse").replace(
        b"Date:", f"{header}: Support <Support+case7@Example.COM>\nDate:".encode(), 1
    )
    assert guard(parse(raw), OURS, Seen()).rule is None


def test_with_any_address_every_mail_is_addressed_to_us() -> None:
    ours = Ours(addresses=OURS.addresses, queue=OURS.queue, ring=RING, any_address=True)
    assert guard(parse(mail("not_addressed-refuse")), ours, Seen()).reply


@pytest.mark.parametrize("value", ["no", "No", " no ", "no; reason=typed"])
def test_auto_submitted_no_is_a_person(value: str) -> None:
    raw = mail("auto_submitted-pass").replace(b"Auto-Submitted: no", f"Auto-Submitted: {value}".encode())
    assert guard(parse(raw), OURS, Seen()).reply


def test_one_auto_submitted_among_several_is_enough() -> None:
    raw = mail("auto_submitted-pass").replace(
        b"Auto-Submitted: no", b"Auto-Submitted: no\nAuto-Submitted: auto-notified"
    )
    assert guard(parse(raw), OURS, Seen()).rule == "auto_submitted"


def test_an_encrypted_mail_is_a_customers() -> None:
    raw = mail("precedence-pass").replace(b"text/plain; charset=utf-8", b"application/pkcs7-mime; name=smime.p7m")
    assert guard(parse(raw), OURS, Seen()).reply


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Your question",
        "Auto-Reply: Your question",
        "Out of Office AutoReply: Your question",
        "Automatische Antwort: Ihre Frage",
        "Abwesenheitsnotiz: Ihre Frage",
        "Respuesta automática: Su pregunta",
        "Risposta automatica: La sua domanda",
        "Resposta automática: A sua pergunta",
        "Automatisch antwoord: Uw vraag",
        "Autosvar: Din fråga",
        "Odpowiedź automatyczna: Pytanie",
        "Автоответ: Ваш вопрос",
        "自動応答: ご質問",
        "自动回复: 您的问题",
        "Away until May 5",
        "[Auto-Reply] Your question",
    ],
)
def test_automatic_replies_of_many_languages_are_known_by_their_subject(subject: str) -> None:
    raw = mail("precedence-pass").replace(b"Subject: Printer stops", f"Subject: {subject}".encode())
    assert guard(parse(raw), OURS, Seen()).rule == "auto_reply_subject"


@pytest.mark.parametrize(
    "subject",
    [
        "Out of office replies are not sent",
        "Re: Automatic reply: Your question",
        "Invitation to the portal does not arrive",
        "Returned mail?",
        "Auto reply settings",
        "Away from home, cannot sign in",
        "Abwesenheit: wie trage ich sie ein?",
        "Away until I can sign in again?",
    ],
)
def test_persons_who_write_about_such_mail_are_heard(subject: str) -> None:
    raw = mail("precedence-pass").replace(b"Subject: Printer stops", f"Subject: {subject}".encode())
    assert guard(parse(raw), OURS, Seen()).reply


@pytest.mark.parametrize(
    "junk", ["x" * 1_000_000, "this is an " * 90_000, "re: " * 250_000, "> " * 500_000, "[" * 1_000_000]
)
def test_a_megabyte_of_junk_in_subject_and_text_is_a_customers(junk: str) -> None:
    head = (
        f"From: alice@example.org\nTo: support@example.com\nSubject: {junk[:100_000]}\nMessage-ID: <a@example.org>\n\n"
    )
    assert guard(parse(head.encode() + junk.encode()), OURS, Seen()).reply


@pytest.mark.skipif(not GOLD.exists(), reason="the shared data is not beside this checkout")
def test_no_machine_of_the_real_mails_would_be_answered_and_no_person_refused() -> None:
    machines = {"bounce", "bounce_delayed", "auto_reply", "feedback_report", "dmarc_or_tls_report", "report"}
    ours = Ours(addresses=OURS.addresses, queue=OURS.queue, ring=RING, any_address=True)
    wrong = []
    for row in csv.DictReader(GOLD.read_text().splitlines()):
        reply = guard(parse((DATA / "mail" / row["path"]).read_bytes()), ours, Seen()).reply
        if (row["cls"] in machines and reply) or (row["cls"] == "person" and not reply):
            wrong.append(row["path"])
    assert wrong == []
