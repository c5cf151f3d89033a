"""A small, fixed outcome of a reasoning build, for the tests of manifest, card and package."""

from __future__ import annotations

from typing import Any

from builders.judged import CheckedTrace, Outcome, RejectReason, RunFacts, SeedFacts, TeacherFacts
from distilabel_pipelines.rows import Trace, question_id


def checked(question: str, thought: str, reply: str, **changes: object) -> CheckedTrace:
    """A verified trace; `changes` are fields of the trace or of the checked trace."""
    trace: dict[str, Any] = {
        "seed_id": question_id(question),
        "sample": 0,
        "input": question,
        "answer": "42",
        "solution": None,
        "language": "en",
        "reasoning_content": thought,
        "content": reply,
        "thought_form": "field",
        "finish_reason": "stop",
        "model": "small-reasoner",
        "served_model": "small-reasoner",
        "prompt_tokens": 31,
        "completion_tokens": 57,
        "reasoning_tokens": None,
        "attempts": 1,
        "request_id": "req-1",
    }
    judged: dict[str, Any] = {
        "verdict": "verified",
        "verdict_method": "identical",
        "format_reward": 1,
        "accuracy_reward": 1,
        "language_consistency": 1.0,
        "pass_rate": 1.0,
    }
    trace |= {key: value for key, value in changes.items() if key in trace or "error" in key}
    judged |= {key: value for key, value in changes.items() if key not in trace}
    return CheckedTrace(trace=Trace(**trace), **judged)


def rejected(question: str, reason: RejectReason, **changes: object) -> CheckedTrace:
    """A trace that is not published."""
    return checked(question, "Let me see.", "\\boxed{7}", reason=reason, **changes)


def small_outcome() -> Outcome:
    """Four published rows (two languages, one without gold), eight rejected for seven reasons."""
    return Outcome(published=_published_rows(), rejected=_rejected_rows())


def _published_rows() -> list[CheckedTrace]:
    open_row: dict[str, Any] = {
        "answer": None,
        "verdict": "unverifiable",
        "verdict_method": "no_gold",
        "accuracy_reward": None,
        "pass_rate": None,
    }
    return [
        checked(
            "Ada has 17 shells and finds 25 more. How many shells has she now?",
            "She starts with 17.\nShe finds 25 more.\n17 + 25: 7 + 5 = 12, write 2, carry 1;"
            " 1 + 2 + 1 = 4. So 42.",
            "Ada has 42 shells.\n\n\\boxed{42}",
            reasoning_tokens=48,
        ),
        checked(
            "一个盒子里有6排鸡蛋，每排7个，一共有多少个鸡蛋？",
            "每排7个，有6排。\n6 × 7 = 42。",
            "一共有42个鸡蛋。\\boxed{42}",
            language="zh",
            pass_rate=0.5,
            sample=1,
        ),
        checked(
            "Why is the sky blue?",
            "Air scatters short waves more strongly. " * 12,
            "Because air scatters blue light most.",
            **open_row,
        ),
        checked("What is 6 * 7?", "6 * 7 = 42", "\\boxed{42}", verdict_method="rational"),
    ]


def _rejected_rows() -> list[CheckedTrace]:
    return [
        rejected(
            "一个盒子里有6排鸡蛋，每排7个，一共有多少个鸡蛋？",
            "refuted",
            language="zh",
            verdict="refuted",
            accuracy_reward=0,
            pass_rate=0.5,
            detail="7 is not 42",
        ),
        rejected("What is 20 + 22?", "truncated", finish_reason="length", pass_rate=1.0),
        rejected("What is 20 + 22?", "not_selected", sample=1, pass_rate=1.0),
        rejected(
            "What is 6 times 7?",
            "duplicate",
            duplicate_of=f"{question_id('What is 6 * 7?')}-0",
            completion_tokens=None,
        ),
        rejected("What is 84 / 2?", "surplus", served_model="small-reasoner-v2"),
        rejected("What is 40 + 2?", "surplus"),
        rejected("What is 50 - 8?", "empty_thought", thought_form="none"),
        rejected(
            "What is 2 * 21?",
            "teacher_error",
            error="teacher_error",
            error_message="503 after 6 attempts",
            pass_rate=None,
            verdict="unverifiable",
            accuracy_reward=None,
        ),
    ]


def small_facts(**changes: object) -> RunFacts:
    """The facts beside `small_outcome`; `changes` replace fields of seeds, teacher or the run."""
    seeds: dict[str, Any] = {
        "source": "bundled:reasoning",
        "sha256": "ab" * 32,
        "revision": None,
        "rows_read": 12,
        "equal_merged": 1,
        "questions": 11,
        "with_gold": 10,
        "license": "Apache-2.0",
    }
    teacher: dict[str, Any] = {
        "llm": "embedded",
        "model": "small-reasoner",
        "sampling": {"temperature": 0.6, "top_p": 0.95, "max_tokens": 1536, "seed": None},
        "system_prompts": {"en": "Reason step by step, then put the final answer in \\boxed{}."},
    }
    run: dict[str, Any] = {
        "kind": "reasoning",
        "code_version": "0.1.0",
        "recipe": {
            "seeds": {"source": "bundled:reasoning"},
            "teacher": {"llm": "embedded", "temperature": 0.6, "max_tokens": 1536},
            "rows": 4,
            "samples": 2,
        },
        "recipe_digest": "cd" * 32,
        "rows_wanted": 4,
        "judge": None,
        "stop_reason": None,
        "spend": None,
    }
    for part in (seeds, teacher, run):
        part |= {key: value for key, value in changes.items() if key in part}
    return RunFacts(seeds=SeedFacts(**seeds), teacher=TeacherFacts(**teacher), **run)
