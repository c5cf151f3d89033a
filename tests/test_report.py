"""The report of a build: what was made and what deserves a second look."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from builders.end_warnings import tell_next_steps
from builders.generate import Generated
from builders.judged import CheckedTrace, Outcome, SeedFacts
from builders.manifest import Manifest, build_manifest
from builders.manifest_parts import FileRecord
from builders.recipe import Recipe, digest_recipe
from builders.report import collect_facts, find_warnings, report_build
from tests.decontamination.outcomes import no_check
from tests.outcomes import checked, rejected, small_facts, small_outcome


def make_manifest(*, rows: int, rejects: list[CheckedTrace], wanted: int | None = None) -> Manifest:
    published = [checked(f"What is {n} + 1?", "Add.", "\\boxed{42}") for n in range(rows)]
    outcome = Outcome(published=published, rejected=rejects)
    facts = small_facts(rows_wanted=rows if wanted is None else wanted)
    return build_manifest(outcome, facts, files_of(rows))


def files_of(rows: int) -> list[FileRecord]:
    return [
        FileRecord(
            folder="dataset",
            path=f"{folder}/train-00000-of-00001.parquet",
            config=config,
            split="train",
            rows=rows,
            bytes=1,
            memory_bytes=1,
            sha256="00",
        )
        for folder, config in (("data", "default"), ("inline_think", "inline_think"))
    ]


def cut(count: int) -> list[CheckedTrace]:
    return [
        rejected(f"What is {n} - 1?", "truncated", finish_reason="length") for n in range(count)
    ]


def test_a_complete_build_without_losses_has_no_warning() -> None:
    assert find_warnings(make_manifest(rows=20, rejects=[])) == []


def test_more_than_five_percent_cut_replies_are_a_warning() -> None:
    assert find_warnings(make_manifest(rows=19, rejects=cut(1))) == []
    [warning] = find_warnings(make_manifest(rows=18, rejects=cut(2)))
    assert "2 of 20 replies" in warning
    assert "1536" in warning
    assert "MAX_TOKENS" in warning


def test_fewer_rows_than_wanted_are_a_warning() -> None:
    [warning] = find_warnings(make_manifest(rows=3, rejects=[], wanted=9))
    assert "3 of 9 rows" in warning
    assert "seeds" in warning


def test_a_stop_that_left_gaps_before_the_last_row_is_told_though_the_rows_are_complete() -> None:
    gaps = small_outcome().model_copy(update={"unanswered": 3})
    manifest = build_manifest(gaps, small_facts(stop_reason="budget"), files_of(4))
    assert manifest.complete
    warning = find_warnings(manifest)[0]
    assert "3 requests before the last row have no whole reply, since the run was" in warning
    with pytest.raises(ValueError, match="3 requests are unanswered, and nothing stopped them"):
        build_manifest(gaps, small_facts(), files_of(4))


def test_requests_that_failed_for_good_are_a_warning() -> None:
    failed = rejected("What is 1 - 1?", "teacher_error", error="teacher_error", pass_rate=None)
    [warning] = find_warnings(make_manifest(rows=3, rejects=[failed]))
    assert "1 requests failed" in warning
    assert "same command" in warning


def test_the_report_counts_rows_and_reasons_and_says_how_to_load(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    manifest = build_manifest(small_outcome(), small_facts(), files_of(4))
    with caplog.at_level(logging.INFO, logger="build"):
        report_build(manifest, tmp_path)
    assert "4 rows from 12 responses" in caplog.text
    assert "surplus 2" in caplog.text
    assert f'load_dataset("{tmp_path / "dataset"}")' in caplog.text
    assert "leaked_answer" not in caplog.text


def test_the_facts_hold_the_resolved_recipe_and_its_digest(tmp_path: Path) -> None:
    recipe = Recipe.model_validate({"rows": 7, "teacher": {"llm": "vllm"}})
    seeds: SeedFacts = small_facts().seeds
    facts = collect_facts(recipe, seeds, Generated([], {}, "served-model"), tmp_path, no_check())
    assert facts.spend is not None
    assert facts.spend.tokens == 0
    assert facts.rows_wanted == 7
    assert facts.recipe_digest == digest_recipe(facts.recipe)
    assert facts.teacher.model == "served-model"
    assert facts.teacher.sampling["max_tokens"] == 16384
    sampling = facts.recipe["sampling"]
    assert isinstance(sampling, dict)
    assert sampling["max_tokens"] == 16384
    assert "\\boxed{}" in facts.teacher.system_prompts["en"]


def test_a_build_without_benchmarks_warns_that_nothing_was_checked() -> None:
    manifest = build_manifest(small_outcome(), small_facts(decontamination=no_check()), files_of(4))
    (warning,) = [one for one in find_warnings(manifest) if "benchmark" in one]
    assert warning.startswith("decontamination: nothing is compared with any benchmark: no bench")


def test_the_end_says_how_to_load_and_to_publish() -> None:
    assert tell_next_steps("reasoning", Path("output/reasoning")) == [
        'load_dataset("output/reasoning/dataset")',
        "to publish it: make push-reasoning REPO=me/name VERSION=auto",
    ]
    assert tell_next_steps("pretraining", Path("my texts"))[1] == (
        "to publish it: make push-pretraining REPO=me/name VERSION=auto OUT='my texts'"
    )
