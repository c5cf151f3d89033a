"""The real benchmark files of the shared data: recall on planted items, nothing on clean texts."""

from __future__ import annotations

import os
import random
from pathlib import Path

import numpy as np
import pytest

from builders.decontamination import Benchmarks, DecontaminationConfig, open_benchmarks
from builders.decontamination.benchmark_files import read_benchmark_files
from builders.decontamination.hashed_tokens import hash_tokens
from tests.checks.real_data import read_rows

pytestmark = pytest.mark.real_data
_DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "data"
FOLDER = Path(os.environ.get("SHARED_DATA", _DEFAULT)) / "benchmarks"
OPENSTAX = "seeds/openstax_astronomy_sections.jsonl.gz"


@pytest.fixture(scope="module")
def benchmarks() -> Benchmarks:
    if not FOLDER.is_dir():
        pytest.skip("no benchmarks: set SHARED_DATA to the folder of the shared data")
    return open_benchmarks(DecontaminationConfig(benchmarks=str(FOLDER)))


def test_planted_items_of_13_tokens_and_more_are_found(benchmarks: Benchmarks) -> None:
    chance = random.Random(11)  # noqa: S311  # a draw
    sections = [row["text"] for row in read_rows(OPENSTAX)]
    found = planted = 0
    for file in read_benchmark_files(FOLDER):
        questions = [item.text for item in chance.sample(file.items, min(100, len(file.items)))]
        sizes = np.diff(hash_tokens(questions).bounds)
        long = [one for one, size in zip(questions, sizes, strict=True) if size >= 13]
        around = chance.choices(sections, k=len(long))
        texts = [f"{a[:900]} {one} {a[900:1800]}" for one, a in zip(long, around, strict=True)]
        planted += len(long)
        found += sum(one is not None for one in benchmarks.find_contamination(texts))
    assert planted > 900
    assert found >= 0.97 * planted


def test_short_items_are_found_with_their_options_and_as_whole_questions(
    benchmarks: Benchmarks,
) -> None:
    (file,) = [one for one in read_benchmark_files(FOLDER) if one.name == "mmlu_test"]
    items = file.items[::40]
    for texts in (
        [f"Before it. {one.text}\n{chr(10).join(one.options)}" for one in items],
        [one.text for one in items],
    ):
        found = benchmarks.find_contamination(texts)
        assert sum(one is not None for one in found) >= 0.97 * len(items)


def test_textbook_sections_and_web_texts_hold_none(benchmarks: Benchmarks) -> None:
    clean = [row["text"] for row in read_rows(OPENSTAX)]
    clean += [row["text"] for row in read_rows("seeds/c4_demo_300.jsonl.gz")]
    assert [one for one in benchmarks.find_contamination(clean) if one is not None] == []


def test_every_item_of_every_file_is_indexed(benchmarks: Benchmarks) -> None:
    facts = benchmarks.describe()
    assert {one.name: one.items - one.items_indexed for one in facts.benchmarks} == {
        one.name: 0 for one in facts.benchmarks
    }
    assert facts.items == 52827
