"""A mail finds its case; only those who take part in it join."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from threading_.ids import KeyRing, case_reference, sign_id
from threading_.link import Window, link
from threading_.message import Address, Attachment, Candidate, Forwarded, Link, LinkedBy, Message, NewText
from threading_.parse import parse

RING = KeyRing((b"k" * 32,))
A, B = case_reference(1), case_reference(2)
OURS = sign_id(RING, case=A, nonce="n1", domain="example.com")
ALICE = Candidate(
    case=A, customer="alice@example.net", participants=frozenset({"alice@example.net", "carol@example.net"})
)
BOB = Candidate(case=B, customer="bob@example.org", participants=frozenset({"bob@example.org"}))


def mail(sender: str = "Alice@Example.net", **changes: object) -> Message:
    empty = Message(digest="", size=0, message_id="m@example.net", sender=Address("", sender), text="Hello")
    return replace(empty, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("message", "candidates", "plus", "by"),
    [
        pytest.param(mail(in_reply_to=(OURS,)), (ALICE,), None, LinkedBy.SIGNED_ID, id="signed id in In-Reply-To"),
        pytest.param(mail(references=("x@y", OURS.upper())), (ALICE,), None, LinkedBy.SIGNED_ID, id="in References"),
        pytest.param(mail(), (ALICE,), A, LinkedBy.PLUS_ADDRESS, id="plus address"),
        pytest.param(mail(text=f"see case {A.lower()}"), (ALICE,), None, LinkedBy.BODY_TOKEN, id="reference in the text"),
        pytest.param(
            mail(references=("ghost@x",)), (replace(ALICE, ids=frozenset({"ghost@x"})),), None, LinkedBy.REFERENCE,
            id="any id the case knows",
        ),
        pytest.param(mail(subject=f"Re: [{A}] x"), (ALICE,), None, LinkedBy.SUBJECT_TAG, id="tag in the subject"),
    ],
)  # fmt: skip
def test_every_sign_links_a_participant(
    message: Message, candidates: tuple[Candidate, ...], plus: str | None, by: LinkedBy
) -> None:
    found = link(message, candidates, RING, plus_case=plus)
    assert (found.by, found.case, found.trusted, found.tied_to) == (by, A, True, None)
    assert A in found.why


@pytest.mark.parametrize("sender", ["mallory@example.test", "", "alice@example.net.test"])
@pytest.mark.parametrize(
    ("changes", "plus"),
    [
        ({"in_reply_to": (OURS,)}, None),
        ({}, A),
        ({"text": f"Case {A}"}, None),
        ({"references": ("known@x",)}, None),
        ({"subject": f"[{A}]"}, None),
    ],
)
def test_no_stranger_joins_by_any_sign(sender: str, changes: dict[str, object], plus: str | None) -> None:
    candidate = replace(ALICE, ids=frozenset({"known@x"}))
    found = link(mail(sender, **changes), (candidate,), RING, plus_case=plus)
    assert (found.by, found.case, found.trusted, found.tied_to) == (LinkedBy.LINKED, None, False, A)


def test_a_mail_without_a_sender_joins_nothing() -> None:
    found = link(replace(mail(in_reply_to=(OURS,)), sender=None), (ALICE,), RING)
    assert (found.case, found.trusted) == (None, False)


def test_a_colleague_who_takes_part_joins() -> None:
    assert link(mail("carol@example.net", in_reply_to=(OURS,)), (ALICE,), RING).case == A


def test_a_mail_that_names_nothing_opens_a_case() -> None:
    found = link(mail(), (), RING)
    assert found == Link(by=LinkedBy.NEW, case=None, trusted=True, why="A new case: it answers no earlier mail.")


def test_a_candidate_that_the_mail_does_not_name_is_not_joined() -> None:
    assert link(mail(), (ALICE,), RING).by is LinkedBy.NEW


def test_a_forged_signature_is_worth_nothing() -> None:
    forged = sign_id(KeyRing((b"forged" * 6,)), case=A, nonce="n1", domain="example.com")
    assert link(mail(in_reply_to=(forged,)), (ALICE,), RING).by is LinkedBy.NEW


def test_a_closed_case_gets_a_new_one_tied_to_it() -> None:
    found = link(mail(in_reply_to=(OURS,)), (replace(ALICE, closed=True),), RING)
    assert (found.by, found.case, found.trusted, found.tied_to) == (LinkedBy.LINKED, None, True, A)


def test_the_nearest_reference_wins() -> None:
    near = replace(BOB, participants=frozenset({"alice@example.net"}), ids=frozenset({"near@x"}))
    far = replace(ALICE, ids=frozenset({"far@x"}))
    assert link(mail(references=("far@x", "near@x")), (far, near), RING).case == B


def test_the_signed_id_wins_over_the_nearer_reference() -> None:
    other = replace(BOB, participants=frozenset({"alice@example.net"}), ids=frozenset({"near@x"}))
    assert link(mail(references=(OURS, "near@x")), (other, ALICE), RING).case == A


def test_a_case_of_ones_own_wins_over_anothers() -> None:
    found = link(
        mail("bob@example.org", references=("known@x", OURS)), (ALICE, replace(BOB, ids=frozenset({"known@x"}))), RING
    )
    assert (found.case, found.trusted) == (B, True)


def test_of_two_cases_that_know_an_id_the_open_and_latest_is_taken() -> None:
    ids = frozenset({"both@x"})
    old = replace(ALICE, ids=ids, last_activity=datetime(2026, 1, 1, tzinfo=UTC))
    new = replace(old, case=B, tied_to=A, last_activity=datetime(2026, 2, 1, tzinfo=UTC))
    message = mail(references=("both@x",))
    assert link(message, (old, new), RING).case == link(message, (new, old), RING).case == B
    assert link(message, (old, replace(new, closed=True)), RING).case == A


NOW = datetime(2026, 11, 20, tzinfo=UTC)
WINDOW = Window(now=NOW, reopen=timedelta(days=14), old=timedelta(days=90))


@pytest.mark.parametrize(
    ("days", "resolved", "joins"),
    [(13, True, True), (15, True, False), (15, False, True), (89, False, True), (91, False, False)],
)
def test_a_case_takes_mails_as_long_as_its_window_is_open(days: int, resolved: bool, joins: bool) -> None:
    quiet = replace(ALICE, last_activity=NOW - timedelta(days=days), resolved=resolved)
    found = link(mail(in_reply_to=(OURS,)), (quiet,), RING, window=WINDOW)
    assert (found.case, found.tied_to, found.trusted) == ((A, None, True) if joins else (None, A, True))


def test_what_continues_an_old_case_takes_the_further_mails() -> None:
    old = replace(ALICE, closed=True)
    again = replace(ALICE, case=B, tied_to=A, ids=frozenset({OURS}))
    assert link(mail(in_reply_to=(OURS,)), (old, again), RING, window=WINDOW).case == B
    over = replace(again, closed=True)
    assert link(mail(in_reply_to=(OURS,)), (old, over), RING, window=WINDOW).tied_to == A
    anothers = replace(again, customer="bob@example.org", participants=frozenset())
    assert link(mail(in_reply_to=(OURS,)), (old, anothers), RING, window=WINDOW).tied_to == A


FORWARDED = NewText(text="see below", forwarded=Forwarded(sender="b@x", subject="s", text="t"))
MAIL_INSIDE = Attachment(name="mail.eml", content_type="message/rfc822", size=10)


@pytest.mark.parametrize(
    ("subject", "new", "attachments", "joins"),
    [
        ("Fwd: Stuck label", FORWARDED, (), False),
        ("WG: Stuck label", FORWARDED, (), False),
        ("Stuck label", FORWARDED, (), False),
        ("Fwd: Stuck label", NewText(text="x"), (MAIL_INSIDE,), False),
        ("Re: Stuck label", FORWARDED, (), True),
        ("VS: Stuck label", NewText(text="x"), (), True),  # a Finn's reply
        ("Fwd: Stuck label", NewText(text="x"), (), True),
        ("Re: Stuck label", NewText(text="x"), (MAIL_INSIDE,), True),
    ],
)
def test_a_mail_that_is_passed_on_gets_a_case_of_its_own(
    subject: str, new: NewText, attachments: tuple[Attachment, ...], joins: bool
) -> None:
    message = mail(in_reply_to=(OURS,), subject=subject, attachments=attachments)
    found = link(message, (replace(ALICE, subjects=frozenset({"Stuck label"})),), RING, new=new)
    assert (found.case == A, found.tied_to, found.trusted) == (joins, None if joins else A, True)
    assert found.learns is joins


@pytest.mark.parametrize(
    ("subject", "quoted", "joins"),
    [
        ("Re: Stuck label", "", True),
        ("Stuck label", "", True),
        ("AW: [EXT] Stuck label", "", True),
        ("", "", True),
        ("Stuck label - URGENT", "", True),
        ("label stuck again", "", True),
        ("Re: Invoice of November", "", True),
        ("Invoice of November", "> quoted", True),
        (f"[{A}] Invoice", "", True),
        ("Invoice of November", "", False),
        ("Invoice of November (was: Stuck label)", "> quoted", False),
        ("Re: Invoice [was Re: Stuck label]", "", False),
        ("Stuck label (was: Invoice)", "", True),
    ],
)
def test_a_subject_of_its_own_opens_a_case_where_it_is_plain(subject: str, quoted: str, joins: bool) -> None:
    case = replace(ALICE, subjects=frozenset({"Re: Stuck label", "Stuck label"}))
    found = link(mail(in_reply_to=(OURS,), subject=subject), (case,), RING, new=NewText(text="x", quoted=quoted))
    assert (found.case == A, found.trusted) == (joins, True)


ELDER = replace(ALICE, ids=frozenset({"a@x"}), opened_at=NOW - timedelta(days=2))
YOUNGER = replace(ALICE, case=B, ids=frozenset({"b@x"}), opened_at=NOW - timedelta(days=1))


@pytest.mark.parametrize("references", [("a@x", "b@x"), ("b@x", "a@x")])
@pytest.mark.parametrize("order", [(ELDER, YOUNGER), (YOUNGER, ELDER)])
def test_two_cases_of_one_customer_become_the_older_one(
    references: tuple[str, ...], order: tuple[Candidate, ...]
) -> None:
    found = link(mail(references=references), order, RING)
    assert (found.case, found.merges) == (A, (B,))
    assert B in found.why


@pytest.mark.parametrize(
    "other",
    [
        replace(YOUNGER, customer="bob@example.org"),
        replace(YOUNGER, customer="bob@example.org", participants=frozenset()),
        replace(YOUNGER, tied_to=A),
        replace(YOUNGER, closed=True),
        replace(YOUNGER, ids=frozenset()),
    ],
)
def test_cases_of_two_customers_closed_ones_and_those_that_grew_apart_are_not_merged(other: Candidate) -> None:
    found = link(mail(references=("b@x", "a@x"), text=f"as in {B}", subject=f"[{B}]"), (ELDER, other), RING)
    assert found.merges == ()


def test_an_alias_finds_the_case_that_took_it_in() -> None:
    merged = replace(BOB, customer="alice@example.net", aliases=frozenset({A}))
    for message in (mail(in_reply_to=(OURS,)), mail(text=f"Case {A}"), mail(subject=f"[{A}]")):
        assert link(message, (merged,), RING).case == B


def test_who_is_not_believed_joins_nothing_whatever_the_signs() -> None:
    case = replace(ALICE, ids=frozenset({"known@x"}))
    message = mail(in_reply_to=(OURS,), references=("known@x",), text=f"Case {A}", subject=f"[{A}]")
    found = link(message, (case,), RING, plus_case=A, believed=False)
    assert (found.case, found.trusted, found.learns, found.tied_to) == (None, False, False, A)
    alone = link(mail(), (), RING, believed=False)
    assert (alone.by, alone.trusted, alone.learns) == (LinkedBy.NEW, False, False)


def test_a_mail_that_others_answered_before_it_came_joins_their_case() -> None:
    case = replace(ALICE, ids=frozenset({"m@example.net"}), ghosts=frozenset({"m@example.net"}))
    assert link(mail(), (case,), RING).case == A


def test_two_strangers_who_answer_one_mail_of_somebody_else_have_nothing_to_do_with_each_other() -> None:
    case = replace(ALICE, ids=frozenset({"newsletter@x"}), ghosts=frozenset({"newsletter@x"}))
    found = link(mail("bob@example.org", references=("newsletter@x",)), (case,), RING)
    assert (found.by, found.trusted, found.tied_to) == (LinkedBy.NEW, True, None)
    assert link(mail(references=("newsletter@x",)), (case,), RING).case == A


def test_what_can_be_guessed_comes_after_every_id() -> None:
    other = replace(BOB, participants=frozenset({"alice@example.net"}))
    case = replace(ALICE, ids=frozenset({"known@x"}))
    found = link(mail(references=("known@x",), text=f"As in {B}", subject=f"[{B}]"), (other, case), RING)
    assert (found.case, found.by) == (A, LinkedBy.REFERENCE)


def test_an_id_of_amazon_ses_is_known_without_its_region() -> None:
    case = replace(ALICE, ids=frozenset({"0102018f-000000"}))
    assert link(mail(in_reply_to=("0102018f-000000@eu-west-1.amazonses.com",)), (case,), RING).case == A
    assert link(mail(in_reply_to=("0102018f-000000@amazonses.com.test",)), (case,), RING).case is None


def test_the_id_that_a_mail_had_before_its_provider_replaced_it_is_its_own() -> None:
    case = replace(ALICE, ids=frozenset({"first@example.net"}))
    headers = parse(b"X-Microsoft-Original-Message-ID: <first@example.net>\r\n\r\n").headers
    assert link(mail(headers=headers), (case,), RING).case == A


def test_a_machines_mail_is_put_on_record_where_it_belongs_and_changes_nothing() -> None:
    closed = replace(ALICE, closed=True, subjects=frozenset({"Stuck label"}))
    found = link(mail(in_reply_to=(OURS,), subject="Out of office"), (closed,), RING, person=False)
    assert (found.case, found.merges) == (A, ())
