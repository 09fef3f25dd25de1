"""`firstline threads` prints one line a conversation, and nothing of what strangers wrote on standard error."""

import json
import subprocess
import sys
from pathlib import Path

FROM = b"From a@b Fri Feb 22 17:06:23 2008\n"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = "import sys; from daemon.cli.main import main; sys.argv[0] = 'firstline'; main()"
    return subprocess.run(
        [sys.executable, "-c", command, "threads", *arguments], capture_output=True, text=True, check=False
    )


def test_conversations_are_lines_of_json(tmp_path: Path) -> None:
    mails = (
        b"Message-ID: <a@x>\n\nhi\n",
        b"Message-ID: <b@x>\nIn-Reply-To: <a@x>\nContent-Type: text/odd\n\nhi\n",
        b"Subject: no id\n\nhi\n",
    )
    box = tmp_path / "inbox.mbox"
    box.write_bytes(b"\n".join(FROM + mail for mail in mails))
    done = run(str(box), "--json")
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"case": f"{box}#3", "messages": [f"{box}#3"]},
        {"case": "a@x", "messages": ["a@x", "b@x"]},
    ]
    assert (done.returncode, done.stderr) == (0, "")


def test_a_path_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    done = run(str(tmp_path / "nothing"))
    assert done.returncode == 2
    assert "no such file" in done.stderr
