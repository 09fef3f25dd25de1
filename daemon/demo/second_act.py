"""I/O. The second act: a colleague works through the queue by mail, a customer falls silent, and the digest arrives.

Days pass in it: the clock of the whole demo, the daemon's too, is set forward, and the story says so.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from daemon.app import App
from daemon.demo.colleague import answers
from daemon.demo.customers import QUEUE
from daemon.demo.server import MailServer
from daemon.demo.stage import PATIENCE_SECONDS, Scene, Stage, Witness
from daemon.demo.story import Story
from daemon.following import Followed
from daemon.pipeline import Delivered, Observed
from daemon.steps.lifecycle import Event
from daemon.wiring import utc_now, zone_of
from store.records import Case, OutboxState, Role
from threading_.message import Message
from threading_.parse import parse


class DemoClock:
    """The time, as far as anybody in the demo can tell."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        """Now."""
        return utc_now() + self._ahead

    def set(self, to: datetime) -> timedelta:
        """Go forward to that time. Returns by how much; never backwards."""
        step = max(timedelta(), to - self())
        self._ahead += step
        return step


class SecondAct:
    """What happens after the customers have written."""

    def __init__(
        self, *, app: App, server: MailServer, stage: Stage, witness: Witness, story: Story, clock: DemoClock
    ) -> None:
        self._app = app
        self._server = server
        self._stage = stage
        self._witness = witness
        self._story = story
        self._clock = clock

    async def play(self, scenes: Sequence[Scene]) -> None:
        """The colleague, the silence, the digest."""
        await self._colleague()
        await self._silence(scenes)
        await self._digest()

    async def _colleague(self) -> None:
        handed = _first_of_each_case([parse(raw) for raw in await self._server.mails(QUEUE.address)])
        self._story.meanwhile(
            "Ann opens the queue",
            f"{len(handed)} cases wait there. She answers as she answers any mail; to a draft she writes one word.",
        )
        for mail in handed:
            posting = answers(mail, now=self._clock(), token=self._stage.token())
            if posting is not None:
                await self._stage.colleague(posting)

    async def _silence(self, scenes: Sequence[Scene]) -> None:
        by_address = {scene.customer.address.key: scene for scene in scenes}
        for title, text, events in _SILENCES:
            cases = [case for case in await self._app.store.cases.list() if case.follow_up in events]
            due = [case.follow_up_at for case in cases if case.follow_up_at is not None]
            step = self._clock.set(max(due, default=self._clock()) + timedelta(seconds=1))
            self._story.meanwhile(title, text.format(step=_days(step), cases=len(due)))
            self._app.wake()
            for case in cases:
                _, followed = await self._witness.find(f"{case.reference} to be followed up", _follows(case, events))
                await self._stage.after_silence(by_address.get(case.customer.lower()), followed)

    async def _digest(self) -> None:
        zone = zone_of(self._app.settings)
        tomorrow = (self._clock() + timedelta(days=1)).astimezone(zone).date()
        morning = datetime.combine(tomorrow, self._app.settings.digest.at, tzinfo=zone)
        while morning.isoweekday() > 5:
            morning += timedelta(days=1)
        step = self._clock.set(morning.astimezone(UTC) + timedelta(minutes=1))
        self._story.meanwhile("A morning after that", f"{_days(step)} later, the team finds the digest in the queue.")
        await self._app.reporting.tick()
        self._app.wake()
        _, left = await self._witness.find("the digest to leave", _is_digest)
        wanted = f"<{left.item.message_id}>".encode()
        self._story.digest(
            parse(await self._server.wait_for(left.item.recipient, lambda raw: wanted in raw, PATIENCE_SECONDS))
        )


_SILENCES = (
    (
        "Three days later",
        "Nobody has written, so the clock was set forward by {step}. {cases} customers are asked once whether it is solved.",
        (Event.NUDGE, Event.CONFIRM),
    ),
    (
        "A week after the answers",
        "Again the clock was set forward, by {step}. {cases} cases of customers who are still silent are closed as solved.",
        (Event.GIVE_UP, Event.ASSUME),
    ),
)


def _first_of_each_case(mails: Sequence[Message]) -> list[Message]:
    """The mails that begin the cases of the queue."""
    found: dict[str, Message] = {}
    for mail in mails:
        if case := mail.headers.get("x-firstline-case"):
            found.setdefault(case, mail)
    return [*found.values()]


def _days(step: timedelta) -> str:
    days, hours = step.days, round(step.seconds / 3600)
    return f"{days} days and {hours} hours" if days else f"{hours} hours"


def _follows(case: Case, events: tuple[Event, ...]) -> Callable[[Observed], Followed | None]:
    def match(observed: Observed) -> Followed | None:
        if isinstance(observed, Followed) and observed.case.id == case.id and observed.event in events:
            return observed
        return None

    return match


def _is_digest(observed: Observed) -> Delivered | None:
    if isinstance(observed, Delivered) and observed.item.role is Role.REPORT and observed.state is OutboxState.SENT:
        return observed
    return None
