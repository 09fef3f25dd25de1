"""A support desk over a real store, one step at a time: mails come in as bytes, what leaves is kept."""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from daemon.edges.smtp import Delivery, Outcome
from daemon.pipeline import Acted, Ingested, Pipeline
from daemon.settings import Settings
from daemon.wiring import nonces, ours_of, voice_of
from store.records import Case, Fetched, OutboxItem
from store.store import Store
from tests.servers.scripted_knowledge import SureKnowledge
from threading_.ids import KeyRing
from threading_.message import Message
from threading_.parse import parse

START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
LEASE = timedelta(minutes=2)
SUPPORT, QUEUE = "support@example.com", "queue@example.com"
ALICE, MALLORY = "alice@customer.test", "mallory@stranger.test"


class Desk:
    """The daemon's sequence with a server that takes every mail; `assigned` is the id that the server's reply names."""

    def __init__(self, store: Store, settings: dict[str, Any] | None = None) -> None:
        """`settings` are sections of config.toml; the mode is `auto`, and nothing waits for further mails."""
        given = settings or {}
        policy = {"mode": "auto", "coalesce_seconds": 0, **given.get("policy", {})}
        read = Settings.model_validate(given | {"policy": policy})
        self.store, self.now, self.assigned = store, START, None
        self.sent: list[OutboxItem] = []
        self.ring = KeyRing((b"k" * 32,))
        self.assigned: str | None = None
        self._uid = 0
        rng = random.Random(1)
        self.pipeline = Pipeline(
            store=store,
            settings=read,
            voice=voice_of(read, self.ring),
            ours=ours_of(read, self.ring),
            clock=lambda: self.now,
            rng=rng,
            nonces=nonces(rng),
            knowledge=SureKnowledge(),
            sender=self,
        )

    async def send(self, item: OutboxItem, transmitting: Callable[[], Awaitable[bool]]) -> Delivery:
        """The way out of the pipeline."""
        if not await transmitting():
            return Delivery(outcome=Outcome.WITHDRAWN, response="")
        self.sent.append(item)
        return Delivery(outcome=Outcome.SENT, response="250 OK", assigned_id=self.assigned)

    async def receive(self, raw: bytes) -> Ingested:
        """A mail arrives and is put on its case."""
        self._uid += 1
        fetched = Fetched(mailbox="INBOX", uidvalidity=1, uid=self._uid, raw=raw, received_at=self.now)
        await self.store.inbox.keep_one(fetched)
        (stored,) = await self.store.inbox.waiting()
        return await self.pipeline.ingest(stored)

    async def work(self) -> list[Acted]:
        """Everything that is due is decided, and everything in the outbox leaves."""
        done = []
        while claimed := await self.store.cases.claim(self.now, LEASE):
            acted = await self.pipeline.act(claimed)
            done += [acted] if acted else []
            while item := await self.store.outbox.claim(self.now, LEASE):
                await self.pipeline.deliver(item)
        return done

    def to(self, address: str) -> list[Message]:
        """What was sent to an address, read."""
        return [parse(item.raw) for item in self.sent if item.recipient == address]

    async def case(self, reference: str) -> Case:
        """The case of that reference, or the one that took it in."""
        found = await self.store.cases.by_reference(self.store.reader, reference)
        assert found is not None
        return found


def written(
    text: str = "How do I get a stuck label out of the printer?",
    *,
    id_: str,
    sender: str = f"Alice Archer <{ALICE}>",
    to: str = SUPPORT,
    subject: str = "Stuck label",
    headers: tuple[tuple[str, str], ...] = (),
) -> bytes:
    """A mail as bytes; `headers` come first and in their order, as a mail server puts them there."""
    mail = EmailMessage()
    for name, value in headers:
        mail.add_header(name, value)
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = sender, to, subject, f"<{id_}>"
    mail["Date"] = START
    mail.set_content(text)
    return mail.as_bytes()
