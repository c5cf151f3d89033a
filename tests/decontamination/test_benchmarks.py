"""Benchmarks opened from a folder, and texts held against them."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import pytest

from builders.decontamination import BenchmarkPin, DecontaminationConfig, open_benchmarks
from builders.errors import RecipeError
from tests.decontamination.benchmark_folder import (
    LONG,
    LONG_ZH,
    SHORT,
    SHORT_OPTIONS,
    write_folder,
    write_rows,
)

CLEAN = "The harbour was quiet, and nobody counted the boats that came in with the rain."


def test_each_text_gets_its_item_or_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    config = DecontaminationConfig(benchmarks=str(write_folder(tmp_path)))
    with caplog.at_level(logging.INFO, logger="build"):
        benchmarks = open_benchmarks(config)
    assert caplog.messages == ["decontamination: against 3 items of 2 benchmark files"]
    found = benchmarks.find_contamination([CLEAN, f"{CLEAN} {LONG}", SHORT, LONG_ZH + CLEAN, ""])
    told = [(one.benchmark, one.item, one.matched_share) if one else None for one in found]
    assert told == [None, ("sums", 0, 1.0), ("exam", 0, 1.0), ("sums", 1, 1.0), None]
    assert found[2] is not None
    assert found[2].item_text == "\n".join([SHORT, *SHORT_OPTIONS])


def pin(path: Path) -> BenchmarkPin:
    return BenchmarkPin(file=path.name, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def test_pinned_files_alone_are_looked_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sums = pin(write_folder(tmp_path) / "sums.jsonl.gz")
    benchmarks = open_benchmarks(DecontaminationConfig(benchmarks=str(tmp_path), pins=(sums,)))
    found = benchmarks.find_contamination([f"{CLEAN} {LONG}", SHORT])
    assert [one is not None for one in found] == [True, False]
    assert [one.sha256 for one in benchmarks.describe().benchmarks] == [sums.sha256]
    with caplog.at_level(logging.WARNING, logger="build"):
        nothing = open_benchmarks(DecontaminationConfig(benchmarks=str(tmp_path), pins=()))
    assert nothing.is_empty
    assert "nothing is compared with any benchmark" in caplog.text


def test_a_pinned_file_that_is_not_there_is_told_with_what_is(tmp_path: Path) -> None:
    folder, gone = write_folder(tmp_path), BenchmarkPin(file="gone.csv", sha256="a" * 64)
    old = BenchmarkPin(file="sums.jsonl.gz", sha256="b" * 64)
    here = pin(folder / "sums.jsonl.gz").sha256
    for name, told in ((str(folder), f"; the one here has {here}"), ("no-such-folder", "gone.csv")):
        config = DecontaminationConfig(benchmarks=name, pins=(old, gone))
        with pytest.raises(RecipeError, match=f"BENCHMARKS={name}: .*{told}") as refused:
            open_benchmarks(config)
        assert f"sums.jsonl.gz (SHA-256 {'b' * 64}" in str(refused.value)
        assert "make fetch-benchmarks" in str(refused.value)


def test_an_answer_does_not_depend_on_the_texts_beside_it(tmp_path: Path) -> None:
    benchmarks = open_benchmarks(DecontaminationConfig(benchmarks=str(write_folder(tmp_path))))
    texts = [f"{CLEAN * (place % 50)} {LONG if place % 3 else ''}" for place in range(200)]
    together = benchmarks.find_contamination(texts)
    assert together == [benchmarks.find_contamination([text])[0] for text in texts]


def test_the_default_folder_may_be_missing_and_then_nothing_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    with caplog.at_level(logging.INFO, logger="build"):
        benchmarks = open_benchmarks(DecontaminationConfig())
    told = "nothing is compared with any benchmark: no benchmark files were found"
    assert caplog.messages[0].startswith(f"warning: decontamination: {told}")
    assert benchmarks.is_empty
    assert benchmarks.find_contamination([LONG, SHORT]) == [None, None]
    assert not benchmarks.describe().checked


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda _: None, "there is no such folder"),
        (lambda folder: folder.mkdir(), "the folder holds no benchmark file"),
        (
            lambda folder: write_rows(folder / "odd.jsonl", [{"answer": "4"}]),
            r"no question was found in odd.jsonl \(has only answer\). .* the columns question, ",
        ),
        (
            lambda folder: write_rows(folder / "odd.jsonl", [{"question": "…"}]),
            r"no question was found in odd.jsonl \(no words in question\)",
        ),
        (lambda folder: folder.write_text("a file"), "it is not a folder"),
    ],
)
def test_a_folder_that_was_named_must_hold_benchmarks(
    tmp_path: Path, make: object, told: str
) -> None:
    folder = tmp_path / "mine"
    assert callable(make)
    make(folder)
    with pytest.raises(RecipeError, match=told):
        open_benchmarks(DecontaminationConfig(benchmarks=str(folder)))


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    config = DecontaminationConfig(enabled=False, benchmarks=str(write_folder(tmp_path)))
    benchmarks = open_benchmarks(config)
    assert benchmarks.is_empty
    assert benchmarks.describe().tell_check().endswith("the recipe has it switched off")


def test_a_file_without_questions_is_named_beside_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_rows(write_folder(tmp_path) / "odd.jsonl", [{"answer": "4"}, {"id": 3}])
    write_rows(tmp_path / "blank.jsonl", [{"question": "…", "id": 3}])
    with caplog.at_level(logging.INFO, logger="build"):
        benchmarks = open_benchmarks(DecontaminationConfig(benchmarks=str(tmp_path)))
    files = "blank.jsonl (no words in question); odd.jsonl (has only answer, id)"
    told, warning = caplog.messages
    assert told == "decontamination: against 3 items of 2 benchmark files"
    assert warning.startswith(f"warning: decontamination: no question was found in {files}. ")
    facts = benchmarks.describe()
    assert [(one.file, one.items, one.columns) for one in facts.unusable] == [
        ("blank.jsonl", 1, ["question", "id"]),
        ("odd.jsonl", 2, ["answer", "id"]),
    ]
    assert [one.name for one in facts.benchmarks] == ["exam", "sums"]
    found = benchmarks.find_contamination([LONG, SHORT])
    assert [one.benchmark for one in found if one] == ["sums", "exam"]


def test_the_default_folder_full_of_unusable_files_is_no_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing fails, but the build says which files were read and what they have."""
    monkeypatch.chdir(tmp_path)
    write_rows(tmp_path / "benchmarks_data" / "empty.jsonl", [])
    write_rows(tmp_path / "benchmarks_data" / "odd.jsonl", [{"query": LONG, "id": 1}])
    benchmarks = open_benchmarks(DecontaminationConfig())
    assert benchmarks.is_empty
    facts = benchmarks.describe()
    assert not facts.checked
    assert not facts.benchmarks
    [warning] = caplog.messages
    assert warning == f"warning: {facts.tell_check()}."
    assert "nothing is compared with any benchmark: no question was found in" in warning
    assert "empty.jsonl (no rows); odd.jsonl (has only query, id)" in warning
    assert "Questions are read from the columns question, " in warning


def test_an_item_that_is_all_template_is_found_as_a_whole_question(tmp_path: Path) -> None:
    same = "Choose the one statement below that is true of the place that you were shown today."
    write_rows(tmp_path / "same.jsonl", [{"question": same, "A": f"town {i}"} for i in range(30)])
    benchmarks = open_benchmarks(DecontaminationConfig(benchmarks=str(tmp_path)))
    alone, inside = benchmarks.find_contamination([same, f"{CLEAN} {same} {CLEAN}"])
    assert alone is not None
    assert inside is None
    assert benchmarks.describe().benchmarks[0].items_indexed == 30
