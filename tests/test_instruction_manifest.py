"""The manifest of an instruction build: figures that add up, nothing private, the same bytes."""

from typing import Any

import pytest
from pydantic import ValidationError

from builders.instruction_manifest import InstructionManifest, build_instruction_manifest
from builders.instruction_outcome import InstructionOutcome, InstructionRow
from builders.instruction_rows import CONFIGS, published_row
from builders.manifest_parts import FileRecord, digest_rows, manifest_bytes
from tests.decontamination.outcomes import check_facts
from tests.instruction_outcomes import (
    fallen,
    requests,
    row,
    small_alpaca,
    small_facts,
)
from tests.outcomes import judge_facts, small_spend


def file_records(rows: int) -> list[FileRecord]:
    """One shard a config, as the package stage would give them."""
    return [
        FileRecord(
            folder="dataset",
            path=f"{'data' if config == 'default' else config}/train-00000-of-00001.parquet",
            config=config,
            split="train",
            rows=rows,
            bytes=4_000,
            memory_bytes=9_000,
            sha256="ef" * 32,
        )
        for config in CONFIGS
    ]


def manifest_of(outcome: InstructionOutcome, **changes: object) -> InstructionManifest:
    """The manifest of an outcome; `changes` go to the facts."""
    records = file_records(len(outcome.published))
    return build_instruction_manifest(outcome, small_facts(**changes), records)


def small_manifest(**changes: object) -> InstructionManifest:
    """The manifest of the small list build."""
    return manifest_of(small_alpaca(), **changes)


def judged_manifest(*, accepts: bool, **changes: object) -> InstructionManifest:
    """Two published rows and one rejected, all looked at; `changes` go to the judge."""
    words: list[Any] = ["correct", "undecided", "incorrect"]
    said: list[InstructionRow] = [
        row(f"Name {n} rivers.", item=n, judge_verdict=word, judge_reason="It seems so.")
        for n, word in enumerate(words)
    ]
    published, rejected = (said[:2], said[2:]) if accepts else (said, [])
    rejected = [one.model_copy(update={"reason": "judged_incorrect"}) for one in rejected]
    outcome = InstructionOutcome(published, rejected, [requests("tasks", 1, 1)], 1, "rows")
    judge = judge_facts(accepts=accepts, **changes)
    return manifest_of(outcome, judge=judge, rows_wanted=len(published))


def test_the_same_build_gives_the_same_bytes() -> None:
    first, second = manifest_bytes(small_manifest()), manifest_bytes(small_manifest())
    assert first == second
    assert first.endswith(b"}\n")


def test_why_there_are_no_more_rows_is_said_as_it_was() -> None:
    assert (small_manifest().complete, small_manifest().ended_by) == (True, "rows")
    short = small_alpaca()._replace(ended_by="fruitless")
    assert not manifest_of(short, rows_wanted=100).complete
    stopped = small_alpaca()._replace(ended_by="stopped")
    assert manifest_of(stopped, rows_wanted=100, stop_reason="budget").stop_reason == "budget"
    with pytest.raises(ValidationError, match="ended by stopped, stopped by None"):
        manifest_of(stopped, rows_wanted=100)
    with pytest.raises(ValidationError, match="ended by fruitless at"):
        manifest_of(short)
    with pytest.raises(ValidationError, match="ended by rows at"):
        small_manifest(rows_wanted=100)


def test_the_judges_words_are_counted_by_verdict() -> None:
    record = judged_manifest(accepts=True).judge
    assert record is not None
    assert record.rows == {"correct": 1, "incorrect": 1, "undecided": 1, "not_judged": 0}
    assert record.published == {"correct": 1, "incorrect": 0, "undecided": 1, "not_judged": 0}
    assert small_manifest().judge is None
    silent = judged_manifest(accepts=False).judge
    assert silent is not None
    assert silent.published["incorrect"] == 1
    with pytest.raises(ValidationError, match="1 rows published that a judge refused"):
        type(record).model_validate(
            silent.model_dump() | {"facts": judge_facts(accepts=True).model_dump()}
        )


