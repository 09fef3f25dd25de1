"""`make test-llm`: a real, small language model words answers to customer mails, and every one that leaves is printed.

Reads ../shared/data beside the checkout. The model (135 million parameters) invents freely: it is there to see what the
check lets through. `send_at` is lowered so that many answers are composed. Read what leaves: nothing in it may say what
the articles do not.
"""

import argparse
import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from daemon.asking import Asker
from daemon.cli.knowledge import open_folders
from daemon.edges.llm import Completion, LanguageModel
from daemon.settings import Settings
from daemon.steps.claims import MARKER
from daemon.steps.prompt import Line
from daemon.wiring import utc_now
from daemon.wording import Wording

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "kb"
SERVER = Path(__file__).resolve().parents[1] / "servers" / "llama.py"


@contextmanager
def serving() -> Iterator[str]:
    """The server, in a process of its own; its address."""
    with subprocess.Popen(
        [sys.executable, SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            if not address:
                raise SystemExit("the server of the test model did not start")
            yield address
        finally:
            process.kill()


class Overheard:
    """The model, with what it said last."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self.said = ""

    async def complete(self, prompt: Sequence[Line], *, reply_tokens: int, seconds: float) -> Completion:
        self.said = ""
        done = await self._model.complete(prompt, reply_tokens=reply_tokens, seconds=seconds)
        self.said = once(done.text) if not done.whole else done.text
        return replace(done, text=self.said, whole=True)


def once(text: str) -> str:
    """What a model that repeats itself to the limit of its length said before it did, without the broken end.

    The daemon sends no such reply; here it is looked at, since the check is to be tried.
    """
    told: list[str] = []
    for line in text.split("\n")[:-1] or [text.rpartition(". ")[0] + "."]:
        if line.strip() and any(MARKER.sub("", line) == MARKER.sub("", other) for other in told):
            break
        told.append(line)
    return "\n".join(told).strip()


async def no_key() -> str:
    return ""


async def run(address: str, count: int, send_at: float, *, every: bool) -> None:
    rows = [json.loads(line) for line in (DATA / "arduino-mails" / "mails.jsonl").read_text("utf-8").splitlines()]
    settings = Settings.model_validate(
        {
            "policy": {"mode": "auto", "send_at": send_at, "draft_at": send_at},
            "llm": {
                "url": f"{address}/v1",
                "model": "smollm2",
                "timeout_seconds": 300,
                "context_tokens": 4096,
                "judge": False,
            },
        }
    )
    knowledge = await open_folders([DATA / "arduino-help-center" / "content"])
    model = Overheard(LanguageModel(settings.llm, no_key))
    asker = Asker(knowledge, settings, Wording(settings.llm, model, knowledge, clock=utc_now))
    reasons: Counter[str] = Counter()
    left = 0
    try:
        for row in [row for row in rows if row["lang"] == "en"][:: max(1, 100 // count)][:count]:
            asked = await asker.ask(row["body"], row["subject"])
            prose = asked.settled.prose
            reasons[prose.because if prose else f"not asked: {asked.settled.decision.because}"] += 1
            if not prose or not (asked.settled.worded or every):
                continue
            left += asked.settled.worded
            print(
                f"\n━━ {row['id']} {row['subject']} · {asked.settled.decision.action} · {asked.evidence.confidence:.2f}"
            )
            print(f"{'LEAVES' if asked.settled.worded else f'STOPPED: {prose.why}'}\n{model.said.strip()}")
            if asked.settled.worded:
                print("── from\n" + "\n\n".join(passage.text for passage in asked.evidence.cited))
    finally:
        await knowledge.close()
    written = reasons["written"] + reasons["check"] + reasons["no_answer"] + reasons["unfinished"]
    print(f"\n{sum(reasons.values())} mails, {written} texts written, {left} of them passed the check and leave")
    for reason, number in reasons.most_common():
        print(f"  {number:4}  {reason}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=40)
    parser.add_argument("--send-at", type=float, default=0.2)
    parser.add_argument("--every", action="store_true", help="print what was stopped as well")
    wanted = parser.parse_args()
    if not DATA.exists():
        raise SystemExit(f"{DATA} is missing")
    with serving() as address:
        asyncio.run(run(address, wanted.mails, wanted.send_at, every=wanted.every))


if __name__ == "__main__":
    main()
