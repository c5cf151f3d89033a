"""Whole builds with a judge: what it may change and what not, and what a kill costs."""

from __future__ import annotations

from collections.abc import Iterator
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
)
from tests.fake_teacher.judge_replier import JudgeReplier
from tests.trials.build_command import (
    SECRET,
    Row,
    RunningBuild,
    list_processes,
    read_manifest_json,
    read_rows,
    run_build,
    write_sums,
)

JUDGE_COLUMNS = {"judge_verdict", "judge_reason"}
# Every right sum ends in 4, every wrong one in 5; the judge likes those with an even digit before.
VERDICTS = {f"{digit}5}}": "incorrect" if digit % 2 else "correct" for digit in range(10)}


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sums(tmp_path_factory.mktemp("seeds") / "sums.jsonl", 60)


@pytest.fixture(scope="module")
def teacher() -> Iterator[FakeTeacherProcess]:
    script = TeacherScript(replier=arithmetic_replier(wrong_rate=0.4))
    with FakeTeacherProcess(script) as running:
        yield running


def judge_script(mean_delay_s: float = 0.0) -> TeacherScript:
    return TeacherScript(replier=JudgeReplier(VERDICTS, mean_delay_s=mean_delay_s))


def variables(
    teacher: FakeTeacherProcess, seeds: Path, judge: FakeTeacherProcess | None = None
) -> Row:
    given: Row = {"llm": "vllm", "base_url": teacher.root_url, "seeds": seeds, "rows": 20}
    if judge is not None:
        given |= {"judge_llm": "vllm", "judge_base_url": judge.root_url}
    return given


def without_words(rows: list[Row]) -> list[Row]:
    return [{name: row[name] for name in row if name not in JUDGE_COLUMNS} for row in rows]


@pytest.mark.slow
def test_without_judge_accepts_the_published_rows_are_the_same(
    tmp_path: Path, teacher: FakeTeacherProcess, seeds: Path
) -> None:
    plain = run_build(tmp_path / "plain", **variables(teacher, seeds))
    assert plain.code == 0, plain.said
    with FakeTeacherProcess(judge_script()) as judge:
        judged = run_build(tmp_path / "judged", **variables(teacher, seeds, judge))
    assert judged.code == 0, judged.said
    published = read_rows(tmp_path / "judged", "dataset/data")
    assert without_words(published) == without_words(read_rows(tmp_path / "plain", "dataset/data"))
    assert {row["judge_verdict"] for row in published} == {None}  # all verified
    refuted = [r for r in read_rows(tmp_path / "judged", "rejected") if r["reason"] == "refuted"]
    assert refuted
    assert {row["judge_verdict"] for row in refuted} == {"correct", "incorrect"}
    record = read_manifest_json(tmp_path / "judged")["judge"]
    assert sum(record["replies"]["refuted"].values()) == len(refuted)
    assert read_manifest_json(tmp_path / "plain")["judge"] is None


def test_with_judge_accepts_cleared_rows_count_and_the_card_says_so(
    tmp_path: Path, teacher: FakeTeacherProcess, seeds: Path
) -> None:
    with FakeTeacherProcess(judge_script()) as judge:
        given = variables(teacher, seeds, judge)
        ended = run_build(tmp_path / "out", **given, judge_accepts=1)
    assert ended.code == 0, ended.said
    rows = read_rows(tmp_path / "out", "dataset/data")
    cleared = [row for row in rows if row["verdict"] == "refuted"]
    assert cleared
    assert {(row["judge_verdict"], row["accuracy_reward"]) for row in cleared} == {("correct", 0)}
    manifest = read_manifest_json(tmp_path / "out")
    assert (manifest["complete"], manifest["judge"]["cleared"]) == (True, len(cleared))
    card = (tmp_path / "out/dataset/README.md").read_text(encoding="utf-8")
    assert f"rows that owe their place to it: {len(cleared)} of 20." in card
    assert "You give a second opinion on one reply" in card
    assert "你要对一道题的一份回答给出第二意见" in card
    assert SECRET not in card


@pytest.mark.slow
def test_a_kill_costs_no_word_twice_but_those_in_flight(
    tmp_path: Path, teacher: FakeTeacherProcess, seeds: Path
) -> None:
    out = tmp_path / "out"
    with FakeTeacherProcess(judge_script(mean_delay_s=0.3)) as judge:
        given = variables(teacher, seeds, judge) | {"judge_accepts": 1, "rows": 40}
        with RunningBuild(out, **given) as build:
            build.wait_until(lambda: sum(record.paid for record in judge.records()) >= 4)
            build.kill_all()
        in_flight = sum(not record.paid for record in judge.records())
        ended = run_build(out, **given)
        assert ended.code == 0, ended.said
        assert count_paid_twice(judge.records()) <= max(in_flight, 4)
    assert list_processes(out) == []
    assert len(read_rows(out, "dataset/data")) == read_manifest_json(out)["rows"]["published"]
    words = [
        row["judge_verdict"] for row in read_rows(out, "rejected") if row["reason"] == "refuted"
    ]
    assert set(words) == {"incorrect"}


@pytest.mark.slow
def test_a_judge_that_takes_no_request_leaves_a_whole_dataset_and_says_so(
    tmp_path: Path, teacher: FakeTeacherProcess, seeds: Path
) -> None:
    refusing = TeacherScript(faults=FaultsInRange(Fault(FaultKind.BAD_REQUEST)))
    with FakeTeacherProcess(refusing) as judge:
        ended = run_build(tmp_path / "out", **variables(teacher, seeds, judge), judge_accepts=1)
    assert ended.code == 0, ended.said
    assert "a row could not be judged" in ended.said
    record = read_manifest_json(tmp_path / "out")["judge"]
    assert record["cleared"] == 0
    assert record["replies"]["refuted"]["not_judged"] > 0
    assert sum(record["replies"]["refuted"].values()) == record["replies"]["refuted"]["not_judged"]
