"""One ordinary trace, to be varied."""

from __future__ import annotations

from distilabel_pipelines.rows import Trace

_ORDINARY: dict[str, object] = {
    "seed_id": "0123456789abcdef",
    "sample": 0,
    "input": "What is 17 + 25?",
    "answer": "42",
    "solution": None,
    "language": "en",
    "reasoning_content": "Ones: 7 + 5 = 12, write 2 carry 1. Tens: 1 + 2 + 1 = 4, write 4.",
    "content": r"The sum is \boxed{42}.",
    "thought_form": "tags",
    "finish_reason": "stop",
    "model": "m",
    "served_model": "m",
    "prompt_tokens": 10,
    "completion_tokens": 40,
    "reasoning_tokens": None,
    "attempts": 1,
    "request_id": "r",
}


def make_trace(**changes: object) -> Trace:
    return Trace.model_validate({**_ORDINARY, **changes})
