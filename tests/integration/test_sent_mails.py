"""A person answers the customer without us: from the Sent folder, or with a copy to the mailbox. Nothing automatic leaves."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from daemon.commits.audit import Auditor
from daemon.edges.smtp import Outcome
from daemon.sent import SentMails
from daemon.steps.sent import SENT
from daemon.wiring import ours_of
from store.records import CaseStatus, Direction, Fetched, Kind, OutboxState, Owner
from store.store import FILE, Store, open_store
from tests.servers.desk import QUEUE, SUPPORT, Desk, written
from tests.servers.world import ALICE, LEASE

TRUSTED = {"queue": {"address": QUEUE, "trust_local": True}}


class Office(Desk):
    """The desk, and people who write from the mailbox itself."""

    def __init__(self, store: Store, settings: dict[str, object] | None = None) -> None:
        super().__init__(store, settings)
        given = self.pipeline._settings
        self.sent = SentMails(
            store=store,
            settings=given,
            ours=ours_of(given, self.ring),
            zone=self.pipeline._voice.zone,
            auditor=Auditor(store, self.pipeline._arrival._auditor.rng),
            clock=lambda: self.now,
        )

    async def lies_in(self, folder: str, raw: bytes) -> bool:
        """A mail appears in a folder. Returns whether it was taken there."""
        self._uid += 1
        self.now += timedelta(seconds=1)
        fetched = Fetched(mailbox=folder, uidvalidity=1, uid=self._uid, raw=raw, received_at=self.now)
        await self.store.inbox.keep_one(fetched)
        (stored,) = await self.store.inbox.waiting()
        return await self.sent.take(stored)

    async def answered(self, answers: str = "first@c.test", folder: str = f"{SENT}Sent", **fields: str) -> bool:
        return await self.lies_in(folder, by_hand(answers, **fields))


def by_hand(
    answers: str, *, id_: str = "human@office.test", to: str = ALICE, sender: str = f"Ann <{SUPPORT}>"
) -> bytes:
    return written(
        "Please open the cover.\n\n> How do I get a stuck label out of the printer?\n",
        id_=id_,
        sender=sender,
        to=to,
        subject="Re: Stuck label",
        headers=(("In-Reply-To", f"<{answers}>"),),
    )


@pytest_asyncio.fixture
async def store(tmp_path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / FILE) as opened:
        yield opened


async def test_an_answer_from_sent_takes_the_case_and_is_on_it(store) -> None:
    desk = Office(store)
    first = await desk.take(written(id_="first@c.test"))
    assert await desk.answered()
    assert await desk.work() == []
    assert desk.smtp.taken == []
    case = await desk.case(first.case.reference)
    assert (case.status, case.owner, case.due_at) == (CaseStatus.AWAITING_CUSTOMER, Owner.HUMAN, None)
    assert case.follow_up == "confirm"
    (_, turn) = await store.cases.history(store.reader, case.id)
    assert (turn.direction, turn.kind, turn.role, turn.note) == (Direction.OUT, Kind.AGENT, None, "answered by a human")
    assert turn.text.strip() == "Please open the cover."


async def test_a_reply_that_is_composed_meanwhile_does_not_leave(store) -> None:
    desk = Office(store)
    await desk.take(written(id_="first@c.test"))
    claimed = await store.cases.claim(desk.now, LEASE)
    assert claimed is not None
    await desk.answered()
    assert await desk.pipeline.act(claimed) is None
    await desk.work()
    assert desk.smtp.taken == []


async def test_a_reply_that_waits_to_leave_is_withdrawn_and_counts_for_nothing(store) -> None:
    desk = Office(store)
    first = await desk.take(written(id_="first@c.test"))
    await desk.act()
    await desk.answered()
    await desk.work()
    assert desk.smtp.taken == []
    assert await store.outbox.counts() == {"stale": 1}
    assert (await desk.case(first.case.reference)).automatic_replies == 0


async def test_a_reply_in_the_hands_of_a_worker_is_withdrawn_at_the_last_look(store) -> None:
    desk = Office(store)
    await desk.take(written(id_="first@c.test"))
    await desk.act()
    desk.smtp.before_data = desk.answered
    (delivered,) = await desk.deliver()
    assert delivered.state is OutboxState.STALE
    desk.smtp.before_data = None
    await desk.work()
    assert desk.smtp.taken == []


async def test_what_the_customer_writes_later_goes_to_the_humans(store) -> None:
    desk = Office(store)
    await desk.take(written(id_="first@c.test"))
    await desk.answered()
    later = written(
        "It did not help.",
        id_="later@c.test",
        subject="Re: Stuck label",
        headers=(("In-Reply-To", "<human@office.test>"),),
    )
    second = await desk.take(later)
    await desk.work()
    assert second.mail.link.case is not None, "it answers the person's mail"
    assert desk.to(ALICE) == []
    assert len(desk.to(QUEUE)) == 1


async def test_what_the_customer_wrote_after_the_answer_but_came_first_goes_to_the_humans(store) -> None:
    desk = Office(store)
    await desk.take(written(id_="first@c.test"))
    answer = desk.now + timedelta(seconds=1)
    desk.now += timedelta(minutes=5)
    await desk.take(written("And the cover?", id_="more@c.test", headers=(("In-Reply-To", "<first@c.test>"),)))
    raw = by_hand("first@c.test")
    await store.inbox.keep_one(Fetched(mailbox=f"{SENT}Sent", uidvalidity=1, uid=9, raw=raw, received_at=answer))
    (stored,) = await store.inbox.waiting()
    assert await desk.sent.take(stored)
    await desk.work()
    assert desk.to(ALICE) == []
    assert len(desk.to(QUEUE)) == 1, "only the later mail is passed on"


async def test_our_own_copy_teaches_the_id_that_the_provider_gave_it_and_changes_nothing(store) -> None:
    desk = Office(store)
    first = await desk.take(written(id_="first@c.test"))
    await desk.work()
    (ours,) = desk.to(ALICE)
    raw = ours.raw.replace(f"<{ours.message_id}>".encode(), b"<0102-replaced@provider.test>", 1)
    before = await desk.case(first.case.reference)
    assert await desk.lies_in(f"{SENT}Sent", raw)
    assert await desk.case(first.case.reference) == before
    again = written(
        "Thanks, it works!", id_="thanks@c.test", headers=(("In-Reply-To", "<0102-replaced@provider.test>"),)
    )
    assert (await desk.take(again)).case.reference == first.case.reference


async def test_a_copy_in_sent_proves_that_an_uncertain_mail_left(store) -> None:
    desk = Office(store)
    await desk.take(written(id_="first@c.test"))
    await desk.act()
    desk.smtp.outcome = Outcome.UNCERTAIN
    (delivered,) = await desk.deliver()
    assert delivered.state is OutboxState.UNCERTAIN
    await desk.lies_in(f"{SENT}Sent", delivered.item.raw)
    assert await store.outbox.counts() == {"sent": 1}


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(by_hand("first@c.test", to="colleague@example.com"), id="passed on"),
        pytest.param(
            written("Lunch?", id_="l@o.test", to="bob@friend.test", sender=SUPPORT, subject="Lunch"), id="private"
        ),
    ],
)
async def test_what_answers_no_case_changes_none_and_is_kept_apart(store, raw: bytes) -> None:
    desk = Office(store)
    await desk.take(written(id_="first@c.test"))
    assert await desk.lies_in(f"{SENT}Sent", raw), "a mail of Sent never goes through the sequence"
    await desk.work()
    assert len(desk.to(ALICE)) == 1
    assert len(await store.cases.list()) == 1


async def test_a_copy_to_the_mailbox_counts_only_where_it_is_proven(store) -> None:
    desk = Office(store, TRUSTED)
    first = await desk.take(written(id_="first@c.test"))
    assert await desk.answered(folder="INBOX", to=f"{ALICE}, {SUPPORT}")
    await desk.work()
    assert desk.smtp.taken == []
    assert (await desk.case(first.case.reference)).owner is Owner.HUMAN


async def test_an_unproven_copy_silences_nobody(store) -> None:
    desk = Office(store)
    await desk.take(written(id_="first@c.test"))
    assert not await desk.answered(folder="INBOX", to=f"{ALICE}, {SUPPORT}")


async def test_in_shadow_the_answer_is_noted_too(store) -> None:
    desk = Office(store, {"policy": {"mode": "shadow"}})
    first = await desk.take(written(id_="first@c.test"))
    await desk.work()
    await desk.answered()
    turns = await store.cases.history(store.reader, first.case.id)
    assert [turn.note for turn in turns] == ["", "answered by a human"]
    assert desk.smtp.taken == []
