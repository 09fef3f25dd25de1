"""`firstline explain` says who wrote a mail and how its case was found, to a support lead and to a script."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RESULTS = "Authentication-Results: mx.example.com; dmarc={verdict} header.from=customer.test\r\n"
MAIL = (
    "From: Alice <alice@customer.test>\r\nTo: support@example.com\r\nSubject: Stuck label\r\n"
    "Message-ID: <a@customer.test>\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n\r\nHow do I get it out?\r\n"
)


def explained(folder: Path, head: str, *options: str) -> str:
    (folder / "config.toml").write_text('[authentication]\nauthserv_id = "mx.example.com"\n')
    (folder / "mail.eml").write_bytes((head + MAIL).encode())
    done = subprocess.run(
        [sys.executable, "-c", "from daemon.cli.main import main; main()", "explain", "mail.eml", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize(
    ("head", "verdict", "words"),
    [
        (RESULTS.format(verdict="pass"), "pass", "proven: DMARC passed for customer.test"),
        (RESULTS.format(verdict="fail"), "fail", "not who it says: DMARC failed for customer.test"),
        ("", "none", "unknown: no Authentication-Results of ours"),
    ],
)
def test_the_sender_is_explained_in_words_and_in_the_documented_shape(
    tmp_path: Path, head: str, verdict: str, words: str
) -> None:
    shown = explained(tmp_path, head)
    assert words in shown
    assert ("joins no case" in shown) is (verdict == "fail")
    record = json.loads(explained(tmp_path, head, "--json"))
    assert record["auth"] == {"verdict": verdict, "why": words.split(": ")[1]}
    assert record["link"]["trusted"] is (verdict != "fail")
    assert (record["decision"], record["why"][0].startswith("the sender is not proven")) == (
        "escalate",
        verdict == "fail",
    )
