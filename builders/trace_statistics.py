"""What a set of traces looks like in numbers: verdicts, endings, tokens, lengths, pass rates.

Everything is an integer count or a quantile by nearest rank, so equal traces give equal figures on
every machine. What no server reported is counted as unknown and never shown as zero.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict

from builders.judged import CheckedTrace
from builders.length_histograms import LengthHistogram, bin_lengths
from builders.public_text import replace_lone_surrogates
from builders.reasoning_rows import known_count

PASS_RATE_BINS = ("0", "0 to 0.25", "0.25 to 0.5", "0.5 to 0.75", "0.75 to 1", "1")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TokenTotal(_Part):
    """Sum of the servers' own counts; `total` is None where none of the traces had one."""

    total: int | None
    reported: int
    unreported: int


class TokenTotals(_Part):
    """Tokens paid for; `reasoning` is a part of `completion`."""

    prompt: TokenTotal
    completion: TokenTotal
    reasoning: TokenTotal


class Quantiles(_Part):
    """Nearest-rank quantiles of `count` values; the mean is rounded to one decimal."""

    count: int
    min: int
    p10: int
    p50: int
    p90: int
    p99: int
    max: int
    mean: float


class Lengths(_Part):
    """Characters of the texts and the servers' token counts; None where no trace has any."""

    question_characters: Quantiles | None
    thought_characters: Quantiles | None
    answer_characters: Quantiles | None
    completion_tokens: Quantiles | None
    reasoning_tokens: Quantiles | None


class TraceStatistics(_Part):
    """One set of traces in numbers; every dict is ordered by falling count, then by name."""

    traces: int
    verdicts: dict[str, int]
    verdict_methods: dict[str, int]
    format_rewarded: int
    thought_forms: dict[str, int]
    finish_reasons: dict[str, int]
    cut_by_length: int
    literal_think_tags: int
    languages: dict[str, int]
    mean_language_consistency: float | None
    tokens: TokenTotals
    lengths: Lengths


def describe_traces(traces: Sequence[CheckedTrace]) -> TraceStatistics:
    """Statistics of one set of traces; independent of their order."""
    finish_reasons = count_values(one.trace.finish_reason for one in traces)
    return TraceStatistics(
        traces=len(traces),
        verdicts=count_values(one.verdict for one in traces),
        verdict_methods=count_values(one.verdict_method for one in traces),
        format_rewarded=sum(one.format_reward == 1 for one in traces),
        thought_forms=count_values(one.trace.thought_form for one in traces),
        finish_reasons=finish_reasons,
        cut_by_length=finish_reasons.get("length", 0),
        literal_think_tags=sum(_holds_think_tag(one) for one in traces),
        languages=count_values(one.trace.language for one in traces),
        mean_language_consistency=_mean_consistency(traces),
        tokens=_total_tokens(traces),
        lengths=_measure_lengths(traces),
    )


def _holds_think_tag(checked: CheckedTrace) -> bool:
    text = checked.trace.reasoning_content + checked.trace.content
    return "<think>" in text or "</think>" in text


def count_values(values: Iterable[str]) -> dict[str, int]:
    """How often each value occurs, most frequent first, equal counts by name."""
    counts = Counter(replace_lone_surrogates(value)[0] for value in values)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def bin_pass_rates(traces: Iterable[CheckedTrace]) -> dict[str, int]:
    """Questions by the share of their samples that were verified; the keys of `PASS_RATE_BINS`.

    A question counts once, however many of its samples are given; questions without a pass rate
    (no gold answer) do not count. Inner bins hold their upper edge; 0 and 1 stand alone.
    """
    rates = {one.trace.seed_id: one.pass_rate for one in traces if one.pass_rate is not None}
    bins = dict.fromkeys(PASS_RATE_BINS, 0)
    for rate in rates.values():
        bins[_pass_rate_bin(rate)] += 1
    return bins


def _pass_rate_bin(rate: float) -> str:
    if rate <= 0 or rate >= 1:
        return "0" if rate <= 0 else "1"
    return PASS_RATE_BINS[math.ceil(rate * 4)]


def _mean_consistency(traces: Sequence[CheckedTrace]) -> float | None:
    if not traces:
        return None
    return round(math.fsum(one.language_consistency for one in traces) / len(traces), 4)


def _total_tokens(traces: Sequence[CheckedTrace]) -> TokenTotals:
    return TokenTotals(
        prompt=total_tokens(one.trace.prompt_tokens for one in traces),
        completion=total_tokens(one.trace.completion_tokens for one in traces),
        reasoning=total_tokens(one.trace.reasoning_tokens for one in traces),
    )


def total_tokens(counts: Iterable[int | None]) -> TokenTotal:
    """The sum of the counts that were sent; counts that no text can have are unreported too."""
    counts = list(counts)
    known = _known(counts)
    total = sum(known) if known else None
    return TokenTotal(total=total, reported=len(known), unreported=len(counts) - len(known))


def _known(counts: Iterable[int | None]) -> list[int]:
    return [count for count in map(known_count, counts) if count is not None]


def _measure_lengths(traces: Sequence[CheckedTrace]) -> Lengths:
    return Lengths(
        question_characters=measure_quantiles([len(one.trace.input) for one in traces]),
        thought_characters=measure_quantiles([len(one.trace.reasoning_content) for one in traces]),
        answer_characters=measure_quantiles([len(one.trace.content) for one in traces]),
        completion_tokens=measure_quantiles(_known(one.trace.completion_tokens for one in traces)),
        reasoning_tokens=measure_quantiles(_known(one.trace.reasoning_tokens for one in traces)),
    )


def count_trace_lengths(traces: Sequence[CheckedTrace]) -> list[LengthHistogram]:
    """The histograms of `Lengths`, without those of texts that no trace has."""
    completions = _known(one.trace.completion_tokens for one in traces)
    thoughts = _known(one.trace.reasoning_tokens for one in traces)
    return [
        *bin_lengths("question", "characters", [len(one.trace.input) for one in traces]),
        *bin_lengths("thought", "characters", [len(one.trace.reasoning_content) for one in traces]),
        *bin_lengths("answer", "characters", [len(one.trace.content) for one in traces]),
        *bin_lengths("reply", "tokens", completions),
        *bin_lengths("thought", "tokens", thoughts),
    ]


def measure_quantiles(values: Sequence[int]) -> Quantiles | None:
    """Nearest-rank quantiles: the smallest value that at least that share does not exceed."""
    if not values:
        return None
    ordered = sorted(values)

    def at(percent: int) -> int:
        return ordered[max(0, -(-percent * len(ordered) // 100) - 1)]

    return Quantiles(
        count=len(ordered),
        min=ordered[0],
        p10=at(10),
        p50=at(50),
        p90=at(90),
        p99=at(99),
        max=ordered[-1],
        mean=round(sum(ordered) / len(ordered), 1),
    )
