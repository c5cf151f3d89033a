"""The words of a reasoning build's card: for reasons to reject, and for rows without thoughts."""

from __future__ import annotations

from typing import Literal

from builders.judge_counts import JUDGE_VERDICTS, LOOKED_AT
from builders.judged import RejectReason
from builders.manifest import Manifest
from builders.reasoning_rows import COLUMNS
from builders.text_variety import DISTINCT_TOKENS, OPENING_TOKENS

REASON_MEANINGS: dict[RejectReason, str] = {
    "truncated": "the reply was cut before it ended",
    "empty_thought": "there was no thought",
    "empty_answer": "there was no answer",
    "no_final_answer": "a final answer was due and none was found",
    "looping": "the text repeats itself",
    "mixed_language": "thought or answer left the language of the question",
    "leaked_answer": "the thought speaks of an answer that it was never given",
    "refuted": "the final answer differs from the gold answer",
    "timeout": "the answer check ran out of time",
    "judged_incorrect": "no rule could check it, and the judge found it wrong",
    "duplicate": "a near-copy of a question that was kept",
    "not_selected": "another sample of the same question was selected",
    "surplus": "good, but more rows than were asked for",
    "teacher_error": "the teacher failed for good",
    "refused_by_provider": "the provider refused the content",
}
# The words for what a row holds, by how many rows have a thought.
_THOUGHT_WORDS = {
    "all": {
        "title": "Reasoning traces of ",
        "contents": "the thought and the answer",
        "made": "thoughts and answers",
    },
    "some": {
        "title": "Answers of ",
        "contents": "the answer, and the thought where there is one,",
        "made": "thoughts and answers",
    },
    "none": {"title": "Answers of ", "contents": "the answer", "made": "answers"},
}


def reasoning_context(manifest: Manifest) -> dict[str, object]:
    """The template's further names."""
    thoughts = find_thoughts(manifest)
    return {
        "thoughts": thoughts,
        **_THOUGHT_WORDS[thoughts],
        "columns": COLUMNS,
        "reason_meanings": REASON_MEANINGS,
        "judge_verdicts": JUDGE_VERDICTS,
        "looked_at": LOOKED_AT,
        "opening_tokens": OPENING_TOKENS,
        "distinct_tokens": DISTINCT_TOKENS,
    }


def find_thoughts(manifest: Manifest) -> Literal["all", "some", "none"]:
    """Which published rows have a thought: as counted, and as the gates made sure."""
    lengths = manifest.published.lengths.thought_characters
    if lengths is not None and lengths.max == 0:
        return "none"
    gates = manifest.recipe.get("gates")
    required = gates.get("require_thought", True) if isinstance(gates, dict) else True
    return "all" if required else "some"
