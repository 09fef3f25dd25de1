import random

import pytest

from daemon.steps.retry import delay


class Longest(random.Random):
    """Always draws the upper end."""

    def uniform(self, a: float, b: float) -> float:
        return b


@pytest.mark.parametrize(
    ("attempt", "longest"),
    [
        pytest.param(1, 2.0, id="first failure: the base"),
        pytest.param(2, 4.0, id="doubled at each failure"),
        pytest.param(4, 16.0, id="doubled again"),
        pytest.param(5, 20.0, id="capped"),
        pytest.param(5000, 20.0, id="a month of failures"),
        pytest.param(0, 2.0, id="no failure counts as the first"),
    ],
)
def test_the_delay_grows_up_to_its_cap(attempt: int, longest: float) -> None:
    assert delay(attempt, base=2.0, limit=20.0, rng=Longest()) == longest


def test_the_delay_is_drawn_from_the_whole_span() -> None:
    rng = random.Random(7)
    drawn = [delay(3, base=1.0, limit=60.0, rng=rng) for _ in range(1000)]
    assert min(drawn) < 0.2
    assert max(drawn) > 3.8
    assert all(0.0 <= one <= 4.0 for one in drawn)


def test_the_same_seed_gives_the_same_delays() -> None:
    first, second = ([delay(n, base=1, limit=60, rng=random.Random(1)) for n in range(1, 9)] for _ in range(2))
    assert first == second
