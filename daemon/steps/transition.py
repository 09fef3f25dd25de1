"""Pure. How an event and a decision move a case: where it stands, since when, the counters.

`moved` is the only place where a case's status, owner and resolution change; `daemon/steps/followup.py` adds when the
clock rings next.
"""

from dataclasses import replace
from datetime import datetime

from daemon.steps.lifecycle import CLOCK, TABLE, Event, Stage, stage_of, state_of
from daemon.steps.verdicts import Action, ComposedMail, Decision, Outcome, TurnView
from store.records import Case, Direction, Role

#: Where a resolution is kept.
_ENDED = frozenset({Stage.RESOLVED, Stage.SETTLED, Stage.CLOSED})


def moved(case: Case, event: Event, now: datetime) -> Case:
    """The case once `event` has happened to it, by the table of `daemon/steps/lifecycle.py`.

    `since` is from when the clock counts: from now on where the case stands elsewhere, or where somebody wrote anew.
    While a case waits for a human it counts from when it began to wait, however often the customer writes.
    """
    stage = stage_of(case)
    transition = TABLE[stage].get(event)
    if transition is None:
        return case
    status, owner = state_of(transition.to)
    kept = case.resolution if stage in _ENDED else None
    resolution = (transition.resolution or kept) if transition.to in _ENDED else None
    case = replace(case, status=status, owner=owner, resolution=resolution)
    if transition.to is stage and event in CLOCK:
        return replace(case, reminders=case.reminders + 1)
    if transition.to is stage is Stage.QUEUED:
        return case
    due_at = case.due_at or now if transition.to is Stage.OPEN else case.due_at
    return replace(case, since=now, reminders=0, due_at=due_at)


def life(case: Case) -> dict[str, object]:
    """The columns that the life of a case is kept in, for `store.cases.move`."""
    names = "status owner resolution since reminders follow_up follow_up_at due_at noticed_at promised_at queue"
    return {name: getattr(case, name) for name in names.split()}


def after(
    view: TurnView,
    decision: Decision,
    mails: tuple[ComposedMail, ...],
    now: datetime,
    promised: datetime | None,
) -> Case:
    """The case as it stands once `decision` was made and `mails` are on their way (or, in shadow, would be)."""
    roles = {mail.role for mail in mails}
    event = event_of(view, decision, frozenset(roles))
    case = replace(
        view.case,
        due_at=None,
        language=view.triage.language or view.case.language,
        topic=view.triage.topic or view.case.topic,
        priority=view.case.priority if view.newest.refused else view.triage.priority,
    )
    if event is not None:
        case = moved(case, event, now)
    replies = sum(role in (Role.REPLY, Role.OFFER, Role.QUESTIONS) for role in roles)
    if Role.NOTICE in roles:
        case = replace(case, noticed_at=now, promised_at=promised)
    elif view.triage.outcome is Outcome.STOP:
        case = replace(case, promised_at=None)  # who wants no more mail is told of no new time
    queued = next((mail for mail in mails if not mail.role.to_customer), None)
    if queued is not None and case.queue_id is None:
        case = replace(case, queue_id=queued.mail.message_id)
    return replace(
        case,
        automatic_replies=case.automatic_replies + replies,
        clarifications=case.clarifications + (Role.QUESTIONS in roles),
    )


def event_of(view: TurnView, decision: Decision, roles: frozenset[Role]) -> Event | None:
    """What a decision is to its case; None where nothing happens to it. `roles` are of the mails that it writes."""
    match decision.action:
        case Action.ANSWER:
            return Event.ANSWER
        case Action.CLARIFY:
            return Event.ASK
        case Action.DRAFT if Role.OFFER in roles:
            return Event.ANSWER
        case Action.DRAFT | Action.ESCALATE:
            return Event.HAND_OVER
        case Action.CLOSE:
            return Event.STOPPED if view.triage.outcome is Outcome.STOP else Event.CONFIRMED
        case Action.WAIT:
            return Event.WAIT
        case Action.IGNORE if decision.because == "undeliverable":
            return Event.CAME_BACK
        case Action.RECORD if decision.because != "agent" or stage_of(view.case) is Stage.OPEN:
            return Event.RECORDED
        case Action.IGNORE if stage_of(view.case) is Stage.OPEN and not _others_wait(view):
            return Event.WAIT if _answered(view) else Event.ONLY_MACHINE
        case Action.IGNORE | Action.RECORD:
            return None


def _others_wait(view: TurnView) -> bool:
    """Whether another mail than those of this turn is still to be decided."""
    current = {turn.id for turn in view.current}
    return any(turn.direction is Direction.IN and not turn.handled and turn.id not in current for turn in view.history)


def _answered(view: TurnView) -> bool:
    return any(turn.role is not None and turn.role.to_customer for turn in view.history)
