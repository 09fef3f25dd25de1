"""The sequence over a real store, one step at a time, in simulated time; with a server that does what it is told."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

from daemon.edges.smtp import Delivery, Outcome
from daemon.following import Followed
from daemon.pipeline import Acted, Delivered, Ingested, Pipeline
from daemon.settings import Settings
from daemon.wiring import customers_of, nonces, ours_of, voice_of, wording_of
from store.records import Case, Fetched, OutboxItem, OutboxState
from store.store import Store
from tests.servers.scripted_knowledge import SureKnowledge
from threading_.ids import KeyRing

START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
LEASE = timedelta(minutes=2)
ALICE = "alice@customer.test"


@dataclass
class Smtp:
    """Takes what it is given, unless `outcome` says otherwise."""

    outcome: Outcome = Outcome.SENT
    response: str = "as told"
    assigned: str | None = None  #: the id that its reply to the text names
    taken: list[OutboxItem] = field(default_factory=list)
    before_data: Callable[[], Awaitable[object]] | None = None

    async def send(self, item: OutboxItem, transmitting: Callable[[], Awaitable[bool]]) -> Delivery:
        if self.before_data:
            await self.before_data()
        if not await transmitting():
            return Delivery(outcome=Outcome.WITHDRAWN, response="")
        if self.outcome is Outcome.SENT:
            self.taken.append(item)
        return Delivery(outcome=self.outcome, response=self.response, assigned_id=self.assigned)


class World:
    """A support mailbox with its daemon, one step at a time."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        *,
        sure: bool = True,
        varied: bool = False,
        key: bytes = b"k",
        seed: int = 1,
        at: Callable[[str], None] = lambda _: None,
        before: "World | None" = None,
        knowledge: SureKnowledge | None = None,
    ) -> None:
        """`before` is the daemon after which this one starts, over the same mailbox, server and articles."""
        self.store, self.now, self.smtp, self._uid = store, START, Smtp(), 0
        self.address = settings.mailbox.address
        self.knowledge = knowledge or SureKnowledge(sure=sure, varied=varied)
        if before is not None:
            self.now, self.smtp, self._uid, self.knowledge = before.now, before.smtp, before._uid, before.knowledge
        self.ring = ring = KeyRing((key * 32,))
        rng = random.Random(seed)
        self.pipeline = Pipeline(
            store=store,
            settings=settings,
            voice=voice_of(settings, ring),
            ours=ours_of(settings, ring),
            clock=lambda: self.now,
            rng=rng,
            nonces=nonces(rng),
            knowledge=self.knowledge,
            wording=wording_of(settings, _no_key, self.knowledge, clock=lambda: self.now, store=store),
            customers=customers_of(settings),
            sender=self.smtp,
            at=at,
        )

    async def receive(
        self,
        text: str = "How do I get a stuck label out of the printer?",
        *,
        sender: str = f"Alice Archer <{ALICE}>",
        subject: str = "Stuck label",
        answers: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        raw: bytes | None = None,
    ) -> Ingested:
        """A mail arrives and is put on its case."""
        self._uid += 1
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, self.address, subject
        mail["Message-ID"] = f"<m{self._uid}@customer.test>"
        mail["Date"] = self.now
        if answers:
            mail["In-Reply-To"] = f"<{answers}>"
        for name, value in headers:
            mail[name] = value
        mail.set_content(text)
        fetched = Fetched(
            mailbox="INBOX", uidvalidity=1, uid=self._uid, raw=raw or mail.as_bytes(), received_at=self.now
        )
        await self.store.inbox.keep_one(fetched)
        (stored,) = await self.store.inbox.waiting()
        return await self.pipeline.ingest(stored)

    async def act(self) -> Acted | None:
        """The case that is due is decided."""
        claimed = await self.store.cases.claim(self.now, LEASE)
        return await self.pipeline.act(claimed) if claimed else None

    async def follow_up(self) -> Followed | None:
        """What the clock of a case is due to do is done; None where none rang."""
        while claimed := await self.store.cases.claim_follow_up(self.now, LEASE):
            if followed := await self.pipeline.follow_up(claimed):
                return followed
        return None

    async def until(self, moment: datetime) -> list[Followed]:
        """The time passes; whatever rings on the way is done in its time, and its mails leave."""
        done = []
        while True:
            row = await self.store.reader.one(
                "SELECT min(follow_up_at) AS ring_at FROM cases WHERE due_at IS NULL AND follow_up_at <= :at", at=moment
            )
            if row is None or row["ring_at"] is None:
                break
            self.now = max(self.now, row["ring_at"])
            while followed := await self.follow_up():
                done.append(followed)
                await self.deliver()
        self.now = moment
        return done

    async def deliver(self) -> list[Delivered]:
        """Everything in the outbox that is due leaves, or does not."""
        delivered = []
        while item := await self.store.outbox.claim(self.now, LEASE):
            delivered.append(await self.pipeline.deliver(item))
            if delivered[-1].state is OutboxState.STALE:
                break
        return delivered

    def to(self, address: str) -> list[OutboxItem]:
        return [item for item in self.smtp.taken if item.recipient == address]

    async def case(self, reference: str) -> Case:
        case = await self.store.cases.by_reference(self.store.reader, reference)
        assert case is not None
        return case


async def _no_key() -> str:
    return ""


def settings(**policy: object) -> Settings:
    return Settings.model_validate({"policy": {"mode": "auto", "coalesce_seconds": 0, **policy}})
