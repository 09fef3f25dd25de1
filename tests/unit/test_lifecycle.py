"""The life of a case, cell by cell: this table is written by hand and says what the module must do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from daemon.settings import Settings
from daemon.steps.followup import due, with_follow_up
from daemon.steps.lifecycle import CLOCK, Event, Stage, drawn, merged, stage_of, state_of, step
from daemon.steps.transition import moved
from store.records import Case, CaseStatus, Owner, Resolution, Role
from tests.unit.example_case import CASE

BERLIN = ZoneInfo("Europe/Berlin")
SETTINGS = Settings.model_validate({"hours": {"zone": "Europe/Berlin"}})
BEFORE = datetime(2026, 11, 16, 10, 0, tzinfo=UTC)  # a Monday, 11:00 in Berlin
NOW = BEFORE + timedelta(days=1)

# stands at | happens | stands at then | resolution | mail of the clock | the clock does next, after (d)ays or at a time
TABLE = """
open      answer        answered  -              -         nudge    3d
open      ask           answered  -              -         nudge    3d
open      hand_over     queued    -              -         remind   Tue 14:00
open      confirmed     resolved  confirmed      -         final    14d
open      stopped       closed    stopped        -         -        -
open      wait          answered  -              -         nudge    3d
open      recorded      queued    -              -         remind   Tue 14:00
open      only_machine  closed    -              -         -        -
open      came_back     queued    -              -         remind   Tue 14:00
open      replied       helped    -              -         confirm  3d
open      taken         queued    -              -         remind   Tue 14:00
open      ended         settled   human          -         final    14d
open      spam          closed    spam           -         -        -
open      given_back    open      -              -         -        -

answered  answer        answered  -              -         nudge    3d
answered  ask           answered  -              -         nudge    3d
answered  hand_over     queued    -              -         remind   Tue 14:00
answered  confirmed     resolved  confirmed      -         final    14d
answered  stopped       closed    stopped        -         -        -
answered  wait          answered  -              -         nudge    3d
answered  came_back     queued    -              -         remind   Tue 14:00
answered  withdrawn     open      -              -         -        -
answered  replied       helped    -              -         confirm  3d
answered  taken         queued    -              -         remind   Tue 14:00
answered  ended         settled   human          -         final    14d
answered  spam          closed    spam           -         -        -
answered  given_back    open      -              -         -        -
answered  nudge         answered  -              nudge     give_up  6d
answered  give_up       resolved  assumed        -         final    14d

queued    replied       helped    -              -         confirm  3d
queued    taken         queued    -              -         remind   Mon 14:00
queued    ended         settled   human          -         final    14d
queued    spam          closed    spam           -         -        -
queued    given_back    open      -              -         -        -
queued    remind        queued    -              reminder  update   Mon 15:00
queued    update        queued    -              status    update   Mon 15:00
queued    reroute       queued    -              handover  update   Mon 15:00

helped    hand_over     queued    -              -         remind   Tue 14:00
helped    confirmed     settled   confirmed      -         final    14d
helped    recorded      queued    -              -         remind   Tue 14:00
helped    came_back     queued    -              -         remind   Tue 14:00
helped    replied       helped    -              -         confirm  3d
helped    taken         queued    -              -         remind   Tue 14:00
helped    ended         settled   human          -         final    14d
helped    spam          closed    spam           -         -        -
helped    given_back    open      -              -         -        -
helped    undone        queued    -              -         remind   Tue 14:00
helped    confirm       helped    -              nudge     assume   6d
helped    assume        settled   assumed        -         final    14d

resolved  answer        answered  -              -         nudge    3d
resolved  ask           answered  -              -         nudge    3d
resolved  hand_over     queued    -              -         remind   Tue 14:00
resolved  confirmed     resolved  confirmed      -         final    14d
resolved  stopped       closed    stopped        -         -        -
resolved  wait          answered  -              -         nudge    3d
resolved  came_back     queued    -              -         remind   Tue 14:00
resolved  withdrawn     open      -              -         -        -
resolved  replied       helped    -              -         confirm  3d
resolved  taken         queued    -              -         remind   Tue 14:00
resolved  ended         settled   human          -         final    14d
resolved  reopened      queued    -              -         remind   Tue 14:00
resolved  spam          closed    spam           -         -        -
resolved  given_back    open      -              -         -        -
resolved  final         closed    as-it-was      -         -        -

