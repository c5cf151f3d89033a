"""The check stage: is a trace whole, in one language, its own work, and right?

    final_answers  the last final answer of a reply, in a named form
    answers        its verdict against the gold answer, in layers; math-verify in a process pool
    language       the language of a text, and how far a trace keeps to it
    repetition     loops at the end of long texts
    leaks          thoughts that know a given answer
    gates          the order of reasons, the thresholds
    rewards        format and accuracy as in DeepSeek-R1
    stage          `check_traces`: all of it, on a list of traces

Below them: `notation` (one spelling), `quantities` and `units` (exact rationals), `choices`
(multiple choice), `math_pool` and `math_worker` (processes with hard limits).
"""

from builders.checks.answers import AnswerVerifier
from builders.checks.gates import GateConfig, check_trace
from builders.checks.stage import check_traces

__all__ = ["AnswerVerifier", "GateConfig", "check_trace", "check_traces"]
