"""I/O. What `firstline check` finds out about the outside world: each thing with its cause and its remedy.

Nothing is sent and nothing is changed: the folder is opened, a mail is announced and taken back.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from daemon.edges import smtp
from daemon.edges.llm import LanguageModel, LlmFault
from daemon.edges.mailbox import Mailbox, classify
from daemon.errors import FirstlineError
from daemon.findings import Finding, Severity
from daemon.settings import After, Authentication, LlmSettings, MailboxSettings, SmtpSettings
from daemon.steps.breaker import waits_until
from daemon.steps.prompt import Line
from store.db import StoreError
from store.store import FILE, open_store

Secret = Callable[[], Awaitable[str]]

LOW_BYTES, NO_BYTES = 500_000_000, 50_000_000  #: of free disk: worth a warning, too little to start


def _ok(name: str, message: str) -> Finding:
    return Finding(name=name, severity=Severity.OK, message=message)


def _warning(name: str, message: str, remedy: str) -> Finding:
    return Finding(name=name, severity=Severity.WARNING, message=message, remedy=remedy)


def _failed(name: str, message: str, remedy: str) -> Finding:
    return Finding(name=name, severity=Severity.FAILED, message=message, remedy=remedy)


async def probe_imap(settings: MailboxSettings, secret: Secret) -> list[Finding]:
    """Log in to the mailbox's server, open the folder, look for what the daemon will use."""
    try:
        password = await secret()
    except FirstlineError as exc:
        return [_failed("IMAP secret", exc.message, exc.remedy)]
    mailbox = Mailbox(settings)
    try:
        return await asyncio.to_thread(_probe_mailbox, mailbox, settings, password)
    finally:
        mailbox.abort()  # cancelled, the thread would otherwise wait for the server


def _probe_mailbox(mailbox: Mailbox, settings: MailboxSettings, password: str) -> list[Finding]:
    found: list[Finding] = []
    name = "IMAP server"
    try:
        mailbox.connect(password)
        found.append(_ok(name, f"logged in to {settings.host}:{settings.port} ({settings.security})"))
        name = "IMAP folder"
        selected = mailbox.select(settings.folder)
        found.append(_ok(name, f'"{settings.folder}" can be read and marked'))
        if settings.after is After.KEYWORD:
            name = "IMAP keywords"
            found.append(
                _ok(name, f"{settings.keyword} will be kept")
                if selected.keywords
                else _warning(
                    name,
                    "the server keeps no keywords of ours: what was handled will not be marked",
                    'Set [mailbox] after = "move", or "leave" to be told no more.',
                )
            )
        name = "Sent folder"
        sent = mailbox.sent_folder()
        found.append(
            _ok(
                name,
                f'copies go to "{sent}"' + (", what people answer there is noticed" if settings.watch_sent else ""),
            )
            if sent
            else _warning(
                name,
                "the server marks no folder as that of sent mail: people will not see our answers there, nor we theirs",
                "Name one in [mailbox] sent_folder; it is made where it is missing.",
            )
        )
        name = "IMAP push"
        found.append(
            _ok(name, "the server tells of new mail at once (IDLE)")
            if mailbox.can("IDLE")
            else _warning(
                name,
                f"the server has no IDLE: new mail is looked for every {settings.poll_seconds} s",
                "Lower [mailbox] poll_seconds if that is too slow.",
            )
        )
        mailbox.logout()
    except Exception as exc:  # whatever a server can make IMAPClient raise is what we came to find out
        fault = classify(exc, settings)
        found.append(_failed(name, fault.message, fault.remedy))
    finally:
        mailbox.close()
    return found


