"""The sequence over a real store, with a knowledge base that is always sure and a server that does what it is told."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from daemon.edges.smtp import Outcome
from daemon.settings import Settings
from daemon.steps.verdicts import Action
from store.records import CaseStatus, Kind, OutboxState, Owner, Resolution, Role
from store.store import Store, open_store
from tests.servers.world import ALICE, LEASE, START, World, settings
from threading_.message import LinkedBy
from threading_.parse import parse


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "s.sqlite3", durable=False) as opened:
        yield opened


@pytest.fixture
def world(store: Store) -> World:
    return World(store, settings())


async def test_a_question_is_answered_once_and_the_case_waits_for_the_customer(world: World) -> None:
    arrived = await world.receive()
    acted = await world.act()
    await world.deliver()

    assert acted is not None
    assert acted.settled.decision.action is Action.ANSWER
    assert [item.role for item in world.to(ALICE)] == [Role.REPLY]
    case = await world.case(arrived.case.reference)
    assert (case.status, case.owner, case.automatic_replies) == (CaseStatus.AWAITING_CUSTOMER, Owner.DAEMON, 1)
    assert await world.act() is None, "nothing is left to be decided"


async def test_the_reply_answers_the_mail_and_names_it(world: World) -> None:
    await world.receive()
    await world.act()
    await world.deliver()

    (item,) = world.to(ALICE)
    reply = parse(item.raw)
    assert reply.in_reply_to == ("m1@customer.test",)
    assert reply.headers.get("auto-submitted") == "auto-replied"
    assert reply.cc == ()


async def test_a_burst_becomes_one_turn(store: Store) -> None:
    world = World(store, settings(coalesce_seconds=5))
    await world.receive("My label is stuck.")
    world.now += timedelta(seconds=3)
    await world.receive("It is the blue printer, how do I get it out?", answers="m1@customer.test")
    assert await world.act() is None, "quiet has not lasted long enough"
    world.now += timedelta(seconds=5)
    acted = await world.act()
    await world.deliver()

    assert acted is not None
    assert len(acted.view.current) == 2
    assert len(world.to(ALICE)) == 1


async def test_a_mail_that_comes_before_the_reply_leaves_joins_the_turn(world: World) -> None:
    await world.receive()
    await world.act()

    async def customer_writes_again() -> None:
        world.smtp.before_data = None
        await world.receive("It is the blue printer, by the way.", answers="m1@customer.test")

    world.smtp.before_data = customer_writes_again
    withdrawn = await world.deliver()
    again = await world.act()
    await world.deliver()

    assert [delivered.state for delivered in withdrawn] == [OutboxState.STALE]
    assert again is not None
    assert [turn.message_id for turn in again.view.current] == ["m1@customer.test", "m2@customer.test"]
    assert len(world.to(ALICE)) == 1
    assert (await world.case(again.case.reference)).automatic_replies == 1


async def test_a_reply_that_waited_too_long_is_decided_again_not_sent(world: World) -> None:
    await world.receive()
    await world.act()
    world.now += timedelta(hours=25)
    withdrawn = await world.deliver()
    again = await world.act()

    assert [delivered.state for delivered in withdrawn] == [OutboxState.STALE]
    assert again is not None
    assert again.settled.decision.because == "too_old"


async def test_after_a_hand_over_what_the_customer_adds_goes_to_the_queue_alone(world: World) -> None:
    arrived = await world.receive("I want to speak to a real person, please.")
    await world.act()
    await world.deliver()
    assert [item.role for item in world.to(ALICE)] == [Role.NOTICE]

    await world.receive("Are you still there? How do I get the label out?", answers="m1@customer.test")
    acted = await world.act()
    await world.deliver()

    assert acted is not None
    assert acted.settled.decision.action is Action.RECORD
    assert len(world.to(ALICE)) == 1, "the customer was told once"
    handovers = [parse(item.raw) for item in world.to("queue@example.com")]
    assert len(handovers) == 2
    assert handovers[0].message_id in handovers[1].references, "the queue's mail client shows one thread"
    assert (await world.case(arrived.case.reference)).owner is Owner.HUMAN


async def test_shadow_decides_and_records_and_touches_nothing(store: Store) -> None:
    world = World(store, settings(mode="shadow"))
    arrived = await world.receive()
    acted = await world.act()
    await world.deliver()

    assert acted is not None
    assert acted.settled.decision.action is Action.ANSWER
    assert [mail.role for mail in acted.settled.mails] == [Role.REPLY], "what would have left is known"
    assert world.smtp.taken == []
    assert await store.inbox.changes("INBOX") == []
    assert len(await store.cases.decisions(arrived.case.id)) == 1


async def test_going_from_shadow_to_auto_sends_nothing_for_earlier_cases(store: Store) -> None:
    world = World(store, settings(mode="shadow"))
    await world.receive()
    await world.act()
    world = World(store, settings(mode="auto"))
    world._uid = 1
    await world.receive("And how do I clean it?", answers="m1@customer.test")
    await world.act()
    await world.deliver()

    assert world.smtp.taken == []


async def test_in_draft_mode_the_whole_reply_goes_to_the_queue(store: Store) -> None:
    world = World(store, settings(mode="draft"))
    arrived = await world.receive()
    acted = await world.act()
    await world.deliver()

    assert acted is not None
    assert acted.settled.decision.action is Action.ANSWER, "the decision is what the evidence says"
    (draft,) = world.to("queue@example.com")
    assert draft.role is Role.DRAFT
    assert "Switch the printer off" in parse(draft.raw).text
    assert world.to(ALICE) == [], "nothing reaches the customer by itself"
    assert (await world.case(arrived.case.reference)).status is CaseStatus.AWAITING_HUMAN


async def test_while_paused_nothing_leaves_and_nothing_is_lost(world: World) -> None:
    await world.receive()
    await world.act()

    async def somebody_pauses() -> None:
        async with world.store.transaction() as tx:
            await world.store.pause(tx, True)

    world.smtp.before_data = somebody_pauses
    item = await world.store.outbox.claim(world.now, LEASE)
    assert item is not None
    await world.pipeline.deliver(item)
    assert world.smtp.taken == []

    async with world.store.transaction() as tx:
        await world.store.pause(tx, False)
    world.smtp.before_data = None
    await world.deliver()
    assert len(world.to(ALICE)) == 1


async def test_an_uncertain_reply_is_never_sent_again_and_a_human_is_told_in_time(world: World) -> None:
    arrived = await world.receive()
    await world.act()
    world.smtp.outcome = Outcome.UNCERTAIN
    await world.deliver()
    world.smtp.outcome = Outcome.SENT

    await world.pipeline.aftercare.sweep()
    await world.deliver()
    assert world.smtp.taken == [], "within the hour evidence may still settle it"

    world.now += timedelta(minutes=61)
    await world.pipeline.aftercare.sweep()
    await world.pipeline.aftercare.sweep()
    await world.deliver()
    assert world.to(ALICE) == []
    assert len(world.to("queue@example.com")) == 1, "a human is told, once"
    assert (await world.case(arrived.case.reference)).owner is Owner.HUMAN


async def test_an_answer_to_an_uncertain_reply_proves_that_it_arrived(world: World) -> None:
    await world.receive()
    acted = await world.act()
    world.smtp.outcome = Outcome.UNCERTAIN
    await world.deliver()
    assert acted is not None
    ours = acted.settled.mails[0].mail.message_id

    await world.receive("Thank you, that solved it.", answers=ours)

    assert await world.store.outbox.counts() == {"sent": 1}


async def test_a_refused_reply_is_dead_and_the_queue_hears_of_it(world: World) -> None:
    arrived = await world.receive()
    await world.act()
    world.smtp.outcome = Outcome.PERMANENT
    item = await world.store.outbox.claim(world.now, LEASE)
    assert item is not None
    await world.pipeline.deliver(item)
    world.smtp.outcome = Outcome.SENT
    await world.deliver()

    assert world.to(ALICE) == []
    assert len(world.to("queue@example.com")) == 1
    assert (await world.case(arrived.case.reference)).owner is Owner.HUMAN


async def test_a_temporary_refusal_is_tried_again_later(world: World) -> None:
    await world.receive()
    await world.act()
    world.smtp.outcome = Outcome.TRANSIENT
    first = await world.deliver()
    world.smtp.outcome = Outcome.SENT
    assert first[-1].state is OutboxState.RETRY
    world.now += timedelta(minutes=1)
    await world.deliver()

    assert len(world.to(ALICE)) == 1


BOUNCE = """\
From: MAILER-DAEMON@mail.test
To: support@example.com
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <bounce1@mail.test>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Your mail could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.test

