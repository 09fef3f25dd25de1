"""I/O. `firstline pause` and `resume`: stop sending, keep deciding."""

import asyncio
from pathlib import Path

from daemon.cli.options import AsJson, Config
from daemon.cli.output import emit_json, result
from daemon.cli.state import configured_store
from daemon.wiring import new_salt, utc_now


def pause(config: Config = None, as_json: AsJson = False) -> None:
    """Stop sending at once, keep deciding: what waits is decided again when it has waited too long.

    Example: `firstline pause`
    """
    waiting = asyncio.run(_set(config, True))
    if as_json:
        emit_json({"paused": True, "waiting": waiting})
    else:
        result.print(f"Paused: nothing leaves ({_mails(waiting)} waiting). `firstline resume` goes on.")


def resume(config: Config = None, as_json: AsJson = False) -> None:
    """Go on sending.

    Example: `firstline resume`
    """
    waiting = asyncio.run(_set(config, False))
    if as_json:
        emit_json({"paused": False, "waiting": waiting})
    else:
        result.print(f"Sending goes on ({_mails(waiting)} waiting).")


def _mails(count: int) -> str:
    return "1 mail is" if count == 1 else f"{count} mails are"


async def _set(config: Path | None, paused: bool) -> int:
    async with configured_store(config) as store:
        async with store.transaction() as tx:
            await store.pause(tx, paused)
            event = "paused" if paused else "resumed"
            await store.audit.append(tx, at=utc_now(), case=None, event=event, details={}, personal={}, salt=new_salt())
        counts = await store.outbox.counts()
        return sum(counts.get(state, 0) for state in ("queued", "retry", "claimed"))
