"""I/O. The key ring that signs Message-IDs and agents' tokens: a file of its own in the state folder.

Old keys verify, the newest signs. To change the key, put a new line on top; to forget one, delete its line: mails
signed by it are then strangers'. It belongs into the backup, together with the database.
"""

import base64
import binascii
import logging
import os
import secrets
import tempfile
from pathlib import Path

from daemon.errors import StateError

logger = logging.getLogger(__name__)

_NAME = "keys"
_BYTES = 32
_LEAST = 16  # bytes below which a signature could be guessed
_HEADING = """\
# Firstline's key ring: one key a line in base64, the newest first. The first signs, all of them verify.
# Back it up with the database: without it, answers to mails that were sent before cannot be told from forgeries.
"""


def load_or_create(folder: Path) -> tuple[bytes, ...]:
    """The keys, the newest first, from `folder`/keys; written with one new key where there is none yet.

    Raises StateError where the file is unreadable, garbled or empty, or cannot be written. A ring is never replaced:
    a new one would disown every mail sent so far.
    """
    path = folder / _NAME
    try:
        if not path.exists():
            _create(path)
        text = path.read_text(encoding="ascii")
        if path.stat().st_mode & 0o077:
            logger.warning("The key ring can be read by others than its owner; chmod 600", extra={"path": str(path)})
    except UnicodeDecodeError as error:
        raise _garbled(path, "it holds bytes that are no text") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StateError(
            f"The key ring {path} cannot be read or written: {reason}.",
            remedy=f"let the daemon's user own {folder}, with a disk that is neither full nor read-only",
        ) from error
    keys = tuple(
        _key(path, number, content)
        for number, line in enumerate(text.splitlines(), start=1)
        if (content := line.split("#", 1)[0].strip())
    )
    if not keys:
        raise _garbled(path, "it holds no key")
    return keys


def _key(path: Path, number: int, content: str) -> bytes:
    try:
        key = base64.b64decode(content, validate=True)
    except binascii.Error as error:
        raise _garbled(path, f"line {number} is not base64") from error
    if len(key) < _LEAST:
        raise _garbled(path, f"the key in line {number} is shorter than {_LEAST} bytes")
    return key


def _garbled(path: Path, what: str) -> StateError:
    return StateError(
        f"The key ring {path} is damaged: {what}.",
        remedy="restore it from the backup; only if there is none delete it, and answers to earlier mails open new cases",
    )


def _create(path: Path) -> None:
    """Write the first ring, so that a crash leaves a whole one or none, and a second process the first one's."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    line = base64.b64encode(secrets.token_bytes(_BYTES)).decode()
    # mkstemp makes it 0600.
    descriptor, draft = tempfile.mkstemp(prefix=".keys-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{_HEADING}{line}\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # unlike a rename it never replaces a ring
        except FileExistsError:
            return  # another process was first: its ring holds
    finally:
        os.unlink(draft)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
