"""I/O. `config.toml` → settings, with every problem at once; and the environment, which nothing else reads."""

import asyncio
import logging
import os
import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from pydantic import ValidationError

from daemon.complaints import explain, lines_of, several
from daemon.disagreements import disagreements
from daemon.errors import ConfigurationError
from daemon.settings import LlmSettings, Login, MailboxSettings, Reader, Settings

logger = logging.getLogger(__name__)

# Reserved names that are none on the internet, but are hosts of a local network, of this machine and of tests. Taking
# them out of the list is the library's documented way.
SPECIAL_USE_DOMAIN_NAMES[:] = [name for name in SPECIAL_USE_DOMAIN_NAMES if name not in ("local", "localhost", "test")]

#: Where the file is looked for without `--config`.
PLACES = (Path("config.toml"), Path("/etc/firstline/config.toml"))
_COMMAND_SECONDS = 30.0


@dataclass(frozen=True)
class Loaded:
    """The settings and the file they came from; None: no file, the documented defaults."""

    settings: Settings
    path: Path | None


class _Problem(NamedTuple):
    line: int | None
    section: str
    key: str
    what: str
    remedy: str


def defaults() -> Loaded:
    """The documented defaults, for what runs without a file: `explain`, `replay`."""
    return Loaded(Settings(), None)


def load(path: Path | None, *, offline: bool = False) -> Loaded:
    """Read the configuration: `path`, else the first of PLACES that exists.

    Paths in it are relative to its own folder and come back absolute. `offline` is for commands that talk to no
    server: log-ins, own addresses and articles may be missing, and without any file the defaults hold.

    Raises ConfigurationError with every problem at once, each `FILE:LINE: [section] key: what is wrong; remedy`.
    """
    found = path or next((place for place in PLACES if _readable(place)), None)
    if found is None:
        if offline:
            return defaults()
        places = " and ".join(str(place) for place in PLACES)
        raise ConfigurationError(
            [f"There is no configuration: {places} do not exist."],
            remedy="run `firstline init`, or name one by --config",
        )
    return Loaded(understand(_read(found), found, offline=offline), found)


def _readable(place: Path) -> bool:
    try:
        return place.is_file()
    except OSError:  # a working folder that the daemon's user may not enter
        return False


def understand(text: str, path: Path, *, offline: bool) -> Settings:
    """The settings of a file's text, whether or not it stands at `path` already. Raises as `load` does."""
    data = _parse(path, text)
    settings, problems = _check(data, lines_of(text), path.absolute().parent, offline=offline)
    if problems or settings is None:
        ordered = sorted(problems, key=lambda problem: problem.line or 0)
        raise ConfigurationError([_sentence(path, problem) for problem in ordered])
    return settings


def _sentence(path: Path, problem: _Problem) -> str:
    place = f"{path}:{problem.line}" if problem.line else f"{path}"
    name = f"[{problem.section}] {problem.key}" if problem.key else f"[{problem.section}]"
    return f"{place}: {name}: {problem.what}; {problem.remedy}"


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")  # a text editor on Windows begins the file with a mark
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigurationError([f"{path}:{line}: is not UTF-8; save the file as UTF-8"]) from error
    except FileNotFoundError as error:
        raise ConfigurationError([f"{path}: does not exist; run `firstline init` to write one"]) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigurationError([f"{path}: cannot be read ({reason}); let the user of the daemon read it"]) from error


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", str(error))
        line = int(place[1]) if place and place[1] else text.count("\n") + 1
        reason = str(error)[: place.start()] if place else str(error)
        remedy = "a text stands in quotes, a list in [ ], a section's name in [ ] on a line of its own"
        raise ConfigurationError([f"{path}:{line}: is not TOML: {reason}; {remedy}"]) from error


