"""Requests and tokens by step; what was never sent is not counted."""

from __future__ import annotations

from builders.rounds.reply_counts import ReplyCounts
from distilabel_pipelines.instruction import StepReply
from distilabel_pipelines.instruction_prompts import PromptName
from tests.rounds.in_memory import make_generation


def reply(step: PromptName, **changes: object) -> StepReply:
    return StepReply(step=step, generation=make_generation("x", **changes))


def test_each_step_is_counted_by_itself() -> None:
    counts = ReplyCounts(("instructions", "classification"))
    counts.add([[reply("instructions", thought_form="tags")], []])
    counts.add(
        [
            [
                reply("classification", prompt_tokens=None, completion_tokens=None),
                StepReply(step="instructions", generation=None),
            ],
            [reply("classification", error="teacher_error", prompt_tokens=3)],
        ]
    )
    lists, classified = counts.list()
    assert (lists.requests, lists.answered, lists.thoughts) == (1, 1, 1)
    assert (classified.requests, classified.answered, classified.thoughts) == (2, 1, 0)
    assert (classified.prompt_tokens, classified.completion_tokens) == (3, 20)


def test_a_server_without_counts_is_none_and_not_nothing() -> None:
    counts = ReplyCounts(("tasks",))
    assert counts.list()[0].prompt_tokens is None
    counts.add([[reply("tasks", prompt_tokens=None, completion_tokens=0)]])
    assert (counts.list()[0].prompt_tokens, counts.list()[0].completion_tokens) == (None, 0)
