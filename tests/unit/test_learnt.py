"""What people made of an answer is a verdict or none; and what verdicts did is told in a line."""

import pytest

from daemon.steps.learnt import Learnt, found_right, in_words, learnt, verdicts
from kb.calibrate import DEFAULT, adjusted, settled
from store.figures import Opinion, Said

RIGHT, WRONG, NONE = True, False, None


def opinion(said: Said, agrees: bool | None = None, label: bool | None = None, sure: float = 0.9) -> Opinion:
    return Opinion(unadjusted=sure, said=said, agrees=agrees, label=label)


@pytest.mark.parametrize(
    ("said", "agrees", "verdict"),
    [
        pytest.param(Said.SENT, None, RIGHT, id="sent as it was, whatever was compared"),
        pytest.param(Said.REJECTED, None, WRONG, id="a person wrote their own in its place"),
        pytest.param(Said.EDITED, True, RIGHT, id="changed, and says the same"),
        pytest.param(Said.EDITED, False, WRONG, id="changed, and says something else"),
        pytest.param(Said.EDITED, None, WRONG, id="changed, and nobody can tell: a person saw a reason to"),
        pytest.param(Said.NOTHING, True, RIGHT, id="in shadow, a person answered the same"),
        pytest.param(Said.NOTHING, False, WRONG, id="in shadow, a person answered something else"),
        pytest.param(Said.NOTHING, None, NONE, id="in shadow, and nobody can tell"),
        pytest.param(Said.ANSWERED, True, RIGHT, id="a person wrote the same beside ours"),
        pytest.param(Said.ANSWERED, None, NONE, id="a person wrote beside ours, and nobody can tell"),
        pytest.param(Said.RESOLVED, None, RIGHT, id="the customer says that it is solved"),
        pytest.param(Said.NOT_RESOLVED, None, WRONG, id="the customer says that it is not"),
    ],
)
def test_what_is_a_verdict(said: Said, agrees: bool | None, verdict: bool | None) -> None:
    assert found_right(opinion(said, agrees)) is verdict


@pytest.mark.parametrize("said", list(Said))
@pytest.mark.parametrize("agrees", [True, False, None])
def test_a_label_goes_before_everything(said: Said, agrees: bool | None) -> None:
    assert found_right(opinion(said, agrees, label=True)) is True
    assert found_right(opinion(said, agrees, label=False)) is False


def test_what_nobody_can_tell_is_no_verdict() -> None:
    told = [opinion(Said.SENT, sure=0.95), opinion(Said.NOTHING), opinion(Said.NOT_RESOLVED, sure=0.91)]
    assert verdicts(told) == ((0.95, True), (0.91, False))


@pytest.mark.parametrize(
    ("count", "right", "now", "line"),
    [
        (0, 0, 0.9, ""),
        (1, 0, 0.884, "1 verdict, 0 of them right: confidence is lowered, 0.90 is now 0.88."),
        (23, 17, 0.8612, "23 verdicts, 17 of them right: confidence is lowered, 0.90 is now 0.86."),
        (60, 60, 0.95, "60 verdicts, 60 of them right: confidence is raised, 0.90 is now 0.95."),
        (20, 18, 0.9012, "20 verdicts, 18 of them right: confidence stays, 0.90 is still 0.90."),
    ],
)
def test_what_verdicts_did_in_a_line(count: int, right: int, now: float, line: str) -> None:
    assert in_words(Learnt(count=count, right=right, before=0.9, now=now)) == line


def test_a_confidence_becomes_what_the_daemon_answers_by() -> None:
    found = [(0.93, False)] * 6 + [(0.8, True)] * 4
    assert learnt(found, 0.85).now == settled(adjusted(DEFAULT, found), 0.85)
