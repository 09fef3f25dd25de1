"""I/O. An answer in a language model's words: asked for within its time and its budget, and handed on to be judged.

Between gathering and deciding for good. Whatever goes wrong here ends in a reason, and in the articles' own words.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from daemon.edges.llm import Completion, LlmFault
from daemon.settings import LlmSettings, PolicySettings
from daemon.steps.check import supported
from daemon.steps.decide import Question, decide
from daemon.steps.markdown import to_text
from daemon.steps.nearness import Cosines
from daemon.steps.prompt import (
    Line,
    Prompt,
    affirms,
    answer_of,
    ask_for_answer,
    ask_for_judgement,
    to_be_judged,
    to_be_worded,
)
from daemon.steps.verdicts import Cap, Prose, Similarity, TurnView
from store.store import Store

log = logging.getLogger(__name__)

#: How often the check is run to learn what it compares: sentences first, then their conditions.
_ROUNDS = 4


class Model(Protocol):
    """What wording needs of the language model."""

    async def complete(self, prompt: Sequence[Line], *, reply_tokens: int, seconds: float) -> Completion:
        """See daemon/edges/llm.py."""


class Embedding(Protocol):
    """What wording needs of the knowledge base."""

    async def embed(self, texts: Sequence[str]) -> Any:
        """One unit vector a text, as the rows of a matrix."""


class Wording:
    """Asks the model. Without a `store` nothing is counted, as in forecasts."""

    def __init__(
        self,
        settings: LlmSettings,
        model: Model,
        embedding: Embedding,
        *,
        clock: Callable[[], datetime],
        store: Store | None = None,
    ) -> None:
        self._settings = settings
        self._model = model
        self._embedding = embedding
        self._clock = clock
        self._store = store

    async def word(self, view: TurnView, policy: PolicySettings, cap: Cap | None) -> Prose | None:
        """What the model makes of the answer that this view leads to; None where there is none to be worded."""
        decision = decide(Question(view=view, policy=policy, cap=cap))
        if not to_be_worded(view, decision):
            return None
        until = asyncio.get_running_loop().time() + self._settings.timeout_seconds
        context, judged, spent = self._settings.context_tokens, "", 0
        if self._settings.judge and to_be_judged(decision):
            said = await self._ask(ask_for_judgement(view, context), until)
            judged, spent = (affirms(said.text) if said.because == "written" else said.because), said.tokens
        prose = await self._ask(ask_for_answer(view, context), until)
        answer = answer_of(prose.text)
        if prose.because == "written" and not answer:
            prose = replace(prose, because="no_answer", why="the language model found no answer in the articles")
        prose = replace(prose, text=answer, judged=judged, tokens=prose.tokens + spent)
        return replace(prose, near=await self._near(answer, view)) if answer else prose

    async def _ask(self, prompt: Prompt | None, until: float) -> Prose:
        """The reply as it came, or why there is none."""
        if prompt is None:
            return Prose(because="context", why="the articles do not fit the language model's context_tokens")
        seconds = until - asyncio.get_running_loop().time()
        if seconds <= 0:
            return Prose(because="timeout", why="the language model's time was up")
        now = self._clock()
        if not await self._reserve(prompt.tokens, now):
            return Prose(because="budget", why="the language model's daily_tokens are spent")
        tokens = 0  # a call that failed cost nothing that anybody told us of
        try:
            done = await self._model.complete(prompt.lines, reply_tokens=prompt.reply_tokens, seconds=seconds)
            tokens = done.tokens
        except LlmFault as fault:
            log.warning("the language model gave no text", extra={"because": fault.because})
            return Prose(because=fault.because, why=fault.why)
        finally:
            await asyncio.shield(self._correct(tokens - prompt.tokens, now))
        if not done.whole:
            return Prose(because="unfinished", why="the language model did not come to an end", tokens=tokens)
        return Prose(text=done.text, tokens=tokens)

    async def _near(self, answer: str, view: TurnView) -> Similarity:
        """The similarities that the check of this text asks for: it is run until it asks for nothing unknown."""
        cosines = Cosines()
        for _ in range(_ROUNDS):
            supported(to_text(answer), view.evidence.cited if view.evidence else (), cosines)
            if not cosines.unknown:
                break
            texts = sorted(cosines.unknown)
            cosines.learn(texts, await self._embedding.embed(texts))
        return cosines

    async def _reserve(self, tokens: int, now: datetime) -> bool:
        if self._store is None:
            return True
        async with self._store.transaction() as tx:
            return await self._store.llm.reserve(tx, now, tokens, self._settings.daily_tokens)

    async def _correct(self, tokens: int, now: datetime) -> None:
        if self._store is not None and tokens:
            async with self._store.transaction() as tx:
                await self._store.llm.correct(tx, now, tokens)
