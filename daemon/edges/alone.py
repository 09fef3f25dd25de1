"""I/O. One daemon a state folder: a second one would free the claims of the first and send what that is sending."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daemon.errors import StateError


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the state folder; the kernel lets it go when the process ends, however it ends.

    Raises StateError where another daemon holds it. Commands that only read or steer need no such hold.
    """
    with (folder / "daemon.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StateError(
                f"Another Firstline is running on {folder}.",
                remedy="stop it first (systemctl stop firstline), or give this one a [service] state of its own",
            ) from error
        yield