def _check(
    data: dict[str, Any], lines: dict[tuple[str, ...], int], folder: Path, *, offline: bool
) -> tuple[Settings | None, list[_Problem]]:
    """The settings, and what is wrong with them. What a key alone has wrong does not hide what keys have together."""
    reader = Reader(
        address=mail_address, path=lambda value: _beside(folder, value), credential=lambda value: _secret(folder, value)
    )
    problems: list[_Problem] = []
    unsure: set[str] = set()  # keys that are wrong already, or were probably meant by one

    def add(section: str, key: str, what: str, remedy: str, *number: str) -> None:
        line = lines.get((section, *number, key)) or lines.get((section, *number)) or lines.get((section,))
        problems.append(_Problem(line, section, key, what, remedy))

    try:
        settings = Settings.model_validate(data, context=reader)
    except ValidationError as wrong:
        rest = {name: dict(table) if isinstance(table, dict) else table for name, table in data.items()}
        for error in wrong.errors():
            section, *place = (str(part) for part in error["loc"])
            one_of_several = bool(place) and several(section)  # its number or its name comes before the key
            key = (place[1] if len(place) > 1 else "") if one_of_several else place[0] if place else ""
            what, remedy, meant = explain(error, section, key)
            add(section, key, what, remedy, *(place[:1] if one_of_several else ()))
            if one_of_several:
                rest.pop(section, None)
                unsure.add(f"{section}.")
                continue
            unsure |= {f"{section}.{key}"} if key or not meant else {f"{meant}."}
            unsure |= {f"{section}.{meant}"} if key and meant else set()
            if key and isinstance(rest.get(section), dict):
                rest[section].pop(key, None)
            else:
                rest.pop(section, None)
        try:
            settings = Settings.model_validate(rest, context=reader)
        except ValidationError:  # an oddity that taking out the named keys did not cure: what is known is enough
            return None, problems

    def sound(section: str, *keys: str) -> bool:
        return not unsure & {f"{section}.", *(key if "." in key else f"{section}.{key}" for key in keys)}

    for found in disagreements(settings, offline=offline):
        if sound(found.section, found.key, *found.involved):
            add(found.section, found.key, found.what, found.remedy)
    for section, key, what, remedy in _machine(settings, offline=offline):
        if sound(section, key):
            add(section, key, what, remedy)
    return settings, problems


