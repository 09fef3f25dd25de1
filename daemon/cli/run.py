"""I/O. `firstline run`: the daemon."""

import asyncio
import json
import logging
import signal
import sys
from datetime import UTC, datetime
from functools import partial
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

    KNOWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        """One line for an event, a traceback below it where there is one."""
        fields = {name: value for name, value in record.__dict__.items() if name not in self.KNOWN}
        first, newline, rest = super().format(record).partition("\n")
        first += f": {cause}" if (cause := fields.pop("cause", "")) else ""
        first += f" → {remedy}" if (remedy := fields.pop("remedy", "")) else ""
        return first + "".join(f" {name}={value}" for name, value in fields.items()) + newline + rest


class _Json(logging.Formatter):
    """One JSON object a line, for programs that collect logs."""

    def format(self, record: logging.LogRecord) -> str:
        """The event with its fields; a traceback is one of them."""
        fields = {name: value for name, value in record.__dict__.items() if name not in _Fields.KNOWN}
        traceback = self.formatException(record.exc_info) if record.exc_info else None
        event = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **fields,
            **({"traceback": traceback} if traceback else {}),
        }
        return json.dumps(event, ensure_ascii=False, default=str)


def run(
    config_file: Config = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            help="At first sight of the mailbox also take mail that came since then. Mail older than max_age_hours"
            " is never answered automatically."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Log one JSON object a line instead of text.")] = False,
) -> None:
    """Run the daemon: watch the mailbox and act within seconds, until SIGTERM or Ctrl-C.

    Start in shadow mode (the default): it decides and records, and sends nothing. SIGHUP reads the configuration anew.

    Example: `firstline run --config /etc/firstline/config.toml`
    """
    loaded = config.load(config_file)
    _log_to_standard_error(loaded.settings, as_json=as_json)
    asyncio.run(_run(loaded.settings, config_file, since.astimezone(UTC) if since else None))


def _log_to_standard_error(settings: Settings, *, as_json: bool) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if as_json else _Fields("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=settings.service.log_level, handlers=[handler], force=True)
    # APScheduler tells of every tick at INFO, IMAPClient of every connection's end.
    for library in ("apscheduler", "imapclient"):
        logging.getLogger(library).setLevel(logging.WARNING)


class _Asked:
    """What signals ask of the daemon."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.next: Settings | None = None  #: what another daemon, after this one, runs with

    def to_stop(self) -> None:
        """SIGTERM, SIGINT. Asked twice, nothing is waited for."""
        if self.stop.is_set() and self.next is None:
            log.warning("asked twice to stop, ending at once")
            sys.exit(1)
        log.info("stopping: what is under way is finished first")
        self.next = None
        self.stop.set()

    def to_go_on_with(self, settings: Settings | None) -> None:
        """SIGHUP. None: nothing changes."""
        if settings is not None and not self.stop.is_set():
            self.next = settings
            self.stop.set()


async def _run(settings: Settings, config_file: Path | None, since: datetime | None) -> None:
    """One daemon after the other, each from the store, until the last is asked to stop."""
    loop = asyncio.get_running_loop()
    following: Settings | None = settings
    while following is not None:
        present, asked = following, _Asked()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, asked.to_stop)
        loop.add_signal_handler(signal.SIGHUP, partial(_go_on, asked, present, config_file))
        await _run_once(present, asked, since)
        following = asked.next
    log.info("ended")


def _go_on(asked: _Asked, present: Settings, config_file: Path | None) -> None:
    asked.to_go_on_with(_read_anew(present, config_file))


def _read_anew(present: Settings, config_file: Path | None) -> Settings | None:
    """The configuration as it is now; None where that has a problem or another state folder: the present one stays."""
    try:
        wanted = config.load(config_file).settings
    except ConfigurationError as error:
        for problem in error.problems:
            log.error("the configuration has a problem, the present one stays", extra={"cause": problem})
        return None
    if config.state_folder(wanted) != config.state_folder(present):
        log.error(
            "the state folder cannot change while the daemon runs, the present configuration stays",
            extra={"remedy": "stop it, move the folder, start it"},
        )
        return None
    logging.getLogger().setLevel(wanted.service.log_level)
    log.info("the configuration was read anew: what is under way is finished first")
    return wanted


async def _run_once(settings: Settings, asked: _Asked, since: datetime | None) -> None:
    from daemon.app import build

    async def imap_secret() -> str:
        return await config.secret(settings.mailbox)

    async def smtp_secret() -> str:
        return await config.secret(settings.smtp)

    async with build(
        settings,
        state=_usable(config.state_folder(settings)),
        imap_secret=imap_secret,
        smtp_secret=smtp_secret,
        llm_key=partial(config.llm_key, settings.llm),
        notify_socket=config.notify_socket(),
        since=since,
    ) as app:
        log.info("started", extra={"mailbox": settings.mailbox.address, "mode": settings.policy.mode})
        await app.run(asked.stop, reloads=lambda: asked.next is not None)


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
