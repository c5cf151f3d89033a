"""An estimate in words, for a person who decides whether to spend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from builders.estimate import Estimate, JudgedSample, Plan, Sample, SampledRequest
from builders.estimate_bill import Bill, Span
from builders.estimate_rounds import RoundsEstimate, RoundsPlan
from builders.spend import UNKNOWN, format_cost
from distilabel_pipelines.prices import TOKENS, Budget, format_amount
from distilabel_pipelines.spend import JUDGE_MARK, Spend

Costs = Estimate | RoundsEstimate
Paid = Plan | RoundsPlan


def describe_estimate(
    estimate: Estimate, sample: Sample, plan: Plan, *, budget: Budget | None, spend: Spend
) -> str:
    """Some lines of plain text; `spend` is what this OUT has paid so far, the sample included."""
    rate = f"{_percent(estimate.pass_rate.low)} to {_percent(estimate.pass_rate.high)}"
    lines = {
        "published rows": f"{show_range(estimate.published)} of {plan.rows:,} wanted",
        "pass rate": f"{sample.passed} of {sample.units} in the sample; likely {rate}",
        "requests": _describe_requests(estimate, sample),
        "tokens": describe_tokens(estimate),
        "cost": describe_cost(estimate, plan),
        **_describe_judged_replies(estimate, sample, plan),
        "time": describe_time(estimate, plan),
        "spent so far": f"{spend.tokens:,} tokens, {format_cost(spend.cost)}",
        "seeds": _judge_seeds(estimate, plan),
    }
    if budget is not None:
        lines["budget"] = judge_budget(budget, estimate, spend)
    lines |= describe_earlier_answers(sample.requests, spend)
    count = len(sample.requests)
    return f"From a sample of {count} requests (ranges hold 9 of 10 cases):\n{align(lines)}"


def _describe_requests(estimate: Estimate, sample: Sample) -> str:
    """Texts that are continued take several requests each; they are told as texts."""
    count, parts = len(sample.requests), sum(one.parts for one in sample.requests)
    told = show_range(estimate.requests)
    if parts == count:
        return f"{told}, {count} of them answered now"
    return f"{told} texts at {parts / count:.1f} requests each, {count} of them written now"


def align(lines: Mapping[str, str]) -> str:
    """The lines under each other, names first."""
    width = max(map(len, lines))
    return "".join(f"  {name:<{width}}  {told}\n" for name, told in lines.items())


def describe_earlier_answers(requests: Sequence[SampledRequest], spend: Spend) -> dict[str, str]:
    """A note on the teacher's answers in this OUT beside the sample's; no line without any.

    A judge's are not among them.
    """
    answered = sum(
        model.answered for name, model in spend.models.items() if not name.endswith(JUDGE_MARK)
    )
    earlier = answered - sum(one.parts for one in requests)
    if earlier <= 0:
        return {}
    told = f"OUT holds {earlier:,} further answers; what the build needs of them is not paid again"
    return {"note": f"{told}, so less is to come than these lines say"}


def judge_budget(budget: Budget, estimate: Costs, spend: Spend) -> str:
    """Whether the cap lets the whole build through, what is already spent included."""
    spent = (spend.cost or {}).get(budget.unit, Decimal(0))
    if budget.unit == TOKENS:
        spent = Decimal(spend.tokens)
    known = budget.unit == TOKENS or spend.cost is not None
    left = _find_left(estimate.whole, budget) if known else None
    told = f"BUDGET={budget.describe()}"
    if left is None:
        alone = _find_left(estimate.teacher, budget) if known else None
        if alone is not None and spent + alone.low > budget.amount:
            needed = format_amount(spent + alone.expected, budget.unit)
            return f"{told} does not suffice (likely {needed} without the judge)"
        return f"{told}: whether it suffices is {UNKNOWN}"
    whole = Span(spent + left.expected, spent + left.low, spent + left.high)
    needed = f"likely {format_amount(whole.expected, budget.unit)} in all"
    if whole.low > budget.amount:
        return f"{told} does not suffice ({needed}); the build would stop at it and can be resumed"
    if whole.high > budget.amount:
        most = format_amount(whole.high, budget.unit)
        return f"{told} may not suffice ({needed}, up to {most})"
    return f"{told} suffices ({needed}; worst cases are reserved on top near the end)"


def _find_left(bill: Bill, budget: Budget) -> Span | None:
    """What is still to be paid in the budget's unit."""
    if budget.unit == TOKENS:
        return bill.tokens_left
    return bill.cost_left if bill.currency == budget.unit else None


