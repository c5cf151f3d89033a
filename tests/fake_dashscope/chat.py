"""What the fake DashScope makes of a chat request: refusals, thought and answer cut, usage, chunks.

Shapes from https://help.aliyun.com/zh/model-studio/qwen-api-via-openai-chat-completions (autumn
2026) and https://www.alibabacloud.com/help/en/model-studio/deep-thinking (18 June 2026): in a
stream first `reasoning_content`, then `content`, the other one null; the role only in the first
chunk; `usage` null but in the last chunk, which has no choices and comes only with
`stream_options.include_usage`. `completion_tokens_details` is null where nothing was thought, its
`text_tokens` include `reasoning_tokens`. Streams are always increments; `incremental_output` is a
field of the native API.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from tests.fake_dashscope.errors import ERRORS, ErrorRow
from tests.fake_dashscope.models import ModelCard, Thinking
from tests.fake_teacher import Body, Reply
from tests.fake_teacher.reply import CHARACTERS_PER_TOKEN, _plain_text, count_tokens

Json = dict[str, Any]
MAX_SEED = 2**31 - 1
# Fields of the native API, of SDKs, or of nobody: the endpoint passes over them in silence.
FOREIGN_FIELDS = frozenset(
    {
        "incremental_output",
        "result_format",
        "input",
        "parameters",
        "extra_body",
        "chat_template_kwargs",
    }
)


@dataclass(frozen=True)
class Refused:
    """A request that the endpoint does not take, and what its message names."""

    row: ErrorRow
    subject: str = ""


def thinks(body: Body, card: ModelCard) -> bool:
    """Whether the model thinks on this request."""
    if card.thinking in {Thinking.NEVER, Thinking.ALWAYS}:
        return card.thinking is Thinking.ALWAYS
    asked = body.get("enable_thinking")
    return card.thinking is Thinking.UNLESS_FORBIDDEN if asked is None else bool(asked)


def thinking_budget(body: Body, card: ModelCard) -> int:
    """The most tokens that the model may think on this request; 0 where it does not think."""
    if not thinks(body, card):
        return 0
    budget: int = body.get("thinking_budget") or card.default_budget or card.max_thought
    return budget


def check_request(
    body: Body, card: ModelCard, *, in_batch: bool = False, budget_must_fit: bool = False
) -> Refused | None:
    """The documented refusal of a request, if any; a batch has no streams to ask for."""
    streamed = bool(body.get("stream")) or in_batch
    limit = body.get("max_completion_tokens")
    if budget_must_fit and limit is not None and limit <= thinking_budget(body, card):
        return Refused(ERRORS["budget_too_large"])
    return (
        _check_messages(body, card)
        or _check_thinking(body, card, streamed=streamed)
        or _check_sampling(body)
        or _check_output(body, card)
    )


def _check_messages(body: Body, card: ModelCard) -> Refused | None:
    if not body.get("messages"):
        return Refused(ERRORS["no_messages"])
    if prompt_tokens(body) > card.max_input:
        return Refused(ERRORS["input_too_long"], str(card.max_input))
    if body.get("stream_options") and not body.get("stream"):
        return Refused(ERRORS["stray_stream_options"])
    return None


def _check_thinking(body: Body, card: ModelCard, *, streamed: bool) -> Refused | None:
    asked = body.get("enable_thinking")
    if card.thinking is Thinking.NEVER and asked:
        return Refused(ERRORS["thinking_unknown"], card.name)
    if card.thinking is Thinking.ALWAYS and asked is False:
        return Refused(ERRORS["thinking_forced"])
    if not thinks(body, card):
        return None  # `thinking_budget` has no effect then
    if card.thinks_only_in_stream and not streamed:
        only = card.thinking is Thinking.ALWAYS
        return Refused(ERRORS["stream_only" if only else "thinking_needs_stream"])
    budget = body.get("thinking_budget")
    fits = budget is None or (isinstance(budget, int) and 0 < budget <= card.max_thought)
    return None if fits else Refused(ERRORS["bad_budget"], str(card.max_thought))


def _check_sampling(body: Body) -> Refused | None:
    if not 0 <= body.get("temperature", 1) < 2:
        return Refused(ERRORS["bad_temperature"])
    if not 0 < body.get("top_p", 1) <= 1:
        return Refused(ERRORS["bad_top_p"])
    if (body.get("top_k") or 0) < 0:
        return Refused(ERRORS["bad_top_k"])
    if not -2 <= body.get("presence_penalty", 0) <= 2:
        return Refused(ERRORS["bad_presence_penalty"])
    if not 1 <= body.get("n", 1) <= 4:
        return Refused(ERRORS["bad_n"])
    seed = body.get("seed", 0)
    fits = isinstance(seed, int) and 0 <= seed <= MAX_SEED
    return None if fits else Refused(ERRORS["bad_seed"], str(seed))


def _check_output(body: Body, card: ModelCard) -> Refused | None:
    limit = body.get("max_tokens")
    if limit is not None and not 1 <= limit <= card.max_output:
        return Refused(ERRORS["bad_max_tokens"], str(card.max_output))
    if (body.get("response_format") or {}).get("type") != "json_object":
        return None
    if thinks(body, card):
        return Refused(ERRORS["json_while_thinking"])
    return None if "json" in _all_text(body).lower() else Refused(ERRORS["json_not_named"])


def cut_reply(reply: Reply, body: Body, card: ModelCard) -> Reply:
    """The reply as the request's limits leave it.

    The end of `thinking_budget` ends the thought, and the answer follows; the end of `max_tokens`
    ends the answer; the end of `max_completion_tokens` ends whatever is being said.
    """
    thought = _first_tokens(reply.reasoning, thinking_budget(body, card))
    reply = replace(reply, reasoning=thought)
    limit, both = body.get("max_tokens"), body.get("max_completion_tokens")
    if card.max_tokens_bounds_thought:
        both, limit = both or limit, None
    elif not card.takes_completion_limit:
        both = None
    if both is not None:
        reply = _cut_all(reply, both)
    return _cut_answer(reply, min(limit or card.max_output, card.max_output))


def _cut_answer(reply: Reply, tokens: int) -> Reply:
    content = _first_tokens(reply.content, tokens)
    whole = content == reply.content
    return reply if whole else replace(reply, content=content, finish_reason="length")


def _cut_all(reply: Reply, tokens: int) -> Reply:
    thought = _first_tokens(reply.reasoning, tokens)
    if thought != reply.reasoning:
        return replace(reply, reasoning=thought, content="", finish_reason="length")
    return _cut_answer(reply, tokens - count_tokens(thought))


def _first_tokens(text: str, tokens: int) -> str:
    return text[: max(0, tokens) * CHARACTERS_PER_TOKEN]


def _all_text(body: Body) -> str:
    return "\n".join(_plain_text(message.get("content")) for message in body["messages"])


def prompt_tokens(body: Body) -> int:
    """Tokens of all messages."""
    return count_tokens(_all_text(body))


def usage_object(reply: Reply, body: Body, cached_tokens: int) -> Json:
    """The `usage` of an answer."""
    reasoning, answer = count_tokens(reply.reasoning), count_tokens(reply.content)
    prompt, completion = prompt_tokens(body), reasoning + answer
    details = {"reasoning_tokens": reasoning, "text_tokens": completion} if reasoning else None
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "completion_tokens_details": details,
        "prompt_tokens_details": {"cached_tokens": cached_tokens},
    }


@dataclass(frozen=True)
class Completion:
    """One answer with what all its JSON objects share."""

    reply: Reply
    body: Body
    usage: Json
    completion_id: str
    created: int

    @classmethod
    def of(cls, reply: Reply, body: Body, cached_tokens: int = 0) -> Completion:
        """A new answer; ids are random, as real ones are even for equal requests."""
        usage = usage_object(reply, body, cached_tokens)
        return cls(reply, body, usage, f"chatcmpl-{uuid.uuid4()}", int(time.time()))

    def whole(self) -> Json:
        """The body of an answer that is not streamed."""
        message: Json = {"role": "assistant", "content": self.reply.content}
        if self.reply.reasoning:
            message["reasoning_content"] = self.reply.reasoning
        choice = {"index": 0, "finish_reason": self.reply.finish_reason, "logprobs": None}
        whole = self._wrap("chat.completion", [{**choice, "message": message}])
        del whole["service_tier"]
        return {**whole, "usage": self.usage}

    def chunks(self, characters: int) -> Iterator[Json]:
        """All chunks of a streamed answer, `characters` of text in each."""
        thinking = bool(self.reply.reasoning)
        opening: Json = {"role": "assistant", "content": None if thinking else ""}
        yield self._chunk({**opening, "reasoning_content": ""} if thinking else opening)
        for piece in _pieces(self.reply.reasoning, characters):
            yield self._chunk({"content": None, "reasoning_content": piece})
        quiet: Json = {"reasoning_content": None} if thinking else {}
        for piece in _pieces(self.reply.content, characters):
            yield self._chunk({"content": piece, **quiet})
        yield self._chunk({"content": "", **quiet}, self.reply.finish_reason)
        if (self.body.get("stream_options") or {}).get("include_usage"):
            yield {**self._wrap("chat.completion.chunk", []), "usage": self.usage}

    def _chunk(self, delta: Json, finish_reason: str | None = None) -> Json:
        nothing = {"function_call": None, "refusal": None, "role": None, "tool_calls": None}
        choice = {"index": 0, "finish_reason": finish_reason, "logprobs": None}
        return self._wrap("chat.completion.chunk", [{**choice, "delta": {**nothing, **delta}}])

    def _wrap(self, kind: str, choices: list[Json]) -> Json:
        return {
            "id": self.completion_id,
            "choices": choices,
            "created": self.created,
            "model": self.body["model"],
            "object": kind,
            "service_tier": None,
            "system_fingerprint": None,
            "usage": None,
        }


def _pieces(text: str, characters: int) -> Iterator[str]:
    for start in range(0, len(text), characters):
        yield text[start : start + characters]
