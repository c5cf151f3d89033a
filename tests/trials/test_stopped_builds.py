"""Builds that are stopped, refused or fought by their teacher: nothing is lost, all is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fake_teacher import (
    FakeTeacherProcess,
    Fault,
    FaultKind,
    FaultsInRange,
    TeacherScript,
    arithmetic_replier,
    count_paid_twice,
    hostile_faults,
    reserve_port,
)
from tests.trials.build_command import (
    RunningBuild,
    list_processes,
    read_manifest_json,
    read_rows,
    run_build,
    wait_until,
    write_sums,
)


@pytest.mark.slow
def test_a_key_refused_in_the_middle_stops_the_run_and_rejects_no_row(tmp_path: Path) -> None:
    seeds = write_sums(tmp_path / "sums.jsonl", 40)
    closed = FaultsInRange(Fault(FaultKind.UNAUTHORIZED), first=15)
    replier = arithmetic_replier(mean_delay_s=0.05)
    variables = {"llm": "vllm", "seeds": seeds, "rows": 40, "concurrency": 4}
    with FakeTeacherProcess(TeacherScript(replier=replier, faults=closed)) as teacher:
        ended = run_build(tmp_path / "out", **variables, base_url=teacher.root_url)
        paid = {record.key for record in teacher.records() if record.paid}
    assert ended.code == 3
    assert "Incorrect API key" in ended.said
    assert ended.said.count("same command") == 1
    assert "Traceback" not in ended.said
    assert not (tmp_path / "out/dataset").exists()
    with FakeTeacherProcess(TeacherScript(replier=replier)) as healed:
        ended = run_build(tmp_path / "out", **variables, base_url=healed.root_url)
        asked = {record.key for record in healed.records()}
    assert ended.code == 0, ended.said
    assert paid.isdisjoint(asked)
    funnel = read_manifest_json(tmp_path / "out")["funnel"]
    assert (funnel["published"], funnel["rejected"]["teacher_error"]) == (40, 0)


def test_a_server_that_never_answers_ends_the_run_with_a_message(tmp_path: Path) -> None:
    seeds = write_sums(tmp_path / "sums.jsonl", 5)
    config = tmp_path / "hasty.toml"
    config.write_text("[teacher]\nfirst_answer_wait_s = 1.0\n")
    url = f"http://127.0.0.1:{reserve_port()}"
    ended = run_build(tmp_path / "out", llm="vllm", base_url=url, seeds=seeds, config=config)
    assert ended.code in {1, 3}
    assert url in ended.said
    assert "waiting" in ended.said
    assert "Traceback" not in ended.said
    assert list_processes(tmp_path / "out") == []


def test_ctrl_c_says_how_to_resume_and_the_same_command_finishes(tmp_path: Path) -> None:
    seeds = write_sums(tmp_path / "sums.jsonl", 40)
    out = tmp_path / "out"
    with FakeTeacherProcess(TeacherScript(replier=arithmetic_replier(mean_delay_s=0.4))) as teacher:
        variables = {"llm": "vllm", "base_url": teacher.root_url, "seeds": seeds, "rows": 40}
        with RunningBuild(out, **variables, concurrency=4) as build:
            build.wait_until(lambda: sum(record.paid for record in teacher.records()) >= 6)
            build.interrupt()
            ended = build.wait()
        assert ended.code == 3, ended.said
        assert "stopping: replies in flight" in ended.said
        assert "run the same command again" in ended.said
        assert "Traceback" not in ended.said
        wait_until(lambda: list_processes(out) == [], 5.0)
        ended = run_build(out, **variables, concurrency=32)
        assert ended.code == 0, ended.said
        assert count_paid_twice(teacher.records()) == 0  # what was in flight was let come in
    assert read_manifest_json(out)["complete"] is True


@pytest.mark.slow
def test_a_hostile_teacher_costs_few_requests_and_no_row(tmp_path: Path) -> None:
    """The small form of the trial in tests/trials: 30% of the requests fail."""
    seeds = write_sums(tmp_path / "sums.jsonl", 60)
    script = TeacherScript(
        replier=arithmetic_replier(mean_delay_s=0.2), faults=hostile_faults(0.3, delay_s=0.2)
    )
    with FakeTeacherProcess(script) as teacher:
        variables = {"llm": "vllm", "base_url": teacher.root_url, "seeds": seeds, "rows": 60}
        ended = run_build(tmp_path / "out", **variables, concurrency=32)
        assert ended.code == 0, ended.said
        requests, failed = len(teacher.records()), sum(not r.paid for r in teacher.records())
    assert len(read_rows(tmp_path / "out", "dataset/data")) == 60
    assert failed > 10
    assert requests <= 1.6 * 60
    assert read_rows(tmp_path / "out", "rejected") == []
