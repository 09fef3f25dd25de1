"""I/O. Mails from files: a mail, an mbox, a Maildir, or a folder of them (contract.md). One mail in memory at a time."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from daemon.errors import InputError

_FROM = b"From "
_BLANK = (b"\n", b"\r\n")
_ESCAPED = re.compile(rb"^>(?=>*From )", re.MULTILINE)
_MAILDIR = ("cur", "new")


@dataclass(frozen=True, slots=True)
class MailFile:
    """A mail and where it stands: `path` is the file, `inbox.mbox#17` the seventeenth mail of an mbox."""

    path: str
    raw: bytes = field(repr=False)


def read_mails(paths: Sequence[Path]) -> Iterator[MailFile]:
    """Every mail in what is named, duplicates included, always in the same order: by name in a folder, as they stand
    in an mbox. Raises InputError where a path cannot be read; the missing ones are found before the first mail.
    """
    missing = [f"{path}: no such file or folder" for path in paths if not path.exists()]
    if missing:
        raise InputError(missing, remedy="name a mail, an mbox, a Maildir or a folder of them")
    return (mail for path in paths for file in _files(path) for mail in _mails(file))


def _files(path: Path) -> Iterator[Path]:
    """The files of mails under a path, sorted; hidden ones and what a Maildir keeps beside its mails are not."""
    if not path.is_dir():
        yield path
        return
    if all((path / name).is_dir() for name in _MAILDIR):
        for name in _MAILDIR:  # `tmp` holds what is not delivered yet
            yield from sorted(one for one in (path / name).iterdir() if one.is_file() and one.name[0] != ".")
        for folder in sorted(one for one in path.iterdir() if one.is_dir() and one.name not in (*_MAILDIR, "tmp")):
            if (folder / "cur").is_dir():  # Maildir++: .Sent, .Archive …
                yield from _files(folder)
        return
    for one in sorted(path.iterdir()):
        if one.name.startswith(".") or (one.is_dir() and one.is_symlink()):  # a link may lead round in a ring
            continue
        if one.is_dir() or one.is_file():
            yield from _files(one)


def _mails(file: Path) -> Iterator[MailFile]:
    try:
        if _is_mbox(file):
            for number, raw in enumerate(_members(file), start=1):
                yield MailFile(f"{file}#{number}", raw)
        else:
            raw = file.read_bytes()
            yield MailFile(str(file), raw.partition(b"\n")[2] if raw.startswith(_FROM) else raw)
    except OSError as error:
        raise InputError([f"{file}: {error.strerror or error}"], remedy="check the file's permissions") from error


def _is_mbox(file: Path) -> bool:
    """By its suffix; without one, by a second "From " line that starts a paragraph (contract.md)."""
    if file.suffix.lower() == ".mbox":
        return True
    return not file.suffix and sum(1 for _, _ in zip(_starts(file), range(2), strict=False)) == 2


def _starts(file: Path) -> Iterator[int]:
    """The numbers of the lines that start a mail of an mbox."""
    blank = True
    with file.open("rb") as lines:
        for number, line in enumerate(lines):
            if blank and line.startswith(_FROM):
                yield number
            blank = line in _BLANK


def _members(file: Path) -> Iterator[bytes]:
    """The mails of an mbox without their "From " lines, the escape of "From " in their text (mboxrd) taken back."""
    lines: list[bytes] = []
    started = False
    blank = True
    with file.open("rb") as source:
        for line in source:
            if blank and line.startswith(_FROM):
                if started or any(one.strip() for one in lines):
                    yield _member(lines)
                lines, started = [], True
            else:
                lines.append(line)
            blank = line in _BLANK
    if started or any(one.strip() for one in lines):
        yield _member(lines)


def _member(lines: list[bytes]) -> bytes:
    if lines and lines[-1] in _BLANK:  # it belongs to the mbox, not to the mail
        lines = lines[:-1]
    return _ESCAPED.sub(b"", b"".join(lines))
