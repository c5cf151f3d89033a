"""`make estimate-instruction` against a real teacher process: what it says, and what it leaves."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from builders.errors import RecipeError
from builders.estimate_instruction import ask_live, plan_rounds, read_estimate_options
from builders.instruction_recipe import load_instruction_recipe
from builders.teachers import plan_gateway
from tests.fake_teacher import FakeTeacherProcess, TeacherScript
from tests.fake_teacher.judge_replier import JudgeReplier
from tests.fake_teacher.self_instruct import SelfInstructReplier
from tests.fake_teacher.task_lists import TaskListReplier
from tests.fake_teacher.traces import REPOSITORY
from tests.trials.build_command import read_manifest_json, run_instruction_build

PRICES = """
[[prices]]
models = ["fake-teacher", "fake-judge"]
currency = "USD"
tiers = [{ input = 1, output = 10, batch_input = 0.5, batch_output = 5 }]
"""
# Rounds of five: the sample's eight list requests depend on what the first five brought.
SMALL_ROUNDS = """
method = "self-instruct"

[generation]
round_requests = 5
"""


def run_estimate(out: Path, **variables: object) -> str:
    """What it said on standard output."""
    clean = {name: text for name, text in os.environ.items() if not name.startswith("BUILD_")}
    given = {f"BUILD_{name.upper()}": str(value) for name, value in variables.items()}
    ended = subprocess.run(
        [sys.executable, "-m", "builders.estimate_instruction"],
        cwd=REPOSITORY,
        env={**clean, **given, "BUILD_OUT": str(out)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def read_range(text: str, name: str) -> range:
    """The range of a line, ends included."""
    found = re.search(rf"^  {name} +([\d,]+)(?: \(([\d,]+) to ([\d,]+)\))?", text, re.MULTILINE)
    assert found is not None, text
    low, high = (int((found[place] or found[1]).replace(",", "")) for place in (2, 3))
    return range(low, high + 1)


@pytest.mark.slow  # two builds; pretraining's is in `make test`
def test_a_build_after_an_alpaca_estimate_pays_for_nothing_of_it_again(tmp_path: Path) -> None:
    """The estimate of a batch build goes live, at once; the build here is a live one."""
    out = tmp_path / "out"
    with FakeTeacherProcess(TeacherScript(replier=TaskListReplier(mean_delay_s=0.02))) as teacher:
        variables = {
            "llm": "vllm",
            "model": "fake-teacher",
            "base_url": teacher.root_url,
            "prices": write(tmp_path / "prices.toml", PRICES),
            "rows": 200,
            "budget": "5USD",
        }
        told = run_estimate(out, **variables, batch=1, sample_requests=6)
        assert len(teacher.records()) == 6
        assert not (out / "dataset").exists()
        assert not (out / "manifest.json").exists()
        ended = run_instruction_build(out, **variables)
        assert ended.code == 0, ended.said
        bodies = [str(record.body) for record in teacher.records()]
    assert len(set(bodies)) == len(bodies), "something was paid twice"
    assert "From a sample of 6 list requests" in told
    assert "at a batch's price" in told
    assert "24 hours" in told
    assert "BUDGET=5USD suffices" in told
    assert len(bodies) in read_range(told, "list requests"), told
    assert read_manifest_json(out)["funnel"]["published"] == 200


@pytest.mark.slow  # the same of Alpaca is tested in `make test`
def test_a_build_after_a_self_instruct_estimate_asks_nothing_of_it_again(tmp_path: Path) -> None:
    """By completions, with a judge, over more than one round; then once more over the build."""
    out = tmp_path / "out"
    with (
        FakeTeacherProcess(TeacherScript(replier=SelfInstructReplier())) as teacher,
        FakeTeacherProcess(TeacherScript(replier=JudgeReplier(otherwise="correct"))) as judge,
    ):
        variables = {
            "llm": "vllm",
            "model": "fake-teacher",
            "base_url": teacher.root_url,
            "api": "completions",
            "judge_llm": "vllm",
            "judge_model": "fake-judge",
            "judge_base_url": judge.root_url,
            "prices": write(tmp_path / "prices.toml", PRICES),
            "recipe": write(tmp_path / "recipe.toml", SMALL_ROUNDS),
            "rows": 90,
        }
        told = run_estimate(out, **variables)
        sampled = [len(server.records()) for server in (teacher, judge)]
        ended = run_instruction_build(out, **variables)
        assert ended.code == 0, ended.said
        manifest = read_manifest_json(out)
        built = [len(server.records()) for server in (teacher, judge)]
        again = run_estimate(out, **variables)
        records = [server.records() for server in (teacher, judge)]
    assert [len(some) for some in records] == built, "an estimate over a build is free"
    for some in records:
        assert len({str(record.body) for record in some}) == len(some), "something was paid twice"
    assert f"8 list requests and the instances of 8 tasks, {sampled[0]} requests" in told
    assert f"shown {sampled[1]} rows of the sample" in told
    assert built[1] in read_range(
        told.replace(f"shown {sampled[1]} rows of the sample; likely ", ""), "judge"
    )
    assert "further answers" in again
    assert read_manifest_json(out) == manifest, "an estimate leaves the dataset alone"


def test_a_sample_of_no_requests_is_refused() -> None:
    with pytest.raises(RecipeError, match="SAMPLE_REQUESTS=0"):
        read_estimate_options(["--sample-requests=0"])
    assert read_estimate_options(["--recipe=self-instruct"]).sample_requests == 8


def test_a_plan_knows_what_the_prompts_ask_for(tmp_path: Path) -> None:
    teacher = {"llm": "vllm", "base_url": "http://127.0.0.1:9", "batch": True}
    alpaca = load_instruction_recipe("", {"rows": 50, "teacher": teacher})
    plan = plan_rounds(alpaca, plan_gateway(alpaca, tmp_path))
    assert (plan.rows, plan.tasks_a_list, plan.rows_a_task, plan.writes_tasks) == (50, 17, 1, False)
    assert plan.round_requests is None
    assert plan.batch
    assert not plan_gateway(ask_live(alpaca), tmp_path).teacher.batch
    instruct = load_instruction_recipe("", {"teacher": teacher}, recipe="self-instruct")
    plan = plan_rounds(instruct, plan_gateway(instruct, tmp_path))
    assert (plan.tasks_a_list, plan.rows_a_task, plan.writes_tasks) == (8, 3, True)
    assert plan.round_requests == 32
