"""Whole builds through the real command line: what a person gets, whatever the teacher does."""

from __future__ import annotations

import getpass
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from builders.any_manifest import read_manifest
from tests.fake_teacher import (
    FakeTeacherProcess,
    Fault,
    FaultKind,
    FaultsByText,
    TeacherScript,
    arithmetic_replier,
    count_paid_twice,
    thinking_needs_stream,
)
from tests.package_checks import check_splits
from tests.trials.build_command import (
    SECRET,
    RunningBuild,
    read_manifest_json,
    read_rows,
    run_build,
    run_rebuild,
    write_sums,
)
from tests.trials.repliers import THOUGHTLESS, SumsReplier

BAD, REFUSED = "Malformed: ", "Forbidden: "
FAULTS = FaultsByText({BAD: Fault(FaultKind.BAD_REQUEST), REFUSED: Fault(FaultKind.CONTENT_FILTER)})
PREFIXES = {0: BAD, 4: REFUSED, 7: THOUGHTLESS}


def make_script(delay_s: float) -> TeacherScript:
    sums = arithmetic_replier(wrong_rate=0.12, cut_rate=0.05, mean_delay_s=delay_s)
    return TeacherScript(replier=SumsReplier(sums), faults=FAULTS)


@pytest.fixture(scope="module")
def teacher() -> Iterator[FakeTeacherProcess]:
    with FakeTeacherProcess(make_script(0.1)) as running:
        yield running


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sums(tmp_path_factory.mktemp("my seeds") / "sums.jsonl", 400, prefixes=PREFIXES)


