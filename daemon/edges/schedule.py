"""I/O. The ticker: calls something every so many seconds. What is due stands in our own tables, never in here.

The only file that knows APScheduler.
"""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

# It would write two lines at INFO for each tick.
logging.getLogger("apscheduler").setLevel(logging.WARNING)


class Ticker:
    """Calls what it was given, each by itself, until it is told to stop.

    A tick that takes longer than its interval delays the next one; ticks missed meanwhile become one. The first comes
    after the first interval. APScheduler goes by the wall clock: set back by an hour, it rests for that hour, and the
    watchdog of the unit ends the rest.
    """

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._failure: asyncio.Future[None] | None = None
        self._running: set[asyncio.Task[Any]] = set()

    def every(self, seconds: float, call: Callable[[], Awaitable[None] | None], name: str) -> None:
        """Call `call` every `seconds`; what it raises ends `run`. `name` is for the log."""
        self._scheduler.add_job(
            self._tick,
            "interval",
            args=(call,),
            seconds=seconds,
            name=name,
            misfire_grace_time=None,  # however late: a tick only looks at what is due
            coalesce=True,
            max_instances=1,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until `stop` is set, then let running ticks end. Raises what a tick raised, so that the daemon goes down."""
        self._failure = asyncio.get_running_loop().create_future()
        stopped = asyncio.create_task(stop.wait())
        self._scheduler.start()
        try:
            ends: set[asyncio.Future[Any]] = {stopped, self._failure}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            self._scheduler.pause()
            if not self._failure.done():
                await asyncio.gather(*self._running)
            if self._failure.done():
                self._failure.result()  # raises
        finally:
            stopped.cancel()
            self._scheduler.shutdown(wait=False)  # cancels what still runs

    async def _tick(self, call: Callable[[], Awaitable[None] | None]) -> None:
        task = asyncio.current_task()
        if task is None or self._failure is None:
            raise RuntimeError("a tick outside Ticker.run")
        self._running.add(task)
        try:
            outcome = call()
            if inspect.isawaitable(outcome):
                await outcome
        except Exception as error:  # not swallowed: `run` raises it; APScheduler would only log it
            if not self._failure.done():
                self._failure.set_exception(error)
        finally:
            self._running.discard(task)
