"""Whole instruction builds through the real command line: what a person gets, whoever the teacher.

Each build is seconds of distilabel's start, so that several tests look at the same one.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.any_manifest import read_manifest
from distilabel_pipelines.journal import read_journal
from tests.fake_teacher import (
    Body,
    FakeTeacherProcess,
    Fault,
    FaultKind,
    FaultsByRate,
    TeacherScript,
    count_paid_twice,
)
from tests.fake_teacher.judge_replier import JudgeReplier
from tests.fake_teacher.self_instruct import (
    AskedStep,
    SelfInstructReplier,
    is_classification,
    read_instruction,
    read_step,
)
from tests.fake_teacher.task_lists import THOUGHT, ListForm, TaskListReplier
from tests.fake_teacher.task_words import word_task
from tests.package_checks import check_splits
from tests.trials.build_command import (
    SECRET,
    RunningInstructionBuild,
    check_rebuilt,
    read_manifest_json,
    read_rows,
    run_instruction_build,
    run_rebuild,
)

PUBLISHED, REJECTED = "dataset/data", "rejected"
BAD_ROWS = FaultsByRate(0.12, (Fault(FaultKind.BAD_REQUEST), Fault(FaultKind.CONTENT_FILTER)))
ALPACA_ROWS, SELF_INSTRUCT_ROWS = 70, 40


def alpaca_script(delay_s: float) -> TeacherScript:
    """Short lists in every form, with thoughts that nobody asked for; some requests are refused."""
    replier = TaskListReplier(forms=tuple(ListForm), per_reply=4, mean_delay_s=delay_s)
    return TeacherScript(replier=replier, faults=BAD_ROWS, thinks_anyway=True)


@pytest.fixture(scope="module")
def alpaca_teacher() -> Iterator[FakeTeacherProcess]:
    with FakeTeacherProcess(alpaca_script(0.1)) as running:
        yield running


@pytest.fixture(scope="module")
def alpaca(alpaca_teacher: FakeTeacherProcess, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished build of the default recipe, 32 requests in flight."""
    out = tmp_path_factory.mktemp("alpaca") / "out"
    variables = {"llm": "vllm", "base_url": alpaca_teacher.root_url, "concurrency": 32}
    ended = run_instruction_build(out, **variables, rows=ALPACA_ROWS)
    assert ended.code == 0, ended.said
    assert "replies hold a thought although none was asked for" in ended.said
    return out


def test_the_three_configs_load_with_their_columns_and_types(alpaca: Path, tmp_path: Path) -> None:
    import datasets  # noqa: PLC0415  # slow import

    loaded = {
        config: datasets.load_dataset(
            str(alpaca / "dataset"), config, split="train", cache_dir=str(tmp_path)
        )
        for config in ("default", "alpaca", "sharegpt")
    }
    assert {rows.num_rows for rows in loaded.values()} == {ALPACA_ROWS}
    assert loaded["alpaca"].column_names == ["instruction", "input", "output"]
    assert loaded["sharegpt"].column_names == ["conversations"]
    features = loaded["default"].features
    similar = {"instruction": datasets.Value("string"), "score": datasets.Value("float64")}
    assert features["most_similar_instructions"] == datasets.List(similar)
    assert features["avg_similarity_score"] == datasets.Value("float64")
    assert features["is_classification"] == datasets.Value("bool")
    for row, plain in zip(loaded["default"], loaded["alpaca"], strict=True):
        assert plain == {name: row[name] for name in plain}
        asked = "\n".join(filter(None, (row["instruction"], row["input"])))
        assert row["messages"] == [
            {"role": "user", "content": asked},
            {"role": "assistant", "content": row["output"]},
        ]


def test_every_task_is_published_or_has_its_reason(alpaca: Path) -> None:
    manifest, rejected = read_manifest_json(alpaca), read_rows(alpaca, REJECTED)
    rows, funnel = read_rows(alpaca, PUBLISHED), manifest["funnel"]
    assert (manifest["complete"], manifest["ended_by"]) == (True, "rows")
    assert funnel["published"] == len(rows) == ALPACA_ROWS
    assert len({row["id"] for row in rows}) == ALPACA_ROWS
    reasons = Counter(row["reason"] for row in rejected)
    expected = {"teacher_error", "refused_by_provider", "truncated", "unparsable", "duplicate"}
    assert expected <= set(reasons) <= expected | {"not_novel", "surplus"}
    told = [Counter(counts) for counts in funnel["rejected"].values()]
    assert sum(told, Counter()) == reasons
    places = [(row["request"], row["item"]) for row in rows]
    assert places == sorted(places)
    assert {row["language"] for row in rows} == {"en", "zh"}


