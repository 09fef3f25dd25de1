"""I/O. Part of `make bench`: what one mail costs in a store of a hundred cases and in one of a million, and the slowest mails.

The store is filled in SQL alone, with what a case leaves behind: its mails, ids, participants and what the caps count.
"""

import asyncio
import logging
import random
import sqlite3
import statistics
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Protocol

from daemon.cli.forecast_options import settings_for
from daemon.forecast import forecasting, in_order
from daemon.mails import read_mails
from daemon.pipeline import Pipeline
from daemon.settings import Settings
from daemon.wiring import nonces, ours_of, voice_of
from store.records import Fetched, Mode
from store.store import open_store
from threading_.ids import KeyRing, case_reference

MAILS = Path(__file__).resolve().parents[3] / "shared" / "data" / "mail"
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
_MEASURED = 200  #: mails at each size
_WARM = 30  #: before them, so that no first time counts
# One row of `n` a case. The hash spreads ids over the whole index, as real ids are.
_CASES = """
CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :cases)
SELECT i, reference(i) AS reference, printf('%08x.%d', (i * 2654435761) % 4294967296, i) AS hash,
       strftime('%Y-%m-%dT%H:%M:%f000+00:00', :start + i * :step, 'unixepoch') AS at FROM n;
INSERT INTO inbox (id, mailbox, uidvalidity, uid, raw, digest, received_at, state)
    SELECT i, 'INBOX', 1, i, zeroblob(20), 'd' || hash, at, 'ingested' FROM n;
INSERT INTO cases (id, reference, status, owner, mode, customer, customer_key, customer_name, subject, opened_at, updated_at)
    SELECT i, reference, CASE i % 10 WHEN 0 THEN 'awaiting_customer' ELSE 'closed' END, 'daemon', 'auto',
           'c' || i || '@customer.test', 'c' || i || '@customer.test', 'Some Customer', 'A question of number ' || i, at, at FROM n;
INSERT INTO participant (case_id, address) SELECT i, 'c' || i || '@customer.test' FROM n;
INSERT INTO known_id (message_id, case_id) SELECT hash || '.m@customer.test', i FROM n;
INSERT INTO known_id (message_id, case_id) SELECT 'fl.' || hash || '@example.com', i FROM n;
INSERT INTO known_id (message_id, case_id, ghost) SELECT hash || '.g@customer.test', i, 1 FROM n WHERE i % 3 = 0;
INSERT INTO outbox (id, cause, case_id, case_version, role, message_id, envelope_sender, recipient, raw, state,
                    created_at, due_at, settled_at)
    SELECT i, reference || ':answer', i, 2, 'reply', 'fl.' || hash || '@example.com', 'support@example.com',
           'c' || i || '@customer.test', zeroblob(20), 'sent', at, at, at FROM n;
INSERT INTO turn (case_id, direction, at, sender, sender_name, subject, text, kind, message_id, refs, inbox_id, handled, received_at)
    SELECT i, 'in', at, 'c' || i || '@customer.test', 'Some Customer', 'A question of number ' || i, :text, 'customer',
           hash || '.m@customer.test', '[]', i, 1, at FROM n;
INSERT INTO turn (case_id, direction, at, sender, sender_name, subject, text, kind, message_id, refs, outbox_id, role, handled)
    SELECT i, 'out', at, 'support@example.com', 'Support', 'Re: A question of number ' || i, :text, 'own',
           'fl.' || hash || '@example.com', '[]', i, 'reply', 1 FROM n;
INSERT INTO arrival (inbox_id, sender, arrived_at, content, person) SELECT i, 'c' || i || '@customer.test', at, 'x' || hash, 1 FROM n;
INSERT INTO automatic_mail (outbox_id, at, recipient, domain, content, subject, text)
    SELECT i, at, 'c' || i || '@customer.test', 'customer.test', 'x' || hash, 's' || hash, 't' || hash FROM n;
"""


@dataclass(frozen=True, slots=True)
class Costs:
    """Milliseconds of each mail: until it is threaded and guarded, and until it is on its case."""

    understood: list[float]
    ingested: list[float]
    megabytes: float  #: of the database's file


def fill(path: Path, cases: int) -> None:
    """Fill a store that has its tables, as if that many cases had come within the last two years."""
    database = sqlite3.connect(path, isolation_level=None)
    database.create_function("reference", 1, lambda i: case_reference((i * 7_919_003) % (1 << 30)), deterministic=True)
    for pragma in ("synchronous = OFF", "journal_mode = OFF", "cache_size = -1000000", "foreign_keys = OFF"):
        database.execute(f"PRAGMA {pragma}")
    values = {
        "cases": cases,
        "start": int((NOW - timedelta(days=730)).timestamp()),
        "step": 729 * 86_400 / cases,
        "text": "How do I get it out?",
    }
    database.execute("BEGIN")
    for statement in _CASES.split(";\n"):
        if statement.strip():
            database.execute(statement, {key: value for key, value in values.items() if f":{key}" in statement})
    database.execute("COMMIT")
    database.execute("PRAGMA journal_mode = WAL")
    database.close()


