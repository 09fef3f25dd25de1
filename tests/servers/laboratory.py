"""The loop laboratory: support desks and the partners that write to them, in simulated time, until nobody writes any more.

A partner is a function: a mail of ours goes in, the mails that it writes in answer come out. Nothing in here knows how
Firstline recognises a robot; it knows which partner is one.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import count

from store.records import OutboxItem, Role
from tests.servers.world import World
from threading_.message import Message
from threading_.parse import parse


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail on its way to a desk."""

    to: str
    raw: bytes
    after: float = 0.0  #: seconds from when what it answers arrived
    person: bool = False


Partner = Callable[[Message, OutboxItem], Iterable[Mail]]


def mail(
    text: str,
    *,
    sender: str,
    subject: str,
    to: str = "support@example.com",
    answers: Message | None = None,
    headers: tuple[tuple[str, str], ...] = (),
    after: float = 0.0,
    person: bool = False,
    _numbers: Iterable[int] = count(1),
) -> Mail:
    """A mail as a partner writes it; `answers` threads it."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = f"<lab{next(iter(_numbers))}@{sender.rpartition('@')[2].rstrip('>')}>"
    if answers is not None and answers.message_id:
        message["In-Reply-To"] = f"<{answers.message_id}>"
        message["References"] = " ".join(f"<{one}>" for one in (*answers.references, answers.message_id))
    for name, value in headers:
        message[name] = value
    message.set_content(text)
    return Mail(to=to, raw=message.as_bytes(), after=after, person=person)


@dataclass
class Figures:
    """What a run came to."""

    came: int = 0
    automatic: int = 0
    most_in_a_row: int = 0  #: to one address, without a person's mail from there
    most_in_a_day: int = 0  #: to one address
    most_in_an_hour: int = 0  #: to robots together
    handovers: int = 0
    lists: int = 0
    people: int = 0
    served: int = 0  #: of them: answered, or handed over by a mail of their own
    ended: bool = False
    last: str = ""  #: why the last mail of a robot was not answered


@dataclass
class Laboratory:
    """Desks by their address, and who answers the mail that leaves them."""

    desks: dict[str, World]
    partners: dict[str, Partner] = field(default_factory=dict)  #: by address
    everybody: Partner | None = None  #: answers for all other addresses
    _events: list[tuple[datetime, int, Mail]] = field(default_factory=list)
    _numbers: Iterable[int] = field(default_factory=count)
    _sent: list[tuple[datetime, OutboxItem, World]] = field(default_factory=list)
    _people: list[tuple[datetime, str, str]] = field(default_factory=list)  #: when, who, subject
    _seen: Counter[int] = field(default_factory=Counter)
    _came: int = 0
    _last: str = ""

    @property
    def now(self) -> datetime:
        """The time in the laboratory."""
        return next(iter(self.desks.values())).now

    def write(self, *mails: Mail) -> None:
        """Put mails on their way."""
        for one in mails:
            heapq.heappush(self._events, (self.now + timedelta(seconds=one.after), next(iter(self._numbers)), one))

    async def run(self, hours: float = 48.0, most: int = 3000) -> Figures:
        """Let everybody write until nobody does, or until `hours` are over or `most` mails came."""
        end = self.now + timedelta(hours=hours)
        while self._events and self._came < most and self._events[0][0] <= end:
            at, _, one = heapq.heappop(self._events)
            await self._until(at)
            await self._arrive(one)
        ended = not self._events
        await self._until(end)
        return self._figures(ended)

    async def _until(self, at: datetime) -> None:
        """The time passes; what is due is done on the way, the sweep at least every ten minutes."""
        while self.now < at:
            step = min(at, self.now + timedelta(minutes=10))
            if self._events:
                step = min(step, max(self._events[0][0], self.now))
            if step == self.now:
                return  # a partner answered meanwhile, and at once
            for desk in self.desks.values():
                desk.now = step
            await self._work()

    async def _arrive(self, one: Mail) -> None:
        message = parse(one.raw)
        self._came += 1
        if one.person and message.sender:
            self._people.append((self.now, message.sender.key, message.subject))
        desk = self.desks[one.to]
        stamped = f"Date: {format_datetime(self.now)}\r\n".encode() + one.raw
        await desk.receive(raw=stamped)
        await self._work()

    async def _work(self) -> None:
        for desk in self.desks.values():
            while acted := await desk.act():
                if acted.view.newest.sender.lower() not in {who for _, who, _ in self._people}:
                    self._last = f"{acted.settled.decision.action}: {acted.settled.decision.because}"
            await desk.pipeline.aftercare.sweep()
            before = self._seen[id(desk)]
            await desk.deliver()
            for item in desk.smtp.taken[before:]:
                self._sent.append((self.now, item, desk))
                self._seen[id(desk)] += 1
                if item.role.to_customer or item.recipient in self.partners:
                    partner = self.partners.get(item.recipient, self.everybody)
                    if partner is not None:
                        self.write(*partner(parse(item.raw), item))

    def _figures(self, ended: bool) -> Figures:
        automatic = [(at, item, desk) for at, item, desk in self._sent if item.role.to_customer]
        row, most_in_a_row = Counter[str](), 0
        people = sorted(self._people)
        for at, item, _ in automatic:
            while people and people[0][0] <= at:
                row[people.pop(0)[1]] = 0
            row[item.recipient] += 1
            most_in_a_row = max(most_in_a_row, row[item.recipient])
        persons = {who for _, who, _ in self._people}
        robots = [at for at, item, _ in automatic if item.recipient not in persons]
        queue = [(item, parse(item.raw)) for _, item, _ in self._sent if not item.role.to_customer]
        told = {
            address: [at for at, item, _ in automatic if item.recipient == address]
            for address in {i.recipient for _, i, _ in automatic}
        }
        return Figures(
            came=self._came,
            automatic=len(automatic),
            most_in_a_row=most_in_a_row,
            most_in_a_day=max((_most_within(times, timedelta(days=1)) for times in told.values()), default=0),
            most_in_an_hour=_most_within(robots, timedelta(hours=1)),
            handovers=len(queue),
            lists=sum("storm" in message.subject for _, message in queue),
            people=len(self._people),
            served=sum(
                any(item.recipient == who and at >= when and item.role is not Role.NOTICE for at, item, _ in automatic)
                or any(who in message.text and subject in message.subject for _, message in queue)
                for when, who, subject in self._people
            ),
            ended=ended,
            last=self._last,
        )


def _most_within(times: list[datetime], window: timedelta) -> int:
    times = sorted(times)
    first = most = 0
    for last, at in enumerate(times):
        while at - times[first] >= window:
            first += 1
        most = max(most, last - first + 1)
    return most
