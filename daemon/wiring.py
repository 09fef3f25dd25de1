"""I/O. What both the daemon and a forecast are built from: the only clock, ids, who speaks, who we are."""

import base64
import os
import random
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from daemon.edges.customers import CustomerFile
from daemon.edges.llm import Key, LanguageModel
from daemon.edges.templates import load as load_templates
from daemon.settings import Settings
from daemon.steps.agency import can_be_believed
from daemon.steps.guard import Ours
from daemon.steps.voice import Voice
from daemon.wording import Embedding, Wording
from store.store import Store
from threading_.ids import KeyRing
from threading_.message import Address

#: tzfile(5) of the host's zone.
_HOST_ZONE = Path("/etc/localtime")


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


def new_salt() -> str:
    """Fresh randomness for one entry of the audit."""
    return secrets.token_hex(16)


def nonces(rng: random.Random) -> Iterator[str]:
    """What makes each Message-ID unique: 50 random bits in lower-case base32."""
    while True:
        yield base64.b32encode(rng.getrandbits(56).to_bytes(7, "big")).decode().rstrip("=").lower()


def zone_of(settings: Settings) -> tzinfo:
    """The zone of the business hours: the configured one, else the host's, with its changes of the clocks."""
    if settings.hours.zone:
        return ZoneInfo(settings.hours.zone)
    named = os.environ.get("TZ", "").lstrip(":")
    try:
        if named:
            return ZoneInfo(named)
        with _HOST_ZONE.open("rb") as file:
            return ZoneInfo.from_file(file, key="host")
    except (OSError, ValueError, ZoneInfoNotFoundError):
        # A host without zones: the offset of today, an hour off after the next change.
        return datetime.now(UTC).astimezone().tzinfo or UTC


def voice_of(settings: Settings, ring: KeyRing) -> Voice:
    """Who speaks, as the configuration says."""
    mailbox, smtp, reply = settings.mailbox, settings.smtp, settings.reply
    return Voice(
        mailbox=Address(mailbox.name, mailbox.address),
        envelope_sender=smtp.bounce_address or mailbox.address,
        queue=Address(settings.queue.name, settings.queue.address),
        domain=reply.message_id_domain or mailbox.address.rpartition("@")[2],
        ring=ring,
        reply=reply,
        hours=settings.hours,
        zone=zone_of(settings),
        render=load_templates(reply.templates),
        by_mail=can_be_believed(settings),
        rating=settings.rating.enabled,
    )


def customers_of(settings: Settings) -> CustomerFile | None:
    """The team's list of customers, None where there is none."""
    return CustomerFile(Path(settings.customers.file)) if settings.customers.file else None


def ours_of(settings: Settings, ring: KeyRing, *, any_address: bool = False) -> Ours:
    """What the guard must know of us."""
    mailbox = settings.mailbox
    own = {mailbox.address, *mailbox.aliases, settings.smtp.bounce_address}
    return Ours(
        addresses=frozenset(address.lower() for address in own if address),
        queue=frozenset({settings.queue.address.lower()}),
        agents=frozenset(agent.address.lower() for agent in settings.agents),
        ring=ring,
        any_address=any_address,
    )


def wording_of(
    settings: Settings,
    key: Key,
    embedding: Embedding,
    *,
    clock: Callable[[], datetime] = utc_now,
    store: Store | None = None,
) -> Wording | None:
    """Who words the answers; None where the configuration names no language model. `store` counts what it costs."""
    if not settings.llm.url:
        return None
    return Wording(settings.llm, LanguageModel(settings.llm, key), embedding, clock=clock, store=store)
