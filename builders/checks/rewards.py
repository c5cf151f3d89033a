"""The rewards of a trace as DeepSeek-R1 defines them (arXiv:2501.12948, section 2.2.2).

They are recorded side by side, for the reader to weigh, and never summed.
"""

from __future__ import annotations

from builders.judged import Verdict
from distilabel_pipelines.rows import ThoughtForm, Trace

# One thought that was opened and closed. `several` and `unfinished` break the format; so does none.
ONE_CLOSED_THOUGHT: frozenset[ThoughtForm] = frozenset({"field", "tags", "missing_opening"})


def format_reward(trace: Trace, verdict: Verdict) -> int:
    """1 for one closed, non-empty thought, then an answer; with a gold answer, in a known form."""
    if trace.error is not None:
        return 0
    closed = trace.thought_form in ONE_CLOSED_THOUGHT and bool(trace.reasoning_content.strip())
    answered = bool(trace.content.strip())
    marked = verdict.method == "no_gold" or verdict.final_answer is not None
    return int(closed and answered and marked)


def accuracy_reward(verdict: Verdict) -> int | None:
    """1 for verified, 0 for refuted, None where there is no verdict (no gold answer, time-out)."""
    return {"verified": 1, "refuted": 0}.get(verdict.verdict)
