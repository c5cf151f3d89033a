"""Deduplication on real questions and articles: gold pairs, natural and planted near-copies."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from builders.dedup import DedupConfig, find_duplicates

LONG_DOCUMENTS = DedupConfig(
    n_grams=5, buckets=14, hashes_per_bucket=8, keep_numbers=False, max_changed_share=None
)


def _read(path: str, field: str) -> list[str]:
    shared = Path(os.environ.get("SHARED_DATA", "../shared/data"))
    if not shared.is_dir():
        pytest.skip(f"no shared data at {shared}: set SHARED_DATA")
    opener = gzip.open if path.endswith(".gz") else open
    with opener(shared / path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)[field] for line in lines]


@pytest.mark.real_data
def test_articles_give_the_ten_gold_pairs_and_no_other(tmp_path: Path) -> None:
    names, texts = (_read("dedup/articles_1000.jsonl.gz", field) for field in ("id", "text"))
    first, second = (_read("dedup/articles_1000_truth.jsonl", field) for field in ("a", "b"))
    found = find_duplicates(texts, LONG_DOCUMENTS, tmp_path)
    pairs = {frozenset((names[later], names[earlier])) for later, earlier in found.items()}
    assert pairs == set(map(frozenset, zip(first, second, strict=True)))


@pytest.mark.real_data
def test_gsm8k_has_one_near_copy(tmp_path: Path) -> None:
    """Hundreds of its questions are variants with other numbers or reversed; one is a rename."""
    texts = _read("math/gsm8k_train.jsonl.gz", "question")
    assert find_duplicates(texts, DedupConfig(), tmp_path) == {6691: 2483}


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("path", "field"),
    [("math/gsm8k_train.jsonl.gz", "question"), ("benchmarks/cmmlu_test.jsonl.gz", "Question")],
)
def test_planted_copies_of_real_questions_fall_and_changed_numbers_survive(
    path: str, field: str, tmp_path: Path
) -> None:
    config = DedupConfig()
    texts = list(dict.fromkeys(_read(path, field)))[:1500]
    dropped = find_duplicates(texts, config, tmp_path)
    texts = [text for index, text in enumerate(texts) if index not in dropped]
    wide = "".join(chr(code) for code in range(0xFF01, 0xFF5F))
    to_wide = str.maketrans("".join(chr(code) for code in range(0x21, 0x7F)), wide)
    copies = [("请问" + text if text[0] > "\u3000" else "Please " + text) for text in texts]
    copies += [text.upper().translate(to_wide) for text in texts]
    found = find_duplicates(texts + copies, config, tmp_path)
    planted = {len(texts) + i: i % len(texts) for i in range(len(copies))}
    assert sum(found.get(later) == earlier for later, earlier in planted.items()) >= 0.99 * len(
        copies
    )
    changed = [text.replace("2", "7").replace("3", "8") for text in texts]
    found = find_duplicates(texts + changed, config, tmp_path)
    same = {i for i, text in enumerate(texts) if changed[i] == text}
    assert {later - len(texts) for later in found} == same
