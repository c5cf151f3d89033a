"""The earliest row of a group, as of each row: on random buckets, against a slow definition."""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest

from builders.dedup.earliest_rows import connect_in_order, find_originals

Pairs = list[tuple[int, int]]


def _draw_signatures(seed: int, rows: int, buckets: int, values: int) -> list[list[int]]:
    draw = random.Random(seed)  # noqa: S311  # reproducible rows
    return [[draw.randrange(values) for _ in range(buckets)] for _ in range(rows)]


def _pair_as_stage_2(signatures: list[list[int]]) -> Pairs:
    """Neighbours in row order among the rows of one signature, bucket by bucket."""
    rows_of: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for row, signature in enumerate(signatures):
        for bucket, value in enumerate(signature):
            rows_of[bucket, value].append(row)
    return [pair for rows in rows_of.values() for pair in pairwise(rows)]


def _group(rows: int, pairs: Pairs) -> list[int]:
    """The earliest row of each row's connected component; by repeated relaxation."""
    first = list(range(rows))
    for _ in range(rows):
        for one, other in pairs:
            first[one] = first[other] = min(first[one], first[other])
    return first


def _find_slowly(signatures: list[list[int]]) -> dict[int, int]:
    """Of each row the earliest of its component among the rows up to it, if that is another."""
    found = {}
    for row in range(len(signatures)):
        first = _group(row + 1, _pair_as_stage_2(signatures[: row + 1]))[row]
        if first != row:
            found[row] = first
    return found


def _find(signatures: list[list[int]], draw: random.Random) -> dict[int, int]:
    """`find_originals` on the clusters and shuffled pairs of datatrove's stages."""
    pairs = _pair_as_stage_2(signatures)
    draw.shuffle(pairs)
    first = _group(len(signatures), pairs)
    places = sorted({row for pair in pairs for row in pair})
    numbers = {head: number for number, head in enumerate(dict.fromkeys(first[p] for p in places))}
    originals = find_originals(
        np.array(places, np.int64),
        np.array([numbers[first[place]] for place in places], np.int64),
        np.array([early for early, _ in pairs], np.int64),
        np.array([late for _, late in pairs], np.int64),
    )
    found = dict(zip(places, originals.tolist(), strict=True))
    return {place: original for place, original in found.items() if place != original}


@pytest.mark.parametrize("seed", range(40))
def test_originals_are_the_earliest_as_of_each_row_and_stay_so(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311  # reproducible rows
    signatures = _draw_signatures(seed, 30, draw.randint(1, 4), draw.choice([8, 20, 60]))
    whole = _find(signatures, draw)
    assert whole == _find_slowly(signatures)
    assert not whole.keys() & set(whole.values())
    for length in range(30):
        prefix = {row: first for row, first in whole.items() if row < length}
        assert _find(signatures[:length], draw) == prefix


@pytest.mark.parametrize("seed", range(20))
def test_a_row_falls_when_it_shares_a_signature_with_an_earlier_row(seed: int) -> None:
    signatures = _draw_signatures(seed, 40, 3, 30)
    falls = {
        late
        for late in range(40)
        for early in range(late)
        if any(one == two for one, two in zip(signatures[early], signatures[late], strict=True))
    }
    assert _find(signatures, random.Random(seed)).keys() == falls  # noqa: S311  # reproducible


def test_a_bridge_falls_alone() -> None:
    """0 and 1 have nothing in common; 2 has something of both. A union-find would drop 1."""
    assert _find([[1, 1], [2, 2], [1, 2]], random.Random(0)) == {2: 0}  # noqa: S311


def test_what_fell_before_two_groups_met_keeps_its_original() -> None:
    signatures = [[1, 1], [2, 2], [3, 2], [1, 2], [4, 2]]
    assert _find(signatures, random.Random(0)) == {2: 1, 3: 0, 4: 0}  # noqa: S311


def test_no_pairs_give_no_originals() -> None:
    nothing = np.empty(0, np.int64)
    assert find_originals(nothing, nothing, nothing, nothing).tolist() == []
    assert connect_in_order(nothing, nothing) == {}


def test_a_chain_of_many_rows_is_walked_without_recursion() -> None:
    rows = np.arange(20_000)
    assert set(connect_in_order(rows[:-1], rows[1:]).values()) == {0}
