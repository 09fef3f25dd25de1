"""Like questions are one gap, counted by customers; a problem that comes back carries what engineers need."""

import numpy as np
import pytest

from daemon.steps.gaps import Asked, errors, essence, gaps, problems, versions
from kb.clusters import clusters


def asked(number: int, text: str, **more: str) -> Asked:
    return Asked(
        case=f"FL-{number}", customer=f"c{number}@x.test", name="Alice Archer", subject="Help", text=text, **more
    )


def unit(*angles: float) -> np.ndarray:
    return np.array([[np.cos(angle), np.sin(angle)] for angle in angles], dtype=np.float32)


def test_a_group_is_a_middle_and_what_is_near_to_it_and_no_chain():
    # Each is 0.3 rad from the next: a chain would make them one group.
    found = clusters(unit(0.0, 0.3, 0.6, 0.9, 1.2), nearness=float(np.cos(0.31)))
    assert found == [[1, 0, 2], [3, 4]]
    assert clusters(unit(0.0, 1.5), nearness=0.9) == [[0], [1]]
    assert clusters(np.empty((0, 0), dtype=np.float32)) == []


def test_a_gap_counts_customers_and_shows_no_name():
    mails = [
        asked(1, "Hi,\n\nI am Alice Archer. Can Alice Archer print in the cold, order 4711-0815?\n\nAlice", nearest="Labels"),
        asked(2, "Does it print in the cold?", nearest="Labels"),
        Asked(case="FL-3", customer="c2@x.test", name="", subject="", text="Again: does it print in the cold?"),
        asked(4, "Where is my parcel?"),
    ]  # fmt: skip
    (gap,) = gaps(mails, [[0, 1, 2], [3]])
    assert (gap.count, gap.nearest, gap.cases) == (2, "Labels", ("FL-1", "FL-2", "FL-3"))
    assert gap.told == "Can [name] print in the cold, order [number]?"
    assert len(gaps(mails, [[0, 1, 2], [3]], least=1)) == 2


def test_what_is_compared_is_what_is_asked():
    mail = asked(1, "Hello,\n\nwe moved house last week. It was hot. How do I reset the printer?\n\nRegards\nAlice")
    assert essence(mail) == "Help\nHow do I reset the printer?"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I use IDE v2.3.3 on macOS 14.5.", ("2.3.3", "14.5")),
        ("Firmware 1.0.0-rc.2 fails", ("1.0.0-rc.2",)),
        ("It costs 5 and I wrote to a@1.2.3.example", ()),
    ],
)
def test_versions(text, found):
    assert versions(text) == found


def test_error_texts_lose_numbers_and_names():
    text = 'It says "Error 17 for Alice".\navrdude: ser_open(): can\'t open device: failed with code 5\nThat is all.'
    assert errors(text, "Alice") == ("Error # for [name]", "avrdude: ser_open(): can't open device: failed with code #")


def test_a_problem_names_product_version_and_error():
    mails = [
        asked(1, 'Since 2.1.0 it says "Paper jam 3". It stopped.', product="Tapir One"),
        asked(2, 'It says "Paper jam 5" with 2.1.0.', product="Tapir One"),
    ]
    (problem,) = problems(mails, [[0, 1]])
    assert problem.count == 2
    assert problem.told.endswith("product Tapir One ×2; version 2.1.0 ×2; error Paper jam # ×2")
