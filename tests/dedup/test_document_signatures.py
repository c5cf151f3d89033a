"""Stage 1: the files that datatrove's own step would write, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from datatrove.data import Document
from datatrove.pipeline.dedup.minhash import MinhashDedupSignature

from benchmarks.dedup_texts import generate_documents
from builders.dedup.document_signatures import DocumentSignature, make_minhash_config
from builders.dedup.document_words import TOKENIZER

TEXTS = [
    *generate_documents(12, "en", 1).texts,
    "",
    "four words are few",
    "these words are five, barely",
    *generate_documents(12, "zh", 1).texts,
    "Café au lait, 12 naïve façons — 它的味道 and 한국어 かな 😀 twice twice",
    *["the same text again and again"] * 2,
]


def _read_files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.sig")}


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(("n_grams", "precision"), [(5, 64), (5, 32), (1, 64)])
def test_the_files_are_those_of_datatrove(
    n_grams: int, precision: int, *, compiled: bool, tmp_path: Path
) -> None:
    config = make_minhash_config(n_grams, 14, 8, precision)
    stock = MinhashDedupSignature(str(tmp_path / "stock"), config, language=TOKENIZER)
    ours = DocumentSignature(str(tmp_path / "ours"), config, compiled=compiled)
    for step in (stock, ours):
        step.run((Document(text=text, id="") for text in TEXTS), rank=3, world_size=5)
    expected = _read_files(tmp_path / "stock")
    assert len(expected) == 14
    assert _read_files(tmp_path / "ours") == expected


@pytest.mark.parametrize("texts", [[], ["short"]])
def test_documents_without_any_signature_give_empty_files(texts: list[str], tmp_path: Path) -> None:
    step = DocumentSignature(str(tmp_path), make_minhash_config(5, 3, 2, 64), compiled=False)
    step.run(Document(text=text, id="") for text in texts)
    assert set(_read_files(tmp_path).values()) == {b""}


def test_chunks_of_documents_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_minhash_config(5, 3, 2, 64)
    documents = [Document(text=text, id="") for text in TEXTS]
    DocumentSignature(str(tmp_path / "whole"), config, compiled=False).run(documents)
    monkeypatch.setattr("builders.dedup.document_signatures._CHUNK", 4)
    DocumentSignature(str(tmp_path / "parts"), config, compiled=False).run(documents)
    assert _read_files(tmp_path / "parts") == _read_files(tmp_path / "whole")
