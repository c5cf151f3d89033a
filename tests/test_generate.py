"""What the generate stage hands on: plans for the pipeline, and no trace judged twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from builders.checks import AnswerVerifier, GateConfig, check_traces
from builders.generate import Generated, check_generated
from tests.outcomes import checked


@pytest.fixture(scope="module")
def verifier() -> Iterator[AnswerVerifier]:
    with AnswerVerifier() as running:
        yield running


def test_every_trace_is_checked_in_seed_order(verifier: AnswerVerifier) -> None:
    traces = [
        checked(f"What is {n} + 1?", "Add one.", f"\\boxed{{{n + 1}}}", answer=str(n + n % 2 + 1))
        for n in range(6)
    ]
    raw = [one.trace for one in traces]
    some = {one.trace.trace_id: one for one in check_traces(raw[2:4], GateConfig(), verifier)}
    result = check_generated(Generated(raw, some, "m"), GateConfig(), verifier)
    assert [one.trace for one in result] == raw
    assert [one.reason for one in result] == [None, "refuted"] * 3
    assert result == check_traces(raw, GateConfig(), verifier)


def test_what_was_judged_as_it_came_in_is_not_judged_again(verifier: AnswerVerifier) -> None:
    known = checked("What is 1 + 1?", "Add.", "\\boxed{3}", answer="2", detail="as it came in")
    result = check_generated(
        Generated([known.trace], {known.trace.trace_id: known}, "m"), GateConfig(), verifier
    )
    assert result == [known]


def test_a_trace_that_reads_otherwise_at_the_end_is_judged_afresh(verifier: AnswerVerifier) -> None:
    early = checked("What is 1 + 1?", "Add.", "\\boxed{2}", answer="2")
    late = early.trace.model_copy(update={"content": "\\boxed{3}"})
    [result] = check_generated(
        Generated([late], {late.trace_id: early}, "m"), GateConfig(), verifier
    )
    assert result.reason == "refuted"
