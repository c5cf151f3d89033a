"""A distilabel LLM that keeps what its own `OpenAILLM` loses, one request a generation.

It speaks to the build's gateway (or any OpenAI-compatible server of that kind) and returns, beside
the answer, the thought and a JSON object with finish reason, token usage, served model, attempts,
error and request id. Window, retries and journal are the gateway's; this is a thin client.
Source: distilabel 1.5.3, `AsyncLLM`.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from typing import Any, NamedTuple

import aiohttp
import orjson
from distilabel.mixins.runtime_parameters import RuntimeParameter
from distilabel.models.llms.base import AsyncLLM
from pydantic import Field, PrivateAttr

from distilabel_pipelines.generations import make_failed_generation, read_reply
from distilabel_pipelines.rows import Generation
from distilabel_pipelines.wire import INDEX_HEADER, ROUTES, Api, Body, Reply, request_key

NOT_SENT = ""
_NOT_SENT_CODES = frozenset({"not_needed", "run_stopped"})
_TEXT_FIELDS = ("reasoning_content", "content")


class Answer(NamedTuple):
    """A reply as it came, or the generation of a request that failed; neither of them for a
    request that the build turned out not to need.

    `continuations` counts the further requests that a joined reply took.
    """

    reply: Reply | None
    failed: Generation | None
    attempts: int = 1
    continuations: int = 0


class _Connection(NamedTuple):
    """The session, and a place for each row that is asked about at once."""

    session: aiohttp.ClientSession
    places: asyncio.Semaphore


class TeacherLLM(AsyncLLM):
    """The teacher behind the gateway.

    An input is a list of chat messages, a string (completions), or a pair of either and the row's
    own request options: `seed`, and `index`, its place in the order of the build. Without a seed
    of its own the n-th identical input gets the seed `seed + n`, so samples stay distinct.
    `access_token_env` names the environment variable with the bearer token.
    """

    model: str
    base_url: RuntimeParameter[str] = Field(description="The gateway's URL, ending in /v1.")
    access_token_env: str = "GATEWAY_ACCESS_TOKEN"  # noqa: S105  # a variable's name
    connections: RuntimeParameter[int] = Field(
        default=192, description="Requests handed to the gateway at once; it holds the window."
    )
    opening_tag_in_prompt: bool = False

    _connection: _Connection | None = PrivateAttr(default=None)
    _seen: Counter[str] = PrivateAttr(default_factory=Counter)

    @property
    def model_name(self) -> str:
        """The requested model; the served one stands in each generation."""
        return self.model

    def unload(self) -> None:
        """Close the connections."""
        if self._connection is not None:
            self.event_loop.run_until_complete(self._connection.session.close())
            self._connection = None
        super().unload()

    async def agenerate(  # noqa: PLR0913, PLR0917  # distilabel reads the parameters by name
        self,
        input: Any,  # noqa: A002, ANN401  # distilabel's name and its own union of forms
        num_generations: int = 1,
        max_new_tokens: int | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
        stop: list[str] | None = None,
        seed: int | None = None,
        extra_body: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Generate one reply for one input.

        Args:
            input: chat messages, a prompt, or a pair of either and the row's options.
            num_generations: must be 1; rows are expanded into samples before they come here.
            max_new_tokens: the most tokens of a reply, thought included.
            temperature: sampling temperature.
            top_p: nucleus sampling.
            stop: stop sequences.
            seed: the first sample's seed.
            extra_body: further fields of the request, such as `chat_template_kwargs`.
        """
        if num_generations != 1:
            raise ValueError(f"num_generations is {num_generations}: expand rows into samples")
        prompt, options = input if isinstance(input, tuple) else (input, {})
        body = self._build_body(
            prompt,
            max_tokens=max_new_tokens,
            temperature=temperature,
            top_p=top_p,
            stop=stop,
            **(extra_body or {}),
        )
        body["seed"] = options["seed"] if "seed" in options else self._next_seed(body, seed or 0)
        # A row keeps its place until its last part: rows that wait to be admitted would take it.
        async with self._connect().places:
            answer = await self._answer(body, options.get("index"))
        return _as_generate_output(self._read(answer), answer.continuations)

    def _build_body(self, prompt: object, **fields: object) -> Body:
        kind = "prompt" if isinstance(prompt, str) else "messages"
        given = {name: value for name, value in fields.items() if value is not None}
        return {"model": self.model, kind: prompt, **given}

    def _next_seed(self, body: Body, first: int) -> int:
        """Count identical inputs in the order they came, before anything is awaited."""
        key = request_key("completions" if "prompt" in body else "chat", body)
        self._seen[key] += 1
        return first + self._seen[key] - 1

    async def _answer(self, body: Body, index: int | None) -> Answer:
        """What came of one row's request; a subclass may ask more than once."""
        return await self._ask(body, index)

    async def _ask(self, body: Body, index: int | None) -> Answer:
        """What came of one request."""
        session = self._connect().session
        api: Api = "completions" if "prompt" in body else "chat"
        headers = {} if index is None else {INDEX_HEADER: str(index)}
        async with session.post(
            f"{self.base_url}{ROUTES[api]}", data=orjson.dumps(body), headers=headers
        ) as response:
            data = await response.read()
        try:
            answer = orjson.loads(data)
        except orjson.JSONDecodeError:
            told = f"HTTP {response.status} without JSON: {data[:200]!r}"
            return Answer(None, make_failed_generation("teacher_error", told, attempts=0))
        return _read_answer(answer)

    def _read(self, answer: Answer) -> Generation | None:
        if answer.reply is None:
            return answer.failed
        return read_reply(
            answer.reply,
            attempts=answer.attempts,
            opening_tag_in_prompt=self.opening_tag_in_prompt,
        )

    def _connect(self) -> _Connection:
        if self._connection is None:
            token = os.environ.get(self.access_token_env, "")
            session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
                timeout=aiohttp.ClientTimeout(total=None),
            )
            self._connection = _Connection(session, asyncio.Semaphore(int(self.connections)))
        return self._connection