async def probe_smtp(
    settings: SmtpSettings, secret: Secret, *, sender: str = "", recipient: str = "", what: str = "the recipient"
) -> list[Finding]:
    """Log in to the server that takes our mail. With `recipient` also announce a mail to it, and take that back."""
    name = "SMTP server"
    found: list[Finding] = []
    client = None
    try:
        client = await smtp.connect(settings, secret)
        login = "" if settings.auth is Authentication.NONE else "logged in to "
        found.append(_ok(name, f"{login}{settings.host}:{settings.port} ({settings.security})"))
        if recipient:
            name = "SMTP recipient"
            await smtp.envelope(client, sender, recipient)
            found.append(_ok(name, f"a mail to {what} {recipient} would be taken"))
    except (*smtp.FAULTS, FirstlineError) as exc:
        delivery = smtp.explain(exc, settings)
        if found and delivery.outcome is smtp.Outcome.TRANSIENT and not delivery.remedy:
            remedy = "Nothing to do if the server always makes unknown senders wait (greylisting)."
            found.append(_warning(name, f"{what} {recipient} is refused for now: {delivery.response}", remedy))
        else:
            message = f"{what} {recipient} is refused: {delivery.response}" if found else delivery.response
            found.append(_failed(name, message, delivery.remedy or "Correct the address, or let the server take it."))
    finally:
        if client is not None:
            await smtp.leave(client)
    return found


async def probe_llm(settings: LlmSettings, key: Secret) -> list[Finding]:
    """Ask the language model for a word, where one is configured: it is reached, known, and answers in time."""
    if not settings.url:
        return []
    name, model = "Language model", LanguageModel(settings, key)
    try:
        known = await model.models()
        hello = (Line("user", "Write one word: hello"),)
        await model.complete(hello, reply_tokens=16, seconds=settings.timeout_seconds)
    except LlmFault as fault:
        return [_failed(name, fault.why, fault.remedy)]
    if known and settings.model not in known:
        some = ", ".join(known[:5])
        message = f'it answers, but does not list "{settings.model}"; it lists {some}'
        return [_warning(name, message, "Correct [llm] model, unless the server has one model alone.")]
    return [_ok(name, f"{settings.model} at {settings.url} answers")]


def probe_state(folder: Path) -> list[Finding]:
    """Look whether the state folder can be written, and whether the disk has room."""
    name = "State folder"
    there = folder
    while not there.exists():
        there = there.parent
    try:
        with tempfile.NamedTemporaryFile(dir=there):
            pass
    except OSError as exc:
        user = f"user {os.getuid()}"
        return [
            _failed(
                name,
                f"{folder} cannot be written by {user}: {exc.strerror or exc}",
                f"chown it to the daemon's user, or set [service] state (this check ran as {user}).",
            )
        ]
    free = shutil.disk_usage(there).free
    text = f"{free / 1e9:.1f} GB free"
    disk = (
        _ok("Disk", text)
        if free >= LOW_BYTES
        else _warning("Disk", text, "Make room: raw mails are kept here.")
        if free >= NO_BYTES
        else _failed("Disk", text, f"Make room on the disk of {there}.")
    )
    made = "" if there == folder else " (it will be made)"
    return [_ok(name, f"{folder} can be written{made}; back it up, keys and database together"), disk]


def probe_clock(now: datetime, *past: Path) -> Finding:
    """Look whether the clock is behind the files that were written before. Times decide about answers and deadlines."""
    for path in past:
        with suppress(OSError):
            written = datetime.fromtimestamp(path.stat().st_mtime, tz=now.tzinfo)
            if now < written - timedelta(days=1):
                return _failed(
                    "Clock",
                    f"it is {now:%Y-%m-%d %H:%M} here, but {path} was written on {written:%Y-%m-%d}",
                    "Set the clock, and let it be kept (systemd-timesyncd, chrony).",
                )
    return _ok("Clock", f"{now:%Y-%m-%d %H:%M} {now:%Z}".strip())


async def probe_sending(folder: Path, now: datetime, rest: timedelta) -> list[Finding]:
    """Look whether mail to customers leaves: paused by a person, or stopped by the breaker. Nothing before the first run."""
    if not (folder / FILE).exists():
        return []
    name = "Sending"
    try:
        async with open_store(folder / FILE) as store:
            paused, breaker = await store.paused(), await store.limits.breaker(store.reader)
    except StoreError as exc:
        return [_failed("Store", exc.message, exc.remedy)]
    if paused:
        return [_warning(name, "it is paused: nothing leaves", "`firstline resume` goes on.")]
    if (until := waits_until(breaker, now, rest)) is not None:
        message = f"the breaker is {breaker.state}: too much of our mail was refused or came back, none leaves for now"
        remedy = f"Look at the last refusals in the daemon's log; it tries by itself again at {until:%H:%M} UTC."
        return [_warning(name, message, remedy)]
    return [_ok(name, "mail to customers leaves")]
