"""I/O. The language model: any OpenAI-compatible server, asked through LlamaIndex. The only file that knows it.

Loaded where a configuration names a server, and LlamaIndex with it when the first question is asked (1.3 s, 120 MB).
A server is not to be trusted: whatever it does ends in a text of bounded length or in an `LlmFault`, within the time.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from daemon.errors import FirstlineError
from daemon.settings import LlmSettings
from daemon.steps.prompt import Line, tokens_at_most

if TYPE_CHECKING:
    from llama_index.llms.openai_like import OpenAILike
    from openai import DefaultAsyncHttpxClient as AsyncClient

log = logging.getLogger(__name__)

Key = Callable[[], Awaitable[str]]

#: Characters of a reply that are looked at; no answer to a customer is longer.
MOST = 20_000
#: Seconds before the second attempt where the server does not say when.
_PAUSE = 1.0
_BUSY = (429, 503)
#: Where a server keeps no keys, the client wants one all the same.
_NO_KEY = "none"


class LlmFault(Exception):
    """The model gave no text. `because` is a short stable key of the reason."""

    def __init__(self, because: str, why: str, *, remedy: str = "") -> None:
        self.because = because
        self.why = why
        self.remedy = remedy
        super().__init__(why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What the model wrote."""

    text: str
    tokens: int  #: prompt and reply; as the server counts them, else at most so many
    whole: bool  #: it ended by itself, not at the limit of its length


class LanguageModel:
    """One model on one server. `key` is asked anew for each question; nothing of it and no connection is kept."""

    def __init__(self, settings: LlmSettings, key: Key) -> None:
        self._settings = settings
        self._key = key

    async def complete(self, prompt: Sequence[Line], *, reply_tokens: int, seconds: float) -> Completion:
        """Ask once, and once more where the server is busy. Raises LlmFault; either way within `seconds`.

        Loading LlamaIndex, before the first question, is not counted.
        """
        await asyncio.to_thread(_load)
        until = asyncio.get_running_loop().time() + seconds
        try:
            async with asyncio.timeout(seconds), self._connected() as (key, http):
                return await self._attempts(self._model(key, http), prompt, reply_tokens, until)
        except TimeoutError as error:
            why = f"the language model did not answer within {seconds:.0f} s"
            raise LlmFault("timeout", why, remedy=_SLOW) from error

    async def models(self) -> tuple[str, ...]:
        """The names of the server's models; empty where it does not tell. Raises LlmFault where it is out of reach."""
        await asyncio.to_thread(_load)
        import openai

        seconds = self._settings.timeout_seconds
        try:
            async with asyncio.timeout(seconds), self._connected() as (key, http):
                client = openai.AsyncOpenAI(
                    api_key=key, base_url=self._settings.url, max_retries=0, timeout=seconds, http_client=http
                )
                return tuple([one.id async for one in client.models.list()])
        except (TimeoutError, openai.APITimeoutError) as error:
            why = f"the language model's server does not answer within {seconds:.0f} s"
            raise LlmFault("timeout", why, remedy=_SLOW) from error
        except openai.APIConnectionError as error:
            raise _unreachable(error, self._settings.url) from error
        except openai.APIStatusError as error:
            if error.status_code in (401, 403):
                raise _refusal(error) from error
            return ()
        except _malformed():
            return ()

    async def _attempts(
        self, model: "OpenAILike", prompt: Sequence[Line], reply_tokens: int, until: float
    ) -> Completion:
        import openai

        for last in (False, True):
            try:
                return await self._ask(model, prompt, reply_tokens)
            except openai.APITimeoutError as error:
                raise TimeoutError from error
            except openai.APIConnectionError as error:
                raise _unreachable(error, self._settings.url) from error
            except openai.APIStatusError as error:
                pause = _retry_after(error.response.headers.get("retry-after", ""))
                late = asyncio.get_running_loop().time() + pause >= until
                if last or late or error.status_code not in _BUSY:
                    raise _refusal(error) from error
                log.info("the language model is busy", extra={"status": error.status_code, "seconds": pause})
                await asyncio.sleep(pause)
            except _malformed() as error:
                why = f"the language model's server answered with what is no answer ({type(error).__name__})"
                remedy = "Look whether [llm] url is that of an OpenAI-compatible interface; mostly it ends in /v1."
                raise LlmFault("malformed", why, remedy=remedy) from error
        raise AssertionError("the second attempt returns or raises")

    async def _ask(self, model: "OpenAILike", prompt: Sequence[Line], reply_tokens: int) -> Completion:
        from llama_index.core.llms import ChatMessage, MessageRole

        messages = [ChatMessage(role=MessageRole(line.role), content=line.text) for line in prompt]
        response = await model.achat(messages, max_tokens=reply_tokens)
        choice, usage = response.raw.choices[0], response.raw.usage
        text = choice.message.content
        if text is not None and not isinstance(text, str):
            raise TypeError("the content of the message is no text")
        at_most = sum(tokens_at_most(line.text) for line in prompt) + reply_tokens
        counted = usage.total_tokens if usage is not None else None
        return Completion(
            text=(text or "")[:MOST],
            tokens=counted if isinstance(counted, int) and 0 < counted <= 2 * at_most else at_most,
            whole=choice.finish_reason == "stop" and len(text or "") <= MOST,
        )

    @asynccontextmanager
    async def _connected(self) -> "AsyncIterator[tuple[str, AsyncClient]]":
        try:
            key = await self._key() or _NO_KEY
        except FirstlineError as error:
            raise LlmFault("key", error.message, remedy=error.remedy) from error
        # In a thread: it reads the certificates, 20 ms.
        async with await asyncio.to_thread(_client, self._settings.timeout_seconds) as http:
            yield key, http

    def _model(self, key: str, http: "AsyncClient") -> "OpenAILike":
        from llama_index.llms.openai_like import OpenAILike

        return OpenAILike(
            model=self._settings.model,
            api_base=self._settings.url,
            api_key=key,
            is_chat_model=True,
            is_function_calling_model=False,  # no tools, whatever a mail asks for
            context_window=self._settings.context_tokens,
            temperature=0.0,
            timeout=self._settings.timeout_seconds,
            max_retries=0,  # one deadline holds for all attempts, and it is ours
            async_http_client=http,
        )


