"""The probability follows what the search found, and nothing else."""

from dataclasses import replace

import pytest

from kb.articles import Passage
from kb.calibrate import DEFAULT, Calibration, Features, adjusted, features, probability, settled
from kb.evidence import Hit, grade


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


def test_nothing_found_answers_nothing():
    assert features("reset", ())[:5] == (0, 0, 0, 0, 0)
    assert grade("reset my password", (), DEFAULT).confidence == 0


def test_one_article_alone_has_no_lead():
    assert features("q", CLEAR[:1]).lead == 0


ASKED = "how do I connect the printer to the new network of our office in town"


@pytest.mark.parametrize("name", ["lead", "coverage", "own_lead", "read"])
def test_more_of_what_speaks_for_an_article_makes_it_likelier(name):
    found = features(ASKED, CLEAR)._replace(share=-0.5)  # as where the classifier knows the article
    assert probability(DEFAULT, found._replace(**{name: 0.9})) > probability(DEFAULT, found._replace(**{name: 0.1}))


@pytest.mark.parametrize("words", [1, 10, 200])
def test_nothing_that_speaks_for_an_article_counts_against_it(words):
    length = features("word " * words, CLEAR).length
    for calibration in (DEFAULT, DEFAULT.plain):
        assert calibration is not None
        for name, weight, more in zip(Features._fields, calibration.weights, calibration.by_length, strict=True):
            assert name == "length" or weight + more * length >= -0.01, name


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
    assert DEFAULT.source == "reading, clinc"


def test_what_the_classifier_says_makes_an_article_likelier():
    sure, unsure = (
        features(ASKED, (replace(CLEAR[0], own=own, share=share),)) for own, share in ((8, -0.1), (1, -4.0))
    )
    assert sure.classified
    assert probability(DEFAULT, sure) > probability(DEFAULT, unsure)


def test_a_search_without_a_classifier_has_coefficients_of_its_own():
    plain = replace(FLAT, intercept=3.0)
    found = features("q", CLEAR)
    assert not found.classified
    assert probability(replace(FLAT, plain=plain), found) == probability(plain, found)
    assert probability(replace(FLAT, plain=plain), found._replace(share=-0.5)) == 0.5


def verdicts(sure: float, right: int, count: int) -> list[tuple[float, bool]]:
    return [(sure, k < right) for k in range(count)]


def test_without_verdicts_nothing_moves():
    assert adjusted(DEFAULT, ()) == DEFAULT
    assert settled(DEFAULT, 0.83) == 0.83


def test_ten_verdicts_move_little_and_two_hundred_decide():
    few, many = (settled(adjusted(FLAT, verdicts(0.9, right, n)), 0.9) for right, n in ((7, 10), (140, 200)))
    assert 0.82 < few < 0.89
    assert many == pytest.approx(0.72, abs=0.03)


def test_verdicts_that_agree_with_the_confidence_leave_it():
    honest = [*verdicts(0.9, 90, 100), *verdicts(0.5, 50, 100), *verdicts(0.1, 10, 100)]
    moved = adjusted(FLAT, honest)
    for sure in (0.1, 0.5, 0.9):
        assert settled(moved, sure) == pytest.approx(sure, abs=0.01)


def test_timidity_is_unlearnt():
    moved = adjusted(FLAT, [*verdicts(0.7, 195, 200), *verdicts(0.2, 10, 100)])
    assert settled(moved, 0.7) > 0.9
    assert settled(moved, 0.2) < 0.3


def test_the_order_of_confidences_never_changes():
    for right in (0, 50, 100):
        moved = adjusted(FLAT, [*verdicts(0.9, 100 - right, 100), *verdicts(0.2, right, 100)])
        found = [settled(moved, sure / 20) for sure in range(21)]
        assert found == sorted(found)
