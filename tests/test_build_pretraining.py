"""`make build-pretraining` end to end: real processes, the fake teacher, and what lies in OUT."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest

from builders.any_manifest import read_manifest
from builders.publishing.row_index import ROW_INDEX_NAME, read_row_index
from distilabel_pipelines.passages import FORMATS
from tests.fake_teacher import FakeTeacherProcess, TeacherScript
from tests.fake_teacher.essays import EssayReplier
from tests.package_checks import check_splits
from tests.pretraining.build_sources import read_published, read_rejected, write_web_sources
from tests.trials.build_command import (
    check_rebuilt,
    read_manifest_json,
    run_build,
    run_pretraining_build,
    run_rebuild,
)

ITEM = (
    "A farmer has 17 sheep and buys 4 times as many goats as sheep; how many animals graze on the "
    "meadow when 9 of the goats have been sold at the market in the neighbouring town?"
)
BAD = EssayReplier(
    refusal_rate=0.06, boilerplate_rate=0.06, short_rate=0.06, loop_rate=0.06, copy_rate=0.12
)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_web_sources(tmp_path_factory.mktemp("sources") / "pages.jsonl", 80)


def test_every_text_has_one_fate_and_more_rows_only_add_some(sources: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with FakeTeacherProcess(TeacherScript(replier=BAD)) as teacher:
        variables = {"llm": "vllm", "base_url": teacher.root_url, "seeds": sources}
        variables |= {"validation_share": 0.2, "test_share": 0.2}
        ended = run_pretraining_build(out, **variables, rows=15)
        assert ended.code == 0, ended.said
        first, asked = read_published(out), len(teacher.records())
        splits = read_splits(out)
        ended = run_pretraining_build(out, **variables, rows=40)
        assert ended.code == 0, ended.said
        sent = [record.key for record in teacher.records()]
    rows, rejected = read_published(out), read_rejected(out)
    assert len(first) == 15
    assert len(rows) == 40
    assert asked <= len(sent) == len(set(sent))  # nothing is asked twice
    known = {row["id"]: row for row in rows}
    assert all(known.get(row["id"]) == row for row in first)
    reasons = Counter(row["reason"] for row in rejected)
    assert len({"refusal", "boilerplate", "too_short", "looping"} & set(reasons)) >= 3
    assert reasons["duplicate"]
    manifest = read_manifest_json(out)
    assert manifest["funnel"]["published"] == 40
    assert len(rows) + len(rejected) == manifest["funnel"]["responses"]
    originals = [row["duplicate_of"] for row in rejected if row["reason"] == "duplicate"]
    assert set(originals) <= {row["id"] for row in (*rows, *rejected)}
    check_prompts(out, {row["prompt"] for row in (*rows, *rejected)})
    assert splits.items() <= read_splits(out).items()
    assert "(divided by source)" in ended.said
    told = check_splits(read_manifest(out / "manifest.json"), out / "dataset", tmp_path / "cache")
    assert list(told) == ["train", "validation", "test"]


def read_splits(out: Path) -> dict[str, str]:
    """Row → split, for every row of the dataset."""
    index = read_row_index(out / "dataset" / ROW_INDEX_NAME)
    return {row.id: row.split for row in index}


def check_rebuild(out: Path, teacher: FakeTeacherProcess, **given: Path) -> None:
    """Files beside the recorded benchmarks change nothing; without those there is no rebuild."""
    first, before = read_manifest_json(out), len(teacher.records())
    wanted = {"manifest": out, "base_url": teacher.root_url}
    refused = run_rebuild(out, **wanted, seeds=given["seeds"])
    assert refused.code == 1
    digest = first["decontamination"]["benchmarks"][0]["sha256"]
    assert f"that are not here: sums.jsonl (SHA-256 {digest})" in refused.said
    (given["benchmarks"] / "more.jsonl").write_text('{"question": "Page 2 or page 3?"}')
    check_rebuilt(out, first, run_rebuild(out, **wanted, **given))
    assert len(teacher.records()) == before


def check_prompts(out: Path, sent: set[str]) -> None:
    """`prompts.jsonl` has every prompt that was sent, and its own columns alone."""
    lines = (out / "prompts.jsonl").read_text(encoding="utf-8").splitlines()
    prompts = [json.loads(line) for line in lines]
    columns = ["id", "prompt", "format", "audience", "topic", "seed_data", "language"]
    assert all(sorted(prompt) == sorted(columns) for prompt in prompts)
    assert sent <= {prompt["prompt"] for prompt in prompts}
    assert {prompt["format"] for prompt in prompts} <= set(FORMATS)


def test_what_a_benchmark_asks_is_neither_shown_nor_published(tmp_path: Path) -> None:
    """Page 4 holds an item and is never sent; whoever is asked about topic 3 writes it out."""
    benchmarks = tmp_path / "benchmarks"
    benchmarks.mkdir()
    others = [{"question": f"How many of the {n} boats are back by noon?"} for n in range(50)]
    lines = [json.dumps(row) for row in [{"question": ITEM}, *others]]
    (benchmarks / "sums.jsonl").write_text("\n".join(lines))
    pages = write_web_sources(tmp_path / "pages.jsonl", 40, planted={4: ITEM})
    script = TeacherScript(replier=EssayReplier(planted={"topic 3": ITEM, "主题：topic 3": ITEM}))
    out = tmp_path / "out"
    with FakeTeacherProcess(script) as teacher:
        variables = {"llm": "vllm", "base_url": teacher.root_url, "benchmarks": benchmarks}
        ended = run_pretraining_build(out, **variables, seeds=pages, rows=20)
        bodies = [json.dumps(dict(record.body)) for record in teacher.records()]
        assert ended.code == 0, ended.said
        check_rebuild(out, teacher, seeds=pages, benchmarks=benchmarks)
    assert not any("17 sheep" in body for body in bodies)
    assert not any("17 sheep" in row["text"] for row in read_published(out))
    found = [row for row in read_rejected(out) if row["reason"] == "contaminated"]
    assert found
    assert {row["benchmark"] for row in found} == {"sums"}
    assert {row["benchmark_text"] for row in found} == {ITEM}
    dropped = read_rejected(out, "sources")
    assert [row["reason"] for row in dropped] == ["contaminated"]
    assert dropped[0]["benchmark_text"] == ITEM
    told = read_manifest_json(out)["decontamination"]
    assert told["checked"] is True
    assert told["benchmarks"][0]["seeds_matched"] == 1
    assert told["benchmarks"][0]["rows_matched"] == len(found)


@pytest.mark.slow  # five builds; an instruction build's budget is in `make test`
def test_a_budget_packages_a_part_that_says_so_and_goes_on_with_more(
    sources: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with FakeTeacherProcess(TeacherScript(replier=EssayReplier())) as teacher:
        variables = {"llm": "vllm", "base_url": teacher.root_url, "seeds": sources, "rows": 30}
        variables |= {"max_tokens": 500}
        part = run_pretraining_build(out, **variables, budget="12ktok", package_partial=1)
        assert part.code == 0, part.said
        manifest, first = read_manifest_json(out), read_published(out)
        assert (manifest["ended_by"], manifest["stop_reason"]) == ("stopped", "budget")
        assert 0 < len(first) < 30
        assert f"{len(first)} of 30 rows: the run was stopped (budget)" in part.said
        assert ("requests before the last row" in part.said) == (manifest["unanswered"] > 0)
        card = (out / "dataset" / "README.md").read_text()
        assert "**Incomplete:** 30 rows were asked for; the run was stopped" in card
        assert "not needed |" not in card
        prompts = (out / "prompts.jsonl").read_bytes()
        assert manifest["mixture"]["prompts_sha256"] == hashlib.sha256(prompts).hexdigest()
        stopped = run_pretraining_build(out, **variables | {"rows": 40}, budget="12ktok")
        assert stopped.code == 3, stopped.said
        assert (out / "prompts.jsonl").read_bytes() == prompts  # still the finished dataset's
        whole = run_pretraining_build(out, **variables)
        assert whole.code == 0, whole.said
    assert read_manifest_json(out)["unanswered"] == 0
    assert {row["id"] for row in first} <= {row["id"] for row in read_published(out)}
    refused = run_build(out, llm="vllm", base_url="http://127.0.0.1:9")
    assert refused.code == 1
    assert "holds a finished pretraining dataset, and this command is of the reason" in refused.said
    assert read_manifest_json(out)["kind"] == "pretraining"


@pytest.mark.slow  # a whole build; its pipeline is in `make test`
def test_thoughts_stand_in_no_text_and_parts_are_counted_together(
    sources: Path, tmp_path: Path
) -> None:
    recipe = tmp_path / "continued.toml"
    recipe.write_text("[sampling]\ncontinuations = 8\n")
    out = tmp_path / "out"
    script = TeacherScript(replier=EssayReplier(piece_characters=300))
    with FakeTeacherProcess(script) as teacher:
        ended = run_pretraining_build(
            out,
            llm="vllm",
            base_url=teacher.root_url,
            seeds=sources,
            rows=10,
            recipe=recipe,
            concurrency=4,  # so that more rows wait to be admitted than the client has places
        )
        assert ended.code == 0, ended.said
    rows = read_published(out)
    assert len(rows) == 10
    assert any(row["continuations"] for row in rows)
    assert all(row["finish_reason"] == "stop" for row in rows)
    assert all(row["text_token_length"] >= len(row["text"]) // 4 for row in rows)


@pytest.mark.slow  # a whole build; the gate and the continuations have tests of their own
def test_a_cut_text_is_rejected_where_it_is_not_continued(sources: Path, tmp_path: Path) -> None:
    script = TeacherScript(replier=EssayReplier(piece_characters=300, thinks=True))
    out = tmp_path / "out"
    with FakeTeacherProcess(script) as teacher:
        ended = run_pretraining_build(
            out, llm="vllm", base_url=teacher.root_url, seeds=sources, rows=4, limit=9, thinking=1
        )
    assert ended.code != 0
    rejected = read_rejected(out)
    assert {row["reason"] for row in rejected if row["language"] == "en"} == {"truncated"}
    assert not any("reader wants" in row["text"] for row in rejected)


def test_the_judge_is_refused_in_words(tmp_path: Path) -> None:
    ended = run_pretraining_build(tmp_path / "out", judge_llm="vllm", judge_base_url="http://x")
    assert ended.code != 0
    assert "this kind has no judge" in ended.said
    assert "Traceback" not in ended.said
