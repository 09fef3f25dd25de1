"""Pure. The breaker: when too much of what we send fails, nothing goes to customers until it is well again.

    closed ── 20 % of the last 50 failed or bounced ──► open ── rested ──► trial: one mail is let through
       ▲                                                  ▲                   │
       └────────── ten minutes later it has not failed ───┼───────────────────┤
                                                          └──── it failed ────┘

Refused mails (550, no such user) and bounces eat a domain's reputation, and then nobody's mail arrives. A server that
cannot be reached does not open it: those mails wait and are tried again.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from store.records import Breaker, BreakerState

OF_THE_LAST = 50  #: mails to customers that left
#: How long a trial has to stay without a bounce: most come within a minute or two.
PROOF = timedelta(minutes=10)


def waits_until(breaker: Breaker, now: datetime, rest: timedelta) -> datetime | None:
    """Until when mail to customers waits; None where it may leave (in `open`: as the trial)."""
    if breaker.since is None:
        return None
    match breaker.state:
        case BreakerState.CLOSED:
            return None
        case BreakerState.OPEN:
            until = breaker.since + rest
        case BreakerState.TRIAL:
            until = breaker.since + PROOF
    return until if until > now else None


def let_through(breaker: Breaker, outbox_id: int, now: datetime) -> Breaker:
    """A mail leaves although the breaker was not closed: it is the trial, or the trial has stood the test."""
    if breaker.state is BreakerState.OPEN:
        return replace(breaker, state=BreakerState.TRIAL, since=now, trial_id=outbox_id)
    if breaker.state is BreakerState.TRIAL and breaker.trial_id != outbox_id:
        return Breaker(state=BreakerState.CLOSED, since=now)
    return breaker


def after_failure(
    breaker: Breaker, outbox_id: int, failures: int, percent: int, case_id: int | None, now: datetime
) -> Breaker:
    """A mail failed for good or came back; `failures` of the last fifty have, this one included."""
    if breaker.state is BreakerState.TRIAL and breaker.trial_id == outbox_id:
        return replace(breaker, state=BreakerState.OPEN, since=now, trial_id=None)
    if breaker.state is BreakerState.CLOSED and failures * 100 >= percent * OF_THE_LAST:
        return Breaker(state=BreakerState.OPEN, since=now, case_id=case_id)
    return breaker
