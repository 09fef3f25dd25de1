"""Pure. Texts that say the same, found by their vectors."""

from collections.abc import Sequence

import numpy as np

from kb.prepare import Matrix

#: The cosine from which two questions ask the same. Of 1,249 rephrasings of 125 questions (StackFAQ) a group holds 85 % of
#: one question and 76 % of all of it; at 0.6 it is 74 and 76 %, at 0.7 92 and 69 % (tests/bench/clusters.py).
THE_SAME = 0.65


def clusters(vectors: Matrix, nearness: float = THE_SAME) -> list[list[int]]:
    """Group rows of unit vectors: each group is a middle and everything at least so near to it, the largest first.

    A group's first row is its middle, the others follow in their order. No row is in two groups, and no chain of small
    steps makes a group of texts that have nothing to do with each other, as linking the nearest two does.
    """
    if not len(vectors):
        return []
    near = vectors @ vectors.T >= nearness
    np.fill_diagonal(near, True)
    left = np.ones(len(vectors), dtype=bool)
    found: list[list[int]] = []
    while left.any():
        counts = (near & left).sum(axis=1) * left
        middle = int(counts.argmax())
        members = np.flatnonzero(near[middle] & left)
        found.append([middle, *(int(one) for one in members if one != middle)])
        left[members] = False
    return found


def nearest(vector: Matrix, others: Sequence[Matrix]) -> tuple[int, float]:
    """Which of the others is nearest, and its cosine; (-1, -1.0) where there is none."""
    if not len(others):
        return -1, -1.0
    cosines = np.stack(list(others)) @ vector
    best = int(cosines.argmax())
    return best, float(cosines[best])
