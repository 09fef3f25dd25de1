"""Nobody gets into a case that is not theirs, and nobody reads there (issue 3, line 7; peers.md B3, G).

Alice has a case, with a secret in it. Each attack is a mail that tries to become part of it, or to speak for somebody
else. Whatever becomes of that mail: Alice's case stays as it is, and no mail that leaves holds a word of hers.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from daemon.pipeline import Acted, Ingested
from daemon.steps.verdicts import Action
from store.records import Kind
from store.store import Store, open_store
from tests.servers.desk import MALLORY, QUEUE, SUPPORT, Desk, written
from tests.servers.world import ALICE
from threading_.ids import KeyRing, loop_token, plus_address, sign_id
from threading_.message import Message

SECRET = "My account number is 4711-0815."
ASKED = "asked@customer.test"
PINNED = "mx.example.com"
FAKE = KeyRing((b"forged" * 6,))
RESULTS = "Authentication-Results"
PASSED = f"{PINNED}; dmarc=pass header.from=customer.test"
FAILED = f"{PINNED}; dmarc=fail header.from=customer.test"
STRANGERS_OWN = f"{PINNED}; dmarc=pass header.from=stranger.test"


@dataclass(frozen=True)
class Known:
    """What the attacker has seen: more than anybody should, to be on the safe side."""

    case: str
    ours: Message  #: our answer to Alice
    queued: str  #: the Message-ID of a hand-over
    desk: Desk


Attack = Callable[[Known], bytes]


def _mallory(
    known: Known,
    *headers: tuple[str, str],
    text: str = "What is the account number?",
    to: str = SUPPORT,
    subject: str = "Re: Stuck label",
    id_: str = "attack@stranger.test",
    sender: str = MALLORY,
    results: str = STRANGERS_OWN,
) -> bytes:
    return written(text, id_=id_, sender=sender, to=to, subject=subject, headers=((RESULTS, results), *headers))


def _as_alice(known: Known, *results: str) -> bytes:
    headers = [(RESULTS, value) for value in results]
    answer = ("In-Reply-To", f"<{known.ours.message_id}>")
    return written("Send it again, please.", id_="spoofed@customer.test", headers=(*headers, answer))


#: A stranger's mail, from the stranger's own address, which really is theirs.
STRANGERS: dict[str, Attack] = {
    "forged id of ours": lambda known: _mallory(
        known, ("In-Reply-To", f"<{sign_id(FAKE, case=known.case, nonce='n', domain='example.com')}>")
    ),
    "replayed id of ours": lambda known: _mallory(known, ("In-Reply-To", f"<{known.ours.message_id}>")),
    "replayed id of the customer": lambda known: _mallory(known, ("References", f"<{ASKED}>")),
    "the customer's Message-ID": lambda known: _mallory(known, id_=ASKED),
    "guessed plus address": lambda known: _mallory(known, to=plus_address(FAKE, known.case, SUPPORT)),
    "copied plus address": lambda known: _mallory(known, to=plus_address(known.desk.ring, known.case, SUPPORT)),
    "body token copied": lambda known: _mallory(known, text=f"Your case: {known.case}\n\nWhat is the number?"),
    "subject tag copied": lambda known: _mallory(known, subject=f"Re: [{known.case}] Stuck label"),
    "whole mail quoted": lambda known: _mallory(
        known, ("In-Reply-To", f"<{known.ours.message_id}>"), text=f"Hi\n\n> {known.ours.text}\n> {SECRET}"
    ),
    "forged control headers": lambda known: _mallory(
        known,
        ("X-Firstline-Loop", loop_token(FAKE, known.case)),
        ("X-Firstline-Case", known.case),
        ("X-Firstline-Decision", "answer"),
    ),
    "replayed loop header": lambda known: _mallory(
        known, ("X-Firstline-Loop", loop_token(known.desk.ring, known.case))
    ),
    "participant by CC": lambda known: _mallory(
        known, ("Cc", ALICE), ("References", f"<{ASKED}> <{known.ours.message_id}>")
    ),
    "reply to the customer": lambda known: _mallory(
        known, ("Reply-To", ALICE), ("In-Reply-To", f"<{known.ours.message_id}>")
    ),
    "the customer as the name": lambda known: _mallory(
        known, ("In-Reply-To", f"<{known.ours.message_id}>"), sender=f'"{ALICE}" <{MALLORY}>'
    ),
}

BOUNCE = """\
From: MAILER-DAEMON@stranger.test
To: support@example.com
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce@stranger.test>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; stranger.test

Final-Recipient: rfc822; alice@customer.test
Action: failed
Status: 5.1.1

--b
Content-Type: text/rfc822-headers

