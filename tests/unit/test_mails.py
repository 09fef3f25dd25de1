"""Mails are found in every kind of file, each once, always in the same order."""

from pathlib import Path

import pytest

from daemon.errors import ConfigurationError
from daemon.mails import MailFile, read_mails

ONE = b"Subject: one\n\nfirst\n"
TWO = b"Subject: two\n\nsecond\n"
FROM = b"From a@b Fri Feb 22 17:06:23 2008\n"


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def read(*paths: Path) -> list[MailFile]:
    return list(read_mails(paths))


def test_a_mail_file_is_one_mail(tmp_path: Path) -> None:
    file = write(tmp_path / "a.eml", FROM + ONE + b"\n" + FROM + b"not another\n")
    assert read(file) == [MailFile(str(file), ONE + b"\n" + FROM + b"not another\n")]


def test_an_mbox_is_split_and_numbered(tmp_path: Path) -> None:
    file = write(tmp_path / "inbox.mbox", FROM + ONE + b"\n" + FROM + TWO)
    assert read(file) == [MailFile(f"{file}#1", ONE), MailFile(f"{file}#2", TWO)]


def test_a_file_without_suffix_is_an_mbox_where_two_mails_start(tmp_path: Path) -> None:
    both = write(tmp_path / "archive", FROM + ONE + b"\n" + FROM + TWO)
    single = write(tmp_path / "single", FROM + ONE)
    words = write(tmp_path / "words", b"Subject: x\n\nfirst\nFrom here on\nFrom there\n")
    assert [mail.path for mail in read(both, single, words)] == [f"{both}#1", f"{both}#2", str(single), str(words)]
    assert read(single)[0].raw == ONE


def test_only_a_line_after_an_empty_one_starts_a_mail(tmp_path: Path) -> None:
    file = write(tmp_path / "x.mbox", FROM + b"Subject: x\n\nline\nFrom here on\n\n>From there\n>>From far\n")
    assert read(file) == [MailFile(f"{file}#1", b"Subject: x\n\nline\nFrom here on\n\nFrom there\n>From far\n")]


def test_an_mbox_with_crlf_and_without_a_first_from_line_loses_nothing(tmp_path: Path) -> None:
    crlf = write(tmp_path / "a.mbox", (FROM + ONE + b"\n" + FROM + TWO).replace(b"\n", b"\r\n"))
    assert [mail.raw for mail in read(crlf)] == [ONE.replace(b"\n", b"\r\n"), TWO.replace(b"\n", b"\r\n")]
    bare = write(tmp_path / "b.mbox", ONE)
    assert [mail.raw for mail in read(bare)] == [ONE]
    assert read(write(tmp_path / "c.mbox", b"")) == []


def test_duplicates_are_kept(tmp_path: Path) -> None:
    file = write(tmp_path / "x.mbox", FROM + ONE + b"\n" + FROM + ONE)
    assert [mail.raw for mail in read(file, file)] == [ONE] * 4


def test_a_maildir_is_its_mails(tmp_path: Path) -> None:
    for name in ("new", "cur", "tmp", ".Sent/cur", ".Sent/new"):
        (tmp_path / name).mkdir(parents=True)
    write(tmp_path / "cur" / "1.host:2,S", ONE)
    write(tmp_path / "new" / "2.host", TWO)
    write(tmp_path / "tmp" / "3.host", b"half")
    write(tmp_path / ".Sent" / "cur" / "4.host:2,S", ONE)
    write(tmp_path / "dovecot-uidlist", b"x")
    found = [str(Path(mail.path).relative_to(tmp_path)) for mail in read(tmp_path)]
    assert found == ["cur/1.host:2,S", "new/2.host", ".Sent/cur/4.host:2,S"]


def test_a_folder_is_read_by_name_and_deep(tmp_path: Path) -> None:
    write(tmp_path / "b.eml", TWO)
    write(tmp_path / "a" / "c.mbox", FROM + ONE)
    write(tmp_path / ".hidden", ONE)
    (tmp_path / "ring").symlink_to(tmp_path)
    found = [str(Path(mail.path).relative_to(tmp_path)) for mail in read(tmp_path)]
    assert found == ["a/c.mbox#1", "b.eml"]


def test_missing_paths_are_all_named_before_the_first_mail(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_mails([tmp_path / "x", write(tmp_path / "a.eml", ONE), tmp_path / "y"])
    assert len(raised.value.problems) == 2
