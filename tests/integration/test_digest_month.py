"""The digest of a simulated month agrees with a tally that was kept beside it. `FIRSTLINE_MONTH=2000` makes it a whole one."""

import json
import os
import random
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from daemon.reporting import figures
from daemon.settings import Settings
from daemon.steps.digest import Done, speed, total
from daemon.steps.digest_pages import as_csv, as_html, as_text, heading
from daemon.steps.digest_sections import sections
from store.figures import Window
from store.store import open_store
from tests.servers.month import Month

DATA = Path(__file__).parents[3] / "shared" / "data"
MAILS = int(os.environ.get("FIRSTLINE_MONTH", "160"))
START = datetime(2026, 11, 1, 0, 0, tzinfo=UTC)
DAYS = 30


def real_mails(most: int) -> list[bytes]:
    """Customers' mails of the Arduino set under many names, and mails of every kind that machines and people wrote."""
    rows = [json.loads(line) for line in (DATA / "kb/arduino-mails/mails.jsonl").read_text().splitlines()]
    others = sorted(path for path in (DATA / "mail").rglob("*") if path.suffix in (".eml", ".txt") and path.is_file())
    random.Random(2).shuffle(others)
    mails = [path.read_bytes() for path in others[: most // 3]]
    number = 0
    while len(mails) < most:
        row = rows[number % len(rows)]
        mail = EmailMessage()
        mail["From"] = f"{row['from_addr'].partition('@')[0]}{number // len(rows)}@customer{number % 97}.test"
        mail["To"], mail["Subject"] = "support@example.com", row["subject"].replace("\n", " ")
        mail["Message-ID"] = f"<month{number}@customer.test>"
        mail.set_content(row["body"])
        mails.append(mail.as_bytes())
        number += 1
    return mails


def keep(folder: Path, page: str, text: str, numbers: bytes) -> None:
    """For looking at."""
    (folder / "month.html").write_text(page)
    (folder / "month.txt").write_text(text)
    (folder / "month.csv").write_bytes(numbers)


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is missing")
async def test_the_digest_of_a_month_agrees_with_what_was_counted_beside_it(tmp_path: Path) -> None:
    settings = Settings.model_validate(
        {"policy": {"mode": "auto", "coalesce_seconds": 0}, "hours": {"zone": "Europe/Berlin"}}
    )
    async with open_store(tmp_path / "store.sqlite3", durable=False) as store:
        month = Month(store, settings)
        month.world.now = START
        month.spread(real_mails(MAILS), START, DAYS)
        end = START + timedelta(days=DAYS)
        await month.run(end)
        told = await figures(store, settings, UTC, Window(since=START, until=end + timedelta(seconds=1)), None)
        parts = [
            await figures(
                store, settings, UTC, Window(since=START + timedelta(days=n), until=START + timedelta(days=n + 1)), None
            )
            for n in range(DAYS + 1)
        ]
        head = await store.reports.chain_head(store.reader)
        waiting = [case for case in month.known.values() if case.status == "awaiting_human"]
    tally = month.tally
    assert sum(tally.came.values()) >= MAILS
    assert told.came == {kind: count for kind, count in tally.came.items() if count}
    assert told.opened == len(tally.opened)

    def of(wanted: str) -> int:
        return sum(
            n for (action, because), n in tally.decided.items() if action == wanted and because != "undeliverable"
        )

    assert total(told, Done.ANSWERED) == of("answer")
    assert total(told, Done.ASKED) == of("clarify")
    assert total(told, Done.DRAFTED) == of("draft")
    assert total(told, Done.PASSED_ON) == of("record")
    assert total(told, Done.CLOSED) == of("close")
    assert total(told, Done.WAITING) == of("wait")
    assert total(told, Done.LEFT_ALONE) == of("ignore")
    escalated = {because: n for (action, because), n in tally.decided.items() if action == "escalate"}
    assert {
        fate.because: fate.count
        for fate in told.fates
        if fate.done is Done.HANDED_OVER and fate.because != "undeliverable"
    } == escalated
    assert told.left == dict(tally.left)
    assert told.health.failed == dict(tally.failed)
    assert told.endings == dict(tally.endings)
    assert told.automatic.count == len(tally.first_answers)
    assert told.automatic == speed(tally.first_answers)
    assert told.human.count == 0
    assert sum(told.waiting.values()) == len(waiting)
    assert told.health.quarantined == tally.unreadable
    assert head is not None
    assert told.health.chain == head.hash
    # Nothing is lost or told twice where one day meets the next.
    for kind, count in told.came.items():
        assert sum(part.came.get(kind, 0) for part in parts) == count
    for role, count in told.left.items():
        assert sum(part.left.get(role, 0) for part in parts) == count
    assert sum(part.automatic.count for part in parts) == told.automatic.count
    assert sum(count for _, count, _ in told.days) == told.came["customer"]
    found = sections(told, UTC)
    title = heading("daily", told, UTC)
    page = as_html(title, found)
    if folder := os.environ.get("FIRSTLINE_MONTH_FOLDER"):
        keep(Path(folder), page, as_text(title, found), as_csv(found))
    assert "@" not in as_text(title, found)
