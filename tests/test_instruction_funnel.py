"""Every request, task and row of an instruction build is accounted for."""

from typing import Any

import pytest
from pydantic import ValidationError

from builders.instruction_funnel import (
    REASONS,
    STEPS,
    InstructionFunnel,
    count_instruction_funnel,
)
from tests.instruction_outcomes import (
    NOVELTY,
    fallen,
    requests,
    row,
    small_alpaca,
    small_facts,
    small_self_instruct,
)

SEEDS = small_facts().seeds


def counted() -> dict[str, Any]:
    return count_instruction_funnel(small_alpaca(), SEEDS).model_dump()


def test_the_stages_of_a_list_build_are_those_before_less_their_reasons() -> None:
    funnel = count_instruction_funnel(small_alpaca(), SEEDS)

    assert (funnel.seeds_read, funnel.seed_tasks) == (180, 176)
    assert (funnel.requests, funnel.unread, funnel.replies) == (7, 2, 4)
    assert (funnel.replies_with_tasks, funnel.tasks) == (3, 12)
    assert (funnel.screened, funnel.novel, funnel.with_instances) == (9, 8, 8)
    assert (funnel.instances, funnel.passed_filters) == (8, 7)
    assert (funnel.deduplicated, funnel.published) == (6, 4)


def test_the_stages_of_a_self_instruct_build_count_tasks_and_instances_apart() -> None:
    funnel = count_instruction_funnel(small_self_instruct(), SEEDS)

    assert (funnel.requests, funnel.unread) == (2, 1)
    assert (funnel.tasks, funnel.screened, funnel.novel) == (6, 5, 4)
    assert (funnel.with_instances, funnel.instances, funnel.published) == (2, 4, 3)
    assert funnel.classification == {"yes": 1, "no": 2, "unknown": 1}
    assert funnel.rejected["unfinished"]["unparsable"] == 1
    assert funnel.rejected["instance"]["repeated_instance"] == 1


def test_an_instance_that_fell_before_the_screen_is_a_task_that_was_filtered() -> None:
    outcome = small_alpaca()
    early = fallen("Sing.", "empty_output", "instance", request=1, item=7, novelty=None)
    funnel = count_instruction_funnel(outcome._replace(rejected=[*outcome.rejected, early]), SEEDS)
    assert funnel.rejected["filtered"]["empty_output"] == 1
    assert (funnel.tasks, funnel.screened, funnel.instances) == (13, 9, 8)


def test_every_step_and_reason_is_listed_with_its_zero() -> None:
    rejected = counted()["rejected"]
    assert tuple(rejected) == STEPS
    assert {tuple(counts) for counts in rejected.values()} == {REASONS}


@pytest.mark.parametrize(
    "stage",
    [
        "seed_tasks",
        "replies",
        "replies_with_tasks",
        "screened",
        "novel",
        "with_instances",
        "instances",
        "passed_filters",
        "deduplicated",
    ],
)
def test_a_stage_that_its_reasons_do_not_explain_is_refused(stage: str) -> None:
    with pytest.raises(ValidationError, match=f"{stage} is"):
        InstructionFunnel.model_validate(counted() | {stage: counted()[stage] + 1})


def test_a_missing_reason_is_refused() -> None:
    rejected = counted()["rejected"]
    rejected["reply"].pop("looping")
    with pytest.raises(ValidationError, match="the closed lists are"):
        InstructionFunnel.model_validate(counted() | {"rejected": rejected})


def test_rows_of_more_requests_than_were_sent_are_refused() -> None:
    outcome = small_alpaca()._replace(requests=[requests("tasks", 4, 4)])
    with pytest.raises(ValidationError, match="4 requests for lists, 1 more have rows"):
        count_instruction_funnel(outcome, SEEDS)


def test_a_reply_that_is_called_unreadable_and_has_tasks_is_refused() -> None:
    outcome = small_alpaca()
    both = fallen("", "unparsable", "reply", request=0)
    with pytest.raises(ValidationError, match="replies_with_tasks is 3"):
        count_instruction_funnel(outcome._replace(rejected=[*outcome.rejected, both]), SEEDS)


def test_a_task_with_a_fate_of_its_own_and_instances_is_refused() -> None:
    outcome = small_alpaca()
    twice = row("Name a lake.", request=1, item=3, reason="truncated", stage="task")
    with pytest.raises(ValidationError, match="with_instances is"):
        count_instruction_funnel(outcome._replace(rejected=[*outcome.rejected, twice]), SEEDS)
    assert twice.novelty == NOVELTY


def test_counts_from_before_benchmarks_were_looked_at_can_be_read() -> None:
    told = counted()
    old = {
        step: {reason: count for reason, count in counts.items() if reason != "contaminated"}
        for step, counts in told["rejected"].items()
    }
    read = InstructionFunnel.model_validate({**told, "rejected": old})
    assert read.count_contaminated()[1] == 0
    del old["reply"]["truncated"]
    with pytest.raises(ValidationError, match="closed lists"):
        InstructionFunnel.model_validate({**told, "rejected": old})
