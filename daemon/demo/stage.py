"""I/O. The stage: customers send real mail to the embedded server, wait for what comes back, and react to it."""

import asyncio
import smtplib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import TypeVar

from daemon.demo.correspondents import SUPPORT, Customer, Posting
from daemon.demo.server import MailServer
from daemon.errors import TransientError
from daemon.following import Followed
from daemon.pipeline import Acted, Delivered, Ingested, Observed
from daemon.steps.verdicts import Action
from store.records import OutboxState, Role
from threading_.message import Message
from threading_.parse import parse

#: Far beyond what anything here takes; it turns a daemon that died into a message instead of a silence.
PATIENCE_SECONDS = 60.0

Found = TypeVar("Found")


@dataclass(slots=True)
class Scene:
    """What happened between one customer and Firstline."""

    customer: Customer
    arrived: list[Ingested] = field(default_factory=list)
    acts: list[Acted] = field(default_factory=list)
    first_reply: float | None = None  #: seconds from handing the mail to SMTP to our first mail in the mailbox

    @property
    def left_alone(self) -> tuple[Ingested, ...]:
        """The mails that the guard refused."""
        return tuple(mail for mail in self.arrived if not mail.mail.guarded.reply)

    @property
    def mails_to_customer(self) -> tuple[Role, ...]:
        """What the customer got, in order."""
        return tuple(mail.role for acted in self.acts for mail in acted.settled.outgoing if mail.role.to_customer)

    @property
    def answered_twice(self) -> bool:
        """Whether one mail of this customer got more than one automatic reply."""
        return any(sum(mail.role.to_customer for mail in acted.settled.outgoing) > 1 for acted in self.acts) or any(
            earlier.view.newest.id == later.view.newest.id
            for number, earlier in enumerate(self.acts)
            for later in self.acts[:number]
        )


class Witness:
    """Everything that the daemon reported, in order: told to the audience at once, and to whom it concerns."""

    def __init__(self, tell: Callable[[Observed], None]) -> None:
        self._tell = tell
        self._seen: list[tuple[float, Observed]] = []
        self._more = asyncio.Event()

    def __call__(self, observed: Observed) -> None:
        """Take a report; this is the daemon's `observe`."""
        self._seen.append((asyncio.get_running_loop().time(), observed))
        self._tell(observed)
        self._more.set()

    async def find(self, what: str, match: Callable[[Observed], Found | None]) -> tuple[float, Found]:
        """The first report that `match` makes something of, and when it came by the loop's time.

        Raises TransientError, which names `what`, where nothing comes.
        """
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                looked_at = 0
                while True:
                    for at, observed in self._seen[looked_at:]:
                        found = match(observed)
                        if found is not None:
                            return at, found
                    looked_at = len(self._seen)
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError as error:
            message = f"The demo waited {PATIENCE_SECONDS:.0f} s for {what}, and nothing came."
            raise TransientError(
                message, remedy="see the log above; run it again with --keep to look around"
            ) from error


