"""How well rules tell whether two answers agree: our passage beside a paraphrase of it, a planted falsehood, another article's.

`python tests/bench/agreement.py` from the project's folder; reads ../shared/data/check/dev.jsonl. The humans' answers are built:
a greeting and a closing around each text. None of them links or names an article, so that the statements alone decide.
"""

import asyncio
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from daemon.agreeing import by_text
from daemon.steps.agreement import Ours
from kb.index import KnowledgeBase

SET = Path(__file__).parents[3] / "shared/data/check/dev.jsonl"


async def main() -> None:
    """Print a line a kind of pair: agrees, disagrees, cannot be told."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else None  # a pair takes seconds
    rows = [json.loads(line) for line in SET.read_text().splitlines()][:most]
    folder = tempfile.TemporaryDirectory(prefix="fl-bench-")
    articles = KnowledgeBase.open(Path(folder.name) / "knowledge.sqlite3")  # an empty one, for its model
    found: dict[str, Counter[str]] = {}

    async def count(kind: str, ours: str, theirs: str) -> None:
        human = f"Hi,\n\n{theirs}\n\nBest regards\nAnn"
        agreement = await by_text(Ours(text=ours), human, articles)
        name = {True: "agrees", False: "disagrees", None: "untold"}[agreement.agrees]
        found.setdefault(kind, Counter())[name] += 1

    try:
        for number, row in enumerate(rows):
            await count("the same words", row["passage"], row["true"])
            for text in row["paraphrases"]:
                await count("a paraphrase", row["passage"], text)
            for falsehood in row["false"]:
                await count(
                    "a falsehood", row["passage"], falsehood["text"] if isinstance(falsehood, dict) else falsehood
                )
            await count("another article's", row["passage"], rows[(number + 7) % len(rows)]["true"])
    finally:
        await articles.close()
    for kind, counts in found.items():
        whole = sum(counts.values())
        shares = ", ".join(f"{name} {counts[name] / whole:.0%}" for name in ("agrees", "disagrees", "untold"))
        sys.stdout.write(f"{kind} ({whole}): {shares}\n")


if __name__ == "__main__":
    asyncio.run(main())
