"""What people make of our answers, as it stands in a real store, moves the confidence of the next like question."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from daemon.app import build
from daemon.commits.audit import Auditor
from daemon.reporting import COMPARE, Reporting
from daemon.settings import Settings
from daemon.steps.learnt import verdicts
from daemon.wiring import nonces, voice_of
from kb.calibrate import Calibration, Features
from kb.evidence import Hit
from kb.index import KnowledgeBase
from store.records import Direction, Kind, Mode
from store.store import Store, open_store
from tests.integration.test_sent_mails import Office
from tests.servers.colleague import ANN, SERVER, answered
from tests.servers.desk import QUEUE, SUPPORT, written
from tests.servers.scripted_knowledge import PASSAGE, SureKnowledge
from threading_.message import Message

SURE = 0.8  #: of every question, before people have said anything
FLAT = Calibration(intercept=1.386294, weights=Features(*[0.0] * len(Features._fields)), source="tests")
SETTINGS: dict[str, Any] = {
    "agents": [{"name": "Ann", "address": "ann@example.com"}],
    "authentication": {"authserv_id": SERVER},
    "caps": {"enabled": False},
    "digest": {"daily": False, "weekly": False},
}
LINK = "Hello,\n\nopen the cover: https://help.example.com/label-jam\n\nAnn"
OTHER = "Please send the printer to our workshop in Leipzig; the courier comes on Thursday."
UNCLEAR = "You're welcome!"  # states nothing that could be compared


class OneArticle(KnowledgeBase):
    """The knowledge base without a model: every search finds the one passage."""

    async def search(self, query: str, limit: int = 10) -> tuple[Hit, ...]:
        return (Hit(passage=PASSAGE, score=1.0, dense=0.9, sparse=10.0),)


class Room(Office):
    """A desk with articles that learn, and the clock's hourly work."""

    def __init__(self, store: Store, articles: Path, mode: str) -> None:
        policy = {"mode": mode, "send_at": 0.7, "draft_at": 0.5}
        super().__init__(store, SETTINGS | {"policy": policy})
        self.articles = OneArticle.open(articles / "knowledge.sqlite3")
        self.pipeline._knowledge = self.articles
        self.reporting = self._reporting()
        self.asked = 0

    def _reporting(self) -> Reporting:
        """As after a start: it remembers nothing."""
        rng = random.Random(7)
        settings = self.pipeline._settings
        return Reporting(
            store=self.store,
            settings=settings,
            voice=voice_of(settings, self.ring),
            clock=lambda: self.now,
            nonces=nonces(rng),
            auditor=Auditor(self.store, rng),
            embedding=SureKnowledge(),
            confidence=self.articles,
        )

    async def asks(self) -> Message | None:
        """A new customer asks what all ask; the mail to the team about it, where there is one."""
        self.asked += 1
        before = len(self.read(QUEUE))
        await self.take(written(id_=f"{self.asked}@c.test", sender=self.customer))
        await self.work()
        return self.read(QUEUE)[-1] if len(self.read(QUEUE)) > before else None

    async def drafts(self) -> Message:
        draft = await self.asks()
        assert draft is not None
        return draft

    @property
    def customer(self) -> str:
        return f"c{self.asked}@customer.test"

    async def says(self, mail: Message, text: str) -> Message:
        """Ann answers a mail to the team; what she is told."""
        await self.take(answered(mail, text, sender=ANN))
        await self.work()
        return self.read("ann@example.com")[-1]

    async def hour(self) -> None:
        self.now += COMPARE
        await self.reporting.tick()

    async def last(self) -> tuple[float, float]:
        """How sure the newest decision to answer was, and how sure before verdicts moved it."""
        row = await self.store.reader.one(
            "SELECT confidence, unadjusted FROM decision WHERE action IN ('answer', 'draft') ORDER BY id DESC LIMIT 1"
        )
        assert row is not None
        return row["confidence"], row["unadjusted"]

    async def right(self) -> list[bool]:
        """The verdicts, the oldest first."""
        return [one for _, one in reversed(verdicts(await self.store.learning.opinions(self.store.reader)))]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "s.sqlite3", durable=False) as opened:
        yield opened


