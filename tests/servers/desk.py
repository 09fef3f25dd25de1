"""The world of mails as bytes: each comes in as a mail server wrote it, all work is done at once, what left is read."""

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

from daemon.pipeline import Acted, Ingested
from daemon.settings import Settings
from store.store import Store
from tests.servers.world import ALICE, START, World
from threading_.message import Message
from threading_.parse import parse

SUPPORT, QUEUE, MALLORY = "support@example.com", "queue@example.com", "mallory@stranger.test"


class Desk(World):
    """A support desk whose server takes every mail."""

    def __init__(self, store: Store, settings: dict[str, Any] | None = None) -> None:
        """`settings` are sections of config.toml; the mode is `auto`, and nothing waits for further mails."""
        given = settings or {}
        policy = {"mode": "auto", "coalesce_seconds": 0, **given.get("policy", {})}
        super().__init__(store, Settings.model_validate(given | {"policy": policy}))

    async def take(self, raw: bytes) -> Ingested:
        """A mail arrives, a second after the one before, and is put on its case."""
        self.now += timedelta(seconds=1)
        return await self.receive(raw=raw)

    async def work(self) -> list[Acted]:
        """Everything that is due is decided, and everything in the outbox leaves."""
        done: list[Acted] = []
        while acted := await self.act():
            done.append(acted)
            await self.deliver()
        return done

    def read(self, address: str) -> list[Message]:
        """What was sent to an address."""
        return [parse(item.raw) for item in self.to(address)]


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