def mails(path: Path, cases: int) -> Iterator[bytes]:
    """In turn: a new customer, an answer to one of our mails, one over a ghost, a bounce of ours, a stranger's quote."""
    rng = random.Random(20)
    with sqlite3.connect(path) as database:
        for number in range(_MEASURED + _WARM):
            i = rng.randrange(1, cases + 1)
            ours, customer = database.execute("SELECT message_id, recipient FROM outbox WHERE id = ?", (i,)).fetchone()
            ghost = ours.removeprefix("fl.").removesuffix("@example.com") + ".g@customer.test"
            made = EmailMessage()
            made["From"] = f"new{number}@else.test" if number % 5 in (0, 4) else customer
            made["To"], made["Subject"], made["Date"] = "support@example.com", "Re: Stuck label", format_datetime(NOW)
            made["Message-ID"] = f"<n{number}.{rng.getrandbits(40):x}@customer.test>"
            if number % 5:
                made["References"] = f"<{ghost}>" if number % 5 == 2 else f"<{ours}>"
            made.set_content(
                f"It is still stuck, number {number}. What now?\n\nOn Fri, Nov 20, 2026, Support wrote:\n> Open it\n"
            )
            if number % 5 == 3:
                made.replace_header("From", "MAILER-DAEMON@mx.test")
                made.replace_header("Subject", "Undelivered Mail Returned to Sender")
                made.set_content(f"<{customer}>: host mx.test said: 550 5.1.1 user unknown\n\nMessage-ID: <{ours}>\n")
            yield made.as_bytes()


async def measure(folder: Path, cases: int) -> Costs:
    """What one mail costs with that many cases in the store."""
    path = folder / f"{cases}.sqlite3"
    async with open_store(path, durable=False):
        pass  # makes the tables
    await asyncio.to_thread(fill, path, cases)
    coming = list(mails(path, cases))
    settings = Settings.model_validate({"policy": {"mode": "auto"}})
    ring, rng = KeyRing((b"k" * 32,)), random.Random(1)
    costs = Costs([], [], path.stat().st_size / 1e6)
    passed: dict[str, float] = {}
    async with open_store(path, durable=False) as store:
        pipeline = Pipeline(
            store=store, settings=settings, voice=voice_of(settings, ring), ours=ours_of(settings, ring),
            clock=lambda: NOW, rng=rng, nonces=nonces(rng), at=lambda point: passed.update({point: perf_counter()}),
        )  # fmt: skip
        for number, raw in enumerate(coming):
            fetched = Fetched(mailbox="INBOX", uidvalidity=2, uid=number + 1, raw=raw, received_at=NOW)
            await store.inbox.keep_one(fetched)
            (stored,) = await store.inbox.waiting()
            began = perf_counter()
            await pipeline.ingest(stored)
            ended = perf_counter()
            if number >= _WARM:
                costs.understood.append((passed["ingest.understood"] - began) * 1000)
                costs.ingested.append((ended - began) * 1000)
    return costs


async def growth(sizes: Sequence[int]) -> dict[int, Costs]:
    """The costs at each number of cases, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="fl-bench-") as folder:
        return {cases: await measure(Path(folder), cases) for cases in sizes}


async def slowest(count: int = 10) -> list[tuple[float, str]]:
    """The mails of the public sets that took longest from raw bytes to a decision: (milliseconds of the processor, path)."""
    settings = settings_for(None, Mode.AUTO, "any")
    taken: list[tuple[float, str]] = []
    async with forecasting(settings, None, any_address=True) as forecast:
        for mail, at in in_order(list(read_mails([MAILS]))):
            began = process_time()
            await forecast.mail(mail, at)
            taken.append(((process_time() - began) * 1000, str(Path(mail.path).relative_to(MAILS))))
    return sorted(taken, reverse=True)[:count]


class Results(Protocol):
    """What the bench collects."""

    remarks: list[str]

    def add(self, group: str, name: str, unit: str, values: Iterable[float] | float, note: str = "") -> None:
        """Add a row."""


async def measured(results: Results, many: int) -> None:
    """Add both to the bench's rows."""
    logging.disable(logging.ERROR)  # the breaker opens on so many bounces, and says so
    costs = await growth((100, many))
    for what, name in (("understood", "threaded and guarded"), ("ingested", "… and committed")):
        for cases, cost in costs.items():
            results.add("one mail, by cases in the store", f"{name}, {cases:,} cases", "ms", getattr(cost, what))
        few, large = (statistics.median(getattr(cost, what)) for cost in costs.values())
        results.add("one mail, by cases in the store", f"{name}: ratio (goal: under 2)", "×", large / few)
    results.remarks.append(f"the store of {many:,} cases is a file of {costs[many].megabytes:,.0f} MB")
    if MAILS.is_dir():
        for millis, path in await slowest():
            results.add("the slowest of ../shared/data/mail, processor (goal: none over 1,000 ms)", path, "ms", millis)
    else:
        results.remarks.append("the slowest mails were not measured: the mails are not beside this checkout")
    logging.disable(logging.NOTSET)
