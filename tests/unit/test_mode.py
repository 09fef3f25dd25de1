"""A topic's mode goes before the policy's, from a case's first decision on; what began in shadow stays silent."""

from dataclasses import replace

import pytest

from daemon.settings import Settings
from daemon.steps.mode import mode_of, own_mode
from store.records import Mode
from tests.unit.example_case import theirs, view


def settings(policy: str, **topics: str) -> Settings:
    return Settings.model_validate(
        {"policy": {"mode": policy}, "topics": {name: {"mode": mode} for name, mode in topics.items()}}
    )


@pytest.mark.parametrize(
    ("opened", "first", "policy", "topic", "own", "mode"),
    [
        ("shadow", True, "shadow", None, "shadow", "shadow"),
        ("shadow", True, "shadow", "auto", "auto", "auto"),
        ("shadow", False, "shadow", "auto", "shadow", "shadow"),
        ("shadow", False, "auto", "auto", "shadow", "shadow"),
        ("shadow", True, "auto", None, "shadow", "shadow"),
        ("auto", True, "auto", "shadow", "shadow", "shadow"),
        ("auto", False, "auto", "draft", "auto", "draft"),
        ("auto", False, "draft", None, "auto", "draft"),
        ("draft", True, "draft", "auto", "auto", "auto"),
    ],
)
def test_the_mode_of_a_case(opened: str, first: bool, policy: str, topic: str | None, own: str, mode: str) -> None:
    wanted = settings(policy, **({"printer": topic} if topic else {}))
    seen = view()
    seen = replace(
        seen,
        case=replace(seen.case, mode=Mode(opened), topic="printer"),
        triage=replace(seen.triage, topic="printer"),
        history=(*(() if first else (replace(theirs(90, "Before."), handled=True),)), *seen.current),
        current=tuple(replace(turn, handled=False) for turn in seen.current),
    )
    seen = replace(seen, history=(*seen.history[: -len(seen.current)], *seen.current))
    kept = own_mode(seen, wanted)
    assert kept == own
    assert mode_of(replace(seen.case, mode=kept), wanted) == mode


def test_the_answer_to_a_logged_call_is_approved_by_people() -> None:
    case = replace(view().case, mode=Mode.AUTO, channel="phone", topic="printer")
    assert mode_of(case, settings("auto", printer="auto")) is Mode.DRAFT