@pytest.fixture
async def room(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[..., Room]]:
    monkeypatch.setattr("kb.index.DEFAULT", FLAT)
    made: list[Room] = []

    def make(mode: str = "draft") -> Room:
        made.append(Room(store, tmp_path, mode))
        return made[-1]

    yield make
    for one in made:
        await one.articles.close()


# ── what a human does with a draft ──────────────────────────────────────────────────────────────────────────────


async def sends(room: Room) -> None:
    await room.says(await room.drafts(), "#send")


async def edits_the_form(room: Room) -> None:
    await room.says(await room.drafts(), f"#edit\n{LINK}")


async def edits_the_substance(room: Room) -> None:
    await room.says(await room.drafts(), f"#edit\n{OTHER}")


async def edits_beyond_recognition(room: Room) -> None:
    await room.says(await room.drafts(), f"#edit\n{UNCLEAR}")


async def rejects(room: Room) -> None:
    """The customer writes again while the draft waits; Ann answers that with words of her own."""
    await room.drafts()
    again = written("And it smells.", id_=f"{room.asked}b@c.test", sender=room.customer,
                    headers=(("In-Reply-To", f"<{room.asked}@c.test>"),))  # fmt: skip
    await room.take(again)
    await room.work()
    await room.says(room.read(QUEUE)[-1], OTHER)


async def writes_from_sent(room: Room, text: str) -> None:
    await room.drafts()
    raw = written(text, id_=f"{room.asked}h@office.test", sender=f"Ann <{SUPPORT}>", to=room.customer,
                  headers=(("In-Reply-To", f"<{room.asked}@c.test>"),))  # fmt: skip
    assert await room.lies_in("sent:Sent", raw)


async def answers_the_same_from_sent(room: Room) -> None:
    await writes_from_sent(room, LINK)


async def answers_something_else_from_sent(room: Room) -> None:
    await writes_from_sent(room, OTHER)


async def writes_directly(room: Room) -> None:
    await room.take(answered(await room.drafts(), OTHER, to=room.customer, cc=SUPPORT))
    await room.work()


@pytest.mark.parametrize(
    ("do", "right"),
    [
        (sends, True),
        (edits_the_form, True),
        (edits_the_substance, False),
        (edits_beyond_recognition, False),
        (rejects, False),
        (answers_the_same_from_sent, True),
        (answers_something_else_from_sent, False),
        (writes_directly, False),
    ],
)
async def test_what_humans_do_with_drafts_moves_the_next_like_question(
    room: Callable[..., Room], do: Callable[[Room], Awaitable[None]], right: bool
) -> None:
    desk = room()
    await desk.reporting.started()
    for _ in range(5):
        await do(desk)
        assert await desk.last() == (pytest.approx(SURE), pytest.approx(SURE))
    await desk.hour()
    await desk.drafts()
    now, before = await desk.last()
    assert await desk.right() == [right] * 5
    assert (now - SURE) * (1 if right else -1) > 0.02
    assert before == pytest.approx(SURE), "verdicts are learnt from with what stood before them"


async def test_verdicts_are_known_again_after_a_start_and_do_not_add_up(room: Callable[..., Room]) -> None:
    desk = room()
    for _ in range(5):
        await edits_the_substance(desk)
    await desk.reporting.started()
    await desk.drafts()
    once, _ = await desk.last()
    assert once < SURE - 0.02
    for _ in range(3):
        await desk.hour()
    desk.reporting = desk._reporting()
    await desk.reporting.started()
    await desk.drafts()
    assert (await desk.last())[0] == pytest.approx(once)


async def test_a_draft_that_is_closed_or_still_waits_says_nothing(room: Callable[..., Room]) -> None:
    desk = room()
    await desk.says(await desk.drafts(), "#close")
    await desk.says(await desk.drafts(), "#spam")
    await desk.drafts()
    await desk.hour()
    assert await desk.right() == []


