"""The classifier learns from the articles' own sentences what tells them apart."""

import numpy as np
import pytest

from kb.classifier import MOST_ARTICLES, SENTENCES, Classifier, fit, sentences

#: Two articles that differ in one direction, and a third beside them; all have the first direction in common.
VECTORS = np.array(
    [[0.9, 0.4, 0, 0], [0.9, 0.3, 0.1, 0], [0.9, 0, 0.4, 0], [0.9, 0.1, 0.3, 0], [0.9, 0, 0, 0.4]], np.float32
)
OWNERS = ["a.md", "a.md", "b.md", "b.md", "c.md"]


def fitted() -> Classifier:
    found = fit(VECTORS, OWNERS)
    assert found is not None
    return found


@pytest.mark.parametrize("row", range(5))
def test_an_article_claims_its_own_sentences(row):
    claims = fitted().claims(VECTORS[row], OWNERS)
    assert max(claims, key=lambda article: claims[article].own) == OWNERS[row]


def test_shares_are_a_whole():
    claims = fitted().claims(VECTORS[0], OWNERS)
    assert sum(np.exp(claim.share) for claim in claims.values()) == pytest.approx(1)
    assert all(claim.share < 0 for claim in claims.values())


def test_what_all_articles_have_in_common_speaks_for_none():
    claims = fitted().claims(np.array([1, 0, 0, 0], np.float32), OWNERS)
    assert max(claim.share for claim in claims.values()) < np.log(0.6)


def test_a_long_article_counts_no_more_than_a_short_one():
    longer = fit(np.concatenate([VECTORS[:2], VECTORS[:2], VECTORS]), [*OWNERS[:2], *OWNERS[:2], *OWNERS])
    assert longer is not None
    first, second = (each.claims(VECTORS[2], OWNERS) for each in (fitted(), longer))
    assert first["b.md"].share == pytest.approx(second["b.md"].share, abs=0.02)


def test_the_nearest_sentence_is_ahead_of_those_of_all_other_articles():
    claims = fitted().claims(VECTORS[3], OWNERS)
    assert claims["b.md"].nearest == pytest.approx(float(VECTORS[3] @ VECTORS[3] - VECTORS[0] @ VECTORS[3]))
    assert claims["a.md"].nearest == pytest.approx(-claims["b.md"].nearest)


def test_only_those_who_are_asked_claim():
    assert fitted().claims(VECTORS[3], {"b.md", "unknown.md"}).keys() == {"b.md"}


def test_the_same_vectors_give_the_same_weights():
    assert (fitted().weights == fitted().weights).all()


def test_too_few_and_too_many_articles_have_no_classifier():
    assert fit(VECTORS[:2], OWNERS[:2]) is None
    assert fit(np.zeros((0, 1), np.float32), []) is None
    many = [f"{k}.md" for k in range(MOST_ARTICLES + 1)]
    assert fit(np.zeros((len(many), 1), np.float32), many) is None


def test_vectors_of_another_model_are_not_judged():
    assert fitted().claims(np.ones(3, np.float32), OWNERS) == {}


def test_an_article_is_learnt_by_its_title_its_sentences_and_its_list_items():
    found = sentences("Reset", ["Open the menu. Press **Reset** twice.\n\n- Hold the button\n- Let go of it", "Ok."])
    assert found == ("Reset", "Open the menu.", "Press Reset twice.", "Hold the button", "Let go of it")


def test_a_long_article_is_learnt_by_sentences_from_all_of_it():
    found = sentences("Long", [f"This is sentence {k}." for k in range(100)])
    assert len(found) == 1 + SENTENCES
    assert found[-1] > "This is sentence 90."
