"""Pure. What two rows of words have in common, in their order."""

from collections.abc import Sequence

from daemon.steps.grounding_words import alike


def aligned(mine: Sequence[str], theirs: Sequence[str]) -> list[tuple[int, int]]:
    """The longest common subsequence, as pairs of places."""
    table = [[0] * (len(theirs) + 1) for _ in range(len(mine) + 1)]
    for one in reversed(range(len(mine))):
        for other in reversed(range(len(theirs))):
            table[one][other] = (
                table[one + 1][other + 1] + 1
                if alike(mine[one], theirs[other])
                else max(table[one + 1][other], table[one][other + 1])
            )
    pairs: list[tuple[int, int]] = []
    one = other = 0
    while one < len(mine) and other < len(theirs):
        if alike(mine[one], theirs[other]):
            pairs.append((one, other))
            one, other = one + 1, other + 1
        elif table[one + 1][other] >= table[one][other + 1]:
            one += 1
        else:
            other += 1
    return pairs


def common(one: Sequence[str], other: Sequence[str]) -> int:
    """The length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for mine in one:
        last = 0
        for index, theirs in enumerate(other):
            kept = row[index + 1]
            row[index + 1] = last + 1 if alike(mine, theirs) else max(kept, row[index])
            last = kept
    return row[-1]
