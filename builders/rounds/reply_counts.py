"""How many requests of each step were answered, and what their tokens and thoughts came to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from builders.instruction_outcome import RequestCounts
from distilabel_pipelines.instruction import StepReply
from distilabel_pipelines.instruction_prompts import PromptName
from distilabel_pipelines.rows import Generation


class ReplyCounts:
    """Counts by step, in the order of the method's steps; what was never sent is not counted."""

    def __init__(self, steps: Sequence[PromptName]) -> None:
        self._counts = {
            step: RequestCounts(
                step=step,
                requests=0,
                answered=0,
                thoughts=0,
                prompt_tokens=None,
                completion_tokens=None,
            )
            for step in steps
        }

    def add(self, replies: Iterable[Sequence[StepReply]]) -> None:
        """The replies of one wave."""
        for steps in replies:
            for one in steps:
                if one.generation is not None:
                    self._counts[one.step] = _count(self._counts[one.step], one.generation)

    def list(self) -> list[RequestCounts]:
        """One count a step."""
        return list(self._counts.values())


def _count(counts: RequestCounts, generation: Generation) -> RequestCounts:
    return counts.model_copy(
        update={
            "requests": counts.requests + 1,
            "answered": counts.answered + (generation.error is None),
            "thoughts": counts.thoughts + (generation.thought_form != "none"),
            "prompt_tokens": _add(counts.prompt_tokens, generation.prompt_tokens),
            "completion_tokens": _add(counts.completion_tokens, generation.completion_tokens),
        }
    )


def _add(total: int | None, tokens: int | None) -> int | None:
    """The sum of what servers counted; None where none did."""
    return total if tokens is None else (total or 0) + tokens
