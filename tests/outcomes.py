"""A small, fixed outcome of a reasoning build, for the tests of manifest, card and package."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from builders.judged import (
    CheckedTrace,
    JudgeFacts,
    JudgeVerdict,
    Outcome,
    RejectReason,
    RunFacts,
    SeedFacts,
    TeacherFacts,
)
from distilabel_pipelines.rows import Trace, question_id
from distilabel_pipelines.spend import BoundedSpend, ModelSpend, Spend
from tests.decontamination.outcomes import check_facts


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
        "weights": "bundled",
        "started": False,
        "api": "chat",
        "stop": [],
        "completion_prompts": {},
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
        "decontamination": check_facts(),
        "judge": None,
        "stop_reason": None,
        "spend": None,
    }
    for part in (seeds, teacher, run):
        part |= {key: value for key, value in changes.items() if key in part}
    return RunFacts(seeds=SeedFacts(**seeds), teacher=TeacherFacts(**teacher), **run)


def judge_facts(*, accepts: bool, **changes: object) -> JudgeFacts:
    """A judge; `changes` are further fields."""
    facts: dict[str, Any] = {
        "llm": "vllm",
        "model": "large-judge",
        "accepts": accepts,
        "settings": {"temperature": 0.0, "max_tokens": 1024, "json": "json_schema", "repairs": 2},
        "rubrics": {"en": "Is the final answer right?", "zh": "最终答案对不对？"},
    }
    return JudgeFacts.model_validate(facts | changes)


def judged_outcome() -> Outcome:
    """Three published rows (one of them cleared by the judge), three rejected, all looked at."""
    by_rule: dict[str, Any] = {"answer": None, "pass_rate": None, "accuracy_reward": None}
    wrong: dict[str, Any] = {"verdict": "refuted", "accuracy_reward": 0, "pass_rate": 0.0}
    return Outcome(
        published=[
            _with_word(
                checked("Name 6 * 7 in words.", "Forty-two.", "\\boxed{forty-two}", **wrong),
                "correct",
            ),
            _with_word(
                checked("Why?", "Hm.", "Because.", verdict="unverifiable", **by_rule), "correct"
            ),
            _with_word(
                checked("How?", "Hm.", "Somehow.", verdict="unverifiable", **by_rule), "not_judged"
            ),
        ],
        rejected=[
            _with_word(rejected("What is 6 * 7?", "refuted", **wrong), "incorrect"),
            _with_word(
                rejected("Who?", "judged_incorrect", verdict="unverifiable", **by_rule), "incorrect"
            ),
            _with_word(
                rejected("Solve x.", "timeout", verdict="timeout", accuracy_reward=None),
                "undecided",
            ),
        ],
    )


def _with_word(one: CheckedTrace, word: JudgeVerdict) -> CheckedTrace:
    update = {"judge_verdict": word, "judge_reason": f"It seems {word}."}
    return one.model_copy(update=update)


def small_spend() -> Spend:
    """What was paid: a judge with a price, a teacher whose price nobody knows."""
    nothing = BoundedSpend(count=0, prompt_tokens=0, completion_tokens=0, cost={})
    priced = ModelSpend(
        answered=6,
        refused=0,
        batched=0,
        unreported=0,
        prompt_tokens=4_200,
        cached_tokens=0,
        completion_tokens=310,
        cost={"USD": Decimal("0.01234")},
    )
    unpriced = priced.model_copy(update={"answered": 11, "cost": None})
    interrupted = BoundedSpend(
        count=2, prompt_tokens=600, completion_tokens=3072, cost={"USD": Decimal("0.00001")}
    )
    return Spend(
        models={"small-reasoner": unpriced, "/home/bob/large-judge": priced},
        unreported=nothing,
        lost=nothing,
        reserved=nothing,
        interrupted=interrupted,
        tokens=9_020,
        cost=None,
    )
