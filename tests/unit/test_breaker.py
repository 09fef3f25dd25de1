from datetime import UTC, datetime, timedelta

import pytest

from daemon.steps.breaker import PROOF, after_failure, let_through, waits_until
from daemon.steps.submission import names_the_recipient
from store.records import Breaker, BreakerState

NOW = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
REST = timedelta(minutes=30)
OPEN = Breaker(state=BreakerState.OPEN, since=NOW, case_id=1, told=True)
TRIAL = Breaker(state=BreakerState.TRIAL, since=NOW, trial_id=7, case_id=1, told=True)


@pytest.mark.parametrize(
    ("breaker", "later", "until"),
    [
        pytest.param(Breaker(), timedelta(), None, id="never open"),
        pytest.param(OPEN, timedelta(minutes=29), NOW + REST, id="resting"),
        pytest.param(OPEN, REST, None, id="rested: the next mail is the trial"),
        pytest.param(TRIAL, timedelta(minutes=9), NOW + PROOF, id="the trial may still come back"),
        pytest.param(TRIAL, PROOF, None, id="the trial stood the test"),
    ],
)
def test_mail_waits_while_it_is_open(breaker: Breaker, later: timedelta, until: datetime | None) -> None:
    assert waits_until(breaker, NOW + later, REST) == until


@pytest.mark.parametrize(
    ("breaker", "failures", "state"),
    [
        pytest.param(Breaker(), 9, BreakerState.CLOSED, id="nine of fifty"),
        pytest.param(Breaker(), 10, BreakerState.OPEN, id="ten of fifty"),
        pytest.param(TRIAL, 1, BreakerState.OPEN, id="the trial failed"),
        pytest.param(OPEN, 30, BreakerState.OPEN, id="open already"),
    ],
)
def test_it_opens_at_a_fifth_of_the_last_fifty(breaker: Breaker, failures: int, state: BreakerState) -> None:
    assert after_failure(breaker, 7, failures, 20, 1, NOW).state is state


def test_a_late_bounce_of_an_earlier_mail_does_not_fail_the_trial() -> None:
    assert after_failure(TRIAL, 3, 11, 20, 1, NOW) == TRIAL


def test_one_mail_is_let_through_and_the_next_closes_it() -> None:
    trial = let_through(OPEN, 7, NOW + REST)
    assert (trial.state, trial.trial_id, trial.told) == (BreakerState.TRIAL, 7, True)
    assert let_through(trial, 7, NOW + REST + PROOF) == trial, "its own retry proves nothing"
    assert let_through(trial, 8, NOW + REST + PROOF).state is BreakerState.CLOSED


@pytest.mark.parametrize(
    ("refusal", "named"),
    [
        ("550 5.1.1 <a@x.test>: user unknown", True),
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound", True),
        ("550 5.2.1 mailbox disabled", True),
        ("550 5.7.1 rejected as spam", False),
        ("552 5.2.2 mailbox full", False),
        ("554 refused", False),
    ],
)
def test_only_a_refusal_of_the_address_itself_suppresses_it(refusal: str, named: bool) -> None:
    assert names_the_recipient(refusal) is named
