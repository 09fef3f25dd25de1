"""Who a customer is to us: the team's list as a table, the lines of a hand-over, and the priority."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from daemon.edges.customers import CustomerFile
from daemon.steps.customer import Customer, CustomerView, EarlierCase, OpenPromise, facts, priority, promised
from daemon.steps.customer import solved_last_time as solved
from daemon.steps.customer_table import read_table
from daemon.steps.human import QueueMail, block, handover
from daemon.steps.verdicts import Action, Decision
from tests.unit.example_case import NOW, VOICE, view

NOVEMBER = datetime(2026, 11, 12, 9, 0, tzinfo=UTC)
REFUND = EarlierCase(
    reference="FL-2222-22X",
    topic="refund",
    subject="My money",
    opened_at=NOVEMBER,
    at=NOVEMBER,
    status="resolved",
    resolution="confirmed",
    solved_with='"Get a refund" (0.93)',
)
GOLD = CustomerView(
    known=Customer(key="alice@example.net", tier="gold", region="EU", products=("Tapir One",)), history=(REFUND,)
)


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_table_is_read_with_either_separator_line_end_and_with_a_mark(separator: str, end: str, mark: str) -> None:
    rows = (("Address", "name", "TIER", "products"), ("Alice@Example.net", '"Alice, A."', "gold", "One|Two"))
    found = read_table(mark + end.join(separator.join(row) for row in rows))
    assert not found.faults
    assert found.find("alice@example.NET") == Customer(
        key="alice@example.net", name="Alice, A.", tier="gold", products=("One", "Two")
    )


@pytest.mark.parametrize(
    ("row", "line", "words"),
    [
        ("alice.example.net,gold", 3, "'alice.example.net' is no mail address"),
        (",gold", 3, "names neither address nor domain"),
        ("bob@example.net,silver,more", 3, "has 3 cells, the header has 2"),
        ("ALICE@example.net,silver", 3, "stands there twice"),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_a_remedy_and_the_rest_is_loaded(row: str, line: int, words: str) -> None:
    found = read_table(f"address,tier\nalice@example.net,gold\n{row}\ncarol@example.net,bronze\n")
    (fault,) = found.faults
    assert (fault.line, words in fault.what, bool(fault.remedy)) == (line, True, True)
    assert {key: row.tier for key, row in found.rows.items()} == {
        "alice@example.net": "gold",
        "carol@example.net": "bronze",
    }


def test_a_file_without_a_header_is_one_fault_and_an_unknown_column_another() -> None:
    assert read_table("alice@example.net,gold\n").faults[0].line == 1
    assert read_table("alice@example.net,gold\n").rows == {}
    assert "colour" in str(read_table("address,colour\nalice@example.net,red\n").faults[0])
    assert read_table("").faults


def test_the_row_of_a_domain_counts_only_where_the_address_has_none_and_not_for_hosts_below_it() -> None:
    found = read_table("address,domain,tier\nalice@example.net,,gold\n,example.net,silver\n")
    assert [one and one.tier for one in map(found.find, ("alice@example.net", "bob@example.net"))] == ["gold", "silver"]
    assert [found.find(one) for one in ("bob@shop.example.net", "bob@notexample.net", "example.net", "")] == [None] * 4


async def test_the_file_is_read_again_when_it_changes_and_the_last_table_holds_when_it_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("address,tier\nalice@example.net,gold\n")
    customers = CustomerFile(path)
    tiers = []
    for text in (None, "address,tier\nalice@example.net,platinum\n", ""):
        if text:
            path.write_text(text)
        elif text == "":
            path.unlink()
        found = await customers.find("alice@example.net")
        tiers.append(found and found.tier)
    assert tiers == ["gold", "platinum", "platinum"]


@pytest.mark.parametrize(
    ("of_the_mail", "severity", "tier", "late", "found"),
    [
        ("normal", "", "", False, "normal"),
        ("normal", "", "gold", False, "high"),
        ("normal", "", "GOLD", False, "high"),
        ("low", "", "gold", False, "normal"),
        ("low", "", "gold", True, "high"),
        ("normal", "", "silver", False, "normal"),
        ("normal", "", "", True, "high"),
        ("high", "", "gold", True, "high"),
        ("normal", "low", "", False, "low"),
        ("normal", "high", "", False, "high"),
        ("high", "low", "", False, "high"),
        ("low", "somewhat", "", False, "low"),
    ],
)
def test_priority_is_what_the_mail_says_raised_by_tier_and_by_waiting(
    of_the_mail: str, severity: str, tier: str, late: bool, found: str
) -> None:
    assert priority(of_the_mail, severity=severity, tier=tier, high_tiers=("gold",), late=late) == found


def test_the_line_of_the_customer_tells_tier_region_and_the_earlier_cases() -> None:
    assert facts(GOLD, 3) == "gold · EU · 3 earlier cases (last: refund, 12 Nov, resolved)\nuses Tapir One"
    assert facts(replace(GOLD, history=(), known=None, tone=-0.5), 0) == "their last mails were upset (−0.5)"
    assert facts(None, 1) == "1 earlier case"
    assert facts(None, 0) == ""


def test_a_promise_is_told_with_its_time_and_whether_it_was_missed() -> None:
    both = CustomerView(
        promises=(
            OpenPromise(reference="FL-1", until=NOW - timedelta(hours=1)),
            OpenPromise(reference="FL-2", until=NOW + timedelta(hours=4)),
        )
    )
    told = promised(both, "FL-2", NOW, ZoneInfo("Europe/Berlin"))
    assert told == (
        "a colleague answers on FL-1 by Tue 24 Nov 11:07 (missed) · a colleague answers by Tue 24 Nov 16:07"
    )


def test_what_solved_the_last_case_of_the_same_kind_is_the_next_step_and_of_another_kind_is_not() -> None:
    assert solved(GOLD, "refund", "") == (
        'Solved last time by the article (12 Nov, FL-2222-22X): "Get a refund" (0.93)'
    )
    assert "by a colleague" in solved(replace(GOLD, history=(replace(REFUND, by_human=True),)), "Refund", "")
    assert solved(GOLD, "shipping", "My money") == ""
    assert solved(GOLD, "", "About my money")
    assert solved(replace(GOLD, history=(replace(REFUND, resolution=""),)), "refund", "") == ""


def test_the_hand_over_shows_all_of_it_in_text_and_as_a_header() -> None:
    due = NOW + timedelta(hours=4)
    shown = replace(view(earlier=1), customer=replace(GOLD, promises=(OpenPromise(reference="FL-9", until=due),)))
    decision = Decision(action=Action.ESCALATE, why=("asked for a person",))
    lines = dict(block(shown, decision, VOICE, QueueMail(due=due)))
    assert lines["Customer"].startswith(
        "Alice Archer <alice@example.net> · gold · EU · 1 earlier case (last: refund, 12 Nov, resolved)\nuses Tapir One"
    )
    assert lines["Promise"] == "a colleague answers on FL-9 by Tue 24 Nov 16:07"
    mail = handover(shown, decision, VOICE, QueueMail(due=due), message_id="x@example.com", headers=())
    assert ("X-Firstline-Tier", "gold") in mail.headers
