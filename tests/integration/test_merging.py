"""Two cases of one customer become one where a mail names both; cases that grew apart, or are another's, never do."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from daemon.steps.verdicts import Action
from store.records import CaseStatus, OutboxState, Owner
from store.store import Store, open_store
from tests.servers.desk import QUEUE, Desk, written
from tests.servers.world import ALICE, LEASE
from threading_.ids import sign_id

A, B = "a@customer.test", "b@customer.test"


def answering(*ids: str) -> tuple[tuple[str, str], ...]:
    return (("References", " ".join(f"<{one}>" for one in ids)),)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "s.sqlite3", durable=False) as opened:
        yield opened


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store, {"caps": {"enabled": False}})  # every answer here is the same text


async def two_cases(desk: Desk) -> tuple[str, str]:
    """Alice wrote twice, and was answered on the first."""
    first = await desk.take(written(id_=A, subject="Stuck label"))
    await desk.work()
    second = await desk.take(written("How do I clean the printer?", id_=B, subject="Cleaning"))
    return first.case.reference, second.case.reference


async def test_a_mail_that_names_two_cases_makes_one_of_them(desk: Desk) -> None:
    older, younger = await two_cases(desk)
    await desk.work()
    joining = await desk.take(
        written("About both:", id_="c@customer.test", subject="Re: Cleaning", headers=answering(A, B))
    )

    assert joining.case.reference == older
    found = await desk.case(younger)
    assert found.reference == older, "the younger one's reference finds it"
    assert found.automatic_replies == 2
    history = await desk.store.cases.history(desk.store.reader, found.id)
    assert [turn.message_id for turn in history if turn.inbox_id] == [A, B, "c@customer.test"]
    assert [case.reference for case in await desk.store.cases.list(everything=True)] == [older]
    merged = [entry async for entry in desk.store.audit.entries() if entry.event == "merged"]
    assert [(entry.case, entry.details) for entry in merged] == [(older, {"into": older, "merged": younger})]
    assert (await desk.store.audit.verify())[1] == []


async def test_everything_that_named_the_younger_case_finds_the_older_one(desk: Desk) -> None:
    older, younger = await two_cases(desk)
    await desk.work()
    ours = desk.read(ALICE)[1].message_id or ""
    await desk.take(written("About both:", id_="c@customer.test", headers=answering(A, B)))
    signed = sign_id(desk.ring, case=younger, nonce="never-seen".replace("-", ""), domain="example.com")
    for number, mail in enumerate(
        (
            {"headers": answering(ours)},
            {"headers": answering(signed)},
            {"headers": answering(B)},
            {"text": f"About {younger}: still stuck."},
            {"subject": f"Re: [{younger}] Cleaning"},
        )
    ):
        arrived = await desk.take(written(**{"id_": f"later{number}@customer.test", "subject": "Re: Cleaning", **mail}))
        assert arrived.case.reference == older


async def test_a_reply_that_waits_on_the_younger_case_is_decided_again_on_the_older(desk: Desk) -> None:
    older, younger = await two_cases(desk)
    acted = await desk.act()
    assert acted is not None
    assert acted.case.reference == younger
    item = await desk.store.outbox.claim(desk.now, LEASE)
    assert item is not None
    await desk.take(written("About both:", id_="c@customer.test", headers=answering(A, B)))

    delivered = await desk.pipeline.deliver(item)
    assert delivered.state is OutboxState.STALE
    (again,) = await desk.work()
    assert again.case.reference == older
    assert [turn.message_id for turn in again.view.current] == [B, "c@customer.test"]
    assert len(desk.read(ALICE)) == 2, "one answer of before, and one to all that is new"


async def test_a_decision_in_the_making_on_the_younger_case_is_dropped(desk: Desk) -> None:
    older, younger = await two_cases(desk)
    claimed = await desk.store.cases.claim(desk.now, LEASE)
    assert claimed is not None
    assert claimed.case.reference == younger
    await desk.take(written("About both:", id_="c@customer.test", headers=answering(A, B)))
    assert await desk.pipeline.act(claimed) is None
    (again,) = await desk.work()
    assert again.case.reference == older
    assert await desk.work() == [], "nothing is left on the other"


async def test_a_case_that_a_human_has_stays_a_humans_when_it_takes_part_in_a_merge(desk: Desk) -> None:
    first = await desk.take(written(id_=A))
    await desk.work()
    await desk.take(written("I want to speak to a person, please.", id_=B, subject="Person"))
    await desk.work()
    await desk.take(written("About both:", id_="c@customer.test", headers=answering(A, B)))
    (acted,) = await desk.work()

    assert acted.settled.decision.action is Action.RECORD
    case = await desk.case(first.case.reference)
    assert (case.status, case.owner) == (CaseStatus.AWAITING_HUMAN, Owner.HUMAN)
    queue = desk.read(QUEUE)
    assert queue[0].message_id in queue[1].references, "the queue's thread goes on"


async def test_cases_of_two_customers_are_never_merged(desk: Desk) -> None:
    mine = await desk.take(written(id_=A, headers=(("Cc", "bob@other.test"),)))
    his = await desk.take(written(id_=B, sender="bob@other.test", headers=(("Cc", ALICE),)))
    for sender in (ALICE, "bob@other.test"):
        await desk.take(written("Both", id_=f"both@{sender}", sender=sender, headers=answering(A, B)))
    assert (await desk.case(mine.case.reference)).reference == mine.case.reference
    assert (await desk.case(his.case.reference)).reference == his.case.reference


async def test_three_cases_become_one_and_each_reference_finds_it(desk: Desk) -> None:
    references = []
    for number in range(3):
        arrived = await desk.take(
            written(f"Question {number}?", id_=f"{number}@customer.test", subject=f"Thing {number}")
        )
        references.append(arrived.case.reference)
    await desk.take(
        written(
            "The younger two",
            id_="x@customer.test",
            subject="Re: Thing 2",
            headers=answering("1@customer.test", "2@customer.test"),
        )
    )
    await desk.take(
        written(
            "And the eldest",
            id_="y@customer.test",
            subject="Re: Thing 2",
            headers=answering("0@customer.test", "2@customer.test"),
        )
    )
    assert {(await desk.case(reference)).reference for reference in references} == {references[0]}


async def test_a_mail_that_comes_after_its_answers_joins_them(desk: Desk) -> None:
    second = await desk.take(written("And then?", id_=B, subject="Re: Stuck label", headers=answering(A)))
    first = await desk.take(written(id_=A))
    assert first.case.reference == second.case.reference


async def test_a_new_subject_on_an_old_thread_is_a_linked_case_and_stays_apart(desk: Desk) -> None:
    first = await desk.take(written(id_=A))
    await desk.work()
    ours = desk.read(ALICE)[0].message_id or ""
    other = await desk.take(
        written("What does it cost?", id_=B, subject="Invoice of November", headers=answering(A, ours))
    )
    await desk.work()
    assert other.case.reference != first.case.reference
    assert (other.case.tied_to, other.mail.link.trusted) == (first.case.reference, True)

    newest = desk.read(ALICE)[1].message_id or ""
    further = await desk.take(
        written(
            "Thanks, and?",
            id_="c@customer.test",
            subject="Re: Invoice of November",
            headers=answering(A, ours, B, newest),
        )
    )
    assert (further.case.reference, further.mail.link.merges) == (other.case.reference, ())
    back = await desk.take(
        written("Still stuck", id_="d@customer.test", subject="Re: Stuck label", headers=answering(A, ours))
    )
    assert back.case.reference == first.case.reference


async def test_after_its_window_a_case_goes_on_as_a_new_one_which_takes_what_follows(desk: Desk) -> None:
    first = await desk.take(written(id_=A))
    await desk.work()
    ours = desk.read(ALICE)[0].message_id or ""
    desk.now += timedelta(days=91)
    second = await desk.take(written("Stuck again", id_=B, subject="Re: Stuck label", headers=answering(A, ours)))
    third = await desk.take(
        written("Still", id_="c@customer.test", subject="Re: Stuck label", headers=answering(A, ours))
    )
    assert second.case.tied_to == first.case.reference
    assert third.case.reference == second.case.reference
