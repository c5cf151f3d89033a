"""Tokens and runs of tokens have the same hash wherever they stand, and no other run has it."""

from __future__ import annotations

import numpy as np

from builders.decontamination.hashed_tokens import (
    hash_n_grams,
    hash_spans,
    hash_tokens,
    split_batches,
)


def read_tokens(text: str) -> list[str]:
    batch = hash_tokens([text])
    return [batch.read(place, place + 1) for place in range(len(batch.hashes))]


def test_words_numbers_and_single_cjk_characters_are_tokens() -> None:
    assert read_tokens("The 3 cats' hats: 共有１２只。") == [
        "the", "3", "cats", "hats", "共", "有", "12", "只",
    ]  # fmt: skip


def test_case_width_and_punctuation_change_no_hash() -> None:
    one, other = hash_tokens(["Two ROBES, 12 bolts"]), hash_tokens(["two robes １２ bolts!"])
    assert one.hashes.tolist() == other.hashes.tolist()


def test_texts_of_a_batch_keep_their_own_tokens() -> None:
    texts = ["one two", "", "…", "三 four", "five"]
    batch = hash_tokens(texts)
    assert np.diff(batch.bounds).tolist() == [2, 0, 0, 2, 1]
    assert [batch.read_text(place) for place in range(5)] == ["one two", "", "", "三 four", "five"]
    assert batch.hashes[-1] == hash_tokens(["five"]).hashes[0]


def test_an_n_gram_hashes_alike_at_any_place_and_differs_in_any_other_order() -> None:
    words = list("abcdefghijkl")
    early = hash_n_grams(hash_tokens([" ".join(words)]).hashes, 10)
    late = hash_n_grams(hash_tokens(["x " * 5000 + " ".join(words)]).hashes, 10)
    assert late[5000:].tolist() == early.tolist()
    assert len(set(early.tolist())) == 3
    swapped = hash_n_grams(hash_tokens([" ".join([*words[:8], "j", "i"])]).hashes, 10)
    assert swapped[0] != early[0]


def test_spans_of_different_lengths_are_told_apart() -> None:
    hashes = hash_tokens(["p q r s"]).hashes
    spans = hash_spans(hashes, np.array([0, 0, 0]), np.array([1, 2, 3]))
    assert len(set(spans.tolist())) == 3


def test_batches_hold_every_text_once_in_order() -> None:
    texts = ["x" * size for size in (5, 400, 1, 1, 900, 2)]
    batches = list(split_batches(texts, characters=300))
    assert [text for batch in batches for text in batch] == texts
    assert len(batches) == 3
    assert list(split_batches([])) == []
