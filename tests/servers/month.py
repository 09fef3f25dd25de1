"""A month of a support desk in simulated time, and a tally of it that knows nothing of the store.

Mails come in as bytes, at working hours mostly; a share of the customers reacts to our answers; some mails of ours fail. What
happens is counted as it happens: by what the steps return and by what the server was given.
"""

import heapq
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from itertools import count

from daemon.edges.smtp import Outcome
from daemon.settings import Settings
from kb.calibrate import Calibration, Features
from kb.evidence import Hit
from store.records import Case, CaseStatus, Direction, Kind, OutboxItem, OutboxState, Owner, Resolution
from store.store import Store
from tests.servers.scripted_knowledge import PASSAGE
from tests.servers.world import World
from threading_.parse import parse

REACTIONS = (
    ("That did it, thank you very much!", 0.35),
    ("Unfortunately that did not help, it still does not work.", 0.2),
    ("Thanks. I will try that tomorrow and let you know.", 0.1),
    ("And how do I clean the print head?", 0.15),
)
#: Of how many mails one fails for good.
_FAILS = 40
_ENDED = (CaseStatus.RESOLVED, CaseStatus.CLOSED)


class UnevenKnowledge:
    """Is sure of some questions, half sure of others, and of most not at all: by the letters of the question."""

    embed_seconds = 0.0

    @property
    def calibration(self) -> Calibration:
        return Calibration(intercept=0.0, weights=Features(1.0, 0, 0, 0, 0, 0), source="tests")

    async def search(self, query: str, limit: int = 10) -> tuple[Hit, ...]:
        letters = sum(map(ord, query)) % 10
        logit = 4.0 if letters < 4 else 1.5 if letters < 6 else -2.0
        return (Hit(passage=PASSAGE, score=1.0, dense=logit, sparse=10.0),)


@dataclass
class Tally:
    """What was seen between two moments."""

    came: Counter[str] = field(default_factory=Counter)  #: by kind
    opened: set[str] = field(default_factory=set)  #: cases
    decided: Counter[tuple[str, str]] = field(default_factory=Counter)  #: mails, by action and reason
    left: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)
    first_answers: list[timedelta] = field(default_factory=list)
    unreadable: int = 0


@dataclass(order=True)
class _Event:
    at: datetime
    number: int
    raw: bytes = field(compare=False)


