"""The index gives back every number under a hash, and nothing under any other."""

from __future__ import annotations

import numpy as np

from builders.decontamination.span_index import SpanIndex


def test_it_finds_what_a_dictionary_finds() -> None:
    chance = np.random.default_rng(3)
    hashes = chance.integers(0, 2**64, 3000, dtype=np.uint64)
    hashes[::7] = hashes[0]
    values = np.arange(3000, dtype=np.int32)
    asked = np.concatenate([hashes[100:140], chance.integers(0, 2**64, 500, dtype=np.uint64)])
    places, found = SpanIndex(hashes, values).find(asked)
    expected = [
        (place, value)
        for place, key in enumerate(asked.tolist())
        for value in np.flatnonzero(hashes == key).tolist()
    ]
    assert list(zip(places.tolist(), found.tolist(), strict=True)) == expected


def test_an_empty_index_finds_nothing() -> None:
    index = SpanIndex(np.zeros(0, np.uint64), np.zeros(0, np.int32))
    assert index.find(np.arange(9, dtype=np.uint64))[0].tolist() == []
