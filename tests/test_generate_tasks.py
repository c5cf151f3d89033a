"""How an instruction build is planned for its pipeline, and settled at its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.generate_tasks import GeneratedTasks, plan_instruction_job, settle_generated
from builders.instruction_recipe import InstructionRecipe, load_instruction_recipe
from distilabel_pipelines.gateway.handle import GatewayHandle
from tests.fake_teacher import FakeTeacher
from tests.gateway.serving import settings_for
from tests.instruction_outcomes import fallen, requests, row


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayHandle]:
    folder = tmp_path_factory.mktemp("gateway")
    with (
        FakeTeacher() as teacher,
        GatewayHandle(settings_for(teacher.base_url, folder), lambda _event: None) as running,
    ):
        yield running


def make(method: str = "alpaca", **teacher: object) -> InstructionRecipe:
    given = {"teacher": {"llm": "vllm", "model": "m", **teacher}, "rows": 2}
    return load_instruction_recipe("", given, recipe=method)


def test_a_wave_holds_more_than_the_window_and_two_are_worked_on_at_once(
    gateway: GatewayHandle,
) -> None:
    job = plan_instruction_job(make(), gateway)
    assert job.steps == ("tasks",)
    assert job.wave_rows == job.connections > gateway.concurrency
    assert job.replicas == 2
    assert job.generation_kwargs["tasks"]["stop"] == ["\n20", "\n20."]


def test_a_batch_is_one_wave_that_waits_for_nobody(gateway: GatewayHandle) -> None:
    job = plan_instruction_job(make(llm="dashscope", batch=True), gateway)
    assert job.wave_rows == job.connections == 4096
    assert job.replicas == 1


def test_each_step_of_self_instruct_has_its_own_fields(gateway: GatewayHandle) -> None:
    job = plan_instruction_job(make("self-instruct", api="completions"), gateway)
    assert set(job.generation_kwargs) == set(job.steps)
    assert job.api == "completions"
    assert job.instances_per_task == 3
    assert {step: job.generation_kwargs[step]["temperature"] for step in job.steps} == {
        "instructions": 1.0,
        "classification": 0.0,
        "output_first": 0.7,
        "input_first": 0.7,
    }


def test_the_first_rows_are_published_and_the_rest_told_apart(tmp_path: Path) -> None:
    rows = [
        row("Name a river.", "", "Elbe"),
        fallen("Go.", "too_short", item=1),
        row("Name a river.", "", "Elbe", item=2),
        row("Name a lake.", "", "Geneva", item=3),
        row("Name a hill.", "", "Arthur's Seat", item=4),
    ]
    generated = GeneratedTasks(rows, [requests("tasks", 1, 1)], 1, "rows", "m", None, None)
    outcome = settle_generated(generated, make(), tmp_path)
    assert [one.instruction for one in outcome.published] == ["Name a river.", "Name a lake."]
    assert [one.reason for one in outcome.rejected] == ["too_short", "duplicate", "surplus"]
    assert (outcome.rounds, outcome.ended_by) == (1, "rows")


def test_a_stopped_run_with_enough_rows_beyond_a_gap_is_told_as_whole(tmp_path: Path) -> None:
    rows = [row(f"Name a {one}.", "", one) for one in ("river", "lake", "hill")]
    generated = GeneratedTasks(rows, [requests("tasks", 3, 3)], 1, "stopped", "m", None, None)
    assert settle_generated(generated, make(), tmp_path).ended_by == "rows"
    few = generated._replace(rows=rows[:1])
    assert settle_generated(few, make(), tmp_path).ended_by == "stopped"
