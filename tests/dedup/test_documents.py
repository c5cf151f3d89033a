"""Near-duplicate documents: what falls, what stays, and that later rows change nothing."""

from __future__ import annotations

import logging
import random
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pytest

from benchmarks.dedup_texts import Language, generate_documents
from builders.dedup import DocumentDedupConfig, find_near_documents
from builders.errors import DedupError

CONFIG = DocumentDedupConfig()
# Every shared n-gram minimum makes a pair, so that chains and bridges are common.
LOOSE = DocumentDedupConfig(n_grams=2, buckets=6, hashes_per_bucket=2)


def _write_document(seed: int, words: int = 200) -> str:
    draw = random.Random(seed)  # noqa: S311  # reproducible texts
    return " ".join(f"word{draw.randrange(5000)}" for _ in range(words))


PAGE = _write_document(1)
CHINESE_PAGE = generate_documents(1, "zh", 1).texts[0]


def _falls(first: str, second: str, work_dir: Path) -> bool:
    found = find_near_documents([first, second], CONFIG, work_dir)
    assert found in ({}, {1: 0})
    return bool(found)


@pytest.mark.parametrize(
    "copy",
    [
        PAGE,
        PAGE.upper() + "\n",
        PAGE.replace(" ", "\n\n", 20).replace(" ", ", ", 20),
        PAGE.replace(" ", " quite ", 1),
        " ".join(PAGE.split()[3:]),
        "# A heading\n\n" + PAGE + " The end.",
    ],
)
def test_near_copies_fall(copy: str, tmp_path: Path) -> None:
    assert _falls(PAGE, copy, tmp_path)


@pytest.mark.parametrize(
    "copy",
    [
        CHINESE_PAGE.replace("，", ",").replace("。", "！"),
        CHINESE_PAGE[4:],
        CHINESE_PAGE.replace("，", "，而且", 2),
        "第一章\n" + CHINESE_PAGE,
    ],
)
def test_chinese_near_copies_fall_without_a_dictionary(copy: str, tmp_path: Path) -> None:
    assert _falls(CHINESE_PAGE, copy, tmp_path)


def test_one_template_with_other_numbers_is_another_document(tmp_path: Path) -> None:
    """datatrove's own normalisation makes 0 of every number, and the second would fall."""
    row = "| {} | {} | {} | {} |\n"
    tables = []
    for seed in range(2):
        draw = random.Random(seed)  # noqa: S311  # reproducible texts
        rows = [row.format(*(draw.randrange(1000) for _ in range(4))) for _ in range(40)]
        tables.append("Year by year the harvest, in tonnes:\n" + "".join(rows))
    assert not _falls(tables[0], tables[1], tmp_path)


def test_half_a_document_is_another_document(tmp_path: Path) -> None:
    assert not _falls(PAGE, _write_document(2, 100) + " " + PAGE[: len(PAGE) // 2], tmp_path)


def test_texts_shorter_than_the_n_gram_fall_only_as_exact_copies(tmp_path: Path) -> None:
    texts = ["", "Too short.", "too short", "Too short.", "", "？", "？"]
    assert find_near_documents(texts, CONFIG, tmp_path) == {3: 1, 4: 0, 6: 5}


def test_a_copy_of_a_text_that_fell_names_the_one_that_is_kept(tmp_path: Path) -> None:
    near = PAGE.replace("word", "Word") + " more"
    assert find_near_documents([PAGE, near, "x", near], CONFIG, tmp_path) == {1: 0, 3: 0}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_planted_near_copies_are_found_and_nothing_else(language: Language, tmp_path: Path) -> None:
    texts, planted = generate_documents(600, language, seed=3)
    found = find_near_documents(texts, CONFIG, tmp_path)
    right = sum(found.get(copy) == original for copy, original in planted.items())
    assert right >= 0.97 * len(planted)
    assert found.keys() <= planted.keys()


def _vary(seed: int, count: int) -> list[str]:
    """Few stories and pieces of two, in many versions: groups that meet in later rows."""
    draw = random.Random(seed)  # noqa: S311  # reproducible texts
    stories = [_write_document(number, 24).split() for number in range(8)]
    texts = []
    for _ in range(count):
        words = list(draw.choice(stories))
        if draw.random() < 0.3:
            words = words[:12] + draw.choice(stories)[12:]
        for at in draw.sample(range(len(words)), draw.randint(0, 10)):
            words[at] = f"new{draw.randrange(40)}"
        texts.append(" ".join(words[: draw.choice([1, 24, 24, 24, 24])]))
    return texts


@pytest.mark.parametrize("seed", range(5))
def test_no_decision_changes_when_texts_are_added(seed: int, tmp_path: Path) -> None:
    texts = _vary(seed, 60)
    whole = find_near_documents(texts, LOOSE, tmp_path)
    assert 10 < len(whole) < 55
    assert all(original < copy for copy, original in whole.items())
    assert not whole.keys() & set(whole.values())
    for length in range(1, 60, 3):
        prefix = {copy: original for copy, original in whole.items() if copy < length}
        assert find_near_documents(texts[:length], LOOSE, tmp_path) == prefix


def test_a_row_that_joins_two_groups_removes_none_of_their_heads(tmp_path: Path) -> None:
    """datatrove's union-find would keep one of the four."""
    first, second = PAGE, _write_document(2)
    bridge = f"{first} {second}"
    found = find_near_documents([first, second, bridge, f"{bridge} again"], LOOSE, tmp_path)
    assert found == {2: 0, 3: 0}


def test_both_hash_widths_find_a_near_copy(tmp_path: Path) -> None:
    for precision in (32, 64):
        config = DocumentDedupConfig.model_validate({"precision": precision})
        assert find_near_documents([PAGE, PAGE + " x"], config, tmp_path) == {1: 0}


def test_documents_on_nothing_in_common_stay_by_any_number_of_buckets(tmp_path: Path) -> None:
    texts = [_write_document(number, 60) for number in range(40)]
    config = DocumentDedupConfig(buckets=40, hashes_per_bucket=2)
    assert find_near_documents(texts, config, tmp_path) == {}


def test_nothing_stays_in_the_work_folder_and_nothing_is_logged(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    work_dir = tmp_path / "odd :: name #1 [a] *" / "work"
    with caplog.at_level(logging.INFO):
        assert find_near_documents([PAGE, PAGE + " x"], CONFIG, work_dir) == {1: 0}
    assert list(work_dir.iterdir()) == []
    assert capfd.readouterr() == ("", "")
    assert caplog.text == ""


def test_a_work_folder_that_cannot_be_made_is_a_dedup_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DedupError, match="2 documents"):
        find_near_documents([PAGE, PAGE + " x"], CONFIG, tmp_path / "file")


def test_no_texts_and_one_text(tmp_path: Path) -> None:
    assert find_near_documents([], CONFIG, tmp_path) == {}
    assert find_near_documents([PAGE], CONFIG, tmp_path) == {}


def test_broken_unicode_is_a_text_like_any_other(tmp_path: Path) -> None:
    broken = PAGE + " \ud800"
    assert find_near_documents([broken, broken + " x"], CONFIG, tmp_path) == {1: 0}


def test_many_copies_of_one_template_stay_linear(tmp_path: Path) -> None:
    texts = [f"{PAGE} {number}" for number in range(1000)]
    found = find_near_documents(texts, CONFIG, tmp_path)
    assert [key for key, _ in groupby(found.values())] == [0]
    assert len(found) >= 990


def test_importing_dedup_does_not_import_datatrove() -> None:
    code = "import sys, builders.dedup; sys.exit(bool({'datatrove', 'numba'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True)
