"""What a sample's rows and replies come to: tasks of each list, rows of each task, resemblances."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.errors import TeacherError
from builders.estimate_rounds_measure import measure_rounds, time_sample
from builders.generate_tasks import GeneratedTasks
from builders.instruction_outcome import InstructionRow, Novelty, SimilarInstruction
from builders.rounds.sample import Sampled
from distilabel_pipelines.prices import TokenCount
from distilabel_pipelines.rows import Generation
from tests.instruction_outcomes import fallen, row

SEED = "Name a fruit."


def reply(**changes: object) -> Generation:
    usual: dict[str, object] = {
        "reasoning_content": "",
        "content": "text",
        "thought_form": "none",
        "finish_reason": "stop",
        "served_model": "small-writer",
        "prompt_tokens": 10,
        "completion_tokens": 20,
        "reasoning_tokens": None,
        "attempts": 1,
        "request_id": "",
    }
    return Generation.model_validate(usual | changes)


def failed() -> Generation:
    return reply(
        content="",
        error="teacher_error",
        error_message="HTTP 500",
        prompt_tokens=None,
        completion_tokens=None,
    )


def generated(rows: list[InstructionRow], sampled: Sampled) -> GeneratedTasks:
    return GeneratedTasks(rows, [], 1, "stopped", "small-writer", None, None, sampled)


def like(instruction: str) -> Novelty:
    return Novelty(mean=0.1, closest=(SimilarInstruction(instruction=instruction, score=0.9),))


def test_tasks_are_counted_by_list_and_resemblances_by_what_is_resembled(tmp_path: Path) -> None:
    rows = [
        row("Sort three words.", request=0, item=0),
        row("Sort three nouns.", request=0, item=1, reason="duplicate"),
        fallen("Name a fruit!", "not_novel", request=0, item=2, novelty=like(SEED)),
        fallen("Do it", "too_short", request=1, item=0),
        fallen("Sort 3 words.", "not_novel", request=1, item=1, novelty=like("Sort three words.")),
        row("Count to nine.", request=1, item=2),
        fallen("", "teacher_error", "reply", request=2),
    ]
    lists = {0: reply(), 1: reply(completion_tokens=40), 2: failed()}
    sample = measure_rounds(generated(rows, Sampled(lists, {})), rows, {SEED}, tmp_path)
    assert [one.kept for one in sample.lists] == [2, 1, 0]
    assert [one.request.tokens for one in sample.lists] == [
        TokenCount(10, 20),
        TokenCount(10, 40),
        None,
    ]
    assert [one.rows for one in sample.tasks] == [1, 0, 1]
    assert sample.resemblances == (5, 2, (2,))
    assert sample.judged is None


def test_of_self_instruct_only_tasks_that_were_written_say_what_a_task_brings(
    tmp_path: Path,
) -> None:
    of_task = {"request": 0, "item": 0, "form": "input_first"}
    rows = [
        row("Sort three words.", "b a c", "a b c", instance=0, **of_task),
        row("Sort three words.", "z y x", "x y z", instance=1, **of_task),
        fallen("Sort three words.", "empty_output", "instance", **{**of_task, "instance": 2}),
        fallen("Count to nine.", "surplus", request=0, item=1).model_copy(
            update={"novelty": like(SEED)}
        ),
    ]
    sampled = Sampled({0: reply()}, {(0, 0): (reply(completion_tokens=1), reply())})
    sample = measure_rounds(generated(rows, sampled), rows, {SEED}, tmp_path)
    assert [one.kept for one in sample.lists] == [2]
    (task,) = sample.tasks
    assert task.rows == 2
    assert [one.tokens for one in task.requests] == [TokenCount(10, 1), TokenCount(10, 20)]
    assert len(sample.requests) == 3


def test_a_teacher_that_answered_nothing_is_told(tmp_path: Path) -> None:
    rows = [fallen("", "teacher_error", "reply")]
    with pytest.raises(TeacherError, match="nothing can be estimated: HTTP 500"):
        measure_rounds(generated(rows, Sampled({0: failed()}, {})), rows, set(), tmp_path)


def test_what_the_requests_did_not_take_is_the_start(tmp_path: Path) -> None:
    rows = [row("Sort three words.")]
    sample = measure_rounds(
        generated(rows, Sampled({0: reply(), 1: reply()}, {})), rows, set(), tmp_path
    )
    timed = sample._replace(
        lists=tuple(
            one._replace(request=one.request._replace(latency_s=4.0)) for one in sample.lists
        )
    )
    assert time_sample(timed, 10.0, None)[-2:] == (2, 6.0)
    assert time_sample(timed, 10.0, 1)[-2:] == (1, 2.0)
    assert time_sample(timed, 3.0, 1).start_s == 0, "the journal answered: nothing was waited for"
