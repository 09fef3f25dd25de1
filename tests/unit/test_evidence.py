"""What answers is cited, what may not be said is not, and what is unsure is told as unsure."""

from dataclasses import replace

import pytest

from kb.articles import Passage
from kb.calibrate import DEFAULT, Calibration, Features
from kb.evidence import IN_PART, TRIED, Hit, grade

SURE = Calibration(intercept=4.0, weights=Features(0, 0, 0, 0, 0, 0), source="")
LONG = " ".join(["word"] * 100)


def passage(article: str, text: str = LONG, position: int = 0, **more: object) -> Passage:
    values = {"id": f"{article}-{position}", "title": f"Title of {article}", "section": "", **more}
    return Passage(article=article, text=text, position=position, **values)


def hit(found: Passage, score: float, *, dense: float | None = None, whole: tuple[Hit, ...] = ()) -> Hit:
    return Hit(passage=found, score=score, dense=score if dense is None else dense, sparse=0.0, whole=whole)


def best_of(article: tuple[Hit, ...]) -> Hit:
    """The best hit of an article, with all of it, as the search returns it."""
    return replace(max(article, key=lambda each: each.score), whole=article)


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


def test_a_short_article_is_the_answer_as_it_stands():
    article = (
        hit(passage("a.md", "You need a key.", 0), 0.1),
        hit(passage("a.md", "1. Do it.", 1, section="Steps"), 0.9),
        hit(passage("a.md", "2. Do that.", 2, section="Steps", continues=True), 0.1),
    )
    evidence = grade("q", (best_of(article),), SURE)
    assert evidence.answer == "You need a key.\n\n### Steps\n\n1. Do it.\n2. Do that."
    assert evidence.cited[0].text == "1. Do it."
    assert len(evidence.cited) == 3


def test_a_part_of_an_article_is_less_sure_than_all_of_it():
    short = tuple(hit(passage("a.md", "word", n), 0.9 - n / 100) for n in range(3))
    long = tuple(hit(passage("a.md", LONG, n), 0.9 - n / 100) for n in range(6))
    whole, part = (grade("q", (best_of(article),), SURE) for article in (short, long))
    odds_of_part, odds_of_whole = (each.confidence / (1 - each.confidence) for each in (part, whole))
    assert odds_of_part == pytest.approx(odds_of_whole * IN_PART)


def test_several_questions_are_less_surely_answered_by_one_article():
    one, two, three, ten = (
        grade(" and ".join(["is it?"] * count), (hit(passage("a.md"), 0.9),), SURE).confidence
        for count in (1, 2, 3, 10)
    )
    assert one > two > three == ten
    assert grade("is it???", (hit(passage("a.md"), 0.9),), SURE).confidence == one


def test_what_the_search_does_not_tell_of_an_article_is_not_missed():
    evidence = grade("q", (hit(passage("a.md", "B.", 1), 0.9), hit(passage("a.md", "A.", 0), 0.8)), SURE)
    assert evidence.answer == "A.\n\nB."


def test_other_articles_are_not_mixed_into_the_answer():
    evidence = grade("q", (hit(passage("a.md", "A."), 0.9), hit(passage("b.md", "B."), 0.89)), SURE)
    assert evidence.answer == "A."


SAYS_ENOUGH = " ".join(f"word{number}" for number in range(21))


def test_a_mail_that_says_little_leaves_open_which_article_is_meant():
    hits = (
        hit(passage("a.md"), 0.6),
        hit(passage("b.md"), 0.5),
        hit(passage("a.md", LONG, 1), 0.57),
        hit(passage("c.md"), 0.4),
    )
    evidence = grade("it does not work", hits, SURE)
    assert [each.article for each in evidence.candidates] == ["a.md", "b.md"]
    assert evidence.ambiguous
    assert not grade(SAYS_ENOUGH, hits, SURE).ambiguous


@pytest.mark.parametrize(("told", "nearby"), [(1, 0.25), (8, 0.25), (14, 0.325), (20, 0.4)])
def test_the_less_a_mail_says_the_farther_may_be_what_it_means(told, nearby):
    query = " ".join(SAYS_ENOUGH.split()[:told])
    for dense, ambiguous in ((nearby + 0.01, True), (nearby - 0.01, False)):
        hits = (hit(passage("a.md"), dense), hit(passage("b.md"), dense - 0.01))
        assert grade(query, hits, SURE).ambiguous == ambiguous


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


def test_who_has_tried_what_the_articles_say_is_less_surely_helped_by_them():
    odds = [
        sure / (1 - sure)
        for sure in (grade(query, (hit(passage("a.md"), 0.9),), SURE).confidence for query in ("q", "what else"))
    ]
    assert odds[1] == pytest.approx(odds[0] * TRIED)


def test_verdicts_of_people_move_the_confidence_and_what_it_was_before_is_kept():
    hits = (hit(passage("a.md", "Open *Settings*."), 0.9), hit(passage("b.md"), 0.2))
    before, after = grade("q", hits, SURE), grade("q", hits, replace(SURE, shift=-2.0))
    assert before.unadjusted == before.confidence
    assert after.unadjusted == before.confidence
    assert after.confidence == pytest.approx(0.881, abs=0.001)
