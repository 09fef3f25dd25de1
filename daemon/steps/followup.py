"""Pure. The clock of a case: what it does next when nobody writes, and when (product.md §5).

Every due time is reckoned from what the case itself keeps (`since`, `reminders`, `promised_at`), so that it is the same
after a restart, and is kept in UTC, so that no change of the clocks moves it. What a person reads comes in business
hours.
"""

from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from daemon.settings import HoursSettings, Settings
from daemon.steps.hours import add_business_hours, business_hours, in_business_hours, promise
from daemon.steps.lifecycle import Event, Stage, stage_of
from daemon.steps.transition import moved
from store.records import Case

#: Business hours between two reminders of a case that nobody answers, about one working day.
_AGAIN = 8.0
#: A clock that rings later than this was not kept.
_LATE = timedelta(hours=1)


def due(case: Case, settings: Settings, hours: HoursSettings, zone: tzinfo) -> tuple[Event, datetime] | None:
    """What the clock does to the case next, and when (UTC); None where it does nothing.

    `hours` are those of the people who have the case: their promise may be another than that of [hours].
    """
    since = case.since or case.updated_at
    stage = stage_of(case)
    if stage in (Stage.RESOLVED, Stage.SETTLED):
        return Event.FINAL, since + timedelta(days=settings.threads.reopen_days)
    wanted = settings.follow_up
    if not wanted.enabled:
        return None
    first = case.reminders == 0
    match stage:
        case Stage.ANSWERED | Stage.HELPED:
            days = wanted.nudge_days if first else max(wanted.nudge_days, wanted.close_days)
            at = since + timedelta(days=days)
            asks, ends = (Event.NUDGE, Event.GIVE_UP) if stage is Stage.ANSWERED else (Event.CONFIRM, Event.ASSUME)
            event = asks if first else ends
        case Stage.QUEUED:
            event, at = _of_the_queue(case, since, wanted.remind_at, hours, zone)
        case _:
            return None
    return event, in_business_hours(at, hours, zone)


def timely(event: Event, now: datetime, hours: HoursSettings, zone: tzinfo) -> bool:
    """Whether the clock may do that now: what people read comes while they work, also after an outage."""
    return event is Event.FINAL or in_business_hours(now, hours, zone) <= now


def promised(case: Case) -> bool:
    """Whether the customer waits for a person by a time that they were told. A promise of before was kept since."""
    return case.promised_at is not None and case.promised_at > (case.since or case.updated_at)


def with_follow_up(case: Case, settings: Settings, zone: tzinfo) -> Case:
    """The case with what the clock does next. Every commit that moves a case ends with it."""
    follows = due(case, settings, settings.hours, zone)
    return replace(case, follow_up=follows[0] if follows else None, follow_up_at=follows[1] if follows else None)


def expected(case: Case, hours: HoursSettings, zone: tzinfo) -> datetime:
    """By when the queue answers the case: as the customer was told, else as they would have been."""
    if case.promised_at is not None and promised(case):
        return case.promised_at
    return promise(case.since or case.updated_at, hours, zone)


def followed(case: Case, event: Event, now: datetime, settings: Settings, hours: HoursSettings, zone: tzinfo) -> Case:
    """The case once the clock did `event` to it.

    Time in which nobody kept the clock does not count: after an outage a customer still has what is left of their days.
    """
    then = moved(case, event, now)
    late = now - case.follow_up_at if case.follow_up_at else timedelta()
    if late > _LATE and then.since is not None and then.reminders > case.reminders:
        then = replace(then, since=then.since + late)
    if event is Event.UPDATE and promised(case):
        then = replace(then, promised_at=promise(now, hours, zone))
    if event is Event.REROUTE and settings.queue.fallback:
        then = replace(
            then, queue=settings.queue.fallback, agent=""
        )  # else the next reminder is for who did not answer
    return with_follow_up(then, settings, zone)


def _of_the_queue(
    case: Case, since: datetime, remind_at: float, hours: HoursSettings, zone: tzinfo
) -> tuple[Event, datetime]:
    """Before the promised time a reminder, at it a new time, at that one somebody else; then a reminder a day."""
    told = promised(case)
    target = expected(case, hours, zone)
    if case.reminders == 0:
        share = remind_at * business_hours(since, target, hours, zone)
        return Event.REMIND, add_business_hours(since, share, hours, zone)
    if case.reminders == 1:
        return Event.UPDATE, target
    second = target if told else promise(target, hours, zone)  # the update told them a new time
    if case.reminders == 2:
        return Event.REROUTE, second
    return Event.REMIND, add_business_hours(second, _AGAIN * (case.reminders - 2), hours, zone)