def _load() -> None:
    import llama_index.llms.openai_like  # noqa: F401 - for a second and more, which the loop must not wait


def _client(seconds: float) -> "AsyncClient":
    import openai

    return openai.DefaultAsyncHttpxClient(timeout=seconds)


def _malformed() -> tuple[type[Exception], ...]:
    """Whatever a server can make LlamaIndex raise on an answer that is none."""
    import openai

    return (openai.APIError, json.JSONDecodeError, AttributeError, IndexError, KeyError, TypeError, ValueError)


_SLOW = "Raise [llm] timeout_seconds, or take a faster model or server."
_REACH = "Start the server, or correct [llm] url."


def _retry_after(value: str) -> float:
    """Seconds to wait (RFC 9110 §10.2.3). A date is taken as `not now`."""
    try:
        return max(0.0, float(value)) if value else _PAUSE
    except ValueError:
        return float("inf")


def _unreachable(error: Any, url: str) -> LlmFault:
    cause = error.__cause__ or error
    return LlmFault("unreachable", f"the language model's server at {url} is out of reach ({cause})", remedy=_REACH)


def _refusal(error: Any) -> LlmFault:
    status = error.status_code
    said = " ".join(str(error.message).split())[:200]
    match status:
        case 401 | 403:
            remedy = "Correct the key of [llm] key_file, key_env or key_command."
            return LlmFault("key", f"the language model's server refuses the key ({status}: {said})", remedy=remedy)
        case 404:
            remedy = "Correct [llm] model, or url, which mostly ends in /v1."
            return LlmFault(
                "unknown", f"the language model's server does not know it ({status}: {said})", remedy=remedy
            )
        case 400 | 413 | 422:
            remedy = "Set [llm] context_tokens to what the server takes."
            return LlmFault("request", f"the language model takes no such request ({status}: {said})", remedy=remedy)
        case 429 | 503:
            remedy = "Wait, or raise the provider's limits."
            return LlmFault("busy", f"the language model is busy ({status}: {said})", remedy=remedy)
        case _:
            return LlmFault("server", f"the language model's server failed ({status}: {said})", remedy="See its log.")