def _read_answer(answer: dict[str, Any]) -> Answer:
    error = answer.get("error")
    if error:
        if error.get("code") in _NOT_SENT_CODES:
            return Answer(None, None)
        refused = error.get("code") == "refused_by_provider"
        failed = make_failed_generation(
            "refused_by_provider" if refused else "teacher_error",
            str(error.get("message", "")),
            attempts=int(error.get("attempts") or 0),
        )
        return Answer(None, failed)
    choice = answer["choices"][0]
    message = choice.get("message") or {"content": choice.get("text")}
    reply = Reply(
        message={name: text for name, text in message.items() if name != "role"},
        finish_reason=choice.get("finish_reason") or "",
        usage=answer.get("usage"),
        served_model=answer.get("model") or "",
        response_id=answer.get("id") or "",
    )
    return Answer(reply, None, int(answer.get("gateway", {}).get("attempts", 1)))


def _as_generate_output(generation: Generation | None, continuations: int) -> dict[str, Any]:
    """distilabel's shape; further keys become columns `llm_<step>_<key>`, always strings.

    A column that is null in a whole first chunk ends a distilabel 1.5.3 run, hence no nulls.
    """
    if generation is None:
        texts = {"reasoning_content": "", "content": ""}
        reply, tokens_in, tokens_out = NOT_SENT, 0, 0
    else:
        fields = generation.model_dump()
        texts = {name: fields.pop(name) for name in _TEXT_FIELDS}
        if continuations:
            fields["continuations"] = continuations
        reply = orjson.dumps(fields).decode()
        tokens_in, tokens_out = generation.prompt_tokens or 0, generation.completion_tokens or 0
    return {
        "generations": [texts["content"]],
        "statistics": {"input_tokens": [tokens_in], "output_tokens": [tokens_out]},
        "reasoning_content": [texts["reasoning_content"]],
        "reply": [reply],
    }
