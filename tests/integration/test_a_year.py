"""A year in seconds, over both changes of the clocks, holidays and a daemon that dies at any moment: each mail that was
due left once, when people work, at the very time that a calendar on paper says."""

import random
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from daemon.settings import Settings
from daemon.steps.followup import with_follow_up
from daemon.steps.lifecycle import Event
from daemon.steps.transition import life, moved
from store.records import CaseStatus, Direction, Kind, OutboxState, Resolution, Role
from store.store import open_store
from tests.servers.world import LEASE, World

HOLIDAYS = ("2026-01-01", "2026-04-03", "2026-04-06", "2026-07-03", "2026-11-26", "2026-12-24", "2026-12-25")
END = datetime(2027, 3, 1, tzinfo=UTC)


class Died(Exception):
    """The daemon ended here."""


@dataclass
class House:
    """A daemon that dies now and then, and is started anew over the same store."""

    folder: Path
    settings: Settings
    chance: random.Random
    world: World = field(init=False)
    deaths: Counter[str] = field(default_factory=Counter)
    left: list[tuple[datetime, Role, int | None]] = field(default_factory=list)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _starts: int = 0

    def _at(self, boundary: str) -> None:
        often = 0.06 if boundary.startswith("follow_up") or boundary == "deliver.claimed" else 0.0
        if self.chance.random() < often:
            self.deaths[boundary] += 1
            raise Died(boundary)

    async def start(self) -> None:
        """The daemon starts over what there is."""
        await self._stack.aclose()
        self._stack, self._starts = AsyncExitStack(), self._starts + 1
        store = await self._stack.enter_async_context(open_store(self.folder / "s.sqlite3", durable=False))
        if self._starts == 1:
            self.world = World(store, self.settings, varied=True, at=self._at)
        else:
            self.world = World(store, self.settings, seed=self._starts, at=self._at, before=self.world)
        await self.world.pipeline.aftercare.recover()

    async def stop(self) -> None:
        await self._stack.aclose()

    async def until(self, moment: datetime) -> None:
        """The time passes. Whatever is due is done in its minute, however often the daemon dies over it."""
        while True:
            try:
                await self.deliver()
                row = await self.world.store.reader.one(
                    "SELECT min(follow_up_at) AS ring_at FROM cases WHERE due_at IS NULL AND follow_up_at <= :at",
                    at=moment,
                )
                ring = row["ring_at"] if row else None
                self.world.now = max(self.world.now, ring) if ring else moment
                while claimed := await self.world.store.cases.claim_follow_up(self.world.now, LEASE):
                    await self.world.pipeline.follow_up(claimed)
                await self.deliver()
                if ring is None:
                    return
            except Died:
                await self.start()

    async def deliver(self) -> None:
        while item := await self.world.store.outbox.claim(self.world.now, LEASE):
            before = len(self.world.smtp.taken)
            await self.world.pipeline.deliver(item)
            if len(self.world.smtp.taken) > before:
                self.left.append((self.world.now, item.role, item.case_id))

    async def writes(self, number: int, text: str) -> int:
        """A customer writes, and the daemon decides. Returns the number of the case."""
        arrived = await self.world.receive(text, sender=f"c{number}@d{number}.test", subject=f"Question {number}")
        await self.world.act()
        while True:
            try:
                await self.deliver()
                return arrived.case.id
            except Died:
                await self.start()

    async def answers(self, case_id: int) -> None:
        """A human answers."""
        wrote = {
            "direction": Direction.OUT,
            "at": self.world.now,
            "sender": "support@example.com",
            "sender_name": "Bob",
            "subject": "Re: yours",
            "text": "Pull it out gently.",
            "kind": Kind.OWN,
            "message_id": None,
            "refs": [],
            "handled": 1,
        }
        store, now = self.world.store, self.world.now
        async with store.transaction() as tx:
            await store.cases.add_turn(tx, case_id, wrote)
            then = moved(await store.cases.get(tx, case_id), Event.REPLIED, now)
            then = with_follow_up(then, self.settings, ZoneInfo(self.settings.hours.zone))
            await store.cases.move(tx, case_id, now=now, moves=True, changes=life(then))


def works(day: date) -> bool:
    return day.weekday() < 5 and day.isoformat() not in HOLIDAYS


