"""What commands print, and how they end."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import pytest

from daemon.cli import main as command_line
from daemon.cli.output import emit_json, fail, foreign
from daemon.errors import ConfigurationError, KnowledgeBaseError, StateError


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Thing:
    at: datetime
    colour: Colour
    names: frozenset[str]


@pytest.mark.parametrize(
    ("value", "line"),
    [
        pytest.param(
            Thing(datetime(2026, 11, 20, 10, 3, tzinfo=UTC), Colour.RED, frozenset({"b", "a"})),
            {"at": "2026-11-20T10:03:00+00:00", "colour": "red", "names": ["a", "b"]},
            id="a dataclass",
        ),
        pytest.param({Colour.RED: (1, None, True)}, {"red": [1, None, True]}, id="an enum as key, a tuple"),
        pytest.param(
            {"path": Path("a/b"), "text": "two\nlines – ü"}, {"path": "a/b", "text": "two\nlines – ü"}, id="a path"
        ),
        pytest.param({"broken": "\udce9"}, {"broken": "?"}, id="a lone surrogate of a broken mail"),
    ],
)
def test_a_value_is_one_line_of_valid_json(value, line, capsysbinary):
    emit_json(value)
    written = capsysbinary.readouterr().out
    assert written.count(b"\n") == 1
    assert json.loads(written) == line


def test_not_a_number_is_no_json_and_never_printed_as_such():
    with pytest.raises(ValueError, match="not JSON compliant"):
        emit_json({"confidence": float("nan")})


def test_a_mail_can_neither_steer_the_terminal_nor_act_as_markup():
    assert foreign("\x1b[2J[red]hi[/red]\r\nnext\x07 \u202egnp.exe \x9b1m").plain == "[2J[red]hi[/red]\nnext gnp.exe 1m"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(ConfigurationError(["config.toml:3: [mailbox] port: x; y"]), 2, id="configuration"),
        pytest.param(StateError("the disk [is] full", remedy="make room"), 1, id="state"),
        pytest.param(KnowledgeBaseError("no articles", remedy="name a folder"), 1, id="knowledge base"),
        pytest.param(ExceptionGroup("parts", [StateError("the disk is full")]), 1, id="of a part of the daemon"),
        pytest.param(
            ExceptionGroup("parts", [ConfigurationError(["a"])]), 2, id="a configuration found wrong by a part"
        ),
    ],
)
def test_an_error_that_can_be_mended_ends_with_its_words_and_its_code(error, code, monkeypatch, capsys):
    def raises() -> None:
        raise error

    monkeypatch.setattr(command_line, "app", raises)
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert ended.value.code == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Traceback" not in printed.err


def test_a_fault_of_ours_keeps_its_traceback(monkeypatch):
    def raises() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(command_line, "app", raises)
    with pytest.raises(ZeroDivisionError):
        command_line.main()


def test_every_problem_is_a_bullet_and_the_remedy_follows(capsys):
    with pytest.raises(SystemExit):
        fail(ConfigurationError(["[mailbox] one", "[smtp] two"], remedy="run `firstline init`"))
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "The configuration has 2 problems:",
        "  • [mailbox] one",
        "  • [smtp] two",
        "  → run `firstline init`",
    ]