def test_scores_are_of_the_nearest_first_and_never_above_the_threshold(alpaca: Path) -> None:
    for row in read_rows(alpaca, PUBLISHED):
        scores = [near["score"] for near in row["most_similar_instructions"]]
        assert len(scores) == 10
        assert scores == sorted(scores, reverse=True)
        assert scores[0] <= 0.7
        assert 0 < row["avg_similarity_score"] < scores[0]


def test_a_thought_that_comes_anyway_is_journalled_and_counted_and_in_no_row(alpaca: Path) -> None:
    journalled = sum(
        THOUGHT in json.dumps(record.reply.message)
        for _, record in read_journal(alpaca / "responses")
        if record.reply is not None
    )
    (counts,) = read_manifest_json(alpaca)["requests"]
    assert counts["thoughts"] == journalled > 0
    published = json.dumps(read_rows(alpaca, PUBLISHED), ensure_ascii=False)
    assert THOUGHT not in published
    assert "<think>" not in published


def test_each_list_is_asked_once_with_its_own_seed_and_without_thinking(
    alpaca: Path, alpaca_teacher: FakeTeacherProcess
) -> None:
    bodies = [record.body for record in alpaca_teacher.records()]
    assert len({body["seed"] for body in bodies}) == len(bodies)
    for body in bodies:
        assert body["stop"] == ["\n20", "\n20."]
        assert body["chat_template_kwargs"] == {"enable_thinking": False}
        assert body["temperature"] == 1.0
    assert sum(one["requests"] for one in read_manifest_json(alpaca)["requests"]) == len(bodies)


def test_nothing_private_is_written(alpaca: Path) -> None:
    files = [path for path in alpaca.rglob("*") if path.is_file()]
    assert len(files) >= 8
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []
    shown = [path for path in files if path.suffix in {".md", ".json"}]
    private = [str(alpaca), str(Path.cwd()), "127.0.0.1"]
    assert [name for name in private for path in shown if name in path.read_text("utf-8")] == []


def test_a_killed_build_goes_on_with_another_window_to_the_same_rows_and_more(
    alpaca: Path, tmp_path: Path
) -> None:
    """Killed at 8 requests in flight, resumed with one at a time and with ROWS raised."""
    out, window = tmp_path / "out", 8
    with FakeTeacherProcess(alpaca_script(0.15)) as teacher:
        variables = {"llm": "vllm", "base_url": teacher.base_url}
        with RunningInstructionBuild(
            out, **variables, rows=ALPACA_ROWS, concurrency=window
        ) as build:
            build.wait_until(lambda: len(teacher.records()) >= 12)
            build.kill_all()
        assert not (out / "dataset").exists()
        ended = run_instruction_build(out, **variables, rows=ALPACA_ROWS + 20, concurrency=1)
        assert ended.code == 0, ended.said
        assert count_paid_twice(teacher.records()) <= window
    rows = read_rows(out, PUBLISHED)
    assert len(rows) == ALPACA_ROWS + 20
    assert rows[:ALPACA_ROWS] == read_rows(alpaca, PUBLISHED)


@pytest.fixture(scope="module")
def writer() -> Iterator[FakeTeacherProcess]:
    with FakeTeacherProcess(TeacherScript(replier=SelfInstructReplier())) as running:
        yield running