async def test_what_was_taken_back_says_nothing_even_where_it_was_compared(room: Callable[..., Room]) -> None:
    desk = room()
    draft = await desk.drafts()
    told = await desk.says(draft, "#send")
    await desk.reporting.tick()
    assert await desk.right() == [True]
    await desk.says(told, "#undo")
    assert await desk.right() == []
    await desk.says(draft, f"#edit\n{OTHER}")
    await desk.hour()
    assert await desk.right() == [False]


# ── what a customer says of what left by itself ─────────────────────────────────────────────────────────────────


async def reacts(room: Room, text: str) -> None:
    """The customer answers what came last; where nothing did, their own mail."""
    room.now += timedelta(hours=2)
    came = room.read(room.customer)
    ours = came[-1].message_id if came else f"{room.asked}@c.test"
    number = await room.store.reader.one("SELECT count(*) AS n FROM inbox")
    assert number is not None
    raw = written(text, id_=f"r{number['n']}@c.test", sender=room.customer, subject="Re: Stuck label",
                  headers=(("In-Reply-To", f"<{ours}>"),))  # fmt: skip
    await room.take(raw)
    await room.work()


@pytest.mark.parametrize(
    ("reactions", "right"),
    [
        (["That did it, thank you very much!"], [True]),
        (["Unfortunately that did not help, it still does not work."], [False]),
        (["Thanks. I will try that tomorrow and let you know.", "That did it, thank you very much!"], [True]),
        (["Thanks. I will try that tomorrow and let you know."], []),
        (["I want to speak to a real person, please."], []),
        ([], []),
    ],
)
async def test_what_customers_say_of_an_answer_that_left_by_itself_is_a_verdict(
    room: Callable[..., Room], reactions: list[str], right: list[bool]
) -> None:
    desk = room("auto")
    for _ in range(5):
        assert await desk.asks() is None
        for text in reactions:
            await reacts(desk, text)
    await desk.hour()
    assert await desk.right() == right * 5
    await desk.asks()
    now, before = await desk.last()
    moved = 0 if not right else 1 if right[0] else -1
    assert (now > SURE + 0.02) - (now < SURE - 0.02) == moved
    assert before == pytest.approx(SURE)


async def test_an_answer_counts_once_whatever_its_customer_says_later(room: Callable[..., Room]) -> None:
    desk = room("auto")
    await desk.asks()
    await reacts(desk, "That did it, thank you very much!")
    await reacts(desk, "Unfortunately that did not help, it still does not work.")
    assert await desk.right() == [True]


async def test_thanks_for_a_humans_answer_are_no_verdict_on_ours(room: Callable[..., Room]) -> None:
    desk = room()
    await desk.says(await desk.drafts(), f"#edit\n{OTHER}")
    desk.now += timedelta(minutes=10)
    await desk.deliver()
    await reacts(desk, "That did it, thank you very much!")
    await desk.hour()
    assert await desk.right() == [False]


# ── shadow ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def human_answered(room: Room, text: str) -> int:
    """A human answers from their own mail program. Returns our decision before it."""
    row = await room.store.reader.one("SELECT max(id) AS id, max(case_id) AS case_id FROM decision")
    assert row is not None
    turn = {
        "direction": Direction.OUT, "at": room.now + timedelta(minutes=5), "sender": SUPPORT, "sender_name": "Ann",
        "subject": "Re", "text": text, "kind": Kind.AGENT, "message_id": f"h{row['id']}@b", "refs": [], "handled": 1,
    }  # fmt: skip
    async with room.store.transaction() as tx:
        await room.store.cases.add_turn(tx, row["case_id"], turn)
    return int(row["id"])


async def test_in_shadow_what_humans_answered_counts_and_a_label_goes_first(room: Callable[..., Room]) -> None:
    desk = room("shadow")
    ids = []
    for text in (LINK, OTHER, UNCLEAR, UNCLEAR):
        assert await desk.asks() is None
        ids.append(await human_answered(desk, text))
    await desk.hour()
    assert sorted(await desk.right()) == [False, True], "of two nobody can tell"
    async with desk.store.transaction() as tx:
        await desk.store.learning.label(tx, ids[0], agrees=False, by="Kim")
        await desk.store.learning.label(tx, ids[2], agrees=False, by="Kim")
    assert await desk.right() == [False, False, False]


