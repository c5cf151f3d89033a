"""The manifest of a pretraining build: figures that add up, nothing private, the same bytes."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from builders.manifest_parts import digest_rows, manifest_bytes
from builders.pretraining.configs import FormatFile
from builders.pretraining.manifest import (
    SAMPLE_CHARACTERS,
    PretrainingManifest,
    build_pretraining_manifest,
    list_places,
)
from builders.pretraining.outcome import PretrainingOutcome
from builders.pretraining.rows import published_row, stored_row
from builders.splits import SplitConfig
from tests.outcomes import small_spend
from tests.pretraining.outcomes import (
    passage,
    small_decontamination,
    small_facts,
    small_outcome,
)


def file_records(outcome: PretrainingOutcome) -> list[FormatFile]:
    """One shard a format, as the package stage would give them."""
    return [
        FormatFile(
            folder="dataset",
            path=f"data/{folder}/train-00000-of-00001.parquet",
            config=folder,
            split="train",
            rows=len(rows),
            bytes=4_000,
            memory_bytes=9_000,
            sha256="ef" * 32,
            prompt_bytes=1_000,
        )
        for (_, folder), rows in list_places(outcome.published, SplitConfig()).items()
    ]


def manifest_of(outcome: PretrainingOutcome, **changes: object) -> PretrainingManifest:
    """The manifest of an outcome; `changes` go to the facts."""
    return build_pretraining_manifest(outcome, small_facts(**changes), file_records(outcome))


def small_manifest(**changes: object) -> PretrainingManifest:
    """The manifest of the small outcome."""
    return manifest_of(small_outcome(), **changes)


def test_the_same_build_gives_the_same_bytes() -> None:
    first, second = manifest_bytes(small_manifest()), manifest_bytes(small_manifest())
    assert first == second
    assert first.endswith(b"}\n")


def test_it_is_read_back_as_it_was_written() -> None:
    manifest = small_manifest(spend=small_spend())
    assert PretrainingManifest.model_validate_json(manifest_bytes(manifest)) == manifest


def test_the_digest_is_that_of_the_rows_as_default_has_them() -> None:
    outcome = small_outcome()
    order = [outcome.published[place] for place in (0, 3, 1, 4, 2)]  # wikihow, story, faq
    assert small_manifest().content_digest == digest_rows(
        published_row(stored_row(one)) for one in order
    )


def test_the_digest_does_not_see_prompts_or_costs() -> None:
    digest = small_manifest().content_digest
    assert small_manifest(spend=small_spend(), code_version="9").content_digest == digest
    outcome = small_outcome()
    other = [passage("# How to wait", 1), *outcome.published[1:]]
    assert manifest_of(outcome._replace(published=other)).content_digest != digest


def test_the_counts_of_the_build_stand_side_by_side() -> None:
    manifest = small_manifest()
    assert (manifest.rows.wanted, manifest.rows.published, manifest.complete) == (5, 5, True)
    assert (manifest.published.rows, manifest.answered.rows) == (5, 11)
    assert manifest.answered.text_tokens.total == 11 * 90 - 30
    assert [(one.name, one.answered, one.published) for one in manifest.served_models] == [
        ("small-writer", 11, 5)
    ]
    assert [config.name for config in manifest.configs] == [
        "default",
        "with_prompt",
        "wikihow",
        "story",
        "faq",
    ]
    assert manifest.diversity.near_duplicate_rate == round(1 / 9, 4)
    assert manifest.decontamination.rows_matched == 1


def test_why_there_are_no_more_rows_is_said_as_it_was() -> None:
    short = small_outcome()._replace(ended_by="prompts")
    assert not manifest_of(short, rows_wanted=100).complete
    stopped = small_outcome()._replace(ended_by="stopped")
    assert manifest_of(stopped, rows_wanted=100, stop_reason="budget").stop_reason == "budget"
    with pytest.raises(ValidationError, match="ended by stopped, stopped by None"):
        manifest_of(stopped, rows_wanted=100)
    with pytest.raises(ValidationError, match="ended by prompts at"):
        manifest_of(short)
    with pytest.raises(ValidationError, match="ended by rows at"):
        manifest_of(small_outcome(), rows_wanted=100)


def _drop_last_file(files: list[FormatFile]) -> list[FormatFile]:
    return files[:-1]


def _lose_a_row(files: list[FormatFile]) -> list[FormatFile]:
    return [files[0].model_copy(update={"rows": 1}), *files[1:]]


@pytest.mark.parametrize("change", [_drop_last_file, _lose_a_row])
def test_files_that_hold_other_rows_are_refused(
    change: Callable[[list[FormatFile]], list[FormatFile]],
) -> None:
    outcome = small_outcome()
    with pytest.raises(ValidationError, match="published rows are counted as"):
        build_pretraining_manifest(outcome, small_facts(), change(file_records(outcome)))


def test_a_row_that_is_counted_twice_or_misplaced_is_refused() -> None:
    outcome = small_outcome()
    published, rejected = outcome.published, outcome.rejected
    with pytest.raises(ValueError, match="occurs 2 times"):
        manifest_of(outcome._replace(published=[*published, published[0]]))
    with pytest.raises(ValueError, match="is published, yet rejected as looping"):
        manifest_of(outcome._replace(published=[passage("a", 99, reason="looping")]))
    with pytest.raises(ValueError, match="is published, yet rejected as teacher_error"):
        manifest_of(outcome._replace(published=[passage("a", 99, error="teacher_error")]))
    with pytest.raises(ValueError, match="is rejected without a reason"):
        manifest_of(outcome._replace(rejected=[*rejected, passage("a", 99)]))


def test_benchmark_items_are_counted_alike_by_rows_and_benchmarks() -> None:
    with pytest.raises(ValidationError, match=r"\(0, 0\) seeds and rows matched, funnel \(1, 1\)"):
        small_manifest(decontamination=small_decontamination(benchmarks=[]))


def test_figures_changed_by_hand_are_refused() -> None:
    fields: dict[str, Any] = json.loads(manifest_bytes(small_manifest()))
    fields["answered"]["rows"] = 12
    with pytest.raises(ValidationError, match="12 replies, funnel 11"):
        PretrainingManifest.model_validate(fields)


def test_no_path_of_a_machine_stands_in_it() -> None:
    home = "/home/bob/data"
    manifest = small_manifest(
        source=f"{home}/web.jsonl",
        model=f"{home}/m.gguf",
        recipe={"seeds": {"source": f"{home}/web.jsonl"}},
        spend=small_spend(),
    )
    assert b"bob" not in manifest_bytes(manifest)
    assert manifest.sources.files[0].source == "web.jsonl"
    assert manifest.teacher.model == "m.gguf"


def test_the_reasons_to_drop_sources_keep_their_order() -> None:
    assert list(small_manifest().sources.dropped) == ["language", "boilerplate", "contaminated"]


def test_the_samples_are_of_median_length() -> None:
    manifest = small_manifest()
    assert manifest.sample["id"] == "0000000000000005-0"
    assert manifest.sample["prompt"] == "Write text 5."
    assert [(one.format, one.id) for one in manifest.samples] == [
        ("wikihow", "0000000000000004-1"),
        ("story", "0000000000000005-0"),
        ("faq", "0000000000000003-0"),
    ]
    outcome = small_outcome()
    long = manifest_of(outcome._replace(published=[passage("w " * 999, 50 + n) for n in range(5)]))
    assert (len(long.samples[0].text), long.samples[0].characters) == (SAMPLE_CHARACTERS, 1998)


def test_formats_that_share_a_config_have_no_sample_of_their_own() -> None:
    outcome = small_outcome()
    many = [passage("a", 100 + n, format=f"own{n:03d}") for n in range(60)]
    rows = [*many, passage("a", 77, format="faq")]
    manifest = manifest_of(
        outcome._replace(published=rows, rejected=outcome.rejected[4:5]),  # the contaminated one
        rows_wanted=61,
        prompts_made=99,
    )
    assert [one.format for one in manifest.samples] == ["faq"]
    assert [one.name for one in manifest.configs] == [
        "default",
        "with_prompt",
        "faq",
        "other_formats",
    ]


def test_characters_without_a_utf_8_form_are_counted_and_replaced() -> None:
    outcome = small_outcome()
    hostile = [*outcome.published[:4], passage("\ud800", 5, format="\udfff", topic="\ud801")]
    manifest = manifest_of(outcome._replace(published=hostile))
    assert manifest.replaced_surrogates == 3
    assert manifest_bytes(manifest)
