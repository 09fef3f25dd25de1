"""Every mail of tests/mails/, the fuzzer's findings among them, goes through everything pure with no promise broken."""

from pathlib import Path

import pytest

from tests.fuzz.examined import examine

MAILS = Path(__file__).parent.parent / "mails"
FILES = sorted(file for file in MAILS.rglob("*") if file.is_file() and file.suffix != ".md")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(MAILS)))
def test_no_mail_breaks_a_promise(file: Path) -> None:
    examine(file.read_bytes())
