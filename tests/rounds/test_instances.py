"""The replies about one kept task: instances in their order, each passing or with its reason."""

from __future__ import annotations

import pytest

from builders.checks.task_filters import FilterConfig
from builders.instruction_outcome import InstructionRow
from builders.rounds.instances import read_instances
from distilabel_pipelines.instruction import StepReply
from distilabel_pipelines.instruction_prompts import PromptName
from tests.instruction_outcomes import row
from tests.rounds.in_memory import make_generation

TASK: InstructionRow = row(
    "Sort the words.", output="", item=2, instance=-1, stage="task", served_model="list-writer"
)


def reply(step: PromptName, content: str, **changes: object) -> StepReply:
    return StepReply(step=step, generation=make_generation(content, **changes))


def read(step: PromptName, content: str, **changes: object) -> list[InstructionRow]:
    said = "Yes" if step == "output_first" else "No"
    replies = [reply("classification", said), reply(step, content, **changes)]
    return read_instances(TASK, replies, FilterConfig())


def test_labels_become_rows_of_a_classification_task() -> None:
    rows = read("output_first", " Long\nInput: pear\nClass label: Short\nInput: fig")
    assert [(one.instance, one.input, one.output) for one in rows] == [
        (0, "pear", "Long"),
        (1, "fig", "Short"),
    ]
    for one in rows:
        assert (one.form, one.is_classification, one.stage) == ("output_first", True, "instance")
        assert (one.reason, one.served_model, one.item) == (None, "small-writer", 2)
        assert one.novelty == TASK.novelty


def test_a_cut_reply_keeps_its_whole_instances() -> None:
    reply_text = "\nInput: b a\nOutput: a b\nExample 2\nInput: d c\nOutput: c"
    rows = read("input_first", reply_text, finish_reason="length")
    assert [(one.instance, one.reason, one.output) for one in rows] == [
        (0, None, "a b"),
        (1, "truncated", ""),
    ]
    assert "d c" in rows[1].raw
    assert {one.is_classification for one in rows} == {False}


def test_instances_are_filtered_among_each_other() -> None:
    pairs = [("b a", "a b"), ("b a", "b a!"), ("d c", "d c"), ("f e", "e f"), ("f e", "e f")]
    text = "".join(
        f"\nExample {n}\nInput: {given}\nOutput: {output}"
        for n, (given, output) in enumerate(pairs)
    )
    rows = read("input_first", text)
    assert [one.reason for one in rows] == [
        "ambiguous_input",
        "ambiguous_input",
        "input_is_output",
        None,
        "repeated_instance",
    ]


@pytest.mark.parametrize(("finish", "reason"), [("stop", "unparsable"), ("length", "truncated")])
def test_a_reply_without_a_whole_instance_is_one_rejected_task(finish: str, reason: str) -> None:
    (one,) = read("input_first", "I would rather not.", finish_reason=finish)
    assert (one.stage, one.instance, one.reason) == ("task", -1, reason)
    assert (one.raw, one.is_classification) == ("I would rather not.", False)


def test_neither_yes_nor_no_is_told_with_the_words() -> None:
    (one,) = read_instances(TASK, [reply("classification", "Perhaps.")], FilterConfig())
    assert (one.reason, one.raw, one.is_classification) == ("unparsable", "Perhaps.", None)


@pytest.mark.parametrize("step", ["classification", "output_first"])
@pytest.mark.parametrize("error", ["teacher_error", "refused_by_provider"])
def test_a_request_that_failed_is_the_tasks_reason(step: PromptName, error: str) -> None:
    failed = reply(step, "", error=error, error_message="400: no")
    before = [] if step == "classification" else [reply("classification", "Yes")]
    (one,) = read_instances(TASK, [*before, failed], FilterConfig())
    assert (one.stage, one.reason, one.detail) == ("task", error, "400: no")


def test_a_request_that_was_never_sent_is_nothing_to_read() -> None:
    never = StepReply(step="classification", generation=None)
    with pytest.raises(ValueError, match="never sent"):
        read_instances(TASK, [never], FilterConfig())