@pytest.fixture(scope="module")
def finished(
    teacher: FakeTeacherProcess, seeds: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A finished build of 100 rows, 64 requests in flight. Tests copy it before they change it."""
    out = tmp_path_factory.mktemp("builds") / "first"
    ended = run_build(
        out, llm="vllm", base_url=teacher.root_url, seeds=seeds, rows=100, concurrency=64
    )
    assert ended.code == 0, ended.said
    return out


def copy_build(finished: Path, to: Path) -> Path:
    shutil.copytree(finished, to)
    return to


def test_both_configs_load_with_the_rows_that_were_asked_for(
    finished: Path, tmp_path: Path
) -> None:
    import datasets  # noqa: PLC0415  # slow import

    for config in ("default", "inline_think"):
        loaded = datasets.load_dataset(
            str(finished / "dataset"), config, split="train", cache_dir=str(tmp_path)
        )
        assert loaded.num_rows == 100
        assert all("\\boxed{" in content for content in loaded["content"])
        thoughts = [messages[-1].get("reasoning_content") for messages in loaded["messages"]]
        assert all(thoughts) == (config == "default")


def test_every_response_is_published_or_has_its_reason(finished: Path) -> None:
    manifest = read_manifest_json(finished)
    funnel, rejected = manifest["funnel"], read_rows(finished, "rejected")
    assert manifest["complete"] is True
    assert funnel["published"] == len(read_rows(finished, "dataset/data")) == 100
    assert funnel["responses"] == 100 + len(rejected)
    reasons = {name for name, count in funnel["rejected"].items() if count}
    expected = {"refuted", "truncated", "refused_by_provider", "teacher_error", "empty_thought"}
    assert expected <= reasons <= expected | {"surplus"}
    for row in rejected:
        assert (row["reason"] == "teacher_error") == row["input"].startswith(BAD)
        assert (row["reason"] == "refused_by_provider") == row["input"].startswith(REFUSED)
    assert all(row["verdict"] == "verified" for row in read_rows(finished, "dataset/data"))


def test_no_key_path_or_user_name_is_written(finished: Path, seeds: Path) -> None:
    files = [path for path in finished.rglob("*") if path.is_file()]
    assert len(files) >= 8
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []
    published = [json.dumps(read_rows(finished, "dataset/data"))]
    published += [
        path.read_text(encoding="utf-8")
        for path in (finished / "dataset").rglob("*")
        if path.suffix in {".md", ".json"}
    ]
    private = [str(finished), str(seeds.parent), str(Path.cwd()), str(Path.home()), "127.0.0.1"]
    if getpass.getuser() != "root":  # a word of mathematics
        private.append(getpass.getuser())
    assert [name for name in private for text in published if name in text] == []


@pytest.mark.slow  # the killed build compares another window in `make test`
def test_window_and_latency_leave_no_mark_on_the_rows(
    finished: Path, seeds: Path, tmp_path: Path
) -> None:
    with FakeTeacherProcess(make_script(0.0)) as quick:
        ended = run_build(
            tmp_path / "out", llm="vllm", base_url=quick.base_url, seeds=seeds, concurrency=1
        )
        assert ended.code == 0, ended.said
        assert quick.peak_in_flight == 1
    first, second = read_manifest_json(finished), read_manifest_json(tmp_path / "out")
    assert first["content_digest"] == second["content_digest"]
    assert first["recipe_digest"] == second["recipe_digest"]
    names = [path.name for path in (finished / "dataset/data").iterdir()]
    for name in names:
        both = [out / "dataset/data" / name for out in (finished, tmp_path / "out")]
        assert both[0].read_bytes() == both[1].read_bytes()


@pytest.mark.slow  # a whole build; `test_rebuild_dataset` has one in `make test`
def test_a_rebuild_with_the_journal_asks_only_what_failed_and_gives_the_same_rows(
    finished: Path, teacher: FakeTeacherProcess, seeds: Path, tmp_path: Path
) -> None:
    out, before = copy_build(finished, tmp_path / "out"), len(teacher.records())
    ended = run_rebuild(out, manifest=finished / "dataset", base_url=teacher.root_url, seeds=seeds)
    assert ended.code == 0, ended.said
    assert "requests of the build ended in errors of the teacher" in ended.said
    assert "rebuilt: all 100 rows are the manifest's, in their order" in ended.said
    again = teacher.records()[before:]
    assert again
    assert all(record.body["messages"][-1]["content"].startswith(BAD) for record in again)
    assert not any(record.paid for record in again)


@pytest.mark.slow  # a whole build; other splits, which pay nothing either, are in `make test`
def test_other_gates_pay_nothing(
    finished: Path, teacher: FakeTeacherProcess, seeds: Path, tmp_path: Path
) -> None:
    out = copy_build(finished, tmp_path / "out")
    (tmp_path / "my recipe.toml").write_text("[gates]\nrequire_thought = false\n")
    before = count_paid(teacher)
    config = tmp_path / "my recipe.toml"
    ended = run_build(out, llm="vllm", base_url=teacher.root_url, seeds=seeds, config=config)
    assert ended.code == 0, ended.said
    assert count_paid(teacher) == before
    rows = read_rows(out, "dataset/data")
    assert len(rows) == 100
    assert any(row["input"].startswith(THOUGHTLESS) for row in rows)


def test_splits_are_drawn_by_question_and_ask_nobody(
    finished: Path, teacher: FakeTeacherProcess, seeds: Path, tmp_path: Path
) -> None:
    out, paid = copy_build(finished, tmp_path / "out"), count_paid(teacher)
    shares = {"validation_share": 0.1, "test_share": 0.2}
    ended = run_build(out, llm="vllm", base_url=teacher.root_url, seeds=seeds, **shares)
    assert ended.code == 0, ended.said
    assert count_paid(teacher) == paid
    manifest = read_manifest(out / "manifest.json")
    default = check_splits(manifest, out / "dataset", tmp_path / "cache")
    assert list(default) == ["train", "validation", "test"]
    told = ", ".join(f"{split} {len(rows)}" for split, rows in default.items())
    assert f"rows by split: {told} (divided by question)" in ended.said
    rows = [row for inside in default.values() for row in inside]
    before = read_rows(finished, "dataset/data")
    assert sorted(row["id"] for row in rows) == sorted(row["id"] for row in before)


def count_paid(teacher: FakeTeacherProcess) -> int:
    return sum(record.paid for record in teacher.records())


@pytest.mark.parametrize(
    "moments",
    [
        [(12, RunningBuild.kill_all)],
        pytest.param(
            [(8, RunningBuild.kill_group), (12, RunningBuild.kill_all)],
            marks=pytest.mark.slow,
            id="twice",
        ),
    ],
)
def test_killed_builds_leave_the_first_whole_and_end_like_an_undisturbed_one(
    finished: Path,
    teacher: FakeTeacherProcess,
    seeds: Path,
    tmp_path: Path,
    moments: Sequence[tuple[int, Callable[[RunningBuild], None]]],
) -> None:
    """ROWS is raised over a finished build, undisturbed and with `kill -9` in the middle."""
    variables = {"llm": "vllm", "base_url": teacher.root_url, "seeds": seeds, "concurrency": 4}
    calm, killed = (copy_build(finished, tmp_path / name) for name in ("calm", "killed"))
    old, paid_before = read_manifest_json(finished), len(teacher.records())
    ended = run_build(calm, **variables, rows=140)
    assert ended.code == 0, ended.said
    asked = teacher.records()[paid_before:]
    assert 20 <= len(asked) <= 80
    old_inputs = [row["input"] for row in read_rows(finished, "dataset/data")]
    assert [row["input"] for row in read_rows(calm, "dataset/data")][:100] == old_inputs
    for more, kill in moments:
        before = len(teacher.records())
        with RunningBuild(killed, **variables, rows=140) as build:
            build.wait_until(lambda: len(teacher.records()) >= before + more)  # noqa: B023
            kill(build)
        assert read_manifest_json(killed) == old
        assert len(read_rows(killed, "dataset/data")) == 100
    ended = run_build(killed, **variables, rows=140)
    assert ended.code == 0, ended.said
    assert (
        read_manifest_json(killed)["content_digest"] == read_manifest_json(calm)["content_digest"]
    )
    assert count_paid_twice(teacher.records()[paid_before + len(asked) :]) <= len(moments) * 4


def test_samples_are_distinct_requests_and_the_shortest_verified_one_is_kept(
    tmp_path: Path,
) -> None:
    seeds = write_sums(tmp_path / "sums.jsonl", 12)
    with FakeTeacherProcess(TeacherScript(replier=arithmetic_replier(wrong_rate=0.4))) as teacher:
        ended = run_build(
            tmp_path / "out",
            llm="vllm",
            base_url=teacher.root_url,
            seeds=seeds,
            samples=3,
            rows=8,
            concurrency=1,
        )
        assert ended.code == 0, ended.said
        bodies = [record.body for record in teacher.records()]
    assert len({(body["messages"][-1]["content"], body["seed"]) for body in bodies}) == len(bodies)
    assert {body["seed"] for body in bodies} == {0, 1, 2}
    rows, rejected = (
        read_rows(tmp_path / "out", "dataset/data"),
        read_rows(tmp_path / "out", "rejected"),
    )
    assert len({row["seed_id"] for row in rows}) == len(rows) == 8
    assert {"not_selected", "refuted"} <= {row["reason"] for row in rejected}
    for row in rows:
        verified = [
            row,
            *(r for r in rejected if r["seed_id"] == row["seed_id"] and r["verdict"] == "verified"),
        ]
        assert row["pass_rate"] == pytest.approx(len(verified) / 3)
        assert len(row["reasoning_content"] + row["content"]) == min(
            len(other["reasoning_content"] + other["content"]) for other in verified
        )


@pytest.mark.slow  # a whole build
def test_open_questions_are_unverifiable_and_too_few_rows_are_a_warning(tmp_path: Path) -> None:
    seeds = tmp_path / "open questions.csv"
    seeds.write_text("question\nWhy is the sky blue?\nHow do magnets work?\nWhat is a fjord?\n")
    with FakeTeacherProcess() as teacher:
        ended = run_build(
            tmp_path / "out", llm="vllm", base_url=teacher.root_url, seeds=seeds, rows=50
        )
    assert ended.code == 0, ended.said
    assert "3 of 50 rows" in ended.said
    assert "LIMIT" in ended.said
    assert read_manifest_json(tmp_path / "out")["complete"] is False
    rows = read_rows(tmp_path / "out", "dataset/data")
    assert [row["verdict"] for row in rows] == ["unverifiable"] * 3
    assert [row["accuracy_reward"] for row in rows] == [None] * 3


def test_no_rows_at_all_write_no_dataset(tmp_path: Path) -> None:
    seeds = write_sums(tmp_path / "sums.jsonl", 5)
    with FakeTeacherProcess(TeacherScript(replier=arithmetic_replier(wrong_rate=1.0))) as teacher:
        ended = run_build(tmp_path / "out", llm="vllm", base_url=teacher.root_url, seeds=seeds)
    assert ended.code == 4
    assert "refuted 5" in ended.said
    assert "Traceback" not in ended.said
    assert not (tmp_path / "out/dataset").exists()
    assert not (tmp_path / "out/manifest.json").exists()


@pytest.mark.slow  # a whole build; DashScope's rough service is in `make test`
def test_dashscope_is_told_to_think_in_its_own_fields_and_streams(tmp_path: Path) -> None:
    seeds = write_sums(tmp_path / "sums.jsonl", 6)
    script = TeacherScript(
        replier=arithmetic_replier(), faults=thinking_needs_stream, api_key=SECRET
    )
    with FakeTeacherProcess(script) as teacher:
        ended = run_build(
            tmp_path / "out",
            llm="dashscope",
            base_url=teacher.base_url,
            api_key_env="VLLM_API_KEY",
            seeds=seeds,
            rows=6,
            thinking_budget=64,
            max_tokens=900,
        )
        assert ended.code == 0, ended.said
        bodies = [record.body for record in teacher.records()]
    assert len(bodies) == 6
    for body in bodies:
        assert (body["enable_thinking"], body["thinking_budget"]) == (True, 64)
        assert (body["max_tokens"], body["stream"]) == (900, True)
        assert "chat_template_kwargs" not in body
    assert SECRET not in ended.said


@pytest.mark.slow  # a whole build; what a teacher is told is tested by request in `make test`
def test_a_teacher_told_not_to_think_is_published_without_thoughts(tmp_path: Path) -> None:
    seeds = write_sums(tmp_path / "sums.jsonl", 6)
    with FakeTeacherProcess(TeacherScript(replier=arithmetic_replier())) as teacher:
        variables = {"llm": "vllm", "base_url": teacher.root_url, "seeds": seeds, "rows": 6}
        ended = run_build(tmp_path / "out", **variables, thinking=0)
    assert ended.code == 0, ended.said
    rows = read_rows(tmp_path / "out", "dataset/data")
    assert [row["reasoning_content"] for row in rows] == [""] * 6
    assert all(row["verdict"] == "verified" for row in rows)
