"""The daemon as a process that kills itself (SIGKILL) the first time it reaches a named boundary.

Run with one argument: a JSON object of ports, the state folder, and `kill`, the boundary's name or null.
"""

import asyncio
import json
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from daemon.app import build
from daemon.settings import Settings
from store.inbox import Inbox
from tests.servers.scripted_knowledge import SureKnowledge

wanted = json.loads(sys.argv[1])


def at(boundary: str) -> None:
    if boundary == wanted["kill"]:
        os.kill(os.getpid(), signal.SIGKILL)


class WatchedInbox(Inbox):
    """Names the two boundaries of the watcher: before and after the raw mails are stored."""

    async def keep(self, mails, position) -> None:
        if mails:
            at("watch.fetched")
        await super().keep(mails, position)
        if mails:
            at("watch.kept")


async def secret() -> str:
    return "secret"


async def main() -> None:
    settings = Settings.model_validate(
        {
            "mailbox": {
                "address": "support@example.test",
                "host": "127.0.0.1",
                "port": wanted["imap"],
                "security": "plain",
                "user": "support@example.test",
                "poll_seconds": 1,
            },
            "smtp": {
                "host": "127.0.0.1",
                "port": wanted["submission"],
                "security": "plain",
                "user": "support@example.test",
                "connections": 1,
                "uncertain_minutes": 0,
            },
            "queue": {"address": "queue@example.test"},
            "policy": {"mode": "auto", "coalesce_seconds": 0},
        }
    )
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    async with build(
        settings,
        state=Path(wanted["state"]),
        imap_secret=secret,
        smtp_secret=secret,
        at=at,
        look_up=SureKnowledge(),
        since=datetime.now(UTC) - timedelta(hours=1),
    ) as app:
        app.store.inbox.__class__ = WatchedInbox
        await app.run(stop)


asyncio.run(main())
