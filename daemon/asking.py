"""I/O. A question that came without a mail, on the road of every mail: triage, search, grade, decide, compose, check.

What `ask` and `evaluate` print is what the daemon would do with the first mail of a new customer that says this.
"""

import asyncio
import random
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from daemon.evaluation import Judged, Labelled
from daemon.gather import Knowledge, look_up
from daemon.settings import Settings
from daemon.steps.settle import Settled, judge
from daemon.steps.triage import triage
from daemon.steps.verdicts import Action, Triage, TurnView
from daemon.wiring import nonces, utc_now, voice_of
from daemon.wording import Wording
from kb.evidence import Evidence
from store.records import Case, CaseStatus, Direction, Kind, Mode, Owner, Turn
from threading_.ids import KeyRing
from threading_.message import Address

#: Questions that are worked on at a time.
_TOGETHER = 32
_CUSTOMER = Address("", "customer@example.com")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What would be done with a question, and why."""

    triage: Triage
    evidence: Evidence
    settled: Settled

    @property
    def answer(self) -> str:
        """The answer alone, as Markdown: a language model's, where it may be sent, else in the articles' words."""
        worded = self.settled.worded and self.settled.prose is not None
        return self.settled.prose.text if worded and self.settled.prose else self.evidence.answer

    @property
    def text(self) -> str:
        """What the customer would read."""
        return "\n".join(item.mail.text for item in self.settled.mails if item.mail.to.address == _CUSTOMER.address)


class Asker:
    """Answers questions from a knowledge base under a policy."""

    def __init__(self, knowledge: Knowledge, settings: Settings, wording: Wording | None = None) -> None:
        self._knowledge = knowledge
        self._wording = wording
        self._settings = settings
        self._voice = voice_of(settings, KeyRing((secrets.token_bytes(32),)))
        self._nonces = nonces(random.Random(0))  # noqa: S311 - ids of mails that never leave

    async def ask(self, text: str, subject: str = "") -> Asked:
        """Decide on a question as on a mail with this text and subject."""
        now = utc_now()
        turn = _turn(text, subject, now)
        found = triage([turn], [turn], default_language=self._settings.reply.language)
        view = TurnView(
            case=_case(subject, now),
            history=(turn,),
            current=(turn,),
            triage=found,
            evidence=None,
            now=now,
            original=f"Subject: {' '.join(subject.split())}\n\n{text}\n".encode(),
        )
        policy = self._settings.policy
        view = await look_up(view, self._knowledge, policy)
        prose = await self._wording.word(view, policy, None) if self._wording else None
        settled = judge(view, policy, None, self._voice, Mode.AUTO, self._nonces, prose=prose)
        return Asked(triage=view.triage, evidence=view.evidence or Evidence(), settled=settled)

    async def judge(self, row: Labelled, ids: Mapping[str, str]) -> Judged:
        """Ask a labelled question, and keep what is judged. `ids` has the front-matter id of each path."""
        asked = await self.ask(row.text, row.subject)
        action = asked.settled.decision.action
        return Judged(
            row=row,
            found=tuple(dict.fromkeys(hit.passage.article for hit in asked.evidence.hits)),
            cited=tuple(dict.fromkeys(passage.article for passage in asked.evidence.cited)),
            answer=asked.text if action is Action.ANSWER else asked.evidence.answer,
            confidence=asked.evidence.confidence,
            decision=action.value,
            ids=ids,
        )

    async def judge_all(
        self, rows: Sequence[Labelled], ids: Mapping[str, str], progress: Callable[[int], None]
    ) -> list[Judged]:
        """Ask all of a labelled set, some at a time, so that their embeddings share calls of the model."""
        judged: list[Judged] = []
        for start in range(0, len(rows), _TOGETHER):
            some = rows[start : start + _TOGETHER]
            judged += await asyncio.gather(*(self.judge(row, ids) for row in some))
            progress(len(some))
        return judged


def _turn(text: str, subject: str, now: datetime) -> Turn:
    return Turn(
        id=1,
        direction=Direction.IN,
        at=now,
        sender=_CUSTOMER.address,
        sender_name=_CUSTOMER.name,
        subject=subject,
        text=text,
        kind=Kind.CUSTOMER,
        message_id=None,
        handled=False,
    )


def _case(subject: str, now: datetime) -> Case:
    return Case(
        id=1,
        reference="FL-2222-22",
        status=CaseStatus.OPEN,
        owner=Owner.DAEMON,
        mode=Mode.AUTO,
        version=1,
        customer=_CUSTOMER.address,
        customer_name=_CUSTOMER.name,
        subject=subject,
        opened_at=now,
        updated_at=now,
    )
