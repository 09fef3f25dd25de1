"""The digest: when it is due, what it counts, and that its pages say the same and harm nobody."""

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from daemon.settings import HoursSettings
from daemon.steps.digest import Agreed, Done, Figures, Health, Theme, fate, speed, total
from daemon.steps.digest_pages import as_csv, as_html, as_text, heading
from daemon.steps.digest_sections import sections
from daemon.steps.digest_time import cause, days, due
from store.figures import Window

BERLIN = ZoneInfo("Europe/Berlin")
HOURS = HoursSettings(holidays=(date(2026, 12, 25),))
EIGHT = time(8, 0)


def berlin(month: int, day: int, hour: int = 8, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("name", "covered", "now", "until"),
    [
        ("daily", berlin(11, 23), berlin(11, 24, 7, 59), None),
        ("daily", berlin(11, 23), berlin(11, 24, 8, 0), berlin(11, 24)),
        ("daily", berlin(11, 23), berlin(11, 24, 17), berlin(11, 24)),
        ("daily", berlin(11, 24), berlin(11, 24, 17), None),
        # What was missed stands in the next one, and a weekend in Monday's.
        ("daily", berlin(11, 19), berlin(11, 24, 8, 1), berlin(11, 24)),
        ("daily", berlin(11, 20), berlin(11, 22, 12), None),
        ("daily", berlin(11, 20), berlin(11, 23, 8), berlin(11, 23)),
        ("daily", berlin(12, 24), berlin(12, 25, 12), None),
        # A daemon that starts on Saturday after a week writes Friday's.
        ("daily", berlin(11, 13), berlin(11, 21, 12), berlin(11, 20)),
        ("daily", berlin(11, 20, 18), berlin(11, 21, 12), None),
        # The nights in which the clocks change: eight o'clock stays eight o'clock.
        ("daily", berlin(3, 27), berlin(3, 30, 8), berlin(3, 30)),
        ("daily", berlin(10, 23), berlin(10, 26, 8), berlin(10, 26)),
        ("weekly", berlin(11, 16), berlin(11, 20, 12), None),
        ("weekly", berlin(11, 16), berlin(11, 23, 8), berlin(11, 23)),
        ("weekly", berlin(11, 9), berlin(11, 26, 8), berlin(11, 23)),
    ],
)
def test_a_digest_is_due_on_working_days_and_covers_all_since_the_last(name, covered, now, until):
    window = due(name, covered, now, EIGHT, HOURS, BERLIN)
    assert window == (None if until is None else Window(since=covered, until=until))


def test_the_weekly_digest_comes_on_the_first_working_day_of_its_week():
    hours = HoursSettings(holidays=(date(2026, 11, 23),))
    assert due("weekly", berlin(11, 16), berlin(11, 23, 12), EIGHT, hours, BERLIN) is None
    assert due("weekly", berlin(11, 16), berlin(11, 24, 8), EIGHT, hours, BERLIN) == Window(
        since=berlin(11, 16), until=berlin(11, 24)
    )


def test_each_digest_has_a_cause_of_its_own():
    window = Window(since=berlin(11, 20), until=berlin(11, 23))
    assert cause("daily", window, BERLIN) == "digest:2026-11-23"
    assert cause("weekly", window, BERLIN) == "digest:2026-W48"
    assert days(window, BERLIN) == tuple(date(2026, 11, day) for day in (20, 21, 22, 23))


@pytest.mark.parametrize(
    ("action", "because", "mode", "done", "shadow"),
    [
        ("answer", "confident", "auto", Done.ANSWERED, False),
        ("answer", "confident", "shadow", Done.ANSWERED, True),
        ("answer", "confident", "draft", Done.DRAFTED, False),
        ("clarify", "ambiguous", "auto", Done.ASKED, False),
        ("clarify", "ambiguous", "draft", Done.DRAFTED, False),
        ("draft", "middle", "auto", Done.DRAFTED, False),
        ("draft", "offer", "auto", Done.ANSWERED, False),
        ("draft", "offer", "draft", Done.DRAFTED, False),
        ("escalate", "low_confidence", "auto", Done.HANDED_OVER, False),
        ("ignore", "undeliverable", "auto", Done.HANDED_OVER, False),
        ("ignore", "list", "auto", Done.LEFT_ALONE, False),
        ("ignore", "rating", "auto", Done.RATED, False),
        ("record", "human_owns", "auto", Done.PASSED_ON, False),
        ("close", "resolved", "auto", Done.CLOSED, False),
        ("wait", "ack_pending", "auto", Done.WAITING, False),
    ],
)
def test_what_became_of_a_mail(action, because, mode, done, shadow):
    found = fate(action, because, mode, 3)
    assert (found.done, found.shadow, found.count) == (done, shadow, 3)


