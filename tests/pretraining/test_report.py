"""The report of a pretraining build: what was made and what deserves a second look."""

import logging
from pathlib import Path

import pytest

from builders.pretraining.outcome import CheckedPassage
from builders.pretraining.recipe import PretrainingRecipe
from builders.pretraining.report import (
    collect_pretraining_facts,
    find_pretraining_warnings,
    report_pretraining_build,
)
from builders.recipe_sections import digest_recipe
from distilabel_pipelines.gateway.settings import Stopped
from tests.pretraining.outcomes import (
    failed,
    passage,
    small_decontamination,
    small_facts,
    small_outcome,
)
from tests.pretraining.test_card import collapsed_manifest, unchecked_manifest
from tests.pretraining.test_diversity import texts
from tests.pretraining.test_manifest import manifest_of, small_manifest


def warnings_of(lost: list[CheckedPassage], rows: int = 19) -> list[str]:
    """The warnings of a build of some rows and what fell."""
    contaminated = passage("a", 999, reason="contaminated")
    outcome = small_outcome()._replace(published=texts(rows, 0), rejected=[contaminated, *lost])
    manifest = manifest_of(outcome, rows_wanted=rows, prompts_made=1000)
    return find_pretraining_warnings(manifest)


def test_a_complete_build_without_losses_has_no_warning() -> None:
    assert warnings_of([]) == []


def test_a_build_whose_prompts_ran_out_says_what_to_change() -> None:
    manifest = manifest_of(small_outcome()._replace(ended_by="prompts"), rows_wanted=9)
    warning = find_pretraining_warnings(manifest)[0]
    assert "5 of 9 rows: the prompts ran out" in warning
    assert "SEEDS" in warning


def test_a_build_that_was_stopped_says_by_what() -> None:
    stopped = small_outcome()._replace(ended_by="stopped")
    manifest = manifest_of(stopped, rows_wanted=9, stop_reason="budget")
    assert "5 of 9 rows: the run was stopped (budget)" in find_pretraining_warnings(manifest)[0]


def test_a_stop_that_left_gaps_before_the_last_row_is_told_though_the_rows_are_complete() -> None:
    gaps = small_outcome()._replace(unanswered=2)
    warning = find_pretraining_warnings(manifest_of(gaps, stop_reason="budget"))[0]
    assert "2 requests before the last row have no whole reply, since the run was" in warning
    with pytest.raises(ValueError, match="2 requests are unanswered, and nothing stopped them"):
        manifest_of(gaps)


def test_a_collapse_is_a_warning_that_shows_the_opening() -> None:
    [warning] = find_pretraining_warnings(collapsed_manifest())
    assert "one opening dominates" in warning
    assert "all texts in en, 12 of 20 begin with 'in this chapter we'" in warning
    assert "format wikihow in en" in warning


def test_many_cut_texts_are_a_warning() -> None:
    cut = [passage("a", 100 + n, reason="truncated") for n in range(2)]
    assert warnings_of(cut[:1]) == []
    [warning] = warnings_of(cut)
    assert "2 of 22 texts were cut at max_tokens = 640. Raise MAX_TOKENS" in warning


def test_many_near_copies_are_a_warning() -> None:
    copies = [passage("a", 100 + n, reason="duplicate") for n in range(8)]
    assert warnings_of(copies[:4]) == []
    [warning] = warnings_of(copies)
    assert "29% of the texts that passed the checks repeat an earlier one" in warning


def test_requests_that_failed_for_good_are_a_warning_and_refused_ones_are_none() -> None:
    assert warnings_of([failed(100, "refused_by_provider")]) == []
    [warning] = warnings_of([failed(100, "teacher_error")])
    assert "1 requests failed for good" in warning


def test_a_build_that_was_checked_against_no_benchmark_says_so_at_its_end() -> None:
    [*_, warning] = find_pretraining_warnings(unchecked_manifest())
    assert warning.startswith("decontamination: nothing is compared with any benchmark")
    assert "make fetch-benchmarks" in warning


def test_the_report_counts_rows_and_reasons_and_says_how_to_load(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    with caplog.at_level(logging.INFO, logger="build"):
        report_pretraining_build(small_manifest(), tmp_path)
    assert "5 rows from 11 replies to 11 prompts of 16 sources; rejected: " in caplog.text
    assert "surplus 2" in caplog.text
    assert "looping" not in caplog.text
    assert "1 of 17 sources were not used: they hold items of benchmarks" in caplog.text
    assert f'load_dataset("{tmp_path / "dataset"}")' in caplog.text


def test_sources_without_items_of_benchmarks_need_no_line(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    with caplog.at_level(logging.INFO, logger="build"):
        report_pretraining_build(unchecked_manifest(), tmp_path)
    assert "sources were not used" not in caplog.text


def test_the_facts_hold_the_resolved_recipe_and_its_digest(tmp_path: Path) -> None:
    recipe = PretrainingRecipe.model_validate({"rows": 7, "teacher": {"llm": "vllm"}})
    stopped = Stopped(reason="budget", message="5 USD are spent")
    small = small_facts()
    facts = collect_pretraining_facts(
        recipe,
        small.sources,
        small.mixture,
        small_decontamination(),
        "served-model",
        stopped,
        tmp_path,
    )
    assert (facts.kind, facts.rows_wanted, facts.stop_reason) == ("pretraining", 7, "budget")
    assert facts.spend is not None
    assert facts.spend.tokens == 0
    assert facts.recipe_digest == digest_recipe(facts.recipe)
    assert facts.teacher.model == "served-model"
    assert facts.teacher.settings["max_tokens"] == 4096
    assert "wikihow.en" in facts.teacher.prompts
