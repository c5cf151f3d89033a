"""Trials: `kill -9` at any moment, of everybody or of the main process alone.

Nothing that was finished is paid again, the rows are those of an undisturbed build, and nobody
goes on spending.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from tests.fake_teacher import (
    FakeTeacherProcess,
    RequestRecord,
    TeacherScript,
    arithmetic_replier,
    count_paid_twice,
)
from tests.trials.build_command import (
    RunningBuild,
    list_processes,
    read_manifest_json,
    run_build,
    wait_until,
    write_sums,
)

pytestmark = pytest.mark.slow
WINDOW = 16
SCRIPT = TeacherScript(replier=arithmetic_replier(wrong_rate=0.15, cut_rate=0.05, mean_delay_s=0.4))


def count_asked_twice(records: Sequence[RequestRecord]) -> int:
    """Requests beyond the first for the same key, answered or not: what a provider may bill."""
    asked = Counter(record.key for record in records)
    return sum(times - 1 for times in asked.values())


def test_ten_kills_of_the_process_group_cost_at_most_a_window_each(tmp_path: Path) -> None:
    seeds = write_sums(tmp_path / "sums.jsonl", 500)
    variables = {"llm": "vllm", "seeds": seeds, "rows": 250, "concurrency": WINDOW}
    with FakeTeacherProcess(SCRIPT) as calm:
        ended = run_build(tmp_path / "calm", **variables, base_url=calm.root_url)
        assert ended.code == 0, ended.said
    chance = random.Random(20261121)  # noqa: S311  # the moments of a trial
    asked, paid = [0], [0]
    with FakeTeacherProcess(SCRIPT) as teacher:
        for kill in range(11):
            before = len(teacher.records())
            with RunningBuild(tmp_path / "killed", **variables, base_url=teacher.root_url) as build:
                if kill < 10:
                    more = chance.randint(1, 30)
                    build.wait_until(lambda: len(teacher.records()) >= before + more)  # noqa: B023
                    time.sleep(chance.uniform(0, 0.5))
                    build.kill_group()
                    wait_until(lambda: list_processes(tmp_path / "killed") == [], 5.0)
                    assert not (tmp_path / "killed/dataset").exists()
                else:
                    ended = build.wait()
            asked.append(count_asked_twice(teacher.records()))
            paid.append(count_paid_twice(teacher.records()))
    assert ended.code == 0, ended.said
    steps = [[late - early for early, late in pairwise(sums)] for sums in (asked, paid)]
    print(f"asked again after each kill: {steps[0]}, paid again: {steps[1]}")  # noqa: T201  # the trial's figures
    assert max(steps[1]) <= WINDOW
    digests = [read_manifest_json(tmp_path / name)["content_digest"] for name in ("calm", "killed")]
    assert digests[0] == digests[1]


def test_killing_the_main_process_alone_stops_all_requests_within_5_s(tmp_path: Path) -> None:
    seeds = write_sums(tmp_path / "sums.jsonl", 500)
    with FakeTeacherProcess(SCRIPT) as teacher:
        variables = {"llm": "vllm", "base_url": teacher.root_url, "seeds": seeds, "rows": 400}
        with RunningBuild(tmp_path / "out", **variables, concurrency=WINDOW) as build:
            build.wait_until(lambda: len(teacher.records()) >= 2 * WINDOW)
            assert len(list_processes(tmp_path / "out")) > 3
            build.kill_main()
            killed_s = time.time()
            wait_until(lambda: list_processes(tmp_path / "out") == [], 5.0)
            left_s = time.time() - killed_s
        time.sleep(max(0.0, killed_s + 8 - time.time()))
        late_s = max(record.arrived_s for record in teacher.records()) - killed_s
    print(f"all gone after {left_s:.2f} s, last request after {late_s:.2f} s")  # noqa: T201  # the trial's figures
    assert late_s < 5


def test_the_embedded_server_leaves_with_the_main_process(tmp_path: Path) -> None:
    with RunningBuild(tmp_path / "out", rows=200) as build:
        journal = tmp_path / "out/responses/responses.jsonl"
        build.wait_until(lambda: journal.exists() and journal.stat().st_size > 2000)
        build.kill_main()
        wait_until(lambda: list_processes(tmp_path / "out") == [], 5.0)
        size = journal.stat().st_size
        time.sleep(2.0)
        assert journal.stat().st_size == size
