"""The estimate of an instruction build in words, for a person who decides whether to spend."""

from __future__ import annotations

from builders.estimate_bill import Span
from builders.estimate_report import (
    align,
    describe_cost,
    describe_earlier_answers,
    describe_judge,
    describe_time,
    describe_tokens,
    judge_budget,
    show_range,
)
from builders.estimate_rounds import RoundsEstimate, RoundsPlan, RoundsSample
from builders.spend import UNKNOWN, format_cost
from distilabel_pipelines.prices import Budget
from distilabel_pipelines.spend import Spend

_FAR = 4  # times as many tasks as in the sample
_NOTHING_WRITTEN = (
    f"{UNKNOWN}: no task of the sample was kept, so no instances were written; a larger "
    "SAMPLE_REQUESTS may tell"
)


def describe_rounds(
    estimate: RoundsEstimate,
    sample: RoundsSample,
    plan: RoundsPlan,
    *,
    budget: Budget | None,
    spend: Spend,
) -> str:
    """Some lines of plain text; `spend` is what this OUT has paid so far, the sample included."""
    lists = len(sample.lists)
    lines = {
        "published rows": f"{show_range(estimate.published)} of {plan.rows:,} wanted",
        "tasks a list": _describe_mean(sample.kept, lists, "kept", estimate.tasks_a_list),
        **_describe_rows(estimate, sample, plan),
        "novelty": _describe_novelty(sample),
        "list requests": f"{show_range(estimate.lists)}, {lists} of them answered now",
        **_describe_tasks(estimate, sample, plan),
        **_describe_costs(estimate, sample, plan),
        "time": describe_time(estimate, plan),
        "spent so far": f"{spend.tokens:,} tokens, {format_cost(spend.cost)}",
        "end": _describe_end(estimate, plan),
    }
    if budget is not None:
        lines["budget"] = _judge_budget(budget, estimate, sample, spend)
    lines |= describe_earlier_answers(sample.requests, spend)
    return f"From a sample of {_count_sample(sample, plan)}:\n{align(lines)}"


def _count_sample(sample: RoundsSample, plan: RoundsPlan) -> str:
    told = f"{len(sample.lists)} list requests"
    if plan.writes_tasks:
        told += f" and the instances of {len(sample.tasks)} tasks, {len(sample.requests)} requests"
    return f"{told} (ranges hold 9 of 10 cases)"


def _describe_mean(seen: int, units: int, what: str, span: Span) -> str:
    mean = f"{seen / units:.1f} {what}" if units else UNKNOWN
    return f"{mean} in the sample; likely {span.low:.1f} to {span.high:.1f}"


def _describe_rows(
    estimate: RoundsEstimate, sample: RoundsSample, plan: RoundsPlan
) -> dict[str, str]:
    """No line where each kept task is a row, as Alpaca's are unless a judge rejects some."""
    rows = sum(one.rows for one in sample.tasks)
    if not plan.writes_tasks and rows == len(sample.tasks):
        return {}
    told = _describe_mean(rows, len(sample.tasks), "published", estimate.rows_a_task)
    return {"rows a task": told}


def _describe_novelty(sample: RoundsSample) -> str:
    """What the ranges allow for, and what they cannot know."""
    seen = sample.resemblances
    return (
        f"{seen.dropped} of {seen.screened} instructions resembled an earlier one. More will as "
        "the pool grows: the ranges allow for some of it, but far beyond the sample these figures "
        "are lower bounds (a larger SAMPLE_REQUESTS tells more)"
    )


def _describe_tasks(
    estimate: RoundsEstimate, sample: RoundsSample, plan: RoundsPlan
) -> dict[str, str]:
    if not plan.writes_tasks:
        return {}
    done = len(sample.tasks)
    told = f"{show_range(estimate.tasks)}, {done} of them answered now"
    requests = sum(len(one.requests) for one in sample.tasks)
    return {"tasks written": f"{told}, in {requests} requests" if done else told}


def _describe_costs(
    estimate: RoundsEstimate, sample: RoundsSample, plan: RoundsPlan
) -> dict[str, str]:
    if plan.writes_tasks and not sample.tasks:
        return {"tokens": _NOTHING_WRITTEN, "cost": _NOTHING_WRITTEN}
    lines = {"tokens": describe_tokens(estimate), "cost": describe_cost(estimate, plan)}
    if plan.runs_here and sample.judged is None:
        lines["cost"] = "nothing: the teacher runs on this machine"
    if sample.judged is not None:
        seen = f"shown {sample.judged.shown} rows of the sample"
        lines["judge"] = describe_judge(seen, sample.judged, estimate, plan)
    return lines


def _judge_budget(
    budget: Budget, estimate: RoundsEstimate, sample: RoundsSample, spend: Spend
) -> str:
    """With a word of caution where most of the pool's growth is unseen."""
    told = judge_budget(budget, estimate, spend)
    is_far = estimate.tasks.expected > _FAR * max(1, sample.kept)
    return f"{told}; as novelty falls it may not" if is_far and " suffices (" in told else told


def _describe_end(estimate: RoundsEstimate, plan: RoundsPlan) -> str:
    rows = f"{plan.rows:,} rows"
    fruitless = f"the last {plan.fruitless_requests:,} list requests bring none"
    if estimate.certainty >= 0.95:
        return f"at {rows}"
    if estimate.certainty <= 0.05:
        return f"before {rows}, when {fruitless}: more varied SEEDS or another teacher may help"
    return f"at {rows}, or before them when {fruitless} ({1 - estimate.certainty:.0%} of the cases)"
