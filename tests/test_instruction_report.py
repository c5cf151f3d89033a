"""The report of an instruction build: what was made and what deserves a second look."""

import logging
from pathlib import Path
from typing import Any

import pytest

from builders.instruction_outcome import InstructionOutcome, InstructionRow
from builders.instruction_recipe import InstructionRecipe
from builders.instruction_report import (
    collect_instruction_facts,
    find_instruction_warnings,
    report_instruction_build,
)
from builders.recipe_sections import digest_recipe
from distilabel_pipelines.gateway.settings import Stopped
from tests.decontamination.outcomes import no_check
from tests.instruction_outcomes import fallen, requests, row, small_alpaca, small_facts
from tests.test_instruction_manifest import judged_manifest, manifest_of, small_manifest


def outcome_with(lost: list[InstructionRow]) -> InstructionOutcome:
    """Twenty rows of twenty replies, and what fell; nothing else to say."""
    rows = [row(f"Name {n} rivers.", request=n) for n in range(20)]
    sent = len({one.request for one in [*rows, *lost]})
    return InstructionOutcome(rows, lost, [requests("tasks", sent, sent)], 1, "rows")


def warnings_of(lost: list[InstructionRow], **changes: object) -> list[str]:
    manifest = manifest_of(outcome_with(lost), rows_wanted=20, **changes)
    return find_instruction_warnings(manifest)


def whole_replies(count: int, reason: str) -> list[InstructionRow]:
    fields: dict[str, Any] = {"stage": "reply", "item": -1, "instance": -1, "novelty": None}
    return [row("", request=20 + n, reason=reason, raw="…", **fields) for n in range(count)]


def test_a_complete_build_without_losses_has_no_warning() -> None:
    assert warnings_of([]) == []


def test_a_build_that_found_nothing_new_says_what_to_change() -> None:
    manifest = manifest_of(small_alpaca()._replace(ended_by="fruitless"), rows_wanted=9)
    warning = find_instruction_warnings(manifest)[0]
    assert "4 of 9 rows: the teacher's last requests brought nothing new" in warning
    assert "SEEDS" in warning


def test_a_build_that_was_stopped_says_by_what() -> None:
    stopped = small_alpaca()._replace(ended_by="stopped")
    manifest = manifest_of(stopped, rows_wanted=9, stop_reason="budget")
    assert "4 of 9 rows: the run was stopped (budget)" in find_instruction_warnings(manifest)[0]


def test_lists_that_are_mostly_cut_before_their_end_are_a_warning() -> None:
    items = [fallen("", "truncated", request=n, item=9) for n in range(11)]
    assert warnings_of(items) == []  # the embedded teacher's
    assert warnings_of(items[:10], llm="vllm", weights="named") == []
    [warning] = warnings_of(items, llm="vllm", weights="named")
    assert "11 of 20 lists were cut before their last task" in warning


def test_replies_that_were_cut_before_anything_whole_are_a_warning() -> None:
    [warning] = warnings_of(whole_replies(2, "truncated"))
    assert "2 replies or instances were cut" in warning
    assert "MAX_TOKENS" in warning


def test_many_unparsable_replies_are_a_warning() -> None:
    assert warnings_of(whole_replies(2, "unparsable")) == []
    [warning] = warnings_of(whole_replies(9, "unparsable"))
    assert "9 replies, tasks or instances had not the form" in warning
    assert "API=completions" in warning


def test_thoughts_that_came_unasked_are_a_warning() -> None:
    thoughtful = small_manifest()
    assert any("1 replies hold a thought" in one for one in find_instruction_warnings(thoughtful))


def test_requests_that_failed_for_good_are_a_warning_and_refused_ones_are_none() -> None:
    assert warnings_of(whole_replies(1, "refused_by_provider")) == []
    [warning] = warnings_of(whole_replies(1, "teacher_error"))
    assert "1 requests failed for good" in warning
    assert "same command" in warning


def test_a_silent_judge_is_a_warning() -> None:
    manifest = judged_manifest(accepts=False)
    assert manifest.judge is not None
    assert find_instruction_warnings(manifest) == []
    counts = {**manifest.judge.rows, "not_judged": 3}
    judge = manifest.judge.model_copy(update={"rows": counts})
    [warning] = find_instruction_warnings(manifest.model_copy(update={"judge": judge}))
    assert "3 rows have no word of the judge" in warning


def test_the_report_counts_rows_and_reasons_and_says_how_to_load(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    with caplog.at_level(logging.INFO, logger="build"):
        report_instruction_build(small_manifest(), tmp_path)
    assert "4 rows of 8 new tasks, from 12 tasks in 4 replies; rejected: " in caplog.text
    assert "surplus 2" in caplog.text
    assert "looping" not in caplog.text
    assert f'load_dataset("{tmp_path / "dataset"}")' in caplog.text


def test_the_facts_hold_the_resolved_recipe_and_its_digest(tmp_path: Path) -> None:
    recipe = InstructionRecipe.model_validate({"rows": 7, "teacher": {"llm": "vllm"}})
    stopped = Stopped(reason="budget", message="5 USD are spent")
    facts = collect_instruction_facts(
        recipe, small_facts().seeds, "served-model", None, stopped, tmp_path, no_check()
    )
    assert (facts.method, facts.rows_wanted, facts.stop_reason) == ("alpaca", 7, "budget")
    assert facts.spend is not None
    assert facts.spend.tokens == 0
    assert facts.recipe_digest == digest_recipe(facts.recipe)
    assert facts.teacher.model == "served-model"
    assert set(facts.teacher.settings) == {"tasks"}
    assert set(facts.teacher.prompts) == {"tasks.en", "tasks.zh"}
    assert manifest_of(small_alpaca(), recipe=facts.recipe).recipe["method"] == "alpaca"


def test_a_build_without_benchmarks_warns_that_nothing_was_checked() -> None:
    (warning,) = warnings_of([], decontamination=no_check())
    assert warning.startswith("decontamination: nothing is compared with any benchmark: no bench")
