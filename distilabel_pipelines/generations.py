"""From what came over the wire to a `Generation`: the thought split, the tokens counted.

Raw replies stay in the journal, so a corrected normaliser runs again for free.
"""

from __future__ import annotations

from distilabel_pipelines.journal_lines import JournalRecord
from distilabel_pipelines.rows import ErrorKind, Generation
from distilabel_pipelines.thoughts import split_reply
from distilabel_pipelines.wire import Reply, count_tokens

_CONTENT_FILTER = "content_filter"
# "length" is OpenAI's word; Anthropic-like and Mistral-like servers have their own.
CUT_FINISH = frozenset({"length", "max_tokens", "model_length"})


def read_reply(reply: Reply, *, attempts: int, opening_tag_in_prompt: bool) -> Generation:
    """The generation that a finished reply holds; a filtered one counts as refused."""
    split = split_reply(reply.message, opening_tag_in_prompt=opening_tag_in_prompt)
    filtered = reply.finish_reason == _CONTENT_FILTER
    return Generation(
        reasoning_content=split.reasoning_content,
        content=split.content,
        thought_form=split.form,
        finish_reason=reply.finish_reason,
        served_model=reply.served_model,
        prompt_tokens=count_tokens(reply.usage, "prompt_tokens"),
        completion_tokens=count_tokens(reply.usage, "completion_tokens"),
        reasoning_tokens=count_tokens(reply.usage, "reasoning_tokens"),
        attempts=attempts,
        request_id=reply.response_id,
        error="refused_by_provider" if filtered else None,
        error_message="finish_reason is content_filter" if filtered else "",
    )


def make_failed_generation(kind: ErrorKind, message: str, *, attempts: int) -> Generation:
    """The generation of a request that brought no text."""
    return Generation(
        reasoning_content="",
        content="",
        thought_form="none",
        finish_reason="error",
        served_model="",
        prompt_tokens=None,
        completion_tokens=None,
        reasoning_tokens=None,
        attempts=attempts,
        request_id="",
        error=kind,
        error_message=message,
    )


def read_record(record: JournalRecord, *, opening_tag_in_prompt: bool) -> Generation:
    """The generation that a journal record holds."""
    if record.reply is not None:
        return read_reply(
            record.reply, attempts=record.attempts, opening_tag_in_prompt=opening_tag_in_prompt
        )
    message = record.refusal.message if record.refusal is not None else ""
    return make_failed_generation("refused_by_provider", message, attempts=record.attempts)
