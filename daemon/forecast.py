"""I/O. What would it do? The sequence over mails from files: a throw-away store, each mail's own date as the clock.

Nothing is sent and no server is spoken to. `explain` and `replay` are this and a way to show it.
"""

import random
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from statistics import quantiles

from daemon.gather import Knowledge
from daemon.mails import MailFile
from daemon.pipeline import Acted, Ingested, Pipeline
from daemon.record import Record, arrival_record, decision_record, whole_record
from daemon.settings import Settings
from daemon.wiring import customers_of, nonces, ours_of, utc_now, voice_of
from daemon.wording import Wording
from store.records import Fetched, StoredMail
from store.store import FILE, Store, open_store
from threading_.ids import KeyRing
from threading_.language import language

_LEASE = timedelta(hours=1)
_HEADER_BYTES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What would have been done with one mail."""

    ingested: Ingested
    acted: Acted | None
    record: Record


def written_at(raw: bytes) -> datetime | None:
    """The Date of a mail, aware; None where it is missing or nonsense. Reads the header alone."""
    head = raw[:_HEADER_BYTES].split(b"\r\n\r\n", 1)[0].split(b"\n\n", 1)[0]
    for line in head.splitlines():
        if line[:5].lower() == b"date:":
            try:
                found = parsedate_to_datetime(line[5:].decode("latin-1").strip())
                return (found if found.tzinfo else found.replace(tzinfo=utc_now().tzinfo)).astimezone(utc_now().tzinfo)
            except (ValueError, OverflowError, IndexError, TypeError):
                return None
    return None


def in_order(mails: Sequence[MailFile]) -> list[tuple[MailFile, datetime]]:
    """The mails by date, so that an answer comes after what it answers; one without a date stays with its neighbour."""
    dated: list[tuple[MailFile, datetime]] = []
    last = next((date for mail in mails if (date := written_at(mail.raw)) is not None), utc_now())
    for mail in mails:
        last = written_at(mail.raw) or last
        dated.append((mail, last))
    return sorted(dated, key=lambda pair: pair[1])


class Forecaster:
    """The sequence over a throw-away store. Made by `forecasting`."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        knowledge: Knowledge | None,
        *,
        any_address: bool,
        wording: Wording | None = None,
    ) -> None:
        self._store = store
        self._now = utc_now()
        self._uid = 0
        ring = KeyRing((secrets.token_bytes(32),))
        rng = random.Random(0)  # noqa: S311 - ids of a throw-away store; the same run gives the same references
        self.ours = ours_of(settings, ring, any_address=any_address)
        self.voice = voice_of(settings, ring)
        self._pipeline = Pipeline(
            store=store,
            settings=settings,
            voice=self.voice,
            ours=self.ours,
            clock=lambda: self._now,
            rng=rng,
            nonces=nonces(rng),
            knowledge=knowledge,
            wording=wording,
            customers=customers_of(settings),
        )

    async def mail(self, mail: MailFile, at: datetime) -> Forecast:
        """What would be done with this mail, arriving at that time, after all those before it."""
        self._now = max(at, self._now) if self._uid else at
        self._uid += 1
        started = time.perf_counter()
        stored = await self._keep(mail)
        ingested = await self._pipeline.ingest(stored)
        claimed = await self._store.cases.claim_one(ingested.case.id, self._now, _LEASE)
        acted = await self._pipeline.act(claimed)
        millis = (time.perf_counter() - started) * 1000
        record = arrival_record(mail.path, ingested.mail, ingested.case)
        if acted is not None:
            decided = decision_record(acted.view, acted.settled, acted.cap)
            record = whole_record(record, decided, acted.mode, millis)
        return Forecast(ingested=ingested, acted=acted, record=record)

    async def _keep(self, mail: MailFile) -> StoredMail:
        fetched = Fetched(mailbox="replay", uidvalidity=1, uid=self._uid, raw=mail.raw, received_at=self._now)
        await self._store.inbox.keep_one(fetched)
        return (await self._store.inbox.waiting(limit=1))[0]


@asynccontextmanager
async def forecasting(
    settings: Settings, knowledge: Knowledge | None, *, any_address: bool = False, wording: Wording | None = None
) -> AsyncIterator[Forecaster]:
    """A forecaster whose store is gone at the end. Only with `wording` a server is spoken to: the language model's."""
    with tempfile.TemporaryDirectory(prefix="firstline-") as folder:
        language("The model of languages is loaded before the first mail is timed.")
        async with open_store(Path(folder) / FILE, durable=False) as store:
            yield Forecaster(store, settings, knowledge, any_address=any_address, wording=wording)


class Summary:
    """Counts over many forecasts (contract.md, the last line of `replay --json`)."""

    def __init__(self) -> None:
        self._cases: set[str] = set()
        self._kinds: Counter[str] = Counter()
        self._decisions: Counter[str] = Counter()
        self._rules: Counter[str] = Counter()
        self._because: Counter[str] = Counter()
        self._confidence: dict[int, Counter[str]] = {}
        self._millis: list[float] = []
        self._unreadable: list[str] = []

    def add(self, forecast: Forecast) -> None:
        """Count one more."""
        record = forecast.record
        self._cases.add(record["case"])
        self._kinds[record["kind"]] += 1
        if record["guard"]["rule"]:
            self._rules[record["guard"]["rule"]] += 1
        if record["unreadable"]:
            self._unreadable.append(record["path"])
        decision = record.get("decision")
        if decision is None:
            return
        self._decisions[decision] += 1
        if decision == "escalate":
            self._because[record["because"]] += 1
        if record["confidence"] is not None:
            bin_ = min(int(record["confidence"] * 10), 9)
            self._confidence.setdefault(bin_, Counter())[decision] += 1
        if any(mail["role"] in ("reply", "offer", "questions", "notice") for mail in record["mails"]):
            self._millis.append(record["millis"])

    def record(self) -> Record:
        """The summary in contract.md's shape."""
        cuts = (
            quantiles(self._millis, n=100) if len(self._millis) > 1 else [self._millis[0]] * 99 if self._millis else []
        )
        return {
            "mails": sum(self._kinds.values()),
            "cases": len(self._cases),
            "by_kind": dict(self._kinds.most_common()),
            "by_decision": dict(self._decisions.most_common()),
            "by_rule": dict(self._rules.most_common()),
            "escalated_because": dict(self._because.most_common()),
            "confidence": [
                [bin_ / 10, sum(counts.values()), dict(counts)] for bin_, counts in sorted(self._confidence.items())
            ],
            "resolution_forecast": {
                "answered": self._decisions["answer"],
                "drafted": self._decisions["draft"],
                "asked": self._decisions["clarify"],
                "handed_over": self._decisions["escalate"],
            },
            "first_reply_millis": {
                "p50": round(cuts[49], 1) if cuts else None,
                "p99": round(cuts[98], 1) if cuts else None,
            },
            "unreadable": self._unreadable,
        }
