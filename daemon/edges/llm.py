"""I/O. The language model: any OpenAI-compatible server, asked through LlamaIndex. The only file that knows it.

Loaded where a configuration names a server, and LlamaIndex with it when the first question is asked (1.3 s, 120 MB).
A server is not to be trusted: whatever it does ends in a text of bounded length or in an `LlmFault`, within the time.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from daemon.settings import LlmSettings
from daemon.steps.prompt import Line, tokens_at_most

if TYPE_CHECKING:
    from llama_index.llms.openai_like import OpenAILike

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
    """One model on one server. `key` is asked anew for each question."""

    def __init__(self, settings: LlmSettings, key: Key) -> None:
        self._settings = settings
        self._key = key
        self._client: tuple[str, OpenAILike] | None = None

    async def complete(self, prompt: Sequence[Line], *, reply_tokens: int, seconds: float) -> Completion:
        """Ask once, and once more where the server is busy and says so. Raises LlmFault, within `seconds` of time."""
        try:
            async with asyncio.timeout(seconds):
                return await self._complete(prompt, reply_tokens, seconds)
        except TimeoutError as error:
            raise LlmFault(
                "timeout",
                f"the language model did not answer within {seconds:.0f} s",
                remedy="Raise [llm] timeout_seconds, or take a faster model or server.",
            ) from error

    async def models(self) -> tuple[str, ...]:
        """The names of the server's models; empty where it does not tell. Raises LlmFault where it is out of reach."""
        import openai

        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                model = await self._model()
                client = openai.AsyncOpenAI(api_key=model.api_key, base_url=self._settings.url, max_retries=0)
                async with client:
                    return tuple([one.id async for one in client.models.list()])
        except TimeoutError as error:
            raise LlmFault("timeout", "the language model's server does not answer", remedy=_REACH) from error
        except openai.APIStatusError as error:
            if error.status_code in (401, 403):
                raise _refusal(error) from error
            return ()
        except openai.APIConnectionError as error:
            raise _unreachable(error, self._settings.url) from error
        except _MALFORMED:
            return ()

    async def _complete(self, prompt: Sequence[Line], reply_tokens: int, seconds: float) -> Completion:
        import openai

        until = asyncio.get_running_loop().time() + seconds
        for last in (False, True):
            try:
                return await self._ask(prompt, reply_tokens)
            except openai.APITimeoutError as error:
                raise TimeoutError from error
            except openai.APIConnectionError as error:
                raise _unreachable(error, self._settings.url) from error
            except openai.APIStatusError as error:
                pause = _retry_after(error.response.headers.get("retry-after", ""))
                if last or error.status_code not in _BUSY or asyncio.get_running_loop().time() + pause >= until:
                    raise _refusal(error) from error
                log.info("the language model is busy", extra={"status": error.status_code, "seconds": pause})
                await asyncio.sleep(pause)
            except _MALFORMED as error:
                # Whatever a server can make LlamaIndex raise on an answer that is none.
                raise LlmFault(
                    "malformed",
                    f"the language model's server answered with what is no answer ({type(error).__name__})",
                    remedy="Look whether [llm] url is that of an OpenAI-compatible interface; mostly it ends in /v1.",
                ) from error
        raise AssertionError("the second attempt returns or raises")

    async def _ask(self, prompt: Sequence[Line], reply_tokens: int) -> Completion:
        from llama_index.core.llms import ChatMessage, MessageRole

        model = await self._model()
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

    async def _model(self) -> "OpenAILike":
        key = await self._key() or _NO_KEY
        if self._client is None or self._client[0] != key:
            self._client = (key, await asyncio.to_thread(_made, self._settings, key))
        return self._client[1]


def _made(settings: LlmSettings, key: str) -> "OpenAILike":
    from llama_index.llms.openai_like import OpenAILike

    return OpenAILike(
        model=settings.model,
        api_base=settings.url,
        api_key=key,
        is_chat_model=True,
        is_function_calling_model=False,  # no tools, whatever a mail asks for
        context_window=settings.context_tokens,
        temperature=0.0,
        timeout=settings.timeout_seconds,
        max_retries=0,  # one deadline holds for all attempts, and it is ours
    )


_MALFORMED: tuple[type[Exception], ...] = (
    json.JSONDecodeError,
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
)
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
