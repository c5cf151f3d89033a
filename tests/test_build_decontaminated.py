"""Builds held against benchmarks: what is contaminated is not asked for, and not published."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builders.seed_loader import SeedConfig
from builders.task_seeds import load_task_seeds
from tests.decontamination.benchmark_folder import write_rows
from tests.fake_teacher import FakeTeacherProcess, TeacherScript, arithmetic_replier
from tests.fake_teacher.task_lists import TaskListReplier
from tests.fake_teacher.task_words import TaskLanguage, word_task
from tests.trials.build_command import (
    read_journal_rows,
    read_manifest_json,
    read_rows,
    run_build,
    run_instruction_build,
    write_sums,
)

PUBLISHED, REJECTED = "dataset/data", "rejected"
LANGUAGES: tuple[TaskLanguage, ...] = ("en", "zh")


def test_contaminated_questions_are_never_asked_and_stand_in_rejected(tmp_path: Path) -> None:
    seeds = write_sums(tmp_path / "sums.jsonl", 60)
    questions = [json.loads(line)["question"] for line in seeds.read_text().splitlines()]
    held = questions[1:20:4]
    write_rows(tmp_path / "benchmarks" / "sums.jsonl.gz", [{"question": one} for one in held])
    out = tmp_path / "out"
    with FakeTeacherProcess(TeacherScript(replier=arithmetic_replier())) as teacher:
        variables = {"llm": "vllm", "base_url": teacher.root_url, "seeds": seeds}
        variables |= {"benchmarks": tmp_path / "benchmarks"}
        ended = run_build(out, **variables, rows=24)
    assert ended.code == 0, ended.said
    assert "decontamination: against 5 items of 1 benchmark files" in ended.said
    assert "5 of 60 questions were not asked: they hold items of benchmarks" in ended.said
    asked = {row["input"] for row in read_journal_rows(out, opening_tag_in_prompt=False)}
    assert len(asked) >= 24
    assert not asked & set(held)
    lost = [row for row in read_rows(out, REJECTED) if row["reason"] == "contaminated"]
    assert [row["input"] for row in lost] == [row["benchmark_text"] for row in lost] == held
    manifest = read_manifest_json(out)
    assert (manifest["funnel"]["contaminated"], manifest["rows"]["published"]) == (5, 24)
    (told,) = manifest["decontamination"]["benchmarks"]
    assert (told["name"], told["items"], told["seeds_matched"]) == ("sums", 5, 5)
    assert str(tmp_path) not in json.dumps(manifest)


@pytest.mark.slow  # a whole build; contaminated questions are in `make test`
def test_contaminated_tasks_are_rejected_and_seeds_not_shown(tmp_path: Path) -> None:
    out = tmp_path / "out"
    tasks = [word_task(language, number) for language in LANGUAGES for number in range(0, 60, 3)]
    held = ["\n".join(filter(None, (one.instruction, one.input))) for one in tasks]
    seed = load_task_seeds(SeedConfig(source="bundled:instruction")).tasks[0]
    rows = [{"prompt": one} for one in [*held, seed.instruction]]
    write_rows(tmp_path / "benchmarks" / "tasks.jsonl", rows)
    with FakeTeacherProcess(TeacherScript(replier=TaskListReplier(per_reply=5))) as teacher:
        variables = {"llm": "vllm", "base_url": teacher.root_url, "rows": 12}
        ended = run_instruction_build(out, **variables, benchmarks=tmp_path / "benchmarks")
    assert ended.code == 0, ended.said
    assert "1 of 244 seed tasks were not shown: they hold items of benchmarks" in ended.said
    published = [row["messages"][0]["content"] for row in read_rows(out, PUBLISHED)]
    assert len(published) == 12
    assert not set(held) & set(published)
    lost = [row for row in read_rows(out, REJECTED) if row["reason"] == "contaminated"]
    assert {row["stage"] for row in lost} == {"seed", "task"}
    manifest = read_manifest_json(out)
    assert manifest["funnel"]["contaminated_seeds"] == 1
    (told,) = manifest["decontamination"]["benchmarks"]
    assert (told["seeds_matched"], told["rows_matched"]) == (1, len(lost) - 1)
