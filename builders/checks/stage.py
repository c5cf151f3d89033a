"""The check stage of a reasoning build: traces in, checked traces out, in the same order."""

from __future__ import annotations

from collections.abc import Sequence

from builders.checks.answers import AnswerVerifier
from builders.checks.gates import GateConfig, check_trace
from builders.judged import CheckedTrace, Verdict
from distilabel_pipelines.rows import Trace

_NO_RESPONSE = Verdict(verdict="unverifiable", method="no_response")


def check_traces(
    traces: Sequence[Trace], gates: GateConfig, verifier: AnswerVerifier
) -> list[CheckedTrace]:
    """Verify and gate traces; a bad one gets a reason, never an exception.

    Cheap enough to run during generation as well: plain numbers never start the process pool.
    Blocks while math-verify works (up to its outer limit a pair): call it off an event loop.
    """
    replies = [trace for trace in traces if trace.error is None]
    verdicts = iter(verifier.verify_many([(trace.content, trace.answer) for trace in replies]))
    return [
        check_trace(trace, _NO_RESPONSE if trace.error is not None else next(verdicts), gates)
        for trace in traces
    ]
