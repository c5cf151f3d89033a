"""The manifest: figures that add up, nothing private, the same bytes for the same build."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from builders.judged import Outcome
from builders.manifest import Manifest, build_manifest
from builders.manifest_parts import FileRecord, digest_rows, manifest_bytes
from builders.reasoning_rows import CONFIGS, ConfigName, published_row
from tests.decontamination.outcomes import check_facts
from tests.outcomes import (
    checked,
    judge_facts,
    judged_outcome,
    rejected,
    small_facts,
    small_outcome,
    small_spend,
)


def file_records(rows: int) -> list[FileRecord]:
    """Records of two shards a config, as the package stage would give them."""
    records = []
    for config in CONFIGS:
        for number, part in enumerate((rows - 1, 1)):
            records.append(file_record(config, number, part))
    return records


def file_record(config: ConfigName, number: int, rows: int) -> FileRecord:
    folder = "data" if config == "default" else config
    return FileRecord(
        folder="dataset",
        path=f"{folder}/train-{number:05d}-of-00002.parquet",
        config=config,
        split="train",
        rows=rows,
        bytes=4_000 + number,
        memory_bytes=9_000 + number,
        sha256="ef" * 32,
    )


def small_manifest(**changes: object) -> Manifest:
    """The manifest of the small outcome; `changes` go to the facts."""
    return build_manifest(small_outcome(), small_facts(**changes), file_records(4))


def test_the_same_build_gives_the_same_bytes() -> None:
    first, second = manifest_bytes(small_manifest()), manifest_bytes(small_manifest())
    assert first == second
    assert first.endswith(b"}\n")


def test_unknown_fields_and_other_versions_are_refused() -> None:
    fields = json.loads(manifest_bytes(small_manifest()))
    with pytest.raises(ValidationError, match="Extra inputs"):
        Manifest.model_validate(fields | {"note": "x"})
    with pytest.raises(ValidationError, match="schema_version"):
        Manifest.model_validate(fields | {"schema_version": 2})


def test_a_build_is_complete_when_it_has_the_rows_that_were_asked_for() -> None:
    assert small_manifest().complete
    short = small_manifest(rows_wanted=100)
    assert (short.complete, short.rows.wanted, short.rows.published) == (False, 100, 4)


def test_why_there_are_no_more_rows_is_said_as_it_was() -> None:
    ended = [
        (small_manifest(**changes).ended_by, small_manifest(**changes).stop_reason)
        for changes in (
            {},
            {"rows_wanted": 100},
            {"rows_wanted": 100, "stop_reason": "budget"},
            {"stop_reason": "budget"},  # stopped, and yet it has all rows
        )
    ]
    assert ended == [("rows", None), ("seeds", None), ("stopped", "budget"), ("rows", "budget")]
    fields = json.loads(manifest_bytes(small_manifest(rows_wanted=100)))
    with pytest.raises(ValidationError, match="ended by stopped, stopped by None"):
        Manifest.model_validate(fields | {"ended_by": "stopped"})


def test_the_judge_and_what_it_said_are_in_the_manifest() -> None:
    facts = small_facts(judge=judge_facts(accepts=True), rows_wanted=3)
    manifest = build_manifest(judged_outcome(), facts, file_records(3))
    assert manifest.judge is not None
    assert (manifest.judge.cleared, manifest.funnel.rejected["judged_incorrect"]) == (1, 1)
    assert small_manifest().judge is None
    again = Manifest.model_validate_json(manifest_bytes(manifest))
    assert again == manifest


def test_what_was_paid_keeps_its_decimals_and_names_no_folder() -> None:
    spend = small_spend()
    again = Manifest.model_validate_json(manifest_bytes(small_manifest(spend=spend)))
    assert again.spend is not None
    assert list(again.spend.models) == ["large-judge", "small-reasoner"]
    assert again.spend.models["large-judge"] == spend.models["/home/bob/large-judge"]
    assert again.spend.cost is None


def test_files_whose_rows_do_not_add_up_to_the_published_rows_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"published rows are counted as \[3, 4\]"):
        build_manifest(small_outcome(), small_facts(), file_records(3))


def test_a_published_row_with_a_reason_is_refused() -> None:
    outcome = Outcome(published=[rejected("a?", "looping")], rejected=[])
    with pytest.raises(ValueError, match="is published, yet rejected as looping"):
        build_manifest(outcome, small_facts(), file_records(1))


def test_a_rejected_row_without_a_reason_is_refused() -> None:
    outcome = Outcome(published=[checked("a?", "t", "r")], rejected=[checked("b?", "t", "r")])
    with pytest.raises(ValueError, match="is rejected without a reason"):
        build_manifest(outcome, small_facts(), file_records(1))


def test_an_id_that_occurs_twice_is_refused() -> None:
    outcome = Outcome(published=[checked("a?", "t", "r")], rejected=[rejected("a?", "surplus")])
    with pytest.raises(ValueError, match="occurs 2 times"):
        build_manifest(outcome, small_facts(), file_records(1))


def test_failed_requests_are_responses_but_no_replies() -> None:
    manifest = small_manifest()
    assert (manifest.funnel.responses, manifest.answered.traces) == (12, 11)
    assert sum(manifest.answered.verdicts.values()) == 11
    assert [(s.name, s.answered, s.published) for s in manifest.served_models] == [
        ("small-reasoner", 10, 4),
        ("small-reasoner-v2", 1, 0),
    ]


def test_the_sample_is_the_published_row_of_median_length() -> None:
    rows = [checked(f"{size}?", "t" * size, "r") for size in (5000, 3, 40, 700, 1)]
    manifest = build_manifest(Outcome(published=rows, rejected=[]), small_facts(), file_records(5))
    assert manifest.sample == published_row(rows[2])


def test_the_digest_changes_with_rows_and_order_but_not_with_what_they_cost() -> None:
    rows = small_outcome().published
    again = [
        one.model_copy(
            update={"trace": one.trace.model_copy(update={"attempts": 9, "request_id": "other"})}
        )
        for one in rows
    ]

    def digest(traces: list[Any]) -> str:
        return digest_rows(map(published_row, traces))

    assert digest(rows) == digest(again) == small_manifest().content_digest
    assert digest(rows) != digest(rows[::-1])
    assert digest(rows) != digest(rows[:-1])


def test_no_machine_path_or_folder_reaches_the_manifest() -> None:
    facts = small_facts(
        source="/home/bob/seeds.jsonl",
        model="/home/bob/m.gguf",
        recipe={"seeds": {"source": "/home/bob/seeds.jsonl"}, "model": "/home/bob/m.gguf"},
    )
    manifest = build_manifest(small_outcome(), facts, file_records(4))
    text = manifest_bytes(manifest).decode()
    assert "bob" not in text
    assert (manifest.seeds.source, manifest.teacher.model) == ("seeds.jsonl", "m.gguf")


def test_text_that_utf8_cannot_hold_is_counted_and_never_stops_the_manifest() -> None:
    rows = [
        checked("a?", "\ude42", "r", input="\ud83d", finish_reason="\ud800", served_model="\udfff")
    ]
    lost = [rejected("b?", "looping", detail="\udc80")]
    facts = small_facts(
        source="seeds-\udce9.jsonl",
        model="m\ud800",
        system_prompts={"en\ud800": "\udfff"},
        recipe={"\ud800": "\ud800"},
        sampling={"stop\ud800": "\udfff"},
        license="\ud800",
        code_version="\ud800",
    )
    manifest = build_manifest(Outcome(published=rows, rejected=lost), facts, file_records(1))
    assert manifest.replaced_surrogates == 5
    assert b"\xef\xbf\xbd" in manifest_bytes(manifest)


def test_configs_name_every_file_with_its_rows_and_sizes() -> None:
    default, inline = small_manifest().configs
    assert (default.default, inline.default) == (True, False)
    assert default.data_files == {"train": "data/train-*.parquet"}
    assert inline.data_files == {"train": "inline_think/train-*.parquet"}
    assert (default.download_size, default.dataset_size) == (8_001, 18_001)
    assert [split.num_examples for split in default.splits + inline.splits] == [4, 4]


def test_questions_that_were_dropped_must_be_those_that_benchmarks_matched() -> None:
    with pytest.raises(ValidationError, match="1 seeds matched, funnel 0"):
        small_manifest(decontamination=check_facts(seeds=1))
