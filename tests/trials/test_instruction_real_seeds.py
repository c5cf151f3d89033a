"""Trial: the real 175 seed tasks of Self-Instruct, untouched, by both methods."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.fake_teacher import FakeTeacherProcess, Replier, TeacherScript, shared_data
from tests.fake_teacher.self_instruct import SelfInstructReplier
from tests.fake_teacher.task_lists import ListForm, TaskListReplier
from tests.trials.build_command import read_manifest_json, read_rows, run_instruction_build

SEEDS = shared_data() / "instruct" / "seed_tasks.jsonl"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.real_data,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not SEEDS.exists(), reason=f"no shared data at {SEEDS}"),
]
REPLIERS: dict[str, Replier] = {
    "alpaca": TaskListReplier(forms=tuple(ListForm)),
    "self-instruct": SelfInstructReplier(),
}


@pytest.mark.parametrize("method", list(REPLIERS))
def test_the_real_seeds_drop_in(method: str, tmp_path: Path) -> None:
    out, begun = tmp_path / "out", time.monotonic()
    with FakeTeacherProcess(TeacherScript(replier=REPLIERS[method])) as teacher:
        variables = {"llm": "vllm", "base_url": teacher.root_url, "seeds": SEEDS, "rows": 100}
        ended = run_instruction_build(out, **variables, recipe=method)
    assert ended.code == 0, ended.said
    manifest = read_manifest_json(out)
    facts, funnel = manifest["seeds"], manifest["funnel"]
    print(f"{method}: {time.monotonic() - begun:.0f} s, {ended.said}")  # noqa: T201  # the trial's figures
    assert (facts["rows_read"], facts["tasks"]) == (175, 175)
    assert (facts["source"], facts["languages"]) == ("seed_tasks.jsonl", {"en": 175, "zh": 0})
    assert funnel["published"] == 100
    rows = read_rows(out, "dataset/data")
    shown = {one for row in rows for one in row["example_ids"]}
    assert any(one.startswith("seed_task_") for one in shown)
