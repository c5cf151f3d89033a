"""Real articles with their gold pairs, and near-copies planted among real web text."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from builders.dedup import DocumentDedupConfig, find_near_documents


def _read(path: str, field: str) -> list[str]:
    shared = Path(os.environ.get("SHARED_DATA", "../shared/data"))
    if not shared.is_dir():
        pytest.skip(f"no shared data at {shared}: set SHARED_DATA")
    opener = gzip.open if path.endswith(".gz") else open
    with opener(shared / path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)[field] for line in lines]


@pytest.mark.real_data
@pytest.mark.parametrize("precision", [32, 64])
def test_articles_give_the_ten_gold_pairs_and_no_other(precision: int, tmp_path: Path) -> None:
    names, texts = (_read("dedup/articles_1000.jsonl.gz", field) for field in ("id", "text"))
    first, second = (_read("dedup/articles_1000_truth.jsonl", field) for field in ("a", "b"))
    config = DocumentDedupConfig.model_validate({"precision": precision})
    found = find_near_documents(texts, config, tmp_path)
    pairs = {frozenset((names[later], names[earlier])) for later, earlier in found.items()}
    assert pairs == set(map(frozenset, zip(first, second, strict=True)))


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("seeds/c4_demo_300.jsonl.gz", "text"),
        ("seeds/openstax_astronomy_sections.jsonl.gz", "text"),
    ],
)
def test_slightly_changed_copies_of_real_documents_fall(
    path: str, field: str, tmp_path: Path
) -> None:
    texts = [text for text in _read(path, field) if len(text.split()) >= 80][:300]
    there = find_near_documents(texts, DocumentDedupConfig(), tmp_path)
    copies = ["Read on. " + text.replace(" the ", " that ", 1).upper() for text in texts]
    found = find_near_documents(texts + copies, DocumentDedupConfig(), tmp_path)
    assert {copy: first for copy, first in found.items() if copy < len(texts)} == there
    right = sum(found.get(len(texts) + i) == there.get(i, i) for i in range(len(texts)))
    assert right >= 0.97 * len(texts)
