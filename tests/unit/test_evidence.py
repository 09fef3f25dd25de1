"""What answers is cited whole, in a length that a customer reads; what may not be said is not."""

import pytest

from kb.articles import Passage
from kb.calibrate import DEFAULT, Calibration, Features
from kb.evidence import LIMIT, Hit, grade

SURE = Calibration(intercept=4.0, weights=Features(0, 0, 0, 0, 0, 0), source="")
LONG = " ".join(["word"] * 100)


def passage(article: str, text: str = LONG, position: int = 0, **more: object) -> Passage:
    values = {"id": f"{article}-{position}", "title": f"Title of {article}", "section": "", **more}
    return Passage(article=article, text=text, position=position, **values)


def hit(found: Passage, score: float, *, dense: float | None = None, run: tuple[Passage, ...] = ()) -> Hit:
    return Hit(passage=found, score=score, dense=score if dense is None else dense, sparse=0.0, run=run)


def test_nothing_found_answers_nothing():
    evidence = grade("q", (), SURE)
    assert (evidence.answer, evidence.confidence, evidence.cited) == ("", 0.0, ())
    assert evidence.why


def test_the_best_passage_is_the_answer_and_its_article_is_cited():
    best = passage("a.md", "Open *Settings*.")
    evidence = grade("q", (hit(best, 0.9), hit(passage("b.md"), 0.2)), SURE)
    assert evidence.answer == "Open *Settings*."
    assert evidence.cited == (best,)
    assert evidence.confidence == pytest.approx(0.982, abs=0.001)
    assert not evidence.ambiguous
    assert "Title of a.md" in evidence.why[0]


def test_an_internal_article_is_found_and_never_cited():
    secret = passage("a.md", "Internal.", public=False)
    evidence = grade("q", (hit(passage("b.md", "Public."), 0.9), hit(secret, 0.89)), SURE)
    assert evidence.answer == "Public."
    assert secret not in (*evidence.cited, *evidence.candidates)
    assert secret in [each.passage for each in evidence.hits]


def test_where_the_best_is_internal_nothing_is_answered():
    evidence = grade("q", (hit(passage("a.md", public=False), 0.9), hit(passage("b.md"), 0.8)), SURE)
    assert (evidence.answer, evidence.confidence, evidence.cited) == ("", 0.0, ())
    assert "internal" in evidence.why[0]
    assert len(evidence.hits) == 2


def test_a_cut_list_is_joined_again_in_its_order():
    run = tuple(passage("a.md", f"{n}. Step {n}.", n, continues=n > 0) for n in range(3))
    evidence = grade("q", (hit(run[1], 0.9, run=run),), SURE)
    assert evidence.answer == "0. Step 0.\n\n1. Step 1.\n\n2. Step 2."
    assert evidence.cited[0] == run[1]


def test_a_list_that_is_too_long_stays_at_a_length_that_is_read():
    run = tuple(passage("a.md", LONG, n, continues=n > 0) for n in range(6))
    evidence = grade("q", (hit(run[3], 0.9, run=run),), SURE)
    assert len(evidence.answer.split()) <= LIMIT
    assert run[3] in evidence.cited
    positions = sorted(each.position for each in evidence.cited)
    assert positions == list(range(positions[0], positions[-1] + 1))


def test_an_introduction_is_followed_by_what_it_announces():
    intro, steps = passage("a.md", "Learn how to.", 0), passage("a.md", "1. Do it.", 1, section="Steps")
    evidence = grade("q", (hit(intro, 0.9), hit(steps, 0.5)), SURE)
    assert evidence.answer == "Learn how to.\n\n### Steps\n\n1. Do it."


def test_a_long_passage_takes_only_what_is_as_near():
    first, near, far = (passage("a.md", LONG, n) for n in range(3))
    evidence = grade("q", (hit(first, 0.9), hit(near, 0.85), hit(far, 0.5)), SURE)
    assert evidence.cited == (first, near)


def test_other_articles_are_not_mixed_into_the_answer():
    evidence = grade("q", (hit(passage("a.md", "A."), 0.9), hit(passage("b.md", "B."), 0.89)), SURE)
    assert evidence.answer == "A."


def test_articles_as_near_as_the_best_are_candidates():
    hits = (
        hit(passage("a.md"), 0.6),
        hit(passage("b.md"), 0.58),
        hit(passage("a.md", LONG, 1), 0.57),
        hit(passage("c.md"), 0.4),
    )
    evidence = grade("q", hits, SURE)
    assert [each.article for each in evidence.candidates] == ["a.md", "b.md"]
    assert evidence.ambiguous


def test_what_is_far_from_everything_is_not_ambiguous():
    evidence = grade("q", (hit(passage("a.md"), 0.2), hit(passage("b.md"), 0.19)), SURE)
    assert not evidence.ambiguous


@pytest.mark.parametrize(
    ("needs", "query", "missing"),
    [
        pytest.param(("browser",), "which browser is best", (), id="named"),
        pytest.param(("browser",), "it does not work", ("browser",), id="not named"),
        pytest.param(("system: Windows, Mac OS",), "on my WINDOWS laptop", (), id="a value"),
        pytest.param(("system: Windows, Mac OS",), "on mac os", (), id="a value of two words"),
        pytest.param(("system: Windows, Mac OS",), "my system is broken", ("system",), id="its name alone is no value"),
    ],
)
def test_what_an_article_needs_and_the_mail_does_not_say_is_missing(needs, query, missing):
    sure = grade(query, (hit(passage("a.md"), 0.9),), SURE)
    evidence = grade(query, (hit(passage("a.md", needs=needs), 0.9),), SURE)
    assert evidence.missing == missing
    assert evidence.ambiguous == bool(missing)
    assert (evidence.confidence < sure.confidence) == bool(missing)


def test_the_shipped_coefficients_do_not_send_on_a_tie():
    hits = tuple(hit(passage(f"{name}.md"), 0.5) for name in "abcdef")
    assert grade("how do I reset it", hits, DEFAULT).confidence < 0.7
