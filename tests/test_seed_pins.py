"""A pinned file is that very file; what is not says both digests."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from builders.errors import SeedError
from builders.pretraining.selection import SelectionConfig
from builders.pretraining.sources import SourceConfig, load_sources
from builders.seed_loader import SeedConfig, load_questions
from builders.seed_pins import SeedPin, check_seed_commit, check_seed_file
from builders.task_seeds import load_task_seeds

HERE, THERE = "a" * 64, "b" * 64


def test_no_pin_and_the_pinned_file_pass() -> None:
    check_seed_file(None, "sums.jsonl", HERE)
    check_seed_file(SeedPin(source="sums.jsonl", sha256=HERE), "sums.jsonl", HERE)


@pytest.mark.parametrize(
    ("pin", "told"),
    [
        (SeedPin(source="sums.jsonl", sha256=THERE), "it is another file, or was changed since"),
        (SeedPin(source="bundled:x", sha256=THERE), "Check out the code version"),
        (SeedPin(source="sums.jsonl", revision="main"), "None is pinned"),
    ],
)
def test_another_digest_is_refused_with_both(pin: SeedPin, told: str) -> None:
    with pytest.raises(SeedError, match=told) as error:
        check_seed_file(pin, pin.source, HERE)
    assert HERE in str(error.value)
    assert str(pin.sha256) in str(error.value)


def test_a_hub_dataset_is_pinned_by_its_commit_alone() -> None:
    commit = "a1" * 20
    check_seed_commit(SeedPin(source="me/set", revision=commit), commit)
    for pinned in ("main", "v1", commit[:12], None):
        with pytest.raises(SeedError, match="which is no commit"):
            check_seed_commit(SeedPin(source="me/set", revision=pinned), pinned)
    with pytest.raises(SeedError, match="the Hub answers with 'b2b2"):
        check_seed_commit(SeedPin(source="me/set", revision=commit), "b2" * 20)


def test_another_name_is_refused() -> None:
    with pytest.raises(SeedError, match="stands where the recipe pins sums"):
        check_seed_file(SeedPin(source="sums.jsonl", sha256=HERE), "renamed.jsonl", HERE)


def test_questions_and_tasks_are_read_from_pinned_files_alone(tmp_path: Path) -> None:
    path = tmp_path / "seeds.jsonl"
    path.write_text('{"instruction": "Add 2 and 3.", "output": "5"}\n')
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    pins = (SeedPin(source="seeds.jsonl", sha256=digest),)
    config = SeedConfig(source=str(path), pins=pins)
    assert len(load_questions(config).questions) == len(load_task_seeds(config).tasks) == 1
    path.write_text('{"instruction": "Add 2 and 4.", "output": "6"}\n')
    for load in (load_questions, load_task_seeds):
        with pytest.raises(SeedError, match=f"{digest} is pinned"):
            load(config)


def test_each_of_several_sources_has_its_pin(tmp_path: Path) -> None:
    row = '{"title": "How to fold a paper boat that floats for a whole afternoon"}\n'
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text(row)
    digest = hashlib.sha256(row.encode()).hexdigest()
    pins = tuple(SeedPin(source=name, sha256=digest) for name in ("a.jsonl", "b.jsonl"))
    source = f"{tmp_path}/a.jsonl,{tmp_path}/b.jsonl"
    config = SourceConfig(source=source, pins=pins)
    assert load_sources(config, SelectionConfig()).facts.rows_read == 2
    (tmp_path / "b.jsonl").write_text(row + row)
    with pytest.raises(SeedError, match=r"b\.jsonl: its SHA-256 is"):
        load_sources(config, SelectionConfig())


def test_a_source_behind_the_pinned_ones_is_not_read(tmp_path: Path) -> None:
    row = '{"title": "How to fold a paper boat that floats for a whole afternoon"}\n'
    for name in ("a.jsonl", "private.jsonl"):
        (tmp_path / name).write_text(row)
    pins = (SeedPin(source="a.jsonl", sha256=hashlib.sha256(row.encode()).hexdigest()),)
    source = f"{tmp_path}/a.jsonl,{tmp_path}/private.jsonl"
    with pytest.raises(SeedError, match="comes to source 2 without a pin"):
        load_sources(SourceConfig(source=source, pins=pins), SelectionConfig())
    limited = SourceConfig(source=source, pins=pins, limit=1)
    assert load_sources(limited, SelectionConfig()).facts.rows_read == 1
