"""The probability follows what the search found, and nothing else."""

from dataclasses import replace

import pytest

from kb.articles import Passage
from kb.calibrate import DEFAULT, Calibration, Features, features, probability
from kb.evidence import Hit


def hit(article: str, dense: float, *, coverage: float = 0.0, bonus: float = 0.0) -> Hit:
    passage = Passage(id=f"{article}{dense}", article=article, title=article, section="", text="Text.")
    return Hit(passage=passage, score=dense + bonus, dense=dense, sparse=0.0, coverage=coverage)


FLAT = Calibration(intercept=0.0, weights=Features(0, 0, 0, 0, 0, 0), source="")
CLEAR = (hit("a.md", 0.8, coverage=0.9), hit("b.md", 0.3, coverage=0.1), hit("c.md", 0.2))


def test_features_compare_the_best_article_with_the_others():
    found = features("reset password", (hit("a.md", 0.8, coverage=0.5), hit("a.md", 0.7, coverage=0.6), *CLEAR[1:]))
    assert found.dense == 0.8
    assert found.lead == pytest.approx(0.55)
    assert found.second == pytest.approx(0.5)
    assert found.coverage == 0.6
    assert found.coverage_lead == pytest.approx(0.5)


def test_further_passages_of_the_best_article_take_nothing_from_its_lead():
    alone = features("q", CLEAR)
    crowded = features("q", (CLEAR[0], hit("a.md", 0.79), hit("a.md", 0.78), *CLEAR[1:]))
    assert crowded == alone


def test_nothing_found_is_nearly_impossible():
    assert features("reset", ())[:5] == (0, 0, 0, 0, 0)
    assert probability(DEFAULT, features("reset my password", ())) < 0.05


def test_one_article_alone_has_no_lead():
    assert features("q", CLEAR[:1]).lead == 0


ASKED = "how do I connect the printer to the new network of our office in town"


@pytest.mark.parametrize("name", ["dense", "lead", "coverage"])
def test_more_of_what_speaks_for_an_article_makes_it_likelier(name):
    found = features(ASKED, CLEAR)
    assert probability(DEFAULT, found._replace(**{name: 0.9})) > probability(DEFAULT, found._replace(**{name: 0.1}))


def test_a_weight_may_change_with_the_length_of_the_query():
    calibration = replace(FLAT, by_length=Features(0, 0, 0, 2.0, 0, 0))
    short, long = (features(text, CLEAR)._replace(coverage=1.0) for text in ("reset it", ASKED))
    assert probability(calibration, short) < probability(calibration, long)
    assert probability(FLAT, short) == probability(FLAT, long) == 0.5


def test_a_clear_winner_is_likelier_than_a_tie():
    tie = (CLEAR[0], hit("b.md", 0.79, coverage=0.9), hit("c.md", 0.78, coverage=0.9))
    assert probability(DEFAULT, features("reset password", CLEAR)) > 0.8
    assert probability(DEFAULT, features("reset password", tie)) < 0.6


def test_extreme_values_stay_probabilities():
    wild = Calibration(intercept=0.0, weights=Features(1e9, 0, 0, 0, 0, 0), source="")
    assert 0 <= probability(wild, features("q", CLEAR)) <= 1
    assert 0 <= probability(replace(wild, intercept=-1e12), features("q", CLEAR)) <= 1


def test_what_ships_says_what_it_was_fitted_on():
    assert DEFAULT.source == "reading, banking77, clinc"