@pytest.fixture(scope="module")
def self_instruct(writer: FakeTeacherProcess, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished build in rounds of three requests, which show kept tasks."""
    folder = tmp_path_factory.mktemp("self instruct")
    config = folder / "small rounds.toml"
    config.write_text('method = "self-instruct"\n[generation]\nround_requests = 3\n')
    variables = {"llm": "vllm", "base_url": writer.root_url, "rows": SELF_INSTRUCT_ROWS}
    ended = run_instruction_build(folder / "out", **variables, recipe=config, concurrency=16)
    assert ended.code == 0, ended.said
    return folder / "out"


def list_bodies(teacher: FakeTeacherProcess) -> dict[AskedStep, list[Body]]:
    """The bodies of all requests so far, by step."""
    by_step: dict[AskedStep, list[Body]] = {step: [] for step in AskedStep}
    for record in teacher.records():
        by_step[read_step(record.body)].append(record.body)
    return by_step


def test_nothing_is_asked_about_an_instruction_that_was_dropped(
    self_instruct: Path, writer: FakeTeacherProcess
) -> None:
    rejected = read_rows(self_instruct, REJECTED)
    dropped = {row["instruction"] for row in rejected if row["reason"] == "not_novel"}
    kept = {row["instruction"] for row in read_rows(self_instruct, PUBLISHED)}
    kept |= {row["instruction"] for row in rejected if row["reason"] != "not_novel"}
    bodies = list_bodies(writer)
    asked = Counter(read_instruction(body) for body in bodies[AskedStep.CLASSIFICATION])
    assert dropped - kept
    assert set(asked) <= kept
    assert set(asked.values()) == {1}
    for step in (AskedStep.OUTPUT_FIRST, AskedStep.INPUT_FIRST):
        told = Counter(read_instruction(body) for body in bodies[step])
        assert set(told) <= set(asked)
        assert set(told.values()) == {1}
        labelled = step is AskedStep.OUTPUT_FIRST
        assert all(is_classification(instruction) == labelled for instruction in told)


def test_each_task_has_instances_of_its_own_form(self_instruct: Path) -> None:
    rows = read_rows(self_instruct, PUBLISHED)
    assert len(rows) == len({row["id"] for row in rows}) == SELF_INSTRUCT_ROWS
    assert len({row["task_id"] for row in rows}) < SELF_INSTRUCT_ROWS
    for row in rows:
        form = "output_first" if is_classification(row["instruction"]) else "input_first"
        assert (row["form"], row["is_classification"]) == (form, form == "output_first")
        assert row["id"] == f"{row['task_id']}-{row['instance']}"
    assert {row["form"] for row in rows} == {"output_first", "input_first"}


def test_later_rounds_show_kept_tasks_beside_seeds(self_instruct: Path) -> None:
    everything = [*read_rows(self_instruct, PUBLISHED), *read_rows(self_instruct, REJECTED)]
    generated = {row["task_id"]: row["round"] for row in everything}
    shown = {(row["round"], row["request"]): row["example_ids"] for row in everything}
    assert read_manifest_json(self_instruct)["rounds"] >= 2
    for (number, _), ids in shown.items():
        assert len(ids) == 8
        machine = [generated[one] for one in ids if one in generated]
        assert len(machine) == (0 if number == 0 else 2)
        assert all(earlier < number for earlier in machine)


@pytest.mark.slow  # two builds; `test_package_splits` has all kinds
def test_splits_are_drawn_by_instruction_and_pay_for_nothing_again(
    self_instruct: Path, writer: FakeTeacherProcess, tmp_path: Path
) -> None:
    out = shutil.copytree(self_instruct, tmp_path / "out")
    recipe = self_instruct.parent / "small rounds.toml"
    variables = {"llm": "vllm", "rows": SELF_INSTRUCT_ROWS, "recipe": recipe, "concurrency": 16}
    with FakeTeacherProcess(TeacherScript(replier=SelfInstructReplier())) as again:
        shares = {"validation_share": 0.1, "test_share": 0.2}
        ended = run_instruction_build(out, base_url=again.root_url, **variables, **shares)
        sent = [record.key for record in again.records()]
    assert ended.code == 0, ended.said
    # the first build ended with requests in flight; what they would have brought may be asked
    assert not {record.key for record in writer.records() if record.paid} & set(sent)
    manifest = read_manifest(out / "manifest.json")
    default = check_splits(manifest, out / "dataset", tmp_path / "cache")
    assert list(default) == ["train", "validation", "test"]
    assert "(divided by instruction)" in ended.said
    rows = [row for inside in default.values() for row in inside]
    before = read_rows(self_instruct, PUBLISHED)
    assert sorted(row["id"] for row in rows) == sorted(row["id"] for row in before)


def test_requests_and_temperatures_are_counted_step_by_step(
    self_instruct: Path, writer: FakeTeacherProcess
) -> None:
    bodies = list_bodies(writer)
    counts = {one["step"]: one for one in read_manifest_json(self_instruct)["requests"]}
    assert {step: one["requests"] for step, one in counts.items()} == {
        step.value: len(some) for step, some in bodies.items()
    }
    warm = {step: {body["temperature"] for body in some} for step, some in bodies.items()}
    assert warm == {
        AskedStep.INSTRUCTIONS: {1.0},
        AskedStep.CLASSIFICATION: {0.0},
        AskedStep.OUTPUT_FIRST: {0.7},
        AskedStep.INPUT_FIRST: {0.7},
    }


@pytest.mark.slow  # a whole build; `test_rebuild_dataset` has one in `make test`
def test_a_rebuild_with_the_journal_asks_nothing_though_prompts_show_kept_tasks(
    self_instruct: Path, writer: FakeTeacherProcess, tmp_path: Path
) -> None:
    out, before = tmp_path / "out", len(writer.records())
    shutil.copytree(self_instruct, out)
    ended = run_rebuild(out, manifest=self_instruct, base_url=writer.root_url)
    check_rebuilt(out, read_manifest_json(self_instruct), ended)
    assert len(writer.records()) == before


@pytest.mark.slow  # a whole build; a judge's trial is in `make test`
def test_a_base_model_is_prompted_and_a_judge_refuses_rows(tmp_path: Path) -> None:
    judge = TeacherScript(replier=JudgeReplier({"7": "incorrect"}, otherwise="correct"))
    out = tmp_path / "out"
    with (
        FakeTeacherProcess(TeacherScript(replier=SelfInstructReplier())) as teacher,
        FakeTeacherProcess(judge) as second,
    ):
        ended = run_instruction_build(
            out,
            llm="vllm",
            base_url=teacher.root_url,
            recipe="self-instruct",
            api="completions",
            rows=12,
            judge_llm="vllm",
            judge_base_url=second.root_url,
            judge_accepts=1,
            concurrency=8,
        )
        assert ended.code == 0, ended.said
        records = teacher.records()
        assert second.records()
    assert {record.path for record in records} == {"/v1/completions"}
    assert all("messages" not in record.body for record in records)
    lists = [record.body for record in records if read_step(record.body) == "instructions"]
    assert all("\n\n" in body["stop"] for body in lists)
    rows, rejected = read_rows(out, PUBLISHED), read_rows(out, REJECTED)
    assert [row["judge_verdict"] for row in rows] == ["correct"] * 12
    refused = [row for row in rejected if row["reason"] == "judged_incorrect"]
    assert refused
    assert all("7" in json.dumps(row) for row in refused)
    assert read_manifest_json(out)["judge"]["published"]["incorrect"] == 0


@pytest.mark.slow  # a whole build
def test_a_teacher_that_repeats_itself_ends_the_build_with_what_there_is(tmp_path: Path) -> None:
    tasks = [word_task("en", number) for number in range(1, 12)]
    replier = TaskListReplier(tasks=tasks, per_reply=4)
    seeds, config, out = tmp_path / "seeds.jsonl", tmp_path / "own.toml", tmp_path / "out"
    seed = {"instruction": "Name the rivers of France.", "input": "", "output": "Loire, Seine"}
    seeds.write_text(json.dumps(seed) + "\n")
    config.write_text("[generation]\nfruitless_requests = 5\n")
    with FakeTeacherProcess(TeacherScript(replier=replier)) as teacher:
        variables = {"llm": "vllm", "base_url": teacher.root_url, "seeds": seeds}
        ended = run_instruction_build(out, **variables, config=config, rows=50, concurrency=16)
        assert ended.code == 0, ended.said
        assert len(teacher.records()) == 3 + 5
    assert "the teacher's last requests brought nothing new" in ended.said
    manifest = read_manifest_json(out)
    assert (manifest["complete"], manifest["ended_by"]) == (False, "fruitless")
    rows = read_rows(out, PUBLISHED)
    assert 0 < len(rows) <= 11
    assert {row["request"] for row in read_rows(out, REJECTED)} >= set(range(3, 8))
    assert [row["instruction"] for row in rows] == [
        task.instruction for task in tasks if task.instruction in {r["instruction"] for r in rows}
    ]


def test_a_budget_stops_in_time_packages_a_part_and_goes_on_with_more(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with FakeTeacherProcess(TeacherScript(replier=TaskListReplier(per_reply=4))) as teacher:
        variables = {"llm": "vllm", "base_url": teacher.root_url, "rows": 40, "max_tokens": 500}
        part = run_instruction_build(out, **variables, budget="6ktok", package_partial=1)
        assert part.code == 0, part.said
        assert "BUDGET=" in part.said
        manifest, first = read_manifest_json(out), read_rows(out, PUBLISHED)
        assert (manifest["ended_by"], manifest["stop_reason"]) == ("stopped", "budget")
        assert 0 < len(first) < 40
        assert manifest["spend"]["tokens"] <= 6000
        whole = run_instruction_build(out, **variables)
        assert whole.code == 0, whole.said
        assert count_paid_twice(teacher.records()) == 0
    rows = read_rows(out, PUBLISHED)
    assert len(rows) == 40
    assert rows[: len(first)] == first


@pytest.mark.parametrize(
    ("variable", "advice"), [({"samples": 2}, "Raise ROWS"), ({"thinking": 1}, "THINKING=1")]
)
def test_variables_without_meaning_here_are_refused(
    tmp_path: Path, variable: dict[str, int], advice: str
) -> None:
    ended = run_instruction_build(tmp_path / "out", **variable)
    assert ended.code not in (0, 130)
    assert advice in ended.said
    assert "Traceback" not in ended.said
    assert not (tmp_path / "out").exists()