def test_the_median_and_nine_in_ten():
    found = speed(timedelta(minutes=minutes) for minutes in range(1, 11))
    assert (found.count, found.median, found.p90) == (10, timedelta(minutes=5.5), timedelta(minutes=9))
    assert speed([timedelta(hours=1)]).p90 == timedelta(hours=1)
    assert speed([]).median is None


FIGURES = Figures(
    since=berlin(11, 16),
    until=berlin(11, 23),
    came={"customer": 9, "bounce": 1},
    fates=(fate("answer", "confident", "auto", 4), fate("escalate", "low_confidence", "auto", 5)),
    endings={"confirmed": 2, "assumed": 1, "reopened": 1},
    automatic=speed([timedelta(seconds=40)]),
    human=speed([timedelta(hours=3)]),
    oldest=("FL-7K2Q-9DX", berlin(11, 20)),
    waiting={"high": 1, "normal": 2},
    agreement=(Agreed(topic="printer", agree=18, compared=20),),
    gaps=(Theme(count=7, told="=HYPERLINK(1) & <img src=x> labels in the cold?", nearest="Labels", cases=("FL-7K2Q-9DX",)),),
    days=((date(2026, 11, 16), 4, 2), (date(2026, 11, 17), 5, 2)),
    health=Health(chain="ab" * 32, entries=12, downtimes=((berlin(11, 17, 1), berlin(11, 17, 3)),), failed={"reply": 1}),
)  # fmt: skip


def test_confirmed_assumed_and_reopened_stand_apart_and_so_do_people_and_firstline():
    text = as_text("Digest", sections(FIGURES, BERLIN))
    for said in (
        r"confirmed by the customer +2",
        r"assumed: the customer fell silent +1",
        r"opened again +1",
        r"by Firstline +median 40 s",
        r"by people +median 3 hours",
        r"no article answers surely enough +5",
        r"did not run from Tue 17 Nov 01:00 to Tue 17 Nov 03:00",
        r"1 mail of ours was refused for good",
        r"FL-7K2Q-9DX, for 3 days",
        r"printer +18 of 20",
        "ab" * 32,
    ):
        assert re.search(said, text), said
    assert total(FIGURES, Done.ANSWERED) == 4
    assert heading("weekly", FIGURES, BERLIN) == "Firstline, week 48: Mon 16 Nov 08:00 to Mon 23 Nov 2026 08:00"


def test_a_long_time_is_shown_by_weeks() -> None:
    month = tuple((date(2026, 11, 1) + timedelta(days=number), 1, 0) for number in range(30))
    (section,) = [one for one in sections(replace(FIGURES, days=month), BERLIN) if one.key == "days"]
    assert [(line.key, line.value) for line in section.lines] == [
        ("2026-W44", "1"), ("2026-W45", "7"), ("2026-W46", "7"), ("2026-W47", "7"), ("2026-W48", "7"), ("2026-W49", "1"),
    ]  # fmt: skip


def test_the_page_asks_nobody_for_anything_and_shows_foreign_words_as_words():
    page = as_html("Digest", sections(FIGURES, BERLIN))
    assert "<img" not in page.replace("&lt;img", "")
    assert not re.search(r"https?:|url\(|<script|<link|<style", page)
    assert "&lt;img src=x&gt;" in page
    assert page.count("<table") == page.count("</table>")
    assert page.count("<tr") == page.count("</tr>")


def test_the_csv_holds_each_figure_once_and_no_formula():
    rows = list(csv.DictReader(io.StringIO(as_csv(sections(FIGURES, BERLIN)).decode("utf-8-sig"))))
    values = {(row["section"], row["key"]): row["value"] for row in rows}
    assert len(values) == len(rows)
    assert values["came", "customer"] == "9"
    assert values["first_response", "automatic_median_seconds"] == "40"
    assert values["waiting", "oldest"] == "FL-7K2Q-9DX"
    assert not [row for row in rows for cell in row.values() if cell.startswith(("=", "+", "@"))]