def mail_address(value: str) -> str:
    """Return an address in the form of mails' headers. Raises ValueError."""
    try:
        # Without a look into the DNS, and with hosts of an internal network.
        address = validate_email(value, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise ValueError(f"{value!r} is no mail address: {str(error).rstrip('.').lower()}") from error
    return address.ascii_email or address.normalized  # as it stands in a mail's header


def _beside(folder: Path, value: str) -> str:
    return str(Path(os.path.normpath(folder / Path(value).expanduser())))


def _secret(folder: Path, value: str) -> str:
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if credentials and (Path(credentials) / value).exists():
        return str(Path(credentials) / value)
    return _beside(folder, value)


def _machine(settings: Settings, *, offline: bool) -> Iterator[tuple[str, str, str, str]]:
    """What the file names and this machine lacks: section, key, what is wrong, remedy."""
    if settings.hours.zone:
        try:
            ZoneInfo(settings.hours.zone)
        except (KeyError, ValueError, OSError):  # unknown; no name at all; a folder of the zone database
            what = f'"{settings.hours.zone}" is no time zone that this machine knows'
            remedy = "an IANA name such as Europe/Berlin, or '' for the host's own (`apt install tzdata` if none works)"
            yield "hours", "zone", what, remedy
    if settings.reply.templates and not Path(settings.reply.templates).is_dir():
        yield "reply", "templates", f"{settings.reply.templates} is no folder", "create it, or '' for our own templates"
    if offline:
        return
    for folder in settings.knowledge.folders:
        if not Path(folder).is_dir():
            yield "knowledge", "folders", f"{folder} is no folder", "create it, or correct the path"
    for section, file in (("mailbox", settings.mailbox.ca_file), ("smtp", settings.smtp.ca_file)):
        if file and not Path(file).is_file():
            yield section, "ca_file", f"{file} is no file", "name the certificate as PEM, or '' for the system's"


def state_folder(settings: Settings) -> Path:
    """Where the daemon keeps its database and keys: [service] state, systemd's StateDirectory=, /var/lib/firstline."""
    # systemd joins several folders with colons; ours is the first.
    return Path(settings.service.state or os.environ.get("STATE_DIRECTORY", "").split(":")[0] or "/var/lib/firstline")


def cache_folder() -> Path:
    """Where indexes of `--kb` folders are kept, which may be deleted at any time (XDG Base Directory)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "firstline"


def notify_socket() -> str | None:
    """Where systemd wants to hear of us; None where it does not (sd_notify(3))."""
    return os.environ.get("NOTIFY_SOCKET") or None


def watchdog_seconds() -> float | None:
    """The time after which systemd holds us for dead; None without a watchdog for this process (sd_watchdog_enabled(3))."""
    microseconds, process = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not microseconds.isdecimal() or int(microseconds) == 0 or (process and process != str(os.getpid())):
        return None
    return int(microseconds) / 1_000_000


async def secret(login: Login) -> str:
    """The password, or for xoauth2 a fresh access token; '' where `auth = "none"`. Never logged, never kept.

    A file's or a command's first line counts. Raises ConfigurationError with the remedy where there is none.
    """
    section = "mailbox" if isinstance(login, MailboxSettings) else "smtp"
    if login.auth == "none":
        return ""
    if login.auth == "xoauth2":
        return await _printed(section, "token_command", login.token_command)
    if login.password_file:
        return await asyncio.to_thread(_of_file, section, "password_file", login.password_file)
    if login.password_env:
        return _first_line(section, "password_env", f"${login.password_env}", os.environ.get(login.password_env, ""))
    return await _printed(section, "password_command", login.password_command)


async def llm_key(llm: LlmSettings) -> str:
    """The key of the language model's server; '' where none is named. As `secret`."""
    if llm.key_file:
        return await asyncio.to_thread(_of_file, "llm", "key_file", llm.key_file)
    if llm.key_env:
        return _first_line("llm", "key_env", f"${llm.key_env}", os.environ.get(llm.key_env, ""))
    return await _printed("llm", "key_command", llm.key_command) if llm.key_command else ""


def _of_file(section: str, key: str, path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            if os.fstat(file.fileno()).st_mode & 0o004:
                logger.warning("The secret can be read by every user of this machine; chmod 600", extra={"path": path})
            return _first_line(section, key, path, file.read())
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror or str(error)).lower() if isinstance(error, OSError) else "it is not UTF-8"
        remedy = "write the secret into it (chmod 600, owned by the daemon's user), or LoadCredential= it in the unit"
        raise ConfigurationError([f"[{section}] {key}: {path} cannot be read: {reason}; {remedy}"]) from error


async def _printed(section: str, key: str, command: str) -> str:
    def problem(what: str) -> ConfigurationError:
        return ConfigurationError([f"[{section}] {key}: {what}; run it by hand, as the daemon's user"])

    try:
        words = shlex.split(command)
    except ValueError as error:
        raise problem(f"is no command line ({error})") from error
    if not words:
        raise ConfigurationError([f"[{section}] {key}: there is no source of the secret; see config.toml"])
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.DEVNULL,  # it cannot ask: nobody sits there
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise problem(f"{words[0]} cannot be started ({(error.strerror or str(error)).lower()})") from error
    try:
        async with asyncio.timeout(_COMMAND_SECONDS):
            output, complaint = await process.communicate()
    except TimeoutError as error:
        raise problem(f"{words[0]} took more than {_COMMAND_SECONDS:.0f} seconds") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        said = complaint.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it said nothing"]
        raise problem(f"{words[0]} ended with code {process.returncode}: {said[0][:200]}")
    return _first_line(section, key, words[0], output.decode("utf-8", "replace"))


def _first_line(section: str, key: str, source: str, text: str) -> str:
    line = text.split("\n", 1)[0].rstrip("\r")
    if not line:
        raise ConfigurationError(
            [f"[{section}] {key}: {source} is empty or not set; it must hold the secret in its first line"]
        )
    return line
