"""Hashes → numbers, for millions of questions of which nearly none is answered.

A table of one byte for each of the first bits of a hash says no to nearly all of them; the others
are looked for in the sorted keys.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from builders.decontamination.hashed_tokens import Hashes, Places

_SLOTS_PER_KEY = 6
_MOST_SLOT_BITS = 26


class SpanIndex:
    """Each of `hashes` (not necessarily distinct) belongs to the number beside it in `values`."""

    def __init__(self, hashes: Hashes, values: NDArray[np.int32]) -> None:
        order = np.argsort(hashes, kind="stable")
        self._values = values[order]
        ordered = hashes[order]
        is_first = np.ones(len(order), np.bool_)
        is_first[1:] = ordered[1:] != ordered[:-1]
        self._keys = ordered[is_first]
        self._first = np.append(np.flatnonzero(is_first), len(order))
        bits = min(_MOST_SLOT_BITS, max(8, (_SLOTS_PER_KEY * len(self._keys)).bit_length()))
        self._shift = np.uint64(64 - bits)
        self._is_taken = np.zeros(1 << bits, np.bool_)
        self._is_taken[self._keys >> self._shift] = True

    @property
    def size_bytes(self) -> int:
        """Of its tables."""
        tables = (self._keys, self._first, self._values, self._is_taken)
        return sum(table.nbytes for table in tables)

    def find(self, hashes: Hashes) -> tuple[Places, NDArray[np.int32]]:
        """Places in `hashes`, ascending, and each number that stands under the hash there."""
        places = np.flatnonzero(self._is_taken[hashes >> self._shift])
        order = np.argsort(hashes[places])  # neighbours are found in the same piece of memory
        keys = np.empty(len(places), np.int64)
        keys[order] = np.searchsorted(self._keys, hashes[places[order]])
        keys[keys == len(self._keys)] = 0
        is_there = self._keys[keys] == hashes[places] if len(self._keys) else keys < 0
        places, keys = places[is_there], keys[is_there]
        counts = self._first[keys + 1] - self._first[keys]
        ends = np.cumsum(counts)
        within = np.arange(int(counts.sum())) - np.repeat(ends - counts, counts)
        return np.repeat(places, counts), self._values[
            np.repeat(self._first[keys], counts) + within
        ]