settled   hand_over     queued    -              -         remind   Tue 14:00
settled   confirmed     settled   confirmed      -         final    14d
settled   recorded      queued    -              -         remind   Tue 14:00
settled   came_back     queued    -              -         remind   Tue 14:00
settled   replied       helped    -              -         confirm  3d
settled   taken         queued    -              -         remind   Tue 14:00
settled   ended         settled   human          -         final    14d
settled   reopened      queued    -              -         remind   Tue 14:00
settled   spam          closed    spam           -         -        -
settled   given_back    open      -              -         -        -
settled   undone        queued    -              -         remind   Tue 14:00
settled   final         closed    as-it-was      -         -        -

closed    came_back     closed    undeliverable  -         -        -
closed    replied       helped    -              -         confirm  3d
closed    reopened      queued    -              -         remind   Tue 14:00
closed    given_back    open      -              -         -        -
"""
CELLS = {(row[0], row[1]): row[2:] for line in TABLE.splitlines() if (row := line.split(maxsplit=6))}


def standing(stage: Stage) -> Case:
    """A case that has stood there since Monday at eleven."""
    status, owner = state_of(stage)
    ended = stage in (Stage.RESOLVED, Stage.SETTLED, Stage.CLOSED)
    resolution = Resolution.ASSUMED if ended else None
    return with_follow_up(
        replace(CASE, status=status, owner=owner, resolution=resolution, since=BEFORE, updated_at=BEFORE),
        SETTINGS,
        BERLIN,
    )


@pytest.mark.parametrize(("stage", "event"), list(product(Stage, Event)))
def test_every_cell_of_the_table(stage: Stage, event: Event) -> None:
    case = standing(stage)
    then = with_follow_up(moved(case, event, NOW), SETTINGS, BERLIN)
    cell = CELLS.get((stage.value, event.value))
    if cell is None:
        assert then == case, "what is not in the table changes nothing"
        assert step(stage, event).mail is None
        return
    to, resolution, mail, follows, after = cell
    assert stage_of(then) is Stage(to)
    assert (then.status, then.owner) == state_of(Stage(to))
    assert then.resolution == {"-": None, "as-it-was": Resolution.ASSUMED}.get(resolution, resolution)
    assert step(stage, event).mail == (None if mail == "-" else Role(mail))
    assert then.follow_up == (None if follows == "-" else Event(follows))
    assert _told(then.follow_up_at) == after


def _told(at: datetime | None) -> str:
    """As the table says it: whole days after now, else the weekday and the time in Berlin."""
    if at is None:
        return "-"
    days, rest = divmod(at - NOW, timedelta(days=1))
    return f"{days}d" if not rest else at.astimezone(BERLIN).strftime("%a %H:%M")


def test_the_table_by_hand_names_only_what_there_is() -> None:
    for stage, event in CELLS:
        assert Stage(stage)
        assert Event(event)
    assert len(CELLS) == len(TABLE.split("\n")) - TABLE.split("\n").count("")


def test_no_case_that_is_not_closed_is_without_an_owner_or_a_due_time() -> None:
    for stage in Stage:
        for event in Event:
            then = with_follow_up(moved(standing(stage), event, NOW), SETTINGS, BERLIN)
            waits = then.follow_up_at or (then.due_at if then.status is CaseStatus.OPEN else None)
            if stage is not Stage.OPEN or then.status is not CaseStatus.OPEN:  # an open one came with a due mail
                assert waits or then.status is CaseStatus.CLOSED, (stage, event)
            assert then.owner in Owner


def test_the_clock_counts_what_it_did_and_everything_else_starts_it_anew() -> None:
    nudged = moved(standing(Stage.ANSWERED), Event.NUDGE, NOW)
    assert (nudged.reminders, nudged.since) == (1, BEFORE)
    answered = moved(nudged, Event.ANSWER, NOW)
    assert (answered.reminders, answered.since) == (0, NOW)


def test_a_case_that_waits_for_a_human_waits_since_it_began_to() -> None:
    waits = moved(standing(Stage.QUEUED), Event.REMIND, NOW)
    taken = moved(waits, Event.TAKEN, NOW)
    assert (taken.reminders, taken.since) == (1, BEFORE)


def test_the_queue_is_reminded_told_and_passed_over_in_its_order() -> None:
    case = replace(standing(Stage.QUEUED), promised_at=BEFORE + timedelta(hours=4))
    rings = []
    for _ in range(5):
        found = due(case, SETTINGS, SETTINGS.hours, BERLIN)
        assert found is not None
        event, at = found
        rings.append(f"{event} {at.astimezone(BERLIN):%a %H:%M}")
        case = moved(case, event, at)
        if event is Event.UPDATE:  # a new time is told
            case = replace(case, promised_at=datetime(2026, 11, 17, 10, 0, tzinfo=UTC))
    assert rings == [
        "remind Mon 14:00",
        "update Mon 15:00",
        "reroute Tue 11:00",
        "remind Wed 11:00",
        "remind Thu 11:00",
    ]


def test_a_promise_of_before_was_kept_and_says_nothing_of_today() -> None:
    case = replace(standing(Stage.QUEUED), promised_at=BEFORE - timedelta(days=3), reminders=1)
    found = due(case, SETTINGS, SETTINGS.hours, BERLIN)
    assert found == (Event.UPDATE, BEFORE + timedelta(hours=4))


def test_what_falls_on_a_weekend_or_a_holiday_comes_on_the_next_working_day_at_its_time_of_day() -> None:
    settings = Settings.model_validate({"hours": {"zone": "Europe/Berlin", "holidays": ["2026-11-23"]}})
    wednesday = datetime(2026, 11, 18, 13, 20, tzinfo=UTC)
    case = replace(standing(Stage.ANSWERED), since=wednesday)
    assert due(case, settings, settings.hours, BERLIN) == (Event.NUDGE, datetime(2026, 11, 24, 13, 20, tzinfo=UTC))
    late = replace(case, since=datetime(2026, 11, 18, 21, 0, tzinfo=UTC))  # ten in the evening
    assert due(late, settings, settings.hours, BERLIN) == (Event.NUDGE, datetime(2026, 11, 24, 8, 0, tzinfo=UTC))


def test_without_follow_up_a_resolved_case_is_closed_all_the_same() -> None:
    settings = Settings.model_validate({"follow_up": {"enabled": False}})
    for stage in Stage:
        found = due(standing(stage), settings, settings.hours, BERLIN)
        ends = stage in (Stage.RESOLVED, Stage.SETTLED)
        assert found == ((Event.FINAL, BEFORE + timedelta(days=14)) if ends else None)


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (Stage.ANSWERED, Stage.QUEUED, Stage.QUEUED),
        (Stage.OPEN, Stage.ANSWERED, Stage.OPEN),
        (Stage.ANSWERED, Stage.RESOLVED, Stage.ANSWERED),
        (Stage.ANSWERED, Stage.SETTLED, Stage.HELPED),
        (Stage.OPEN, Stage.HELPED, Stage.HELPED),
        (Stage.RESOLVED, Stage.SETTLED, Stage.SETTLED),
        (Stage.RESOLVED, Stage.CLOSED, Stage.RESOLVED),
        (Stage.CLOSED, Stage.CLOSED, Stage.CLOSED),
    ],
)
def test_two_cases_that_become_one_stand_where_more_is_to_be_done_and_a_humans_stays_a_humans(
    one: Stage, other: Stage, together: Stage
) -> None:
    assert merged(one, other) is merged(other, one) is together


def test_only_the_clock_sends_by_the_table() -> None:
    for stage, event in product(Stage, Event):
        assert step(stage, event).mail is None or event in CLOCK


def test_the_architecture_shows_the_table_as_it_is() -> None:
    page = (Path(__file__).parents[2] / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert drawn() in page, "replace the table by the text of daemon.steps.lifecycle.drawn()"
