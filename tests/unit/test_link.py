"""A mail finds its case; only those who take part in it join."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from threading_.ids import KeyRing, case_reference, sign_id
from threading_.link import link
from threading_.message import Address, Candidate, Link, LinkedBy, Message

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
    near = replace(BOB, customer="alice@example.net", ids=frozenset({"near@x"}))
    far = replace(ALICE, ids=frozenset({"far@x"}))
    assert link(mail(references=("far@x", "near@x")), (far, near), RING).case == B


def test_the_signed_id_wins_over_the_nearer_reference() -> None:
    other = replace(BOB, customer="alice@example.net", ids=frozenset({"near@x"}))
    assert link(mail(references=(OURS, "near@x")), (other, ALICE), RING).case == A


def test_a_case_of_ones_own_wins_over_anothers() -> None:
    found = link(
        mail("bob@example.org", references=("known@x", OURS)), (ALICE, replace(BOB, ids=frozenset({"known@x"}))), RING
    )
    assert (found.case, found.trusted) == (B, True)


def test_of_two_cases_that_know_an_id_the_open_and_latest_is_taken() -> None:
    ids = frozenset({"both@x"})
    old = replace(ALICE, ids=ids, last_activity=datetime(2026, 1, 1, tzinfo=UTC))
    new = replace(old, case=B, last_activity=datetime(2026, 2, 1, tzinfo=UTC))
    message = mail(references=("both@x",))
    assert link(message, (old, new), RING).case == link(message, (new, old), RING).case == B
    assert link(message, (old, replace(new, closed=True)), RING).case == A