Final-Recipient: rfc822; alice@customer.test
Action: failed
Status: 5.1.1

--b
Content-Type: text/rfc822-headers

From: support@example.com
Message-ID: <{ours}>

--b--
"""


async def test_a_bounce_of_ours_reaches_its_case_and_the_queue(world: World) -> None:
    arrived = await world.receive()
    acted = await world.act()
    await world.deliver()
    assert acted is not None

    raw = BOUNCE.format(ours=acted.settled.mails[0].mail.message_id).replace("\n", "\r\n").encode()
    bounce = await world.receive(raw=raw)
    decided = await world.act()
    await world.deliver()

    assert bounce.case.reference == arrived.case.reference
    assert bounce.mail.guarded.kind is Kind.BOUNCE
    assert decided is not None
    assert decided.settled.decision.because == "undeliverable"
    assert len(world.to(ALICE)) == 1, "nothing more goes to the address"
    assert len(world.to("queue@example.com")) == 1


async def test_a_bounce_of_somebody_elses_mail_is_only_recorded(world: World) -> None:
    raw = BOUNCE.format(ours="unknown@elsewhere.test").replace("\n", "\r\n").encode()
    bounce = await world.receive(raw=raw)
    await world.act()
    await world.deliver()

    assert world.smtp.taken == []
    assert (await world.case(bounce.case.reference)).status is CaseStatus.CLOSED


async def test_a_second_copy_of_a_mail_is_recorded_on_the_first_ones_case(world: World) -> None:
    raw = (
        b"From: alice@customer.test\r\nTo: support@example.com\r\nSubject: Stuck\r\nMessage-ID: <same@customer.test>\r\n"
        b"\r\nHow do I get a stuck label out?\r\n"
    )
    first = await world.receive(raw=raw)
    second = await world.receive(raw=raw)
    while await world.act():
        pass
    await world.deliver()

    assert second.mail.guarded.rule == "duplicate"
    assert second.case.reference == first.case.reference
    assert len(world.to(ALICE)) == 1


async def test_a_stranger_who_names_our_id_gets_a_case_of_their_own_and_no_answer(world: World) -> None:
    first = await world.receive()
    acted = await world.act()
    await world.deliver()
    assert acted is not None

    stolen = acted.settled.mails[0].mail.message_id
    stranger = await world.receive("How do I unlock it?", sender="mallory@evil.test", answers=stolen)
    decided = await world.act()
    await world.deliver()

    assert stranger.case.reference != first.case.reference
    assert stranger.mail.link.by is LinkedBy.LINKED
    assert stranger.case.tied_to == first.case.reference
    assert decided is not None
    assert decided.settled.decision.because == "not_a_participant"
    assert world.to("mallory@evil.test") == []


async def test_a_thank_you_closes_the_case_with_one_mail(world: World) -> None:
    arrived = await world.receive()
    acted = await world.act()
    await world.deliver()
    assert acted is not None
    await world.receive("Thank you so much, that solved my problem!", answers=acted.settled.mails[0].mail.message_id)
    closing = await world.act()
    await world.deliver()

    assert closing is not None
    assert closing.settled.decision.action is Action.CLOSE
    case = await world.case(arrived.case.reference)
    assert (case.status, case.resolution) == (CaseStatus.RESOLVED, Resolution.CONFIRMED)
    assert [item.role for item in world.to(ALICE)] == [Role.REPLY, Role.CLOSURE]


async def test_a_mail_on_a_closed_case_opens_a_linked_one(world: World) -> None:
    first = await world.receive()
    await world.act()
    await world.deliver()
    async with world.store.transaction() as tx:
        changes = {"status": CaseStatus.CLOSED, "resolution": Resolution.HUMAN}
        await world.store.cases.move(tx, first.case.id, now=world.now, moves=True, changes=changes)

    later = await world.receive("It is stuck again, how do I get it out?", answers="m1@customer.test")

    assert later.case.reference != first.case.reference
    assert later.case.tied_to == first.case.reference


async def test_three_automatic_replies_are_enough(store: Store) -> None:
    world = World(store, settings(), varied=True)
    answers = None
    for question in (
        "How do I get it out?",
        "And how do I clean it?",
        "And how do I load it?",
        "And how do I sell it?",
    ):
        await world.receive(question, answers=answers)
        acted = await world.act()
        await world.deliver()
        assert acted is not None
        answers = acted.settled.mails[0].mail.message_id
        world.now += timedelta(minutes=5)

    assert acted.settled.decision.because == "turn_cap"
    assert [item.role for item in world.to(ALICE)] == [Role.REPLY, Role.REPLY, Role.REPLY, Role.NOTICE]


async def test_a_cap_hands_over_and_silences_nobody(store: Store) -> None:
    world = World(
        store,
        Settings.model_validate({"policy": {"mode": "auto", "coalesce_seconds": 0}, "caps": {"sender_per_day": 2}}),
        varied=True,
    )
    for number in range(3):
        await world.receive(subject=f"Question {number}")
        acted = await world.act()
        await world.deliver()

    assert acted is not None
    assert acted.settled.decision.because == "sender_per_day"
    assert len(world.to("queue@example.com")) == 1


async def test_a_mail_that_nobody_can_read_is_shown_to_a_human(world: World) -> None:
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(80))
    raw = b"From: alice@customer.test\r\nTo: support@example.com\r\nMIME-Version: 1.0\r\n" + nested
    await world.receive(raw=raw)
    acted = await world.act()
    await world.deliver()

    assert acted is not None
    assert acted.settled.decision.because == "unreadable"
    (handover,) = world.to("queue@example.com")
    assert world.to(ALICE) == []
    row = await world.store.reader.one("SELECT state FROM inbox")
    assert row == {"state": "quarantined"}
    assert b"message/rfc822" in handover.raw, "the mail as it came is attached"


async def test_a_case_whose_step_fails_goes_to_a_human_and_blocks_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived = await world.receive()
    claimed = await world.store.cases.claim(world.now, LEASE)
    assert claimed is not None
    await world.pipeline.aftercare.stumbled(claimed)
    await world.deliver()

    assert [item.role for item in world.smtp.taken] == [Role.HANDOVER]
    case = await world.case(arrived.case.reference)
    assert (case.status, case.due_at) == (CaseStatus.AWAITING_HUMAN, None)
    assert await world.act() is None


async def test_every_step_is_on_record_and_the_chain_verifies(world: World) -> None:
    await world.receive()
    await world.act()
    await world.deliver()

    events = [entry.event async for entry in world.store.audit.entries()]
    assert events == ["received", "decided", "delivery"]
    assert await world.store.audit.verify() == (3, [])


async def test_an_out_of_office_to_our_reply_changes_nothing(world: World) -> None:
    arrived = await world.receive()
    acted = await world.act()
    await world.deliver()
    assert acted is not None
    ours = acted.settled.mails[0].mail.message_id
    absent = await world.receive(
        "I am away until Monday.", answers=ours, headers=(("Auto-Submitted", "auto-replied"),), subject="Out of office"
    )
    await world.act()
    await world.deliver()

    assert absent.case.reference == arrived.case.reference
    assert len(world.to(ALICE)) == 1
    assert (await world.case(arrived.case.reference)).status is CaseStatus.AWAITING_CUSTOMER


async def test_the_queue_hears_once_an_hour_that_the_daemon_is_behind(world: World) -> None:
    await world.receive()
    world.now += timedelta(minutes=59)
    await world.pipeline.aftercare.watch_over()
    await world.deliver()
    assert world.smtp.taken == []

    world.now = START.replace(hour=12)
    await world.pipeline.aftercare.watch_over()
    world.now += timedelta(minutes=30)
    await world.pipeline.aftercare.watch_over()
    await world.deliver()

    (alert,) = world.to("queue@example.com")
    assert "Firstline is behind" in parse(alert.raw).subject
    assert world.to(ALICE) == []
    assert await world.act() is not None, "the case is still the daemon's to work on"
