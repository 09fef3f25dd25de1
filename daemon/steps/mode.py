"""Pure. In which mode a case is worked on: that of its topic, else that of the policy; what began in shadow stays silent."""

from daemon.settings import Settings
from daemon.steps.verdicts import TurnView
from store.records import Case, Direction, Mode


def mode_of(case: Case, settings: Settings) -> Mode:
    """The mode of a case that was decided upon before, or about which nothing more is known yet."""
    if case.mode is Mode.SHADOW:
        return Mode.SHADOW
    mode = _wanted(case.topic, settings) or settings.policy.mode
    # The answer to a logged call is approved by people, unless told.
    by_people = case.channel == "phone" and not settings.policy.phone_answers
    return Mode.DRAFT if by_people and mode is Mode.AUTO else mode


def own_mode(view: TurnView, settings: Settings) -> Mode:
    """The mode that the case keeps from now on (`Case.mode`): at its first decision that of its topic, which nobody knew when it
    was opened; later what it was."""
    topic = view.triage.topic or view.case.topic
    received = [turn for turn in view.history if turn.direction is Direction.IN and turn.refused is None]
    if any(turn.handled for turn in received):
        return view.case.mode
    return _wanted(topic, settings) or view.case.mode


def _wanted(topic: str, settings: Settings) -> Mode | None:
    table = settings.topics.get(topic)
    return table.mode if table is not None else None
