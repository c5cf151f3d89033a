"""Texts that were cut by their length are continued: asked on from where they stopped, and joined.

A base model gets its prompt and the text so far. A chat model gets the text so far as the last
assistant message, which servers continue in dialects of their own: llama.cpp as it is, vLLM with
`continue_final_message`, DashScope with `partial: true` in the message ("partial mode").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from distilabel_pipelines.generations import CUT_FINISH
from distilabel_pipelines.thoughts import split_reply
from distilabel_pipelines.wire import Body, Reply, count_tokens

ID_SEPARATOR = " "  # between the ids of a text's parts
ContinuationDialect = Literal["embedded", "vllm", "dashscope"]
_REQUEST_FIELDS: dict[ContinuationDialect, dict[str, Any]] = {
    "embedded": {},
    "vllm": {"add_generation_prompt": False, "continue_final_message": True},
    "dashscope": {},
}
_MESSAGE_FIELDS: dict[ContinuationDialect, dict[str, Any]] = {
    "embedded": {},
    "vllm": {},
    "dashscope": {"partial": True},
}


def needs_continuation(replies: Sequence[Reply], most: int, *, opening_tag_in_prompt: bool) -> bool:
    """Whether the last part was cut and may be continued; `most` counts parts after the first.

    `opening_tag_in_prompt` is the teacher's, as for `split_reply`, and tells of the first part.

    A reply with a thought is never continued: what a server would do with half of one, and with
    the whole of it in the history, differs from template to template.
    """
    last = replies[-1]
    if last.finish_reason not in CUT_FINISH or len(replies) > most:
        return False
    opened = opening_tag_in_prompt and len(replies) == 1
    split = split_reply(last.message, opening_tag_in_prompt=opened)
    return split.form == "none" and bool(split.content)


def write_continuation(body: Body, replies: Sequence[Reply], dialect: ContinuationDialect) -> Body:
    """The request for the next part; `body` is the first part's.

    Trailing white space is left off: templates trim it, and tokens begin with their space.
    """
    so_far = join_texts(replies).rstrip()
    if "prompt" in body:
        return {**body, "prompt": f"{body['prompt']}{so_far}"}
    message = {"role": "assistant", "content": so_far, **_MESSAGE_FIELDS[dialect]}
    return {**body, **_REQUEST_FIELDS[dialect], "messages": [*body["messages"], message]}


def join_texts(replies: Sequence[Reply]) -> str:
    """The parts as one text, each without its trailing white space but the last.

    llama.cpp's chat repeats the text that it continued before what is new; others do not.
    """
    text = ""
    for reply in replies:
        so_far, part = text.rstrip(), reply.message.get("content") or ""
        text = so_far + (part.removeprefix(so_far) if so_far else part)
    return text


def join_replies(replies: Sequence[Reply]) -> Reply:
    """The parts as one reply: texts and ids joined, tokens summed, the rest the last part's.

    A count that one part lacks is missing from the sum.
    """
    if len(replies) == 1:
        return replies[0]
    last = replies[-1]
    update = {
        "message": {**last.message, "content": join_texts(replies)},
        "usage": _sum_usage(replies),
        "response_id": ID_SEPARATOR.join(reply.response_id for reply in replies),
    }
    return last.model_copy(update=update)


def _sum_usage(replies: Sequence[Reply]) -> dict[str, Any]:
    usage: dict[str, Any] = {}
    for name in ("prompt_tokens", "completion_tokens"):
        counts = [count_tokens(reply.usage, name) for reply in replies]
        if None not in counts:
            usage[name] = sum(count or 0 for count in counts)
    thoughts = [count_tokens(reply.usage, "reasoning_tokens") for reply in replies]
    if any(count is not None for count in thoughts):
        total = sum(count or 0 for count in thoughts)
        usage["completion_tokens_details"] = {"reasoning_tokens": total}
    return usage
