"""A scripted OpenAI-compatible server on localhost: real HTTP over sockets, with the standard library alone."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Reply = Callable[[dict[str, Any]], "Answer"]


@dataclass(frozen=True)
class Answer:
    """What the server does with one request."""

    status: int = 200
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0  #: before it answers
    hangs_up: bool = False  #: closes the connection instead


def says(text: object, *, finish: str = "stop", tokens: int = 100) -> Answer:
    """A chat completion with that text."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    usage = {"prompt_tokens": tokens - 1, "completion_tokens": 1, "total_tokens": tokens}
    whole = {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "scripted",
        "choices": [choice],
        "usage": usage,
    }
    return Answer(body=json.dumps(whole))


def fails(status: int, message: str = "no", **headers: str) -> Answer:
    """An error in the form of such servers."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(status=status, body=json.dumps({"error": {"message": message, "code": status}}), headers=named)


@dataclass
class ScriptedModel:
    """Answers each question by `script`: a list, one after the other and the last for ever, or a function."""

    script: list[Answer] | Reply
    models: tuple[str, ...] = ("scripted",)
    asked: list[dict[str, Any]] = field(default_factory=list)  #: bodies of the requests
    keys: list[str] = field(default_factory=list)
    url: str = ""
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def prompts(self) -> list[str]:
        """What was asked, each prompt as one text."""
        return ["\n".join(message["content"] for message in body["messages"]) for body in self.asked]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                line, *fields = head.decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in fields)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                answer = self._answer(line.split()[1], body, headers)
                await asyncio.sleep(answer.seconds)
                if answer.hangs_up:
                    return
                raw = answer.body.encode()
                told = (("content-type", "application/json"), ("content-length", str(len(raw))), *answer.headers)
                lines = "".join(f"{name}: {value}\r\n" for name, value in told)
                writer.write(f"HTTP/1.1 {answer.status} Said\r\n{lines}\r\n".encode() + raw)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client went
        finally:
            self.open.discard(writer)
            writer.close()

    def _answer(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        self.keys.append(headers.get("authorization", ""))
        if path.endswith("/models"):
            data = [{"id": name, "object": "model", "created": 1, "owned_by": "us"} for name in self.models]
            return Answer(body=json.dumps({"object": "list", "data": data}))
        asked = json.loads(body)
        self.asked.append(asked)
        if callable(self.script):
            return self.script(asked)
        return self.script[min(len(self.asked), len(self.script)) - 1]


@asynccontextmanager
async def scripted_model(script: list[Answer] | Reply, **more: Any) -> AsyncIterator[ScriptedModel]:
    """The server, listening."""
    model = ScriptedModel(script, **more)
    server = await asyncio.start_server(model.serve, "127.0.0.1", 0)
    model.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield model
    finally:
        server.close()
        for writer in tuple(model.open):
            writer.close()
