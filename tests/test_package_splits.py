"""Packages with several splits, of all kinds: what is written loads, split by split, and grows."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from builders.any_manifest import AnyManifest
from builders.instruction_manifest import InstructionManifest
from builders.instruction_report import report_instruction_build
from builders.judged import CheckedTrace, Outcome
from builders.manifest import Manifest
from builders.package import (
    write_dataset,
    write_instruction_dataset,
    write_pretraining_dataset,
)
from builders.pretraining.manifest import PretrainingManifest
from builders.pretraining.report import report_pretraining_build
from builders.publishing.row_index import ROW_INDEX_NAME, read_row_index
from builders.rebuild import rebuild_command
from builders.report import report_build
from builders.splits import SplitConfig, choose_split
from builders.trainer_formats.entries import PublishedAt
from builders.trainer_formats.render import render_trainer_formats
from tests import instruction_outcomes as instruction
from tests.outcomes import checked, small_facts, small_outcome
from tests.package_checks import check_files, check_same_bytes, check_splits
from tests.pretraining import outcomes as pretraining

SPLITS = SplitConfig(validation=0.2, test=0.2)
FORMATS = ("story", "faq", "wikihow", "my own")


def traces(questions: int, samples: int = 2) -> list[CheckedTrace]:
    """So many questions with two traces each, in seed order."""
    return [
        checked(f"What is {n} + 1?", f"It is {n + 1}.", f"\\boxed{{{n + 1}}}", sample=sample)
        for n in range(questions)
        for sample in range(samples)
    ]


def write_traces(folder: Path, rows: list[CheckedTrace], splits: SplitConfig = SPLITS) -> Manifest:
    outcome = Outcome(published=rows, rejected=small_outcome().rejected)
    facts = small_facts(rows_wanted=len(rows)).model_copy(update={"splits": splits})
    return write_dataset(outcome, facts, folder)


def write_instances(folder: Path, tasks: int) -> InstructionManifest:
    small = instruction.small_self_instruct()
    rows = [
        instruction.row(f"Name {n} rivers.", f"{place}", request=1, item=10 + n, instance=place)
        for n in range(tasks)
        for place in range(3)
    ]
    outcome = small._replace(published=rows, ended_by="rows")
    facts = instruction.small_facts(rows_wanted=len(rows), method="self-instruct")
    facts = facts.model_copy(update={"splits": SPLITS})
    return write_instruction_dataset(outcome, facts, folder)


def write_texts(folder: Path, sources: int) -> PretrainingManifest:
    """Each source becomes three texts, of different formats."""
    small = pretraining.small_outcome()
    rows = [
        pretraining.passage(
            f"Text {use} of river {n}.",
            1_000 * (1 + use) + n,
            source_id=f"{n:016x}",
            format=FORMATS[(n + use) % len(FORMATS)],
        )
        for use in range(3)
        for n in range(sources)
    ]
    facts = pretraining.small_facts(rows_wanted=len(rows), prompts_made=14 + len(rows))
    facts = facts.model_copy(update={"splits": SPLITS})
    return write_pretraining_dataset(small._replace(published=rows), facts, folder)


def check_words(
    manifest: AnyManifest, report: Callable[[Any, Path], None], log: pytest.LogCaptureFixture
) -> None:
    """The end of the build tells the splits, and the card's command asks for them."""
    assert manifest.splits is not None
    with log.at_level("INFO"):
        report(manifest, Path("out"))
    counted = ", ".join(f"{split} {rows}" for split, rows in manifest.splits.rows.items())
    assert f"rows by split: {counted} (divided by {manifest.splits.by})" in log.text
    assert "VALIDATION_SHARE=0.2 TEST_SHARE=0.2" in rebuild_command(manifest)