class Month:
    """The desk, its customers and the tally."""

    def __init__(self, store: Store, settings: Settings, *, seed: int = 1) -> None:
        self.world = World(store, settings)
        self.world.knowledge = UnevenKnowledge()  # type: ignore[assignment]
        self.world.pipeline._knowledge = self.world.knowledge
        self.tally = Tally()
        self.known: dict[int, Case] = {}
        self._rng = random.Random(seed)
        self._events: list[_Event] = []
        self._numbers = count(1)
        self._asked: dict[str, datetime] = {}
        self._answered: set[str] = set()
        self._silent: list[tuple[datetime, str]] = []  # when we assume that it is solved

    def spread(self, mails: Sequence[bytes], start: datetime, days: int) -> None:
        """Let these mails come in, most of them at working hours."""
        for raw in mails:
            day = start + timedelta(days=self._rng.randrange(days))
            hour = self._rng.gauss(13, 2.5) if self._rng.random() < 0.85 else self._rng.uniform(0, 24)
            self._push(day.replace(hour=0) + timedelta(hours=min(23.9, max(0.0, hour))), raw)

    def _push(self, at: datetime, raw: bytes) -> None:
        heapq.heappush(self._events, _Event(at, next(self._numbers), raw))

    async def run(self, until: datetime) -> None:
        """The time passes until then."""
        while self._events and self._events[0].at < until:
            event = heapq.heappop(self._events)
            self.world.now = max(self.world.now, event.at)
            await self._assume()
            await self._receive(event.raw)
            await self._work()
        self.world.now = until
        await self._assume()
        await self._work()

    async def _receive(self, raw: bytes) -> None:
        ingested = await self.world.receive(raw=raw)
        kind = ingested.mail.guarded.kind
        self.tally.came[kind] += 1
        self.tally.unreadable += ingested.mail.message.unreadable is not None
        case = ingested.case
        if case.id not in self.known:
            self.tally.opened.add(case.reference)
        self.known[case.id] = case
        if kind is Kind.CUSTOMER and ingested.mail.guarded.reply:
            self._asked.setdefault(case.reference, self.world.now)

    async def _work(self) -> None:
        while acted := await self.world.act():
            self.world.now += timedelta(seconds=self._rng.uniform(1, 90))  # as if a model, or a server, took its time
            decision = acted.settled.decision
            self.tally.decided[decision.action, decision.because] += len(acted.view.current)
            resolution = acted.case.resolution
            if resolution is not None and resolution != acted.view.case.resolution:
                self.tally.endings[resolution] += 1
            if acted.view.case.status in _ENDED and acted.case.status not in _ENDED:
                self.tally.endings["reopened"] += 1
            self.known[acted.case.id] = acted.case
        while True:
            fails = self._rng.randrange(_FAILS) == 0
            self.world.smtp.outcome = Outcome.PERMANENT if fails else Outcome.SENT
            self.world.smtp.response = "554 no"
            item = await self.world.store.outbox.claim(self.world.now, timedelta(minutes=2))
            if item is None:
                break
            delivered = await self.world.pipeline.deliver(item)
            if delivered.state is OutboxState.DEAD:
                self.tally.failed[item.role] += 1
            elif delivered.state is OutboxState.SENT:
                self.tally.left[item.role] += 1
                await self._sent(item)
            if item.case_id is not None:
                case = await self.world.store.cases.get(self.world.store.reader, item.case_id)
                if self.known[case.id].status in _ENDED and case.status not in _ENDED:
                    self.tally.endings["reopened"] += 1  # our closure did not arrive: a human has the case again
                self.known[case.id] = case

    async def _sent(self, item: OutboxItem) -> None:
        if not item.role.to_customer or item.case_id is None:
            return
        mail = parse(item.raw)
        case = self.known[item.case_id]
        if item.role in ("reply", "offer", "questions"):
            if case.reference not in self._answered and case.reference in self._asked:
                self._answered.add(case.reference)
                self.tally.first_answers.append(self.world.now - self._asked[case.reference])
            self._react(mail.message_id or "", item.recipient, mail.subject)
            self._silent.append((self.world.now + timedelta(days=7), case.reference))
        if item.role == "closure" and self._rng.random() < 0.4:
            self._reply(
                mail.message_id or "", item.recipient, mail.subject, "One more thing: how long is the warranty?"
            )

    def _react(self, answered: str, customer: str, subject: str) -> None:
        chance = self._rng.random()
        for text, share in REACTIONS:
            chance -= share
            if chance < 0:
                self._reply(answered, customer, subject, text)
                return

    def _reply(self, answered: str, customer: str, subject: str, text: str) -> None:
        reply = EmailMessage()
        reply["From"], reply["To"], reply["Subject"] = customer, self.world.address, subject
        reply["Message-ID"] = f"<reaction{next(self._numbers)}@customer.test>"
        reply["In-Reply-To"] = f"<{answered}>"
        reply.set_content(text)
        self._push(self.world.now + timedelta(minutes=self._rng.uniform(5, 3000)), reply.as_bytes())

    async def _assume(self) -> None:
        """Silent customers' cases are closed, as the clock of follow-ups does it."""
        due = [one for one in self._silent if one[0] <= self.world.now]
        self._silent = [one for one in self._silent if one[0] > self.world.now]
        store = self.world.store
        for _, reference in due:
            case = await store.cases.by_reference(store.reader, reference)
            if case is not None and case.status is CaseStatus.AWAITING_CUSTOMER and case.owner is Owner.DAEMON:
                changes = {"status": CaseStatus.RESOLVED, "resolution": Resolution.ASSUMED}
                async with store.transaction() as tx:
                    moved = await store.cases.move(tx, case.id, now=self.world.now, moves=True, changes=changes)
                self.known[moved.id] = moved
                self.tally.endings["assumed"] += 1

    async def human_answers(self, case: Case, text: str) -> None:
        """A human answers from their own mail program, as the copy in the Sent folder tells it."""
        turn = {
            "direction": Direction.OUT,
            "at": self.world.now,
            "sender": "ann@example.com",
            "sender_name": "Ann",
            "subject": f"Re: {case.subject}",
            "text": text,
            "kind": Kind.AGENT,
            "message_id": f"human{next(self._numbers)}@example.com",
            "refs": [],
            "handled": 1,
        }
        async with self.world.store.transaction() as tx:
            await self.world.store.cases.add_turn(tx, case.id, turn)
