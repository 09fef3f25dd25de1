"""I/O. `firstline run`: the daemon."""

import asyncio
import logging
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated

import typer

from daemon import config
from daemon.cli.options import Config
from daemon.errors import ConfigurationError
from daemon.settings import Settings

log = logging.getLogger(__name__)


class _Fields(logging.Formatter):
    """Message first, then the fields that the call named: constant messages can be searched for and counted.

    `cause` and `remedy` are sentences, and read as such.
    """

    _KNOWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        """One line for an event, a traceback below it where there is one."""
        fields = {name: value for name, value in record.__dict__.items() if name not in self._KNOWN}
        first, newline, rest = super().format(record).partition("\n")
        first += f": {cause}" if (cause := fields.pop("cause", "")) else ""
        first += f" → {remedy}" if (remedy := fields.pop("remedy", "")) else ""
        return first + "".join(f" {name}={value}" for name, value in fields.items()) + newline + rest


def run(
    config_file: Config = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            help="At first sight of the mailbox also take mail that came since then. Mail older than max_age_hours"
            " is never answered automatically."
        ),
    ] = None,
) -> None:
    """Run the daemon: watch the mailbox and act within seconds, until SIGTERM or Ctrl-C.

    Start in shadow mode (the default): it decides and records, and sends nothing.

    Example: `firstline run --config /etc/firstline/config.toml`
    """
    loaded = config.load(config_file)
    _log_to_standard_error(loaded.settings)
    asyncio.run(_run(loaded.settings, since.astimezone(UTC) if since else None))


def _log_to_standard_error(settings: Settings) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Fields("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=settings.service.log_level, handlers=[handler], force=True)
    # APScheduler tells of every tick at INFO, IMAPClient of every connection's end.
    for library in ("apscheduler", "imapclient"):
        logging.getLogger(library).setLevel(logging.WARNING)


async def _run(settings: Settings, since: datetime | None) -> None:
    from daemon.app import build

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def asked_to_stop() -> None:
        if stop.is_set():  # asked twice: do not wait for anything
            log.warning("asked twice to stop, ending at once")
            sys.exit(1)
        log.info("stopping: what is under way is finished first")
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked_to_stop)

    async def imap_secret() -> str:
        return await config.secret(settings.mailbox)

    async def smtp_secret() -> str:
        return await config.secret(settings.smtp)

    async with build(
        settings,
        state=_usable(config.state_folder(settings)),
        imap_secret=imap_secret,
        smtp_secret=smtp_secret,
        notify_socket=config.notify_socket(),
        since=since,
    ) as app:
        log.info("started", extra={"mailbox": settings.mailbox.address, "mode": settings.policy.mode})
        await app.run(stop)
    log.info("ended")


def _usable(state: Path) -> Path:
    """The state folder, made where it is missing. Raises ConfigurationError where nothing can be kept in it."""
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        with TemporaryFile(dir=state):
            pass
    except OSError as error:
        reason = "it is a file" if isinstance(error, FileExistsError) else (error.strerror or str(error)).lower()
        raise ConfigurationError(
            [f"[service] state: nothing can be kept in the folder {state}: {reason}"],
            remedy="let the user that runs Firstline own it, or name another folder in [service] state",
        ) from error
    return state
