"""Pure. How long to wait before something that failed is tried again."""

import random


def delay(attempt: int, *, base: float, limit: float, rng: random.Random) -> float:
    """Return the seconds to wait after the `attempt`-th failure in a row (1 is the first), between 0 and `limit`.

    Exponential with full jitter: anything between nothing and `base` doubled at each failure, capped. The jitter keeps
    many clients of one server from coming back at the same moment.
    """
    doublings = min(max(attempt - 1, 0), 62)  # past that the cap holds anyway, and 2.0 ** 1024 overflows
    return rng.uniform(0.0, min(limit, base * 2.0**doublings))