def test_traces_of_a_question_stand_in_one_split_of_every_config(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = write_traces(tmp_path, traces(40))
    check_words(manifest, report_build, caplog)
    default = check_splits(manifest, tmp_path / "dataset", tmp_path / "cache")
    check_files(manifest, tmp_path)
    for split, rows in default.items():
        assert {choose_split(row["seed_id"], SPLITS) for row in rows} == {split}
        assert rows == sorted(rows, key=lambda row: int(row["input"].split()[2]))
    assert {path.name for path in (tmp_path / "dataset" / "inline_think").iterdir()} == {
        f"{split}-00000-of-00001.parquet" for split in ("train", "validation", "test")
    }
    assert manifest.splits is not None
    assert sum(manifest.splits.groups.values()) == 40


def test_instances_of_an_instruction_stand_in_one_split_of_every_config(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = write_instances(tmp_path, 40)
    check_words(manifest, report_instruction_build, caplog)
    default = check_splits(manifest, tmp_path / "dataset", tmp_path / "cache")
    check_files(manifest, tmp_path)
    assert list(default) == ["train", "validation", "test"]
    for split, rows in default.items():
        assert {choose_split(row["task_id"], SPLITS) for row in rows} == {split}
        assert len(rows) == 3 * len({row["task_id"] for row in rows})


def test_texts_of_a_source_stand_in_one_split_whatever_their_formats(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = write_texts(tmp_path, 40)
    check_words(manifest, report_pretraining_build, caplog)
    default = check_splits(manifest, tmp_path / "dataset", tmp_path / "cache")
    check_files(manifest, tmp_path)
    assert list(default) == ["train", "validation", "test"]
    for split, rows in default.items():
        sources = {int(row["text"].rsplit(maxsplit=1)[1][:-1]) for row in rows}
        assert {choose_split(f"{source:016x}", SPLITS) for source in sources} == {split}
        assert len(rows) == 3 * len(sources)


def test_a_format_has_the_splits_in_which_it_has_texts(tmp_path: Path) -> None:
    manifest = write_texts(tmp_path, 4)
    default = check_splits(manifest, tmp_path / "dataset", tmp_path / "cache")
    by_config = {one.name: [split.name for split in one.splits] for one in manifest.configs}
    assert by_config["with_prompt"] == by_config["default"] == ["train", "validation"]
    held = {
        name: [split for split, rows in default.items() if name in {row["format"] for row in rows}]
        for name in FORMATS[:3]
    }
    assert held == {name: by_config[name] for name in held}
    assert ["train"] in held.values()


@pytest.mark.parametrize("splits", [SplitConfig(validation=1e-12), SplitConfig(test=0.999_999)])
def test_an_empty_split_is_left_out_and_told(
    tmp_path: Path, splits: SplitConfig, caplog: pytest.LogCaptureFixture
) -> None:
    """Train too: a build that was paid for is packaged whatever its few rows fall to."""
    manifest = write_traces(tmp_path, traces(1), splits)
    report_build(manifest, tmp_path)
    default = check_splits(manifest, tmp_path / "dataset", tmp_path / "cache")
    assert manifest.splits is not None
    (empty,) = manifest.splits.empty
    assert list(default) == ["train" if empty == "validation" else "test"]
    card = (tmp_path / "dataset" / "README.md").read_text(encoding="utf-8")
    assert f"No row fell to `{empty}`. The split is left out" in card
    assert ("no row is left to train on" if empty == "train" else "split validation has no") in (
        caplog.text
    )
    published = render_trainer_formats(manifest, PublishedAt("me/sums", "v1.0.0"))
    entries = json.loads(published["formats/ms_swift/dataset_info.json"])
    assert len(entries) == (1 if empty == "train" else 2)
    assert list((tmp_path / "dataset").rglob(f"{empty}-*")) == []


def test_a_grown_dataset_keeps_every_row_in_its_split(tmp_path: Path) -> None:
    write_traces(tmp_path / "a", traces(30))
    write_traces(tmp_path / "b", [*traces(60, samples=3)[60:], *traces(20)])
    old, new = (
        {row.id: row.split for row in read_row_index(tmp_path / name / "dataset" / ROW_INDEX_NAME)}
        for name in ("a", "b")
    )
    assert old.keys() < new.keys()
    assert old.items() <= new.items()
    assert set(old.values()) == {"train", "validation", "test"}


def test_the_same_build_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        manifest: Any = write_texts(tmp_path / name, 12)
    check_same_bytes(manifest, tmp_path / "a", tmp_path / "b")


def test_without_splits_files_and_digest_are_what_they_were(tmp_path: Path) -> None:
    divided = write_traces(tmp_path / "a", traces(20))
    plain = write_traces(tmp_path / "b", traces(20), SplitConfig(seed=9))
    assert plain.splits is None
    assert [one.path for one in plain.files if one.config] == [
        "data/train-00000-of-00001.parquet",
        "inline_think/train-00000-of-00001.parquet",
    ]
    assert plain.content_digest != divided.content_digest