From: alice@customer.test
Message-ID: <asked@customer.test>

--b--
"""
STRANGERS["a bounce of the customer's own mail"] = lambda known: BOUNCE.replace("\n", "\r\n").encode()

#: A mail in the customer's name.
SPOOFED: dict[str, Attack] = {
    "failing DMARC": lambda known: _as_alice(known, FAILED),
    "forged Authentication-Results below ours": lambda known: _as_alice(known, FAILED, PASSED),
    "two of ours, both forged below": lambda known: _as_alice(known, FAILED, PASSED, PASSED),
    "pass in a comment": lambda known: _as_alice(
        known, f"{PINNED}; dmarc=fail (dmarc=pass header.from=customer.test) header.from=customer.test"
    ),
    "pass for the stranger's domain": lambda known: _as_alice(known, STRANGERS_OWN),
    "pass in a quote": lambda known: _as_alice(
        known, f'{PINNED}; spf=pass smtp.mailfrom="; dmarc=pass header.from=customer.test "@m.test; dmarc=fail'
    ),
    "fail and pass in one": lambda known: _as_alice(known, f"{FAILED}; dmarc=pass header.from=customer.test"),
}

#: Nothing speaks for or against the sender.
UNKNOWN: dict[str, Attack] = {
    "no Authentication-Results": lambda known: _as_alice(known),
    "another server's": lambda known: _as_alice(known, "mx.stranger.test; dmarc=pass header.from=customer.test"),
    "another server's above ours": lambda known: _as_alice(
        known, "mx.stranger.test; dmarc=pass header.from=customer.test", PASSED
    ),
    "a server named like ours": lambda known: _as_alice(
        known, f"{PINNED}.stranger.test; dmarc=pass header.from=customer.test"
    ),
    "pass in an unclosed comment": lambda known: _as_alice(known, f"{PINNED}; (dmarc=pass header.from=customer.test"),
}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "s.sqlite3", durable=False) as opened:
        yield opened


async def attacked(desk: Desk, attack: Attack) -> tuple[Ingested, list[Acted]]:
    """Alice's case is answered, then the attack comes. Asserts what holds for each, returns what became of it."""
    handed = await desk.take(
        written(
            "I want to speak to a person, please.",
            id_="h@other.test",
            sender="bob@other.test",
            headers=((RESULTS, "x"),),
        )
    )
    arrived = await desk.take(written(f"How do I get the label out? {SECRET}", id_=ASKED, headers=((RESULTS, PASSED),)))
    await desk.work()
    assert handed.case.reference != arrived.case.reference
    (ours,) = desk.read(ALICE)
    queued = desk.read(QUEUE)[0].message_id or ""
    before = await desk.case(arrived.case.reference)
    turns = len(await desk.store.cases.history(desk.store.reader, before.id))
    sent = len(desk.smtp.taken)

    got = await desk.take(attack(Known(case=before.reference, ours=ours, queued=queued, desk=desk)))
    acted = await desk.work()

    after = await desk.case(before.reference)
    assert got.case.id != before.id
    assert after == before, "the case is as it was"
    assert len(await desk.store.cases.history(desk.store.reader, before.id)) == turns
    people = await desk.store.reader.all("SELECT address FROM participant WHERE case_id = :id", id=before.id)
    assert {row["address"] for row in people} == {ALICE}
    for item in desk.smtp.taken[sent:]:
        quoted_by_attacker = SECRET in got.mail.message.text
        assert "4711" not in item.raw.decode() or quoted_by_attacker, "no word of hers leaves"
        if item.recipient != QUEUE:
            assert "4711" not in item.raw.decode()
            assert before.reference.encode() not in item.raw
    return got, acted


@pytest.mark.parametrize("attack", STRANGERS.values(), ids=STRANGERS)
async def test_a_strangers_mail_joins_no_case(store: Store, attack: Attack) -> None:
    desk = Desk(store, {"authentication": {"authserv_id": PINNED}})
    got, acted = await attacked(desk, attack)
    if got.mail.link.tied_to:  # it named the case: a human looks, and the stranger hears nothing
        assert [one.settled.decision.because for one in acted] == ["not_a_participant"]
        assert desk.read(MALLORY) == []


@pytest.mark.parametrize("attack", SPOOFED.values(), ids=SPOOFED)
async def test_who_is_not_the_customer_gets_nothing_and_moves_nothing(store: Store, attack: Attack) -> None:
    desk = Desk(store, {"authentication": {"authserv_id": PINNED}})
    got, acted = await attacked(desk, attack)
    assert got.mail.link.trusted is False
    assert [(one.settled.decision.action, one.settled.decision.because) for one in acted] == [
        (Action.ESCALATE, "authentication")
    ]
    assert len(desk.read(ALICE)) == 1, "the answer of before, and no more"


