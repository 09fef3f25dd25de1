"""A mail's topic is that of the article that answers it surely, else that on which the nearest passages agree."""

from dataclasses import replace

import pytest

from daemon.steps.topic import topic
from kb.evidence import Evidence, Hit
from tests.unit.example_case import PASSAGE


def evidence(*topics: str, confidence: float, cites: bool = True) -> Evidence:
    """The nearest passages with these topics; the first of them is cited."""
    passages = [replace(PASSAGE, id=f"p{place}", topic=name) for place, name in enumerate(topics)]
    hits = tuple(Hit(passage=each, score=0.8, dense=0.8, sparse=3.0) for each in passages)
    return Evidence(hits=hits, cited=tuple(passages[:1]) if cites else (), confidence=confidence)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(evidence("codes", "paper", "ink", "rolls", "fonts", confidence=0.9), "codes", id="sure, alone"),
        pytest.param(
            evidence("codes", "paper", "paper", "paper", confidence=0.7), "codes", id="sure, against the others"
        ),
        pytest.param(evidence("codes", "paper", "paper", "paper", confidence=0.69), "paper", id="unsure: the others"),
        pytest.param(evidence("codes", "paper", "ink", "rolls", confidence=0.69), None, id="unsure, no agreement"),
        pytest.param(evidence("", "paper", "paper", "paper", confidence=0.9), "paper", id="an article without a topic"),
        pytest.param(evidence("codes", "paper", "ink", confidence=0.9, cites=False), None, id="nothing is cited"),
        pytest.param(evidence("codes", "codes", confidence=0.1), "codes", id="few, all agree"),
        pytest.param(Evidence(confidence=0.9), None, id="nothing found"),
        pytest.param(None, None, id="nothing looked up"),
    ],
)
def test_the_topic_of_a_mail(found: Evidence | None, expected: str | None) -> None:
    assert topic(found, sure=0.7) == expected
