"""Which traces may be published: the gates, in a fixed order, each with its reason.

The first gate that a trace fails names its reason, so that the counts by reason in the manifest
add up and do not depend on anything but the trace. The gates are pure functions of the trace, its
verdict and the thresholds: changing a threshold and running again asks the teacher nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from builders.checks.language import count_letters, language_consistency, share_of_letters
from builders.checks.leaks import find_copied_span, find_given_answer
from builders.checks.repetition import duplicate_share, find_tail_loop
from builders.checks.rewards import accuracy_reward, format_reward
from builders.judged import CheckedTrace, RejectReason, Verdict
from distilabel_pipelines.generations import CUT_FINISH
from distilabel_pipelines.rows import Trace

_Share = Annotated[float, Field(ge=0.0, le=1.0)]


class GateConfig(BaseModel):
    """Thresholds of the gates, part of the recipe. Lengths in characters unless named otherwise.

    Measured on 978 real English traces (see tests/checks): tail loops 0.2% of answers or thoughts,
    `loop_max_duplicate_share` 0.5%, given-answer phrases 0.4%, language none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    require_thought: bool = True
    """Reject a reply without a thought; off for teachers that do not think."""

    min_thought_language: _Share = 0.9
    min_answer_language: _Share = 0.9
    """Least share of letters in the question's language, thought and answer apart."""

    mixed_language_min_letters: Annotated[int, Field(ge=1)] = 10
    """So many letters of another language at least: one quoted word is no mixing."""

    loop_min_chars: Annotated[int, Field(ge=50)] = 400
    loop_min_repeats: Annotated[int, Field(ge=2)] = 4
    """A tail loop fills so many characters of the text's end, with so many repeats."""

    loop_max_duplicate_share: _Share = 0.5
    loop_min_tokens: Annotated[int, Field(ge=12)] = 400
    """Largest share of repeated 12-grams (digits masked), in texts of so many tokens or more."""

    leak_span_chars: Annotated[int, Field(ge=20)] = 80
    leak_span_chars_zh: Annotated[int, Field(ge=10)] = 40
    leak_span_words: Annotated[int, Field(ge=1)] = 12
    """A span copied from the reference solution: so long and so many words (a CJK character is
    a word); both must be reached."""


class _Rejection(NamedTuple):
    reason: RejectReason
    detail: str


def _gate_error(trace: Trace, _verdict: Verdict, _config: GateConfig) -> _Rejection | None:
    if trace.error is not None:
        return _Rejection(trace.error, trace.error_message)
    if trace.finish_reason == "content_filter":
        return _Rejection("refused_by_provider", "finish_reason content_filter")
    return None


def _gate_truncated(trace: Trace, _verdict: Verdict, _config: GateConfig) -> _Rejection | None:
    if trace.finish_reason not in CUT_FINISH:
        return None
    tokens = "" if trace.completion_tokens is None else f" after {trace.completion_tokens} tokens"
    return _Rejection("truncated", f"cut{tokens}; raise MAX_TOKENS if there are many")


def _gate_empty(trace: Trace, _verdict: Verdict, config: GateConfig) -> _Rejection | None:
    if config.require_thought and not trace.reasoning_content.strip():
        return _Rejection("empty_thought", "no thought in the reply")
    if not trace.content.strip():
        unfinished = trace.thought_form == "unfinished"
        return _Rejection("empty_answer", "the thought was never closed" if unfinished else "")
    return None


def _gate_looping(trace: Trace, _verdict: Verdict, config: GateConfig) -> _Rejection | None:
    for where, text in (("thought", trace.reasoning_content), ("answer", trace.content)):
        loop = find_tail_loop(text, config.loop_min_chars, config.loop_min_repeats)
        if loop is not None:
            size = f"{loop.period} characters {loop.repeats:.0f} times"
            return _Rejection("looping", f"the {where} ends in a loop: {size}")
        share = duplicate_share(text, config.loop_min_tokens)
        if share > config.loop_max_duplicate_share:
            return _Rejection("looping", f"{share:.0%} of the {where}'s 12-grams are repeated")
    return None


def _gate_language(trace: Trace, _verdict: Verdict, config: GateConfig) -> _Rejection | None:
    for where, text, least in (
        ("thought", trace.reasoning_content, config.min_thought_language),
        ("answer", trace.content, config.min_answer_language),
    ):
        wanted, against = count_letters(text, trace.language, trace.input)
        share = share_of_letters(wanted, against)
        if share < least and against >= config.mixed_language_min_letters:
            return _Rejection("mixed_language", f"{share:.0%} of the {where} is {trace.language}")
    return None


def _gate_leak(trace: Trace, _verdict: Verdict, config: GateConfig) -> _Rejection | None:
    phrase = find_given_answer(trace.reasoning_content, trace.input)
    if phrase is not None:
        return _Rejection("leaked_answer", f"the thought speaks of {phrase!r}")
    if trace.solution is None:
        return None
    chars = config.leak_span_chars_zh if trace.language == "zh" else config.leak_span_chars
    span = find_copied_span(
        trace.reasoning_content, trace.solution, trace.input, chars, config.leak_span_words
    )
    if span is not None:
        return _Rejection("leaked_answer", f"copied from the reference solution: {span[:100]!r}")
    return None


def _gate_verdict(trace: Trace, verdict: Verdict, _config: GateConfig) -> _Rejection | None:
    if verdict.method == "no_gold":
        return None
    if verdict.final_answer is None:
        return _Rejection("no_final_answer", "no final answer in an accepted form")
    if verdict.verdict == "timeout":
        return _Rejection("timeout", verdict.detail)
    if verdict.verdict == "verified":
        return None
    given = f"answer {verdict.final_answer[:100]!r}, gold {(trace.answer or '')[:100]!r}"
    note = f"; {verdict.detail}" if verdict.detail else ""
    return _Rejection("refuted", f"{given}{note}")


_GATES: tuple[Callable[[Trace, Verdict, GateConfig], _Rejection | None], ...] = (
    _gate_error,
    _gate_truncated,
    _gate_empty,
    _gate_looping,
    _gate_language,
    _gate_leak,
    _gate_verdict,
)


def check_trace(trace: Trace, verdict: Verdict, config: GateConfig) -> CheckedTrace:
    """Put one trace through the gates and record its rewards. Pure.

    With a gold answer only a verified trace passes; without one, every trace that passes the
    other gates does, and stays `unverifiable`. A gold answer that no rule can check (too long for
    a parser) leaves its traces `unverifiable` as well: rejected as refuted, and the detail says so.
    """
    rejections = (gate(trace, verdict, config) for gate in _GATES)
    reason, detail = next((found for found in rejections if found is not None), (None, ""))
    return CheckedTrace(
        trace=trace,
        verdict=verdict.verdict,
        verdict_method=verdict.method,
        format_reward=format_reward(trace, verdict),
        accuracy_reward=accuracy_reward(verdict),
        language_consistency=round(
            language_consistency(
                trace.reasoning_content, trace.content, trace.language, trace.input
            ),
            4,
        ),
        reason=reason,
        detail=detail,
        final_answer=verdict.final_answer,
    )
