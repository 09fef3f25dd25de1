"""`kb`, `ask` and `evaluate` as a person and a script use them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "daemon/demo/knowledge"
SHARED = ROOT.parent / "shared/data/kb"

pytestmark = pytest.mark.model


@pytest.fixture
def firstline(tmp_path):
    """Start the program with a cache of its own and no configuration; wait for its end unless told otherwise."""

    def start(*arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-c", "from daemon.cli.main import main; main()", *arguments],
            cwd=tmp_path,
            env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT), "COLUMNS": "100"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def ended(process: "subprocess.Popen[str]") -> str:
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    return out


def test_ask_prints_the_documented_shape(firstline):
    out = ended(
        firstline(
            "ask", "We have a new router. How do I connect the Tapir One to the Wi-Fi?", "--kb", str(DEMO), "--json"
        )
    )
    found = json.loads(out)
    assert set(found) >= {"question", "hits", "cited", "confidence", "decision", "answer", "check"}
    assert found["cited"][0] == found["hits"][0]["article"] == "connect-to-wifi.md"
    assert found["decision"] == "answer"
    assert found["check"]["passed"]


def test_ask_without_articles_names_the_remedy(firstline):
    process = firstline("ask", "anything")
    _, err = process.communicate(timeout=300)
    assert process.returncode != 0
    assert "--kb DIR" in err


def test_two_processes_index_the_same_folder_once(firstline):
    both = [firstline("kb", "index", "--kb", str(DEMO), "--json") for _ in range(2)]
    reports = [json.loads(ended(process))["report"] for process in both]
    count = len(list(DEMO.glob("*.md")))
    assert sorted(report["added"] for report in reports) == [0, count]
    assert sorted(report["unchanged"] for report in reports) == [0, count]


def test_list_shows_every_article(firstline):
    listed = [json.loads(line) for line in ended(firstline("kb", "list", "--kb", str(DEMO), "--json")).splitlines()]
    assert {row["path"] for row in listed} == {file.name for file in DEMO.glob("*.md")}
    assert "connect-to-wifi.md" in ended(firstline("kb", "list", "--kb", str(DEMO)))


def test_lint_tells_what_is_wrong_and_reads_the_index_where_there_is_one(firstline, tmp_path):
    folder = tmp_path / "articles"
    folder.mkdir()
    text = "Hold the Wi-Fi button on the back for {} seconds, until the light blinks blue, then let it go."
    (folder / "wifi.md").write_text(f"# Reset the Wi-Fi\n\n{text.format(5)}")
    (folder / "network.md").write_text(f"# Resetting the Wi-Fi\n\n{text.format(9)} See [more](gone.md).")
    lint = ("kb", "lint", "--kb", str(folder))
    before = json.loads(ended(firstline(*lint, "--json")))
    assert before["articles"] == 2
    assert [each["fault"] for each in before["findings"]] == ["dead link", "other number"]
    ended(firstline("kb", "index", "--kb", str(folder)))
    after = json.loads(ended(firstline(*lint, "--json")))
    assert [each["fault"] for each in after["findings"]] == ["dead link", "same text", "other number"]
    process = firstline(*lint)
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 1
    assert "gone.md" in out
    ended(firstline("kb", "lint", "--kb", str(DEMO)))


def test_a_broken_file_of_questions_is_refused_with_its_line(firstline, tmp_path):
    (tmp_path / "bad.jsonl").write_text('{"question": "x", "label": "human"}\n{"question": 3}\n', "utf-8")
    process = firstline("evaluate", "bad.jsonl", "--kb", str(DEMO))
    _, err = process.communicate(timeout=300)
    assert process.returncode == 2
    assert "line 2" in err


def test_evaluate_tells_hits_answers_and_calibration(firstline, tmp_path):
    rows = [
        {
            "id": "1",
            "question": "How do I connect the Tapir One to a new Wi-Fi?",
            "kind": "answerable",
            "gold": ["connect-to-wifi"],
        },
        {"id": "2", "question": "Do you sell coffee machines?", "kind": "out_of_kb"},
    ]
    (tmp_path / "two.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    found = json.loads(ended(firstline("evaluate", "two.jsonl", "--kb", str(DEMO), "--json")))
    assert found["retrieval"] == {"hit@1": 1.0, "hit@3": 1.0}
    assert found["selective"]["answered_unanswerable"] == 0
    printed = ended(firstline("evaluate", "two.jsonl", "--kb", str(DEMO), "--svg", "curve.svg"))
    assert "Is it as right as it says?" in printed
    assert (tmp_path / "curve.svg").read_text("utf-8").startswith("<svg")


def test_the_mails_of_the_development_set_find_their_articles(firstline):
    mails = SHARED / "arduino-mails/mails.jsonl"
    if not mails.exists():
        pytest.skip(f"{mails} is not here")
    kb = str(SHARED / "arduino-help-center/content")
    found = json.loads(ended(firstline("evaluate", str(mails), "--kb", kb, "--json")))
    assert found["retrieval"]["hit@1"] >= 0.79
    assert found["retrieval"]["hit@3"] >= 0.88
    assert found["selective"]["answered_unanswerable"] == 0
    assert found["calibration"]["ece"] <= 0.15