def test_words_of_a_judge_that_nobody_configured_are_refused() -> None:
    outcome = small_alpaca()
    said = outcome.published[0].model_copy(update={"judge_verdict": "correct"})
    with pytest.raises(ValueError, match="yet the build has no judge"):
        manifest_of(outcome._replace(published=[said, *outcome.published[1:]]))
    refused = outcome.rejected[-1].model_copy(update={"reason": "judged_incorrect"})
    with pytest.raises(ValueError, match="whose word does not count"):
        manifest_of(
            outcome._replace(rejected=[*outcome.rejected[:-1], refused]),
            judge=judge_facts(accepts=False),
        )


def test_files_whose_rows_do_not_add_up_to_the_published_rows_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"published rows are counted as \[3, 4\]"):
        build_instruction_manifest(small_alpaca(), small_facts(), file_records(3))


def test_misplaced_rows_are_refused() -> None:
    outcome = small_alpaca()
    for published, message in (
        ([fallen("Go.", "too_short", "instance")], "is published, yet rejected as too_short"),
        ([row("Go.", stage="task")], "is published, yet rejected as a task"),
        ([row("Go."), row("Go.", item=1)], "occurs 2 times"),
    ):
        with pytest.raises(ValueError, match=message):
            manifest_of(outcome._replace(published=published))
    with pytest.raises(ValueError, match="is rejected without a reason"):
        manifest_of(outcome._replace(rejected=[row("Go.")]))


def test_rejected_rows_may_share_an_id() -> None:
    outcome = small_alpaca()
    again = fallen("Go.", "too_short", item=8)
    assert manifest_of(outcome._replace(rejected=[*outcome.rejected, again])).funnel.tasks == 13


def test_the_sample_is_the_published_row_of_median_length() -> None:
    rows = [row("x" * size, item=size) for size in (500, 3, 40, 70, 1)]
    outcome = InstructionOutcome(rows, [], [requests("tasks", 1, 1)], 1, "rows")
    assert manifest_of(outcome, rows_wanted=5).sample == published_row(rows[2])


def test_the_digest_changes_with_rows_and_order_alone() -> None:
    rows = small_alpaca().published
    digest = digest_rows(map(published_row, rows))
    assert digest == small_manifest(spend=small_spend()).content_digest
    assert digest != digest_rows(map(published_row, rows[::-1]))
    assert digest != digest_rows(map(published_row, rows[:-1]))


def test_no_machine_path_or_folder_reaches_the_manifest() -> None:
    manifest = small_manifest(
        source="/home/bob/seeds.jsonl",
        model="/home/bob/m.gguf",
        recipe={"seeds": {"source": "/home/bob/seeds.jsonl"}, "model": "/home/bob/m.gguf"},
    )
    assert "bob" not in manifest_bytes(manifest).decode()
    assert (manifest.seeds.source, manifest.teacher.model) == ("seeds.jsonl", "m.gguf")


def test_text_that_utf8_cannot_hold_is_counted_and_never_stops_the_manifest() -> None:
    outcome = small_alpaca()
    broken = row("half \ud83d", output="\udc80", item=9, served_model="\ud800")
    lost = fallen("", "unparsable", item=10, raw="\udfff", request=1)
    outcome = outcome._replace(
        published=[*outcome.published, broken], rejected=[*outcome.rejected, lost]
    )
    manifest = manifest_of(
        outcome, rows_wanted=5, prompts={"tasks\ud800": "\ud800"}, code_version="\ud800"
    )
    assert manifest.replaced_surrogates == 4
    assert b"\xef\xbf\xbd" in manifest_bytes(manifest)


def test_what_benchmarks_matched_must_be_what_was_rejected() -> None:
    with pytest.raises(ValidationError, match=r"\(0, 2\) seeds and rows matched, funnel \(0, 0\)"):
        small_manifest(decontamination=check_facts(rows=2))
