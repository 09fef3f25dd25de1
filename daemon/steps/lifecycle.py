"""Pure. The life of a case as one table: where it stands × what happens → where it stands then, and what is sent.

Every change of a case's status goes through `step`; ARCHITECTURE.md draws this table. What is not listed for a stage
changes nothing and sends nothing: a clock that rings late, an agent who closes what is closed.

A customer's mail moves nothing by itself. It stops the clock until it is decided, and the decision is what happens; so
an out-of-office, which is decided too, leaves the case and its clock as they were.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from store.records import Case, CaseStatus, Owner, Resolution, Role


class Stage(StrEnum):
    """Where a case stands: its status, and who owns it."""

    OPEN = "open"  #: the daemon works on it
    ANSWERED = "answered"  #: the daemon answered or asked; the customer is next
    QUEUED = "queued"  #: a human is next
    HELPED = "helped"  #: a human answered; the customer is next
    RESOLVED = "resolved"  #: by the daemon; a customer's mail opens it again
    SETTLED = "settled"  #: by a human; a customer's mail brings it back to humans
    CLOSED = "closed"


_STAGES: Mapping[Stage, tuple[CaseStatus, Owner]] = {
    Stage.OPEN: (CaseStatus.OPEN, Owner.DAEMON),
    Stage.ANSWERED: (CaseStatus.AWAITING_CUSTOMER, Owner.DAEMON),
    Stage.QUEUED: (CaseStatus.AWAITING_HUMAN, Owner.HUMAN),
    Stage.HELPED: (CaseStatus.AWAITING_CUSTOMER, Owner.HUMAN),
    Stage.RESOLVED: (CaseStatus.RESOLVED, Owner.DAEMON),
    Stage.SETTLED: (CaseStatus.RESOLVED, Owner.HUMAN),
    Stage.CLOSED: (CaseStatus.CLOSED, Owner.DAEMON),
}


class Event(StrEnum):
    """What happens to a case. A mail that came in happens to it once it is decided: until then the clock waits."""

    # A mail was decided upon.
    ANSWER = "answer"
    ASK = "ask"
    HAND_OVER = "hand_over"  #: a human is to answer, or to approve a draft
    CONFIRMED = "confirmed"  #: the customer says that it is solved
    STOPPED = "stopped"  #: the customer wants no more mail
    WAIT = "wait"  #: the customer will try it
    RECORDED = "recorded"  #: passed on to the human who has the case
    ONLY_MACHINE = "only_machine"  #: nobody but a machine wrote on the case
    CAME_BACK = "came_back"  #: a mail of ours was not delivered
    WITHDRAWN = "withdrawn"  #: our answer is out of date before it left: decided again
    # A human did something.
    REPLIED = "replied"  #: by a relayed mail, an approved draft or from their own client
    TAKEN = "taken"  #: `#take`, `#assign`
    ENDED = "ended"  #: `#close`
    REOPENED = "reopened"  #: `#reopen`
    SPAM = "spam"  #: `#spam`
    GIVEN_BACK = "given_back"  #: `#auto`
    UNDONE = "undone"  #: `#undo`
    # The clock rang.
    NUDGE = "nudge"  #: the customer is silent after our answer
    GIVE_UP = "give_up"  #: and stays so
    CONFIRM = "confirm"  #: the customer is silent after a human's answer
    ASSUME = "assume"  #: and stays so
    REMIND = "remind"  #: the queue has not answered yet
    UPDATE = "update"  #: what the customer was promised is missed
    REROUTE = "reroute"  #: and missed again
    FINAL = "final"  #: the window in which a customer's mail opens the case again is over


#: What only the clock says.
CLOCK = frozenset(
    {
        Event.NUDGE,
        Event.GIVE_UP,
        Event.CONFIRM,
        Event.ASSUME,
        Event.REMIND,
        Event.UPDATE,
        Event.REROUTE,
        Event.FINAL,
    }
)


#: Of those, what nobody is told of.
ENDS = frozenset({Event.GIVE_UP, Event.ASSUME, Event.FINAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """What an event does. `resolution` is kept where it is None and the case stays resolved or is closed."""

    to: Stage
    mail: Role | None = None  #: what the clock sends; what other events send is theirs to say
    resolution: Resolution | None = None


def _to(stage: Stage, resolution: Resolution | None = None, *, mail: Role | None = None) -> Transition:
    return Transition(to=stage, mail=mail, resolution=resolution)


#: What humans may do wherever a case stands.
_HUMANS: Mapping[Event, Transition] = {
    Event.REPLIED: _to(Stage.HELPED),
    Event.TAKEN: _to(Stage.QUEUED),
    Event.ENDED: _to(Stage.SETTLED, Resolution.HUMAN),
    Event.SPAM: _to(Stage.CLOSED, Resolution.SPAM),
    Event.GIVEN_BACK: _to(Stage.OPEN),
}

#: What a decision on a customer's mail does where the daemon has the case.
_DECIDED: Mapping[Event, Transition] = {
    Event.ANSWER: _to(Stage.ANSWERED),
    Event.ASK: _to(Stage.ANSWERED),
    Event.HAND_OVER: _to(Stage.QUEUED),
    Event.CONFIRMED: _to(Stage.RESOLVED, Resolution.CONFIRMED),
    Event.STOPPED: _to(Stage.CLOSED, Resolution.STOPPED),
    Event.WAIT: _to(Stage.ANSWERED),
    Event.CAME_BACK: _to(Stage.QUEUED),
}

#: The same where a human answered: whatever else the customer writes is for the human.
_FOR_HUMANS: Mapping[Event, Transition] = {
    Event.HAND_OVER: _to(Stage.QUEUED),
    Event.CONFIRMED: _to(Stage.SETTLED, Resolution.CONFIRMED),
    Event.RECORDED: _to(Stage.QUEUED),
    Event.CAME_BACK: _to(Stage.QUEUED),
    Event.UNDONE: _to(Stage.QUEUED),
}

TABLE: Mapping[Stage, Mapping[Event, Transition]] = {
    Stage.OPEN: {**_HUMANS, **_DECIDED, Event.ONLY_MACHINE: _to(Stage.CLOSED), Event.RECORDED: _to(Stage.QUEUED)},
    Stage.ANSWERED: {
        **_HUMANS,
        **_DECIDED,
        Event.WITHDRAWN: _to(Stage.OPEN),
        Event.NUDGE: _to(Stage.ANSWERED, mail=Role.NUDGE),
        Event.GIVE_UP: _to(Stage.RESOLVED, Resolution.ASSUMED),
    },
    Stage.QUEUED: {
        **_HUMANS,
        Event.REMIND: _to(Stage.QUEUED, mail=Role.REMINDER),
        Event.UPDATE: _to(Stage.QUEUED, mail=Role.STATUS),
        Event.REROUTE: _to(Stage.QUEUED, mail=Role.HANDOVER),
    },
    Stage.HELPED: {
        **_HUMANS,
        **_FOR_HUMANS,
        Event.CONFIRM: _to(Stage.HELPED, mail=Role.NUDGE),
        Event.ASSUME: _to(Stage.SETTLED, Resolution.ASSUMED),
    },
    Stage.RESOLVED: {
        **_HUMANS,
        **_DECIDED,
        Event.WITHDRAWN: _to(Stage.OPEN),
        Event.REOPENED: _to(Stage.QUEUED),
        Event.FINAL: _to(Stage.CLOSED),
    },
    Stage.SETTLED: {
        **_HUMANS,
        **_FOR_HUMANS,
        Event.REOPENED: _to(Stage.QUEUED),
        Event.FINAL: _to(Stage.CLOSED),
    },
    Stage.CLOSED: {
        Event.CAME_BACK: _to(Stage.CLOSED, Resolution.UNDELIVERABLE),
        Event.REOPENED: _to(Stage.QUEUED),
        Event.REPLIED: _to(Stage.HELPED),
        Event.GIVEN_BACK: _to(Stage.OPEN),
    },
}


def stage_of(case: Case) -> Stage:
    """Where a case stands."""
    if case.status is CaseStatus.CLOSED:
        return Stage.CLOSED
    if case.status is CaseStatus.AWAITING_HUMAN:
        return Stage.QUEUED
    if case.status is CaseStatus.OPEN:
        return Stage.OPEN
    return next(stage for stage, state in _STAGES.items() if state == (case.status, case.owner))


def state_of(stage: Stage) -> tuple[CaseStatus, Owner]:
    """The status and the owner of a stage."""
    return _STAGES[stage]


#: The most awake first.
_AWAKE = (
    Stage.QUEUED,
    Stage.HELPED,
    Stage.OPEN,
    Stage.ANSWERED,
    Stage.SETTLED,
    Stage.RESOLVED,
    Stage.CLOSED,
)
_TO_HUMANS = {Stage.OPEN: Stage.HELPED, Stage.ANSWERED: Stage.HELPED, Stage.RESOLVED: Stage.SETTLED}


def merged(one: Stage, other: Stage) -> Stage:
    """Where a case stands that two became: where the one stands that has more to be done, and a human's stays a human's."""
    first = min(one, other, key=_AWAKE.index)
    human = Owner.HUMAN in (state_of(one)[1], state_of(other)[1])
    return _TO_HUMANS.get(first, first) if human else first


def step(stage: Stage, event: Event) -> Transition:
    """What the event does to a case that stands there. Total: what is not in the table changes nothing."""
    return TABLE[stage].get(event, Transition(to=stage))


#: What the clock does to a case that stands there, for those who read the table.
WAITS: Mapping[Stage, str] = {
    Stage.OPEN: "decided at once",
    Stage.ANSWERED: "`nudge` after `nudge_days` of silence, then `give_up` after `close_days`",
    Stage.QUEUED: "`remind` at `remind_at` of the promised time, `update` at its end, `reroute` at the end of the"
    " second, then `remind` every 8 business hours",
    Stage.HELPED: "`confirm` after `nudge_days` of silence, then `assume` after `close_days`",
    Stage.RESOLVED: "`final` after `reopen_days`",
    Stage.SETTLED: "`final` after `reopen_days`",
    Stage.CLOSED: "nothing",
}


def drawn() -> str:
    """The table as Markdown, one row an event of a stage, in the order of the module."""
    lines = ["| stands at | happens | stands at then | the clock sends |", "|---|---|---|---|"]
    for stage, events in TABLE.items():
        status, owner = state_of(stage)
        lines.append(f"| **{stage}** (`{status}`, {owner}) | | *waits for:* {WAITS[stage]} | |")
        for event in Event:
            if (found := events.get(event)) is not None:
                resolution = f" ({found.resolution})" if found.resolution else ""
                lines.append(f"| | {event} | {found.to}{resolution} | {found.mail or ''} |")
    return "\n".join(lines) + "\n"
