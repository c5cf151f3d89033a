"""The inner loops of document signatures, compiled: xxHash64 of n-grams, and the permutations.

Only `document_signatures` imports this module, when it is needed: numba and its compiler take
seconds. What is compiled is kept in `__pycache__` or numba's cache folder, as with
`builders.novelty.kernels`.

xxHash64 is by Yann Collet (github.com/Cyan4973/xxHash, doc/xxhash_spec.md), here with seed 0; the
permutations are datatrove's. Constants are of type uint64 throughout: numba makes a float of a
uint64 beside a signed integer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from builders.compiled import compile_function

_PRIME_1 = np.uint64(0x9E3779B185EBCA87)
_PRIME_2 = np.uint64(0xC2B2AE3D27D4EB4F)
_PRIME_3 = np.uint64(0x165667B19E3779F9)
_PRIME_4 = np.uint64(0x85EBCA77C2B2AE63)
_PRIME_5 = np.uint64(0x27D4EB2F165667C5)
_STRIPE = 32
_SPACE = np.uint8(0x20)

_MERSENNE = np.uint64((1 << 61) - 1)
_MERSENNE_BITS = np.uint64(61)


@compile_function
def _rotate(value: np.uint64, bits: int) -> np.uint64:
    return (value << np.uint64(bits)) | (value >> np.uint64(64 - bits))


@compile_function
def _read(data: NDArray[np.uint8], at: int, width: int) -> np.uint64:
    """Little-endian."""
    value = np.uint64(0)
    for i in range(width):
        value |= np.uint64(data[at + i]) << np.uint64(8 * i)
    return value


@compile_function
def _mix_lane(lane: np.uint64, word: np.uint64) -> np.uint64:
    return _rotate(lane + word * _PRIME_2, 31) * _PRIME_1


@compile_function
def _fold_lane(state: np.uint64, lane: np.uint64) -> np.uint64:
    return (state ^ _mix_lane(np.uint64(0), lane)) * _PRIME_1 + _PRIME_4


@compile_function
def _mix_stripes(data: NDArray[np.uint8], start: int, stripes: int) -> np.uint64:
    """Four lanes over whole stripes of 32 bytes."""
    lane_1, lane_2 = _PRIME_1 + _PRIME_2, _PRIME_2
    lane_3, lane_4 = np.uint64(0), np.uint64(0) - _PRIME_1
    for stripe in range(stripes):
        at = start + stripe * _STRIPE
        lane_1 = _mix_lane(lane_1, _read(data, at, 8))
        lane_2 = _mix_lane(lane_2, _read(data, at + 8, 8))
        lane_3 = _mix_lane(lane_3, _read(data, at + 16, 8))
        lane_4 = _mix_lane(lane_4, _read(data, at + 24, 8))
    state = _rotate(lane_1, 1) + _rotate(lane_2, 7) + _rotate(lane_3, 12) + _rotate(lane_4, 18)
    state = _fold_lane(_fold_lane(state, lane_1), lane_2)
    return _fold_lane(_fold_lane(state, lane_3), lane_4)


@compile_function
def hash_bytes(data: NDArray[np.uint8], start: int, end: int) -> np.uint64:
    """xxHash64 of `data[start:end]`, seed 0."""
    stripes = (end - start) // _STRIPE
    state = _mix_stripes(data, start, stripes) if stripes else _PRIME_5
    state += np.uint64(end - start)
    at = start + stripes * _STRIPE
    while at + 8 <= end:
        word = _mix_lane(np.uint64(0), _read(data, at, 8))
        state = _rotate(state ^ word, 27) * _PRIME_1 + _PRIME_4
        at += 8
    if at + 4 <= end:
        state = _rotate(state ^ (_read(data, at, 4) * _PRIME_1), 23) * _PRIME_2 + _PRIME_3
        at += 4
    while at < end:
        state = _rotate(state ^ (np.uint64(data[at]) * _PRIME_5), 11) * _PRIME_1
        at += 1
    state = (state ^ (state >> np.uint64(33))) * _PRIME_2
    state = (state ^ (state >> np.uint64(29))) * _PRIME_3
    return state ^ (state >> np.uint64(32))


@compile_function
def hash_ngrams(joined: NDArray[np.uint8], tokens: int, n_grams: int) -> NDArray[np.uint64]:
    """Hashes of the n-grams of `tokens` tokens that single spaces join; n-grams hold the spaces.

    Shape (tokens - n_grams + 1,); there must be at least `n_grams` tokens.
    """
    starts = np.empty(tokens + 1, np.int64)
    starts[0] = 0
    found = 1
    for i in range(len(joined)):
        if joined[i] == _SPACE:
            starts[found] = i + 1
            found += 1
    starts[tokens] = len(joined) + 1
    hashes = np.empty(tokens - n_grams + 1, np.uint64)
    for i in range(len(hashes)):
        hashes[i] = hash_bytes(joined, starts[i], starts[i + n_grams] - 1)
    return hashes


@compile_function
def find_minima(
    hashes: NDArray[np.uint64],
    factors: NDArray[np.uint64],
    summands: NDArray[np.uint64],
    mask: np.uint64,
) -> NDArray[np.uint64]:
    """The least of `((hash * factor + summand) mod 2^61-1) & mask`, of each permutation.

    The product wraps at 2^64 as datatrove's does. Shape (permutations,).
    """
    minima = np.empty(len(factors), np.uint64)
    for k in range(len(factors)):
        factor, summand = factors[k], summands[k]
        least = mask
        for i in range(len(hashes)):
            value = hashes[i] * factor + summand
            value = (value & _MERSENNE) + (value >> _MERSENNE_BITS)
            value = min(value, value - _MERSENNE)  # below the modulus it wraps to a huge number
            least = min(least, value & mask)
        minima[k] = least
    return minima