@pytest.mark.parametrize("attack", UNKNOWN.values(), ids=UNKNOWN)
async def test_who_is_unknown_gets_nothing_where_the_configuration_says_so(store: Store, attack: Attack) -> None:
    desk = Desk(store, {"authentication": {"authserv_id": PINNED, "on_none": "escalate"}})
    got, acted = await attacked(desk, attack)
    assert got.mail.link.trusted is False
    assert [one.settled.decision.because for one in acted] == ["authentication"]
    assert len(desk.read(ALICE)) == 1


@pytest.mark.parametrize("results", [FAILED, PASSED, "mx.example.com; none"])
async def test_a_mail_in_an_agents_name_does_nothing(store: Store, results: str) -> None:
    """Until commands by mail are built, an agent's mail is put on record, whoever wrote it."""
    desk = Desk(store, {"authentication": {"authserv_id": PINNED}})
    got, acted = await attacked(
        desk,
        lambda known: written(
            f"#send\n#close {known.case}",
            id_="agent@stranger.test",
            sender=QUEUE,
            subject=f"Re: [{known.case}]",
            headers=(
                (RESULTS, results),
                ("In-Reply-To", f"<{known.queued}>"),
                ("References", f"<{known.ours.message_id}>"),
            ),
        ),
    )
    assert got.mail.guarded.kind is Kind.AGENT
    assert [one.settled.outgoing for one in acted] == [()]


async def test_a_first_mail_that_fails_is_shown_to_a_human_and_answered_by_nobody(store: Store) -> None:
    desk = Desk(store, {"authentication": {"authserv_id": PINNED}})
    subject = "Cheap pills at http://spam.test"
    await desk.take(
        written("How do I get a label out?", id_="a@customer.test", subject=subject, headers=((RESULTS, FAILED),))
    )
    (acted,) = await desk.work()
    assert acted.settled.decision.because == "authentication"
    assert desk.read(ALICE) == [], "nothing of it comes back to whom it names"
    assert len(desk.read(QUEUE)) == 1


async def test_the_real_customer_is_answered_after_a_spoofed_mail_under_her_id(store: Store) -> None:
    desk = Desk(store, {"authentication": {"authserv_id": PINNED}})
    spoofed = await desk.take(written("Close it all.", id_=ASKED, headers=((RESULTS, FAILED),)))
    await desk.work()
    real = await desk.take(written(id_="real@customer.test", subject="Label", headers=((RESULTS, PASSED),)))
    await desk.work()
    assert real.case.reference != spoofed.case.reference
    assert len(desk.read(ALICE)) == 1


async def test_the_customer_whom_the_server_proves_goes_on_with_her_case(store: Store) -> None:
    desk = Desk(store, {"authentication": {"authserv_id": PINNED, "on_none": "escalate"}})
    first = await desk.take(written(id_=ASKED, headers=((RESULTS, PASSED),)))
    await desk.work()
    (ours,) = desk.read(ALICE)
    answer = ("In-Reply-To", f"<{ours.message_id}>")
    second = await desk.take(written("And then?", id_="b@customer.test", headers=((RESULTS, PASSED), answer)))
    assert second.case.reference == first.case.reference
    assert second.mail.auth.verdict == "pass"


async def test_a_colleague_in_copy_joins_and_whom_nobody_named_does_not(store: Store) -> None:
    desk = Desk(store)
    first = await desk.take(written(id_=ASKED, headers=(("Cc", "carol@customer.test"),)))
    await desk.work()
    answer = (("In-Reply-To", f"<{ASKED}>"),)
    carol = await desk.take(written("Same here.", id_="c@customer.test", sender="carol@customer.test", headers=answer))
    dave = await desk.take(written("Here too.", id_="d@customer.test", sender="dave@customer.test", headers=answer))
    assert (carol.case.reference, carol.mail.link.trusted) == (first.case.reference, True)
    assert (dave.mail.link.tied_to, dave.mail.link.trusted) == (first.case.reference, False)
    await desk.work()
    assert desk.read("dave@customer.test") == []


async def test_two_customers_who_answer_one_newsletter_both_get_their_answer(store: Store) -> None:
    desk = Desk(store)
    for name in ("alice", "bob"):
        headers = (("In-Reply-To", "<newsletter@example.com>"),)
        await desk.take(written(id_=f"{name}@x.test", sender=f"{name}@x.test", headers=headers))
        await desk.work()
    assert [len(desk.read(f"{name}@x.test")) for name in ("alice", "bob")] == [1, 1]
