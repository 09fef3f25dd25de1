"""How well like questions are grouped, by the nearness that a group asks for: B-cubed precision and recall.

`python tests/bench/clusters.py` from the project's folder; reads ../shared/data.
"""

import json
import sys
from pathlib import Path

import numpy as np

from kb.clusters import clusters
from kb.model import Embedder, find_model

STACKFAQ = Path(__file__).parents[3] / "shared/data/kb/stackfaq/queries.jsonl"


def b_cubed(gold: list[str], groups: list[list[int]]) -> tuple[float, float]:
    """Of each text: the share of its group that asks the same, and of those that ask the same, the share in its group."""
    group = np.empty(len(gold), dtype=int)
    for number, members in enumerate(groups):
        group[members] = number
    same_group = group[:, None] == group[None, :]
    asked = np.array(gold)
    same_question = asked[:, None] == asked[None, :]
    both = (same_group & same_question).sum(axis=1)
    return float((both / same_group.sum(axis=1)).mean()), float((both / same_question.sum(axis=1)).mean())


def main() -> None:
    """Print a line a nearness."""
    rows = [json.loads(line) for line in STACKFAQ.read_text().splitlines()]
    vectors = Embedder(find_model()).passages([row["query"] for row in rows])
    for nearness in (0.5, 0.55, 0.6, 0.65, 0.7, 0.75):
        groups = clusters(vectors, nearness)
        precision, recall = b_cubed([row["gold"] for row in rows], groups)
        sys.stdout.write(
            f"{nearness:.2f}: {len(groups)} groups, precision {precision:.2f}, recall {recall:.2f}, largest {len(groups[0])}\n"
        )


if __name__ == "__main__":
    main()
