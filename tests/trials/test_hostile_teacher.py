"""Trial: 30% of all requests fail in six ways; every row finishes, for few requests and soon.

300 rows of 0.5 s, 32 in flight. The ideal: 300 × 0.5 s / 0.7 / 32 = 6.7 s.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.fake_teacher import (
    FakeTeacherProcess,
    TeacherScript,
    arithmetic_replier,
    hostile_faults,
)
from tests.trials.build_command import read_manifest_json, read_rows, run_build, write_sums

pytestmark = pytest.mark.slow
ROWS, WINDOW, SECONDS_A_ROW = 300, 32, 0.5
IDEAL_S = ROWS * SECONDS_A_ROW / 0.7 / WINDOW


def test_every_row_finishes_within_three_times_the_ideal(tmp_path: Path) -> None:
    seeds = write_sums(tmp_path / "sums.jsonl", ROWS)
    script = TeacherScript(
        replier=arithmetic_replier(mean_delay_s=SECONDS_A_ROW),
        faults=hostile_faults(0.3, delay_s=SECONDS_A_ROW),
    )
    with FakeTeacherProcess(script) as teacher:
        variables = {"llm": "vllm", "base_url": teacher.root_url, "seeds": seeds, "rows": ROWS}
        ended = run_build(tmp_path / "out", **variables, concurrency=WINDOW)
        assert ended.code == 0, ended.said
        records = teacher.records()
    phase_s = max(r.ended_s or r.arrived_s for r in records) - min(r.arrived_s for r in records)
    outcomes = Counter(record.outcome for record in records)
    print(f"{len(records)} requests, phase {phase_s:.1f} s, ideal {IDEAL_S:.1f} s, {outcomes}")  # noqa: T201  # the trial's figures
    assert len(read_rows(tmp_path / "out", "dataset/data")) == ROWS
    assert read_manifest_json(tmp_path / "out")["complete"] is True
    assert len(records) <= 1.6 * ROWS
    assert phase_s <= 3 * IDEAL_S