async def test_in_shadow_a_customer_speaks_of_a_humans_answer_not_of_ours(room: Callable[..., Room]) -> None:
    desk = room("shadow")
    await desk.asks()
    await human_answered(desk, UNCLEAR)
    await reacts(desk, "That did it, thank you very much!")
    rows = await desk.store.reader.all("SELECT because FROM decision ORDER BY id")
    assert [row["because"] for row in rows] == ["confident", "resolved"]
    assert await desk.right() == []


# ── the query, and the daemon ───────────────────────────────────────────────────────────────────────────────────


async def judged(store: Store, verdict: str, *, sure: float | None = 0.9, because: str = "confident") -> None:
    """A decision to answer, and what a human made of it, without the mails around it."""
    row = await store.reader.one("SELECT count(*) AS n FROM decision")
    assert row is not None
    number, at = row["n"], Office(store).now + timedelta(minutes=row["n"])
    async with store.transaction() as tx:
        case = await store.cases.open(
            tx,
            reference=f"FL-{number:04}-AA",
            mode=Mode.DRAFT,
            customer="a@b.test",
            customer_name="",
            subject="",
            now=at,
        )
        decision = await store.cases.add_decision(
            tx,
            case.id,
            now=at,
            action="answer",
            because=because,
            confidence=sure,
            unadjusted=sure,
            mode="draft",
            record={},
        )
        await tx.do(
            "INSERT INTO verdict (case_id, decision_id, at, agent, verdict) VALUES (:case, :decision, :at, 'ann', :verdict)",
            case=case.id, decision=decision, at=at, verdict=verdict,
        )  # fmt: skip


async def test_the_latest_are_taken_and_what_no_human_sends_as_it_is_is_left_out(store: Store) -> None:
    for number in range(7):
        await judged(store, "sent" if number % 2 else "rejected", sure=(90 + number) / 100)
    await judged(store, "edited", because="language")
    await judged(store, "edited", sure=None)
    found = verdicts(await store.learning.opinions(store.reader, limit=3))
    assert found == ((0.96, False), (0.95, True), (0.94, False))
    assert len(verdicts(await store.learning.opinions(store.reader))) == 7


async def test_of_several_judgements_of_one_decision_the_first_counts(store: Store) -> None:
    await judged(store, "sent")
    async with store.transaction() as tx:
        await tx.do("INSERT INTO verdict (case_id, decision_id, at, agent, verdict)"
                    " SELECT case_id, decision_id, at, 'bob', 'rejected' FROM verdict")  # fmt: skip
    assert verdicts(await store.learning.opinions(store.reader)) == ((0.9, True),)


async def test_the_query_reads_no_decision_that_nobody_spoke_of(store: Store) -> None:
    asked = ""

    class Listening:
        async def all(self, sql: str, **_: object) -> list[Any]:
            nonlocal asked
            asked = sql
            return []

    await store.learning.opinions(Listening())  # type: ignore[arg-type]
    plan = [row["detail"] for row in await store.reader.all(f"EXPLAIN QUERY PLAN {asked}", limit=500)]
    assert any("decision_word" in step for step in plan)
    scanned = [step for step in plan if step.startswith("SCAN") and "INDEX" not in step]
    assert not [step for step in scanned if step.split()[1] in ("d", "n", "b", "o", "decision", "outbox")], scanned


async def test_the_daemon_that_starts_answers_by_what_people_said(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    given = SETTINGS | {"knowledge": {"folders": [str(tmp_path / "articles")]}}

    async def secret() -> str:
        return ""

    settings = Settings.model_validate(given)
    async with build(settings, state=tmp_path / "state", imap_secret=secret, smtp_secret=secret) as app:
        assert app.knowledge is not None
        untouched = app.knowledge.calibration
        for _ in range(5):
            await judged(app.store, "rejected")
        await app.reporting.started()
        moved = app.knowledge.calibration
    assert moved.shift < 0
    assert replace(moved, shift=0.0, scale=1.0) == untouched
