"""Rows that travel through a reasoning build, and their stable ids.

The shape of a trace follows DeepSeek-R1's distillation data (arXiv:2501.12948): a question, the
thought of a thinking model (`reasoning_content`) and its answer (`content`). Importing this module
costs nothing: no distilabel, no datasets.
"""

from __future__ import annotations

import hashlib
from typing import Literal

from pydantic import BaseModel, ConfigDict

Language = Literal["en", "zh"]
ErrorKind = Literal["teacher_error", "refused_by_provider"]
ThoughtForm = Literal[
    "field",  # the server split it: `reasoning_content` or `reasoning`
    "tags",  # `<think>…</think>` inline in the content
    "missing_opening",  # the prompt's template held `<think>`: only `</think>` came back
    "unfinished",  # cut before `</think>`: all of it is thought, none of it is content
    "several",  # more than one block, joined by a blank line
    "none",  # no thought at all
]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Question(_Row):
    """One seed question, after equal questions were merged.

    `answer` is the gold answer, or None where the question cannot be verified by rule;
    `solution` is a reference solution where the seed file had one (used only to notice leaks).
    """

    seed_id: str
    question: str
    answer: str | None = None
    solution: str | None = None
    language: Language


class Generation(_Row):
    """What the teacher gave for one request, its thought split from its answer.

    Token counts are the server's own `usage`; None where the server sent none (never 0).
    With `error` there is no text: `error` says why, `error_message` what the server said.
    """

    reasoning_content: str
    content: str
    thought_form: ThoughtForm
    finish_reason: str
    served_model: str
    prompt_tokens: int | None
    completion_tokens: int | None
    reasoning_tokens: int | None
    attempts: int
    request_id: str
    error: ErrorKind | None = None
    error_message: str = ""


class Trace(Generation):
    """One reply of the teacher to one question; `sample` counts from 0 within a question."""

    seed_id: str
    sample: int
    input: str
    answer: str | None
    solution: str | None
    language: Language
    model: str

    @property
    def trace_id(self) -> str:
        """The row's `id` in the published dataset: stable across runs, windows and refills."""
        return f"{self.seed_id}-{self.sample}"


def question_id(question: str) -> str:
    """16 hex digits of the SHA-256 of the question's text: the same question, the same id."""
    return hashlib.sha256(question.encode()).hexdigest()[:16]