def describe_tokens(estimate: Costs) -> str:
    """Of the whole build, and still to come."""
    teacher, whole = estimate.teacher, estimate.whole
    if teacher.tokens is None or teacher.tokens_left is None:
        return f"{UNKNOWN}: the teacher reports no usage"
    if whole.tokens is None or whole.tokens_left is None:
        left = show_range(teacher.tokens_left)
        return f"{show_range(teacher.tokens)} without the judge; still to come {left}"
    return f"{show_range(whole.tokens)}; still to come {show_range(whole.tokens_left)}"


def describe_cost(estimate: Costs, plan: Paid) -> str:
    """Of the whole build, and still to pay."""
    if not plan.prices:
        return f"{UNKNOWN}: no price is known for this model (PRICES=my-prices.toml gives one)"
    bill, at = estimate.whole, ", at a batch's price" if plan.batch else ""
    if bill.cost is None:
        bill, at = estimate.teacher, f"{at} without the judge"
    if bill.cost is None or bill.cost_left is None:
        return f"{UNKNOWN}: the teacher reports no usage"
    whole, left = (_money(span, bill.currency) for span in (bill.cost, bill.cost_left))
    return f"{whole}{at}; still to pay {left}. By the price table: check it against the provider's"


def _describe_judged_replies(estimate: Estimate, sample: Sample, plan: Plan) -> dict[str, str]:
    """The judge's line; none without one."""
    if sample.judged is None:
        return {}
    seen = f"shown {sample.judged.shown} of the sample's {len(sample.requests)} replies"
    return {"judge": describe_judge(seen, sample.judged, estimate, plan)}


def describe_judge(seen: str, judged: JudgedSample, estimate: Costs, plan: Paid) -> str:
    """The judge's part, or why it is unknown; `seen` tells what it was shown of the sample."""
    judge = estimate.judge
    if judge is None or estimate.shown is None:
        raise ValueError("a judged sample has an estimate of its judge")
    likely = f"{seen}; likely {show_range(estimate.shown)} in all"
    if judge.tokens is None:
        return f"{likely}: its tokens and cost are {UNKNOWN}, {_tell_why(judged)}"
    if not plan.judge_prices or judge.cost is None:
        cost = f"cost {UNKNOWN}: no price is known for its model (PRICES=my-prices.toml gives one)"
    else:
        cost = _money(judge.cost, judge.currency)
    return f"{likely}: {show_range(judge.tokens)} tokens, {cost}"


def _tell_why(judged: JudgedSample) -> str:
    if judged.shown == 0:
        return "as no rule left it a reply to judge; a larger SAMPLE_REQUESTS may tell"
    return "as it gave no answer with a token count"


def describe_time(estimate: Costs, plan: Paid) -> str:
    """To the last reply."""
    if plan.batch:
        return f"{UNKNOWN}: a batch may take up to its completion window (24 hours)"
    span = estimate.time_left_s
    if span is None:
        return f"{UNKNOWN}: no reply was timed"
    shown = [_clock(value) for value in span]
    last = "last reply" if estimate.judge is None else "teacher's last reply"
    return f"{shown[0]} ({shown[1]} to {shown[2]}) to the {last}, {plan.concurrency} in flight"


def _judge_seeds(estimate: Estimate, plan: Plan) -> str:
    if estimate.certainty >= 0.95:
        return f"suffice for {plan.rows:,} rows"
    if estimate.certainty <= 0.05:
        return f"do not suffice for {plan.rows:,} rows: give more, a higher LIMIT or SAMPLES"
    return f"may not suffice for {plan.rows:,} rows ({estimate.certainty:.0%} of the cases)"


def show_range(span: Span) -> str:
    """Whole numbers; one where all three are the same."""
    shown = [f"{value:,.0f}" for value in span]
    return shown[0] if shown[1] == shown[2] else f"{shown[0]} ({shown[1]} to {shown[2]})"


def _money(span: Span, currency: str) -> str:
    shown = [format_amount(value, currency) for value in span]
    return shown[0] if shown[1] == shown[2] else f"{shown[0]} ({shown[1]} to {shown[2]})"


def _percent(share: Decimal) -> str:
    return f"{share:.0%}"


def _clock(seconds: Decimal) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
