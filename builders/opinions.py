"""The second opinion's rules: whom a judge looks at, and what its word changes.

Looked at are rows whose rule verdict is refuted, unverifiable or timeout and which failed no other
gate. The judge's word fills two columns; only where the recipe says so does it change what is
published, and never a reward or the pass rate: a model that judges has biases of its own (Zheng et
al., arXiv:2306.05685).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from builders.judged import CheckedTrace, JudgeFacts, JudgeVerdict
from builders.teacher_config import JudgeConfig
from builders.teacher_requests import choose_extra_body, flatten_fields
from distilabel_pipelines.judging import (
    TEMPERATURE,
    JudgedRow,
    JudgeJob,
    Rubric,
    read_rubrics,
)
from distilabel_pipelines.structured import JsonStyle

_LOOKED_AT = frozenset({"refuted", "unverifiable", "timeout"})
_MAY_BE_CLEARED = frozenset({"refuted", "timeout"})
STOPPED = "the run ended before the judge had answered"


class Word(NamedTuple):
    """What a judge said of a row; `reason` says why, or why nothing was said."""

    verdict: JudgeVerdict
    reason: str


def needs_opinion(one: CheckedTrace) -> bool:
    """Whether the judge looks at the row: no rule cleared it and no other gate refused it."""
    gated = one.reason is not None and one.reason not in _MAY_BE_CLEARED
    return one.verdict in _LOOKED_AT and not gated


def show_row(one: CheckedTrace) -> JudgedRow:
    """What the judge is shown of a trace: all but its thought."""
    return JudgedRow(
        question=one.trace.input,
        reference=one.trace.answer,
        reply=one.trace.content,
        final_answer=one.final_answer,
        language=one.trace.language,
    )


def apply_opinion(
    one: CheckedTrace, verdict: JudgeVerdict, reason: str, *, accepts: bool
) -> CheckedTrace:
    """The row with the judge's word and, with `accepts`, what follows from it. Pure.

    `correct` clears a refuted or timed-out row; `incorrect` rejects one that nothing was compared
    with. `undecided` and `not_judged` leave what the rules say.
    """
    update: dict[str, object] = {"judge_verdict": verdict, "judge_reason": reason}
    if accepts and verdict == "correct" and one.reason in _MAY_BE_CLEARED:
        update |= {"reason": None, "detail": ""}
    if accepts and verdict == "incorrect" and one.reason is None:
        update |= {"reason": "judged_incorrect", "detail": reason}
    return one.model_copy(update=update)


def mark_not_judged(checked: Sequence[CheckedTrace]) -> list[CheckedTrace]:
    """The same rows; those the judge should have looked at, and did not, say so."""
    return [
        apply_opinion(one, "not_judged", STOPPED, accepts=False)
        if needs_opinion(one) and one.judge_verdict is None
        else one
        for one in checked
    ]


def plan_judge(config: JudgeConfig, model: str) -> JudgeJob:
    """The judge's settings in its server's dialect; the recipe's `extra_body` wins over them.

    DashScope takes no JSON mode from a model that thinks, and a schema from few models: there it is
    `json_object`, or, with `thinking`, the prompt's word alone.
    """
    style: JsonStyle = "json_schema"
    if config.llm == "dashscope":
        style = "prompt_only" if config.thinking else "json_object"
    return JudgeJob(
        model=model,
        accepts=config.accepts,
        max_tokens=config.reply_tokens,
        json_style=style,
        extra_body=choose_extra_body(config, thinking=config.thinking),
    )


def describe_judge(config: JudgeConfig, job: JudgeJob, rubric: Rubric = "answer") -> JudgeFacts:
    """What the manifest and card say of the judge; `rubric` is the one of the kind's rows."""
    sent = {"temperature": TEMPERATURE, "max_tokens": job.max_tokens, **job.extra_body}
    return JudgeFacts(
        llm=config.llm,
        model=job.model,
        accepts=job.accepts,
        settings={**flatten_fields(sent), "json": job.json_style, "repairs": job.repairs},
        rubrics=dict(read_rubrics(rubric)),
    )