def on_paper(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment, or the same time of day on the next working day, else its opening at nine."""
    local = moment.astimezone(zone)
    day, clock = local.date(), local.time()
    if works(day) and clock < time(9):
        clock = time(9)
    while not works(day) or (day == local.date() and clock >= time(17)):
        day += timedelta(days=1)
    if not time(9) <= clock < time(17):
        clock = time(9)
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(("name", "seed"), [("Europe/Berlin", 1), ("America/New_York", 2)])
async def test_each_due_mail_of_a_year_leaves_once_and_in_its_minute(tmp_path: Path, name: str, seed: int) -> None:
    zone, chance = ZoneInfo(name), random.Random(seed)
    settings = Settings.model_validate(
        {
            "policy": {"mode": "auto", "coalesce_seconds": 0},
            "hours": {"zone": name, "holidays": list(HOLIDAYS)},
            "queue": {"fallback": "lead@example.com"},
        }
    )
    house = House(tmp_path, settings, chance)
    await house.start()
    # Some on each day about the changes of the clocks, the others anywhere.
    days = [87, 88, 66, 67, 297, 298, 304, 305, 356, 357, *(chance.randrange(364) for _ in range(22))]
    when = sorted(
        datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day, minutes=chance.randrange(1440)) for day in days
    )
    silent: dict[int, datetime] = {}
    helped: dict[int, datetime] = {}
    to_be_answered: list[tuple[datetime, int]] = []
    house.world.now = when[0] - timedelta(days=1)

    async def answers_until(moment: datetime) -> None:
        for at, case_id in sorted(to_be_answered):
            if at <= moment:
                to_be_answered.remove((at, case_id))
                await house.until(at)
                helped[case_id] = at
                await house.answers(case_id)

    for number, moment in enumerate(when):
        await answers_until(moment)
        await house.until(moment)
        if number % 2:
            case_id = await house.writes(number, f"How do I get label number {number} out of the printer?")
            silent[case_id] = moment
        else:
            case_id = await house.writes(number, "I want to talk to a person, please.")
            to_be_answered.append((moment + timedelta(minutes=chance.randrange(60, 9000)), case_id))
    await answers_until(END)
    await house.until(END)

    store = house.world.store
    cases = {case.id: case for case in await store.cases.list(everything=True, limit=1000)}
    sent = {
        case_id: [(at, role) for at, role, of in house.left if of == case_id and role is Role.NUDGE]
        for case_id in cases
    }
    assert len(silent) + len(helped) == len(when) == len(cases)
    for case_id, since in (silent | helped).items():
        assert sent[case_id] == [(on_paper(since + timedelta(days=3), zone), Role.NUDGE)], (case_id, since)
        assert (cases[case_id].status, cases[case_id].resolution) == (CaseStatus.CLOSED, Resolution.ASSUMED)
    for at, role, _ in house.left:
        if role in (Role.NUDGE, Role.STATUS, Role.REMINDER):
            assert on_paper(at, zone) == at, (at, role)
    told = Counter((case_id, role) for _, role, case_id in house.left if role in (Role.NOTICE, Role.STATUS))
    assert max(told.values()) == 1
    ids = Counter(item.message_id for item in house.world.smtp.taken)
    assert max(ids.values()) == 1
    counts = await store.outbox.counts()
    assert set(counts) <= {OutboxState.SENT, OutboxState.STALE}
    assert len(house.deaths) >= 4, "it died at every boundary"
    await house.stop()


ON_PAPER: list[tuple[str, str]] = [
    ("2026-11-20T10:30", "2026-11-20T10:30"),
    ("2026-11-20T17:00", "2026-11-23T09:00"),
    ("2026-11-21T10:30", "2026-11-23T10:30"),
    ("2026-11-23T03:00", "2026-11-23T09:00"),
]


@pytest.mark.parametrize(("moment", "then"), ON_PAPER)
def test_the_calendar_on_paper_is_right(moment: str, then: str) -> None:
    zone = ZoneInfo("Europe/Berlin")
    there = datetime.fromisoformat(moment).replace(tzinfo=zone)
    assert on_paper(there, zone) == datetime.fromisoformat(then).replace(tzinfo=zone)
