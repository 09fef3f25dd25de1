"""Pure. How a decision moves a case: the next status, the owner, the counters."""

from dataclasses import replace
from datetime import datetime

from daemon.steps.verdicts import Action, ComposedMail, Decision, Outcome, TurnView
from store.records import Case, CaseStatus, Owner, Resolution, Role


def after(
    view: TurnView,
    decision: Decision,
    mails: tuple[ComposedMail, ...],
    now: datetime,
    promised: datetime | None,
) -> Case:
    """The case as it stands once `decision` was made and `mails` are on their way (or, in shadow, would be)."""
    case = replace(
        view.case,
        due_at=None,
        language=view.triage.language or view.case.language,
        topic=view.triage.topic or view.case.topic,
    )
    roles = {mail.role for mail in mails}
    match decision.action:
        case Action.ANSWER | Action.CLARIFY:
            case = replace(case, status=CaseStatus.AWAITING_CUSTOMER, owner=Owner.DAEMON)
        case Action.DRAFT if Role.OFFER in roles:
            case = replace(case, status=CaseStatus.AWAITING_CUSTOMER, owner=Owner.DAEMON)
        case Action.DRAFT | Action.ESCALATE:
            case = replace(case, status=CaseStatus.AWAITING_HUMAN, owner=Owner.HUMAN)
        case Action.CLOSE:
            stopped = view.triage.outcome is Outcome.STOP
            case = replace(
                case,
                status=CaseStatus.CLOSED if stopped else CaseStatus.RESOLVED,
                resolution=Resolution.STOPPED if stopped else Resolution.CONFIRMED,
            )
        case Action.WAIT:
            case = replace(case, status=CaseStatus.AWAITING_CUSTOMER)
        case Action.IGNORE if decision.because == "undeliverable" and case.status is CaseStatus.CLOSED:
            case = replace(case, resolution=Resolution.UNDELIVERABLE)
        case Action.IGNORE if decision.because == "undeliverable":
            case = replace(case, status=CaseStatus.AWAITING_HUMAN, owner=Owner.HUMAN)
        case Action.IGNORE if case.status is CaseStatus.OPEN and len(view.history) == len(view.current):
            # Nothing but a machine's mail on it: there is nobody to wait for.
            case = replace(case, status=CaseStatus.CLOSED)
        case _:
            pass
    replies = sum(role in (Role.REPLY, Role.OFFER, Role.QUESTIONS) for role in roles)
    if Role.NOTICE in roles:
        case = replace(case, noticed_at=now, promised_at=promised)
    queued = next((mail for mail in mails if not mail.role.to_customer), None)
    if queued is not None and case.queue_id is None:
        case = replace(case, queue_id=queued.mail.message_id)
    return replace(
        case,
        automatic_replies=case.automatic_replies + replies,
        clarifications=case.clarifications + (Role.QUESTIONS in roles),
    )