class Stage:
    """Plays customers, one after the other, so that the story can be read."""

    def __init__(
        self, server: MailServer, witness: Witness, clock: Callable[[], datetime], tokens: Iterator[str]
    ) -> None:
        self._server = server
        self._witness = witness
        self._clock = clock
        self._tokens = tokens

    async def play(self, customer: Customer, first: Posting | None = None) -> Scene:
        """Send the customer's first mail, or `first` in its place, and go on until the customer has no more to say."""
        scene, said = Scene(customer), set[str]()
        posting: Posting | None = first or customer.first(now=self._clock(), token=next(self._tokens))
        while posting is not None:
            said.add(posting.said)
            posting = await self._exchange(scene, posting, frozenset(said))
        return scene

    def token(self) -> str:
        """What makes the next Message-ID unique."""
        return next(self._tokens)

    async def colleague(self, posting: Posting) -> None:
        """A mail of somebody of the team, and what Firstline does with it, to its end."""
        await asyncio.to_thread(self._send, posting)
        _, ingested = await self._witness.find("the mail to be noticed", _is(posting))
        _, acted = await self._witness.find("her mail to be obeyed", _obeys(ingested))
        for mail in acted.settled.outgoing:
            await self._witness.find("a mail of ours to leave", _delivers(mail.mail.message_id))

    async def after_silence(self, scene: Scene | None, followed: Followed) -> None:
        """What Firstline did of its own accord, and the customer's reaction to it."""
        for mail in followed.mails:
            _, delivered = await self._witness.find("a mail of ours to leave", _delivers(mail.mail.message_id))
            if scene is None or not mail.role.to_customer or delivered.state is not OutboxState.SENT:
                continue
            ours, now = await self._in_mailbox(delivered), self._clock()
            posting = scene.customer.react(mail.role, ours, frozenset(), now=now, token=next(self._tokens))
            if posting is not None:
                await self._exchange(scene, posting, frozenset({posting.said}))

    async def _hand_in(self, posting: Posting) -> tuple[Ingested, Acted]:
        """Send a mail to support, and wait until it is decided upon."""
        await asyncio.to_thread(self._send, posting)
        _, ingested = await self._witness.find("the mail to be noticed", _is(posting))
        _, acted = await self._witness.find("a decision", _decides(ingested))
        return ingested, acted

    async def _exchange(self, scene: Scene, posting: Posting, said: frozenset[str]) -> Posting | None:
        """One mail, what Firstline makes of it, and the customer's reaction."""
        handed_over = asyncio.get_running_loop().time()
        ingested, acted = await self._hand_in(posting)
        scene.arrived.append(ingested)
        scene.acts.append(acted)
        reaction: Posting | None = None
        for mail in acted.settled.outgoing:
            at, delivered = await self._witness.find("a mail of ours to leave", _delivers(mail.mail.message_id))
            if delivered.state is not OutboxState.SENT or not mail.role.to_customer:
                continue
            ours = await self._in_mailbox(delivered)
            if scene.first_reply is None:
                scene.first_reply = at - handed_over
            reaction = reaction or scene.customer.react(
                mail.role, ours, said, now=self._clock(), token=next(self._tokens)
            )
        return reaction

    async def _in_mailbox(self, delivered: Delivered) -> Message:
        """Our mail as it lies in the customer's mailbox."""
        wanted = f"<{delivered.item.message_id}>".encode()
        raw = await self._server.wait_for(delivered.item.recipient, lambda raw: wanted in raw, PATIENCE_SECONDS)
        return parse(raw)

    def _send(self, posting: Posting) -> None:
        with smtplib.SMTP(self._server.host, self._server.smtp_port, timeout=PATIENCE_SECONDS) as smtp:
            smtp.sendmail(posting.envelope_sender, [SUPPORT.address], posting.raw)


def totals(scenes: Sequence[Scene]) -> dict[str, int]:
    """How often each thing was done, over all customers."""
    done = Counter(acted.settled.carried.action for scene in scenes for acted in scene.acts)
    names = {
        Action.ANSWER: "answered",
        Action.CLARIFY: "asked back",
        Action.CLOSE: "closed",
        Action.ESCALATE: "handed over",
        Action.DRAFT: "drafted",
        Action.WAIT: "waiting",
        Action.RECORD: "recorded",
        Action.IGNORE: "left alone",
    }
    return {name: done[action] for action, name in names.items()}


def tokens(prefix: str) -> Iterator[str]:
    """What makes the customers' Message-IDs unique: letters and digits."""
    return (f"{prefix}{number:04d}" for number in count(1))


def _is(posting: Posting) -> Callable[[Observed], Ingested | None]:
    lines = posting.raw.split()  # SMTP may change line ends, and adds its trace on top

    def match(observed: Observed) -> Ingested | None:
        if isinstance(observed, Ingested) and observed.stored.mail.raw.split()[-len(lines) :] == lines:
            return observed
        return None

    return match


def _decides(ingested: Ingested) -> Callable[[Observed], Acted | None]:
    def match(observed: Observed) -> Acted | None:
        if isinstance(observed, Acted) and any(turn.inbox_id == ingested.stored.id for turn in observed.view.current):
            return observed
        return None

    return match


def _obeys(ingested: Ingested) -> Callable[[Observed], Acted | None]:
    def match(observed: Observed) -> Acted | None:
        by_team = isinstance(observed, Acted) and observed.settled.decision.action is Action.RECORD
        return observed if isinstance(observed, Acted) and by_team and observed.case.id == ingested.case.id else None

    return match


def _delivers(message_id: str) -> Callable[[Observed], Delivered | None]:
    def match(observed: Observed) -> Delivered | None:
        if (
            isinstance(observed, Delivered)
            and observed.item.message_id == message_id
            and observed.state is not OutboxState.RETRY
        ):
            return observed
        return None

    return match
