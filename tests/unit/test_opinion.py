"""A reranker moves articles within a bound, and makes nothing surer."""

import random
from dataclasses import replace

import pytest

from kb.articles import Passage
from kb.calibrate import DEFAULT, Calibration, Features
from kb.evidence import Hit, grade
from kb.opinion import CLEARLY, EVEN, UNLIKELY, WEIGHT, reordered, restrained

SURE = Calibration(intercept=4.0, weights=Features(0, 0, 0, 0, 0, 0), source="")
QUERY = "how do I reset the password of my account when I have lost the phone that gets the codes and the codes on paper too"


def hit(article: str, score: float, opinion: float | None = None, *, public: bool = True, number: int = 0) -> Hit:
    passage = Passage(
        id=f"{article}-{number}",
        article=article,
        title=f"Title of {article}",
        section="",
        text="Text.",
        public=public,
        position=number,
    )
    return Hit(passage=passage, score=score, dense=score, sparse=0.0, reranked=opinion)


def order(hits: list[Hit]) -> list[str]:
    return [each.passage.id for each in hits]


@pytest.mark.parametrize(
    ("hits", "opinions", "after"),
    [
        pytest.param(
            [hit("a", 0.6), hit("b", 0.55)], {"a-0": 0.1, "b-0": 0.9}, ["b-0", "a-0"], id="what it prefers comes first"
        ),
        pytest.param([hit("a", 0.6), hit("b", 0.5)], {"a-0": 0.9, "b-0": 0.1}, ["a-0", "b-0"], id="it agrees"),
        pytest.param([hit("a", 0.6), hit("b", 0.5)], {"a-0": 0.3, "b-0": 0.9}, ["a-0", "b-0"], id="not by enough"),
        pytest.param(
            [hit("a", 0.6), hit("b", 0.6 - WEIGHT - 0.01)],
            {"a-0": 0.0, "b-0": 1.0},
            ["a-0", "b-0"],
            id="never past what the search puts further ahead than the bound",
        ),
        pytest.param(
            [hit("a", 0.6), hit("b", 0.6)], {"a-0": 0.5, "b-0": 0.5}, ["a-0", "b-0"], id="with equal opinions as it was"
        ),
        pytest.param(
            [hit("a", 0.6), hit("b", 0.58), hit("b", 0.4, number=1)],
            {"a-0": 0.0, "b-0": 1.0},
            ["b-0", "a-0", "b-1"],
            id="all hits of an article by the opinion of the one that was read",
        ),
        pytest.param(
            [hit("a", 0.6), hit("b", 0.5), hit("c", 0.49)],
            {"a-0": 0.9, "b-0": 0.0},
            ["a-0", "b-0", "c-0"],
            id="what was not read gets nothing added",
        ),
    ],
)
def test_articles_come_in_the_order_of_score_and_bounded_opinion(hits, opinions, after):
    found = reordered(hits, opinions)
    assert order(found) == after
    assert {each.passage.id: each.score for each in found} == {each.passage.id: each.score for each in hits}
    assert {each.passage.id: each.reranked for each in found if each.reranked is not None} == opinions


@pytest.mark.parametrize(
    ("hits", "after", "why"),
    [
        pytest.param([hit("a", 0.6), hit("b", 0.2)], 0.95, "", id="without a reranker"),
        pytest.param([hit("a", 0.6, 0.9), hit("b", 0.2, 0.1)], 0.95, "the reranker gives it 0.90", id="it agrees"),
        pytest.param(
            [hit("a", 0.6, 0.5), hit("b", 0.4, 0.5 + CLEARLY - 0.01)],
            0.95,
            "gives it 0.50",
            id="prefers another a little",
        ),
        pytest.param(
            [hit("a", 0.6, 0.5), hit("b", 0.4, 0.5 + CLEARLY)],
            EVEN,
            "“Title of b” 0.80: it prefers that",
            id="prefers another clearly",
        ),
        pytest.param(
            [hit("a", 0.6, 0.5), hit("b", 0.4, 0.9, public=False)],
            EVEN,
            "prefers that",
            id="prefers an internal one, which answers no customer",
        ),
        pytest.param(
            [hit("a", 0.6, UNLIKELY - 0.01), hit("b", 0.2, 0.0)], EVEN, "hardly believes", id="believes in none"
        ),
        pytest.param([hit("a", 0.6, UNLIKELY), hit("b", 0.2, 0.0)], 0.95, "gives it 0.05", id="is not sure of any"),
        pytest.param(
            [hit("b", 0.5, 0.9), hit("a", 0.6, 0.1)],
            EVEN,
            "the search would put “Title of a” first",
            id="moved another up",
        ),
        pytest.param(
            [hit("b", 0.5, 0.9), hit("a", 0.6, 0.1, public=False)],
            0.0,
            "would put",
            id="moved another before an internal one",
        ),
        pytest.param(
            [hit("a", 0.6, 0.9), hit("a", 0.7, None, number=1)], 0.95, "gives it 0.90", id="one article is no other"
        ),
    ],
)
def test_the_confidence_is_capped_where_search_and_reranker_disagree(hits, after, why):
    confidence, said = restrained(QUERY, hits, SURE, 0.95)
    assert confidence == after
    assert why in said
    assert bool(said) == bool(why)


def test_what_was_less_sure_stays_so():
    assert restrained(QUERY, [hit("a", 0.6, 0.0), hit("b", 0.2, 1.0)], SURE, 0.3)[0] == 0.3


def test_no_opinion_ever_makes_an_answer_surer():
    rng = random.Random(7)
    changed = capped = 0
    for _ in range(2000):
        plain = sorted(
            (
                replace(
                    hit(name, rng.uniform(0.1, 0.9)),
                    own=rng.uniform(0, 9),
                    share=-rng.random(),
                    read=rng.uniform(-5, 0),
                )
                for name in "abcd"
            ),
            key=lambda each: -each.score,
        )
        told = reordered(plain, {each.passage.id: rng.random() ** 3 for each in plain})
        before, after = (grade(QUERY, hits, DEFAULT) for hits in (plain, told))
        assert after.confidence <= before.confidence + 1e-9
        assert after.confidence <= EVEN or order(told)[0] == order(plain)[0]
        changed += order(told)[0] != order(plain)[0]
        capped += after.confidence < before.confidence - 1e-9
    assert changed > 100
    assert capped > 100


def test_the_grade_says_what_the_reranker_said():
    evidence = grade(QUERY, (hit("a", 0.6, 0.2), hit("b", 0.5, 0.7)), SURE)
    assert evidence.confidence == EVEN
    assert any("the reranker gives it 0.20 and “Title of b” 0.70" in why for why in evidence.why)
    assert not any("reranker" in why for why in grade(QUERY, (hit("a", 0.6), hit("b", 0.5)), SURE).why)
