"""The whole daemon, run by a test in its own event loop; and what a test wants to know of its store."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any, TypeVar

from daemon.app import App, build
from daemon.gather import Knowledge
from daemon.settings import Settings
from store.store import Store

SUPPORT, QUEUE, PASSWORD = "support@example.test", "queue@example.test", "secret"
DEADLINE = 60.0  #: seconds; what issue 2, line 5 grants a recovery

Found = TypeVar("Found")
_TASK = "the whole daemon"

WAITING = (
    "SELECT (SELECT count(*) FROM inbox WHERE state = 'stored')"
    " + (SELECT count(*) FROM cases WHERE due_at IS NOT NULL)"
    " + (SELECT count(*) FROM outbox WHERE state IN ('queued', 'claimed', 'transmitting', 'retry'))"
    " + (SELECT count(*) FROM outbox WHERE state = 'uncertain' AND told_human = 0)"
    " + (SELECT count(*) FROM mailbox_change WHERE done = 0) AS waiting"
)


async def eventually(condition: Callable[[], Awaitable[Found]], what: str, seconds: float = DEADLINE) -> Found:
    """What the condition returns, once it is something. Fails after `seconds` by the name of what was waited for."""
    try:
        async with asyncio.timeout(seconds):
            while not (found := await condition()):
                await asyncio.sleep(0.02)
            return found
    except TimeoutError:
        raise AssertionError(f"waited {seconds:.0f} s for {what}") from None


@dataclass(frozen=True)
class Seen:
    """What became of one mail of a customer."""

    case: dict[str, Any]
    turn: dict[str, Any]
    decision: dict[str, Any]

    @property
    def reference(self) -> str:
        return str(self.case["reference"])


async def settled(store: Store) -> bool:
    """Whether nothing waits any more: every mail understood, no case due, nothing on its way, the mailbox marked."""
    row = await store.reader.one(WAITING)
    return row is not None and row["waiting"] == 0


async def seen(store: Store, message_id: str) -> Seen | None:
    """What became of the mail; None until it was decided upon and everything that follows from it is done."""
    turn = await store.reader.one(
        "SELECT * FROM turn WHERE message_id = :id AND direction = 'in' AND handled = 1", id=message_id
    )
    if turn is None or not await settled(store):
        return None
    case = await store.reader.one("SELECT * FROM cases WHERE id = :id", id=turn["case_id"])
    decision = await store.reader.one("SELECT * FROM decision WHERE id = :id", id=turn["decision_id"])
    assert case is not None
    assert decision is not None
    return Seen(case, turn, decision)


def alive() -> bool:
    """Whether a daemon that `running` started in this event loop still runs."""
    return any(task.get_name() == _TASK for task in asyncio.all_tasks())


@asynccontextmanager
async def running(
    settings: Settings, state: Path, *, look_up: Knowledge | None = None, watching: bool = True
) -> AsyncIterator[App]:
    """The daemon beside the body, from when it watches the mailbox (or at once). Should it die, so does the body."""

    async def secret() -> str:
        return PASSWORD

    stop = asyncio.Event()
    async with (
        build(settings, state=state, imap_secret=secret, smtp_secret=secret, look_up=look_up) as app,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(app.run(stop), name=_TASK)
        try:
            if watching:
                await eventually(lambda: _value(app.watching), "the daemon to watch the mailbox")
            yield app
        finally:
            stop.set()


async def _value(value: bool) -> bool:
    return value


def mail(
    sender: str,
    subject: str,
    text: str,
    *,
    message_id: str,
    in_reply_to: str = "",
    references: str = "",
    date: datetime | None = None,
    **headers: str,
) -> bytes:
    """A mail to support, as a plain mail program writes it. `auto_submitted="…"` becomes Auto-Submitted."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, SUPPORT, subject
    made["Date"] = format_datetime(date or datetime.now(UTC))
    made["Message-ID"] = f"<{message_id}>"
    if in_reply_to:
        made["In-Reply-To"] = in_reply_to
    if references:
        made["References"] = references
    for name, value in headers.items():
        made["-".join(word.capitalize() for word in name.split("_"))] = value
    made.set_content(text)
    return made.as_bytes()
