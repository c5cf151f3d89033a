"""Trials: instruction builds killed again and again in the middle of a round, by either method.

The rows are those of an undisturbed build, and each kill pays again for a window at most.
"""

from __future__ import annotations

import os
import random
import signal
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.fake_teacher import FakeTeacherProcess, Replier, TeacherScript, count_paid_twice
from tests.fake_teacher.self_instruct import SelfInstructReplier
from tests.fake_teacher.task_lists import ListForm, TaskListReplier
from tests.trials.build_command import (
    RunningInstructionBuild,
    list_processes,
    read_manifest_json,
    run_instruction_build,
    wait_until,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
WINDOW, KILLS, ROWS = 8, 5, 120
REPLIERS: dict[str, Replier] = {
    "alpaca": TaskListReplier(forms=tuple(ListForm), per_reply=3, mean_delay_s=0.4),
    "self-instruct": SelfInstructReplier(mean_delay_s=0.4),
}
# Small rounds whose prompts show what was kept: whatever differed early would differ for good.
ROUNDS = "[generation]\nmachine_examples = 1\nround_requests = 4\n"


def find_gateway(out: Path) -> int:
    """The process of a running build's gateway."""
    for pid in list_processes(out):
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if b"distilabel_pipelines.gateway" in command:
            return pid
    raise RuntimeError("the build has no gateway yet")


@pytest.mark.parametrize("method", list(REPLIERS))
def test_a_gateway_that_dies_ends_the_build_with_a_message(method: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with FakeTeacherProcess(TeacherScript(replier=REPLIERS[method])) as teacher:
        variables = {"llm": "vllm", "base_url": teacher.root_url, "rows": 400}
        with RunningInstructionBuild(out, **variables, recipe=method, concurrency=4) as build:
            build.wait_until(lambda: len(teacher.records()) >= 8)
            os.kill(find_gateway(out), signal.SIGKILL)
            ended = build.wait(60)
        asked = len(teacher.records())
        time.sleep(2.0)
        assert len(teacher.records()) == asked
    assert ended.code == 3, ended.said
    assert "the gateway process ended" in ended.said
    assert ended.said.count("same command") == 1
    assert "Traceback (most recent call last)" not in ended.said


@pytest.mark.parametrize("method", list(REPLIERS))
def test_kills_in_the_middle_of_rounds_cost_at_most_a_window_each(
    method: str, tmp_path: Path
) -> None:
    script = TeacherScript(replier=REPLIERS[method], thinks_anyway=True)
    recipe = tmp_path / "small rounds.toml"
    recipe.write_text(f'method = "{method}"\n{ROUNDS}')
    variables = {"llm": "vllm", "rows": ROWS, "recipe": recipe}
    with FakeTeacherProcess(script) as calm:
        ended = run_instruction_build(
            tmp_path / "calm", **variables, base_url=calm.root_url, concurrency=32
        )
        assert ended.code == 0, ended.said
    chance = random.Random(20261121)  # noqa: S311  # the moments of a trial
    killed, paid = tmp_path / "killed", [0]
    with FakeTeacherProcess(script) as teacher:
        variables |= {"base_url": teacher.root_url, "concurrency": WINDOW}
        for _ in range(KILLS):
            before = len(teacher.records())
            with RunningInstructionBuild(killed, **variables) as build:
                more = chance.randint(1, 12)
                build.wait_until(lambda: len(teacher.records()) >= before + more)  # noqa: B023
                time.sleep(chance.uniform(0, 0.5))
                build.kill_group()
                wait_until(lambda: list_processes(killed) == [], 10.0)
            assert not (killed / "dataset").exists()
            paid.append(count_paid_twice(teacher.records()))
        ended = run_instruction_build(killed, **variables)
        paid.append(count_paid_twice(teacher.records()))
    assert ended.code == 0, ended.said
    again = [late - early for early, late in pairwise(paid)]
    print(f"{method}: paid again after each start: {again}")  # noqa: T201  # the trial's figures
    assert max(again) <= WINDOW
    calm_manifest, manifest = (read_manifest_json(tmp_path / name) for name in ("calm", "killed"))
    assert manifest["content_digest"] == calm_manifest["content_digest"]
    assert manifest["rounds"] >= 3
