"""What the limits do to the sequence: suppression, the breaker, duplicates, reopened cases, lists; in simulated time."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from daemon.edges.probes import probe_sending
from daemon.edges.smtp import Outcome
from daemon.findings import Severity
from daemon.pipeline import Acted
from daemon.steps.verdicts import Action
from store.records import BreakerState, CaseStatus, Owner, Resolution, Role, Trace
from store.store import FILE, Store, open_store
from tests.servers.world import ALICE, START, World, settings
from threading_.parse import parse

QUEUE = "queue@example.com"
WORDS = "apple river stone window garden copper violin harbour thunder meadow pencil lantern marble orchard".split()
BOUNCE = """\
From: MAILER-DAEMON@mail.test
To: support@example.com
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <bounce.{ours}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Your mail could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.test

Final-Recipient: rfc822; {to}
Action: failed
Status: {status}

--b
Content-Type: text/rfc822-headers

From: support@example.com
Message-ID: <{ours}>

--b--
"""


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / FILE, durable=False) as opened:
        yield opened


@pytest.fixture
def world(store: Store) -> World:
    return World(store, settings(), varied=True)


async def asks(world: World, number: int, sender: str | None = None, **more: str) -> Acted:
    """Somebody new asks something new; what follows from it leaves."""
    word = WORDS[number % len(WORDS)]
    await world.receive(
        f"How do I get the {word} out of the {WORDS[(number + 3) % len(WORDS)]} {WORDS[number // len(WORDS)]}?",
        sender=sender or f"customer{number}@{word}{number}.test",
        subject=f"About the {word}",
        **more,
    )
    acted = await world.act()
    await world.deliver()
    assert acted is not None
    return acted


async def comes_back(world: World, acted: Acted, status: str = "5.1.1", to: str = "") -> None:
    """The mail of this decision comes back: it did not reach `to`, '' for whom it was sent to."""
    (item,) = [one for one in world.smtp.taken if one.message_id == acted.settled.mails[0].mail.message_id]
    raw = BOUNCE.format(ours=item.message_id, to=to or item.recipient, status=status).replace("\n", "\r\n").encode()
    await world.receive(raw=raw)
    await world.act()
    await world.deliver()


def rules(acted: Acted) -> tuple[Action, str]:
    return acted.settled.decision.action, acted.settled.decision.because


async def test_an_address_that_failed_for_good_gets_nothing_automatic_until_a_person_writes_from_it(
    world: World,
) -> None:
    first = await asks(world, 1, ALICE)
    await comes_back(world, first)
    assert await world.store.limits.suppressed(world.store.reader, ALICE, world.now) is not None
    assert await world.store.limits.suppressed(world.store.reader, ALICE, world.now + timedelta(days=61)) is None

    # The words of before, as a robot repeats them: no person, the address stays suppressed.
    world.now += timedelta(hours=1)
    again = await asks(world, 1, ALICE)
    assert rules(again) == (Action.ESCALATE, "suppressed")
    assert [mail.role for mail in again.settled.outgoing] == [Role.HANDOVER], "no notice either"
    assert len(world.to(ALICE)) == 1

    world.now += timedelta(hours=1)
    alive = await asks(world, 2, ALICE)
    assert rules(alive) == (Action.ANSWER, "confident")
    assert len(world.to(ALICE)) == 2


async def test_a_delay_or_a_full_mailbox_for_now_suppresses_nobody(world: World) -> None:
    first = await asks(world, 1, ALICE)
    await comes_back(world, first, status="4.2.2")
    assert await world.store.limits.suppressed(world.store.reader, ALICE, world.now) is None


async def test_a_bounce_that_names_another_address_than_our_mail_went_to_suppresses_nobody(world: World) -> None:
    first = await asks(world, 1, ALICE)
    await comes_back(world, first, to="behind-a-forwarding@else.test")
    assert await world.store.limits.suppressed(world.store.reader, ALICE, world.now) is None


async def test_a_bounce_of_a_mail_that_is_not_ours_suppresses_nobody(world: World) -> None:
    await asks(world, 1, ALICE)
    raw = BOUNCE.format(ours="fl.forged@example.com", to=ALICE, status="5.1.1").replace("\n", "\r\n").encode()
    await world.receive(raw=raw)
    await world.act()
    assert await world.store.limits.suppressed(world.store.reader, ALICE, world.now) is None


async def test_a_closed_case_whose_last_mail_came_back_says_so(world: World) -> None:
    first = await asks(world, 1, ALICE)
    async with world.store.transaction() as tx:
        changes = {"status": CaseStatus.CLOSED, "resolution": Resolution.ASSUMED}
        await world.store.cases.move(tx, first.case.id, now=world.now, moves=True, changes=changes)
    await comes_back(world, first)
    case = await world.case(first.case.reference)
    assert (case.status, case.resolution) == (CaseStatus.CLOSED, Resolution.UNDELIVERABLE)


async def test_a_mail_that_is_refused_for_want_of_the_address_suppresses_it(world: World) -> None:
    world.smtp.outcome, world.smtp.response = Outcome.PERMANENT, "550 5.1.1 user unknown"
    await asks(world, 1, ALICE)
    assert await world.store.limits.suppressed(world.store.reader, ALICE, world.now) is not None


async def test_the_same_answer_does_not_go_twice_to_one_address_within_a_week(store: Store) -> None:
    world = World(store, settings())  # it knows one answer
    await asks(world, 1, ALICE)
    world.now += timedelta(hours=3)
    again = await asks(world, 2, ALICE)
    assert rules(again) == (Action.ESCALATE, "duplicate_reply")
    assert [item.role for item in world.to(ALICE)] == [Role.REPLY, Role.NOTICE], "told that a human will answer"

    other = await asks(world, 3, "bob@customer.test")
    assert rules(other) == (Action.ANSWER, "confident"), "another address may be told the same"
    world.now += timedelta(days=8)
    assert rules(await asks(world, 4, ALICE)) == (Action.ANSWER, "confident")


async def test_a_case_that_is_opened_again_and_again_goes_to_a_human(store: Store) -> None:
    world = World(store, settings(turn_cap=20), varied=True)
    acted, number = await asks(world, 1, ALICE), 1
    last, subject = acted.settled.mails[0].mail.message_id, f"Re: About the {WORDS[1]}"
    while acted.settled.decision.action is not Action.ESCALATE:
        number += 1
        for text in ("Thank you so much, that solved my problem!", f"And how do I clean the {WORDS[number]}?"):
            world.now += timedelta(hours=5)
            await world.receive(text, sender=ALICE, answers=last, subject=subject)
            decided = await world.act()
            await world.deliver()
            assert decided is not None
            acted = decided
    assert (number, *rules(acted)) == (4, Action.ESCALATE, "reopened")
    assert (await world.case(acted.case.reference)).owner is Owner.HUMAN
    assert [item.role for item in world.to(ALICE)].count(Role.CLOSURE) == 1, "one goodbye is enough"


async def test_the_breaker_stops_tells_once_tries_one_mail_and_heals_itself(world: World) -> None:
    world.smtp.outcome = Outcome.PERMANENT
    for number in range(10):
        await asks(world, number)
    world.smtp.outcome = Outcome.SENT
    assert (await world.store.limits.breaker(world.store.reader)).state is BreakerState.OPEN

    await world.pipeline.aftercare.sweep()
    await world.pipeline.aftercare.sweep()
    await world.deliver()
    alerts = [parse(item.raw).subject for item in world.to(QUEUE) if "sends no mail" in parse(item.raw).subject]
    assert len(alerts) == 1, "the queue is told once"

    stopped = await asks(world, 20)
    assert rules(stopped) == (Action.ESCALATE, "breaker"), "decisions go on, to humans"
    assert world.to("customer20@pencil20.test") == []
    assert [item for item in world.to(QUEUE) if "customer20@" in parse(item.raw).text]

    world.now += timedelta(minutes=31)
    assert rules(await asks(world, 21)) == (Action.ANSWER, "confident")
    assert len([item for item in world.smtp.taken if item.recipient.startswith("customer21@")]) == 1, (
        "one is let through"
    )
    assert rules(await asks(world, 22)) == (Action.ESCALATE, "breaker"), "until it has proven itself"
    world.now += timedelta(minutes=11)
    assert rules(await asks(world, 23)) == (Action.ANSWER, "confident")
    assert (await world.store.limits.breaker(world.store.reader)).state is BreakerState.CLOSED


async def test_check_says_whether_mail_leaves(store: Store, tmp_path: Path) -> None:
    world = World(store, settings(), varied=True)
    rest = timedelta(minutes=30)

    async def said() -> tuple[Severity, str]:
        (finding,) = await probe_sending(tmp_path, world.now, rest)
        return finding.severity, finding.message

    assert await probe_sending(tmp_path / "elsewhere", world.now, rest) == [], "before the first run"
    assert await said() == (Severity.OK, "mail to customers leaves")
    world.smtp.outcome = Outcome.PERMANENT
    for number in range(10):
        await asks(world, number)
    assert (await said())[0] is Severity.WARNING
    assert "the breaker is open" in (await said())[1]
    async with store.transaction() as tx:
        await store.pause(tx, True)
    assert "paused" in (await said())[1]


async def test_a_trial_that_comes_back_opens_the_breaker_again(world: World) -> None:
    world.smtp.outcome = Outcome.PERMANENT
    for number in range(10):
        await asks(world, number)
    world.smtp.outcome = Outcome.SENT
    world.now += timedelta(minutes=31)
    trial = await asks(world, 21)
    await comes_back(world, trial)
    assert (await world.store.limits.breaker(world.store.reader)).state is BreakerState.OPEN


async def test_a_mail_that_waits_for_the_breaker_leaves_when_it_is_closed(world: World) -> None:
    """Decided before it opened: it waits in the outbox, and is not lost."""
    await world.receive("How do I get the marble out?", sender="early@customer.test")
    await world.act()
    async with world.store.transaction() as tx:
        await tx.do("UPDATE outbox SET due_at = :later", later=world.now + timedelta(minutes=1))
    world.smtp.outcome = Outcome.PERMANENT
    for number in range(10):
        await asks(world, number)
    world.smtp.outcome = Outcome.SENT
    world.now += timedelta(minutes=2)
    await world.deliver()
    assert world.to("early@customer.test") == []
    assert (await world.store.outbox.counts())["queued"] >= 1
    world.now += timedelta(minutes=31)
    await world.deliver()
    assert len(world.to("early@customer.test")) == 1


async def test_what_a_closed_cap_holds_back_comes_as_one_list_an_hour_and_is_not_lost(world: World) -> None:
    for number in range(30):
        await asks(world, number, ALICE)
        world.now += timedelta(seconds=10)
    before = len(world.to(QUEUE))
    assert before == 1, "the first is handed over by itself"
    await world.pipeline.aftercare.sweep()
    await world.deliver()
    assert len(world.to(QUEUE)) == before, "the list waits for its hour"
    world.now += timedelta(hours=1)
    await world.pipeline.aftercare.sweep()
    await world.pipeline.aftercare.sweep()
    await world.deliver()
    (listed,) = [parse(item.raw) for item in world.to(QUEUE)[before:]]
    cases = await world.store.cases.list(status="awaiting_human")
    assert "26 mails were not handed over one by one: the limit in_a_row was reached" in listed.text
    assert len(cases) == 27
    assert sum(case.reference in listed.text for case in cases) == 26


async def test_two_workers_do_not_share_the_last_room_under_a_cap(store: Store) -> None:
    """Both look before either writes: the second looks again inside its transaction."""
    world = World(store, settings(), varied=True)
    for number in range(2):
        await asks(world, number, ALICE)
    for number in range(2, 4):
        await world.receive(f"How do I use the {WORDS[number]}?", sender=ALICE, subject=f"The {WORDS[number]}")
    first = await store.cases.claim(world.now, timedelta(minutes=2))
    second = await store.cases.claim(world.now, timedelta(minutes=2))
    assert first is not None
    assert second is not None
    search = world.knowledge.search

    async def meanwhile(query: str, limit: int = 10):  # type: ignore[no-untyped-def] - of the fake
        world.knowledge.search = search  # type: ignore[method-assign]
        await world.pipeline.act(second)
        return await search(query, limit)

    world.knowledge.search = meanwhile  # type: ignore[method-assign]
    assert await world.pipeline.act(first) is None
    acted = await world.act()
    assert acted is not None
    assert rules(acted) == (Action.ESCALATE, "in_a_row")
    await world.deliver()
    assert len(world.to(ALICE)) == 3


async def test_the_counts_come_from_indexes(store: Store) -> None:
    """No query of the caps walks through a whole table."""
    seen: list[str] = []

    class Planner:
        async def one(self, sql: str, **parameters: object) -> None:
            rows = await store.reader.all(f"EXPLAIN QUERY PLAN {sql}", **parameters)
            seen.extend(row["detail"] for row in rows)

        async def all(self, sql: str, **parameters: object) -> list[object]:
            await self.one(sql, **parameters)
            return []

    trace = Trace(sender="a", domain="b", content="c", subject="d")
    windows = {"hour": START, "day": START, "week": START}
    planner = Planner()
    await store.limits.counts(planner, trace, 1, windows)  # type: ignore[arg-type] - it only explains
    await store.limits.said_to(planner, "a", windows["day"])  # type: ignore[arg-type]
    await store.limits.came_before(planner, trace, windows["day"])  # type: ignore[arg-type]
    await store.limits.last_sent_to(planner, "a")  # type: ignore[arg-type]
    await store.limits.came_lately(planner, "a", windows["day"])  # type: ignore[arg-type]
    await store.limits.handed(planner, trace, "x:y", windows["hour"])  # type: ignore[arg-type]
    scans = [
        line
        for line in seen
        if line.startswith("SCAN") and "CONSTANT" not in line and line not in ("SCAN t", "SCAN (subquery")
    ]
    assert [
        line
        for line in scans
        if "automatic_mail" in line or "arrival" in line or "outbox" in line or "handover" in line
    ] == []
    assert any("automatic_mail_recipient" in line for line in seen)
