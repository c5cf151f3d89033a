"""The whole stage: order, speed, imports, real traces."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from builders.checks import AnswerVerifier, GateConfig, check_traces
from tests.checks.real_data import read_rows
from tests.checks.traces import make_trace


def test_traces_keep_their_order_and_errors_their_reason(verifier: AnswerVerifier) -> None:
    traces = [
        make_trace(sample=0),
        make_trace(sample=1, error="teacher_error", error_message="500", content=""),
        make_trace(sample=2, content=r"\boxed{41}"),
        make_trace(sample=3, answer=None, content="Plain prose."),
        make_trace(sample=4, answer=r"3\sqrt{2}", content=r"\boxed{\sqrt{18}}"),
    ]
    checked = check_traces(traces, GateConfig(), verifier)
    assert [row.trace.sample for row in checked] == [0, 1, 2, 3, 4]
    assert [row.reason for row in checked] == [None, "teacher_error", "refuted", None, None]
    assert [row.verdict_method for row in checked] == [
        "identical",
        "no_response",
        "rational",
        "no_gold",
        "math_verify",
    ]


def test_short_traces_of_plain_numbers_are_checked_fast_and_without_processes() -> None:
    thought = "Ones: 7 + 5 = 12, write 2 carry 1. Tens: 1 + 2 + 1 = 4, write 4. " * 4
    traces = [
        make_trace(sample=n, content=rf"\boxed{{{n}}}", reasoning_content=thought)
        for n in range(1500)
    ]
    with AnswerVerifier() as idle:
        check_traces(traces[:10], GateConfig(), idle)
        start = time.process_time()
        check_traces(traces, GateConfig(), idle)
        seconds = time.process_time() - start
        assert idle.workers_started == 0
    assert len(traces) / seconds > 1000  # 2,000 and more on a quiet machine


def test_the_check_stage_imports_nothing_heavy() -> None:
    script = (
        "import sys, builders.checks\n"
        "heavy = {'distilabel', 'datasets', 'datatrove', 'torch', 'sympy', 'math_verify'}\n"
        "sys.stdout.write(' '.join(sorted(heavy & set(sys.modules))))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stdout == ""


@pytest.mark.real_data
def test_real_traces_pass_but_for_a_few(verifier: AnswerVerifier) -> None:
    """Some real replies have an empty answer; the other gates take few."""
    rows = read_rows("traces/misguided_attention_open_models.jsonl.gz")[::3]
    empty = sum(not row["output"].strip() for row in rows)
    traces = [
        make_trace(
            sample=n,
            input=row["prompt"],
            answer=None,
            reasoning_content=row["thinking"],
            content=row["output"],
            thought_form="field",
        )
        for n, row in enumerate(rows)
    ]
    reasons = [row.reason for row in check_traces(traces, GateConfig(), verifier)]
    assert reasons.count("empty_answer") == empty
    assert reasons.count("mixed_language") == 0
    assert reasons.count(None) >= 0.98 * (len(rows) - empty)
