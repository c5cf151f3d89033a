"""What a judge is asked about one row, and how its opinion is read.

The rubric is fixed and stands in the system turn; everything of the row is data in the user turn,
between lines that carry a mark. The mark is made from the row's own text, so a reply cannot know it
and cannot close its own part (prompt injection: Greshake et al., arXiv:2302.12173; delimiting:
"spotlighting", Hines et al., arXiv:2403.14720). The judge never sees the thought: only the answer
is to be judged, and a thought is long, persuasive text.

A request depends on the row and the settings alone: temperature 0, a fixed seed, no clock and no
chance. So it has the same journal key in every run.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal

import jinja2
from pydantic import BaseModel, ConfigDict, field_validator

from distilabel_pipelines.rows import Language
from distilabel_pipelines.structured import JsonStyle, make_response_format
from distilabel_pipelines.wire import Body, join_surrogates

Rubric = Literal["answer", "task"]  # is the final answer right; was the instruction carried out
_PROMPTS = Path(__file__).parent / "prompts" / "judge"
# What each rubric's templates are called: the fixed instruction, and the row.
_TEMPLATES: dict[Rubric, tuple[str, str]] = {
    "answer": ("rubric", "row"),
    "task": ("task_rubric", "task_row"),
}
TEMPERATURE = 0.0
_SEED = 0
_MAX_SHOWN = 24_000  # characters of one part; longer ones lose their middle
_MAX_REASON = 500
OPINION_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "reason": {"type": "string"},
        "verdict": {"type": "string", "enum": ["correct", "incorrect", "undecided"]},
    },
    "required": ["reason", "verdict"],
    "additionalProperties": False,
}


class Opinion(BaseModel):
    """What a judge thinks of one reply; `reason` is one line of at most 500 characters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str
    verdict: Literal["correct", "incorrect", "undecided"]

    @field_validator("verdict", mode="before")
    @classmethod
    def _plain_word(cls, given: object) -> object:
        return given.strip().lower() if isinstance(given, str) else given

    @field_validator("reason")
    @classmethod
    def _one_line(cls, text: str) -> str:
        line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        if not line:
            raise ValueError("the reason is empty")
        return line if len(line) <= _MAX_REASON else f"{line[: _MAX_REASON - 1]}…"


class JudgedRow(BaseModel):
    """What the judge sees of an answer to a question: `reply` is without the thought."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rubric: ClassVar[Rubric] = "answer"
    question: str
    reference: str | None
    reply: str
    final_answer: str | None
    language: Language

    def parts(self) -> dict[str, str | None]:
        """What stands between marked lines, by its name in the template."""
        return {
            "question": self.question,
            "reference": self.reference,
            "reply": self.reply,
            "final_answer": self.final_answer,
        }


class JudgedTask(BaseModel):
    """What the judge sees of a task that was carried out; `input` is None where it has none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rubric: ClassVar[Rubric] = "task"
    instruction: str
    input: str | None
    reply: str
    language: Language

    def parts(self) -> dict[str, str | None]:
        """What stands between marked lines, by its name in the template."""
        return {"instruction": self.instruction, "input": self.input, "reply": self.reply}


Judged = JudgedRow | JudgedTask


class JudgeJob(BaseModel):
    """The judge's settings: all that its requests depend on, beside the row, and its patience.

    `max_tokens` bounds one opinion, a thought included. `extra_body` are further fields of the
    request, such as `chat_template_kwargs`. `accepts` lets its verdict change the selection.
    `connections` is how many rows are handed to the gateway at once; the window is the gateway's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    accepts: bool = False
    max_tokens: int = 1024
    json_style: JsonStyle = "json_schema"
    extra_body: dict[str, Any] = {}
    repairs: int = 2
    connections: int = 256


def read_rubrics(rubric: Rubric = "answer") -> dict[Language, str]:
    """The fixed instruction in each language, as the card shows it."""
    name, _ = _TEMPLATES[rubric]
    return {
        "en": _template(f"{name}.en.jinja").render(),
        "zh": _template(f"{name}.zh.jinja").render(),
    }


def build_judge_request(row: Judged, job: JudgeJob) -> Body:
    """The chat request about one row, by the rubric of its kind. Pure and deterministic."""
    parts = {name: None if text is None else _prepare(text) for name, text in row.parts().items()}
    rubric, shown = (f"{name}.{row.language}.jinja" for name in _TEMPLATES[row.rubric])
    return {
        "model": job.model,
        "messages": [
            {"role": "system", "content": _template(rubric).render()},
            {
                "role": "user",
                "content": _template(shown).render(mark=make_mark(parts), **parts),
            },
        ],
        "max_tokens": job.max_tokens,
        "temperature": TEMPERATURE,
        "seed": _SEED,
        **make_response_format("opinion", OPINION_SCHEMA, job.json_style),
        **job.extra_body,
    }


def make_mark(parts: dict[str, str | None]) -> str:
    """16 hex digits made from the parts that stand in none of them."""
    text = "\x1f".join(part if part is not None else "\x1e" for part in parts.values())
    mark = hashlib.sha256(text.encode()).hexdigest()[:16]
    while mark in text:
        mark = hashlib.sha256(mark.encode()).hexdigest()[:16]
    return mark


def _prepare(text: str) -> str:
    """Text that JSON can carry and a context can hold: very long ones lose their middle."""
    text = join_surrogates(text)
    if len(text) <= _MAX_SHOWN:
        return text
    left_out = len(text) - _MAX_SHOWN
    half = _MAX_SHOWN // 2
    return f"{text[:half]}\n[… {left_out} characters left out here …]\n{text[-half:]}"


@cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PROMPTS),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701  # plain text for a model; the mark sets the data apart
        trim_blocks=True,
    )
    return environment.get_template(name)
