"""Trials: pretraining builds killed again and again, also between the parts of one text.

The rows are those of an undisturbed build, and each kill pays again for a window at most.
"""

from __future__ import annotations

import random
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.fake_teacher import FakeTeacherProcess, TeacherScript, count_paid_twice
from tests.fake_teacher.essays import EssayReplier
from tests.pretraining.build_sources import read_published, write_web_sources
from tests.trials.build_command import (
    RunningPretrainingBuild,
    list_processes,
    read_manifest_json,
    run_pretraining_build,
    wait_until,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
WINDOW, KILLS, ROWS = 8, 4, 40
SCRIPT = TeacherScript(
    replier=EssayReplier(
        piece_characters=350, copy_rate=0.1, refusal_rate=0.05, loop_rate=0.05, mean_delay_s=0.3
    )
)


def test_kills_cost_at_most_a_window_each_and_change_no_row(tmp_path: Path) -> None:
    recipe = tmp_path / "continued.toml"
    recipe.write_text("[sampling]\ncontinuations = 8\n")
    pages = write_web_sources(tmp_path / "pages.jsonl", 90)
    variables = {"llm": "vllm", "rows": ROWS, "recipe": recipe, "seeds": pages}
    with FakeTeacherProcess(SCRIPT) as calm:
        ended = run_pretraining_build(
            tmp_path / "calm", **variables, base_url=calm.root_url, concurrency=32
        )
        assert ended.code == 0, ended.said
    chance = random.Random(20261121)  # noqa: S311  # the moments of a trial
    killed, paid = tmp_path / "killed", [0]
    with FakeTeacherProcess(SCRIPT) as teacher:
        variables |= {"base_url": teacher.root_url, "concurrency": WINDOW}
        for _ in range(KILLS):
            before = len(teacher.records())
            with RunningPretrainingBuild(killed, **variables) as build:
                more = chance.randint(4, 25)
                build.wait_until(lambda: len(teacher.records()) >= before + more)  # noqa: B023
                time.sleep(chance.uniform(0, 0.5))
                build.kill_group()
                wait_until(lambda: list_processes(killed) == [], 10.0)
            assert not (killed / "dataset").exists()
            paid.append(count_paid_twice(teacher.records()))
        ended = run_pretraining_build(killed, **variables)
        paid.append(count_paid_twice(teacher.records()))
    assert ended.code == 0, ended.said
    again = [late - early for early, late in pairwise(paid)]
    print(f"paid again after each start: {again}")  # noqa: T201  # the trial's figures
    assert max(again) <= WINDOW
    calm_manifest, manifest = (read_manifest_json(tmp_path / name) for name in ("calm", "killed"))
    assert manifest["content_digest"] == calm_manifest["content_digest"]
    assert any(row["continuations"] for row in read_published(killed))
