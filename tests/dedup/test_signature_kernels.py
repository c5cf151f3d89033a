"""The compiled loops, held against xxhash and datatrove's own arithmetic."""

from __future__ import annotations

import random

import numpy as np
import pytest
import xxhash
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature
from datatrove.utils.hashing import HashConfig

from builders.dedup.document_words import TOKENIZER
from builders.dedup.signature_kernels import find_minima, hash_bytes, hash_ngrams

_TOP = (1 << 64) - 1
_MODULUS = (1 << 61) - 1


def test_bytes_of_every_length_hash_as_xxhash_does() -> None:
    draw = random.Random(1)  # noqa: S311  # reproducible bytes
    for length in range(200):
        data = draw.randbytes(length + 3)
        found = hash_bytes(np.frombuffer(data, np.uint8), 2, 2 + length)
        assert int(found) == xxhash.xxh64_intdigest(data[2 : 2 + length])


def test_n_grams_are_hashed_with_the_spaces_between_their_words() -> None:
    words = ["a", "bc", "猫", "d", "efgh"]
    joined = " ".join(words).encode()
    grams = [" ".join(words[start : start + 3]).encode() for start in range(3)]
    found = hash_ngrams(np.frombuffer(joined, np.uint8), 5, 3)
    assert found.tolist() == [xxhash.xxh64_intdigest(gram) for gram in grams]
    assert hash_ngrams(np.frombuffer(b"word", np.uint8), 1, 1).tolist() == [
        xxhash.xxh64_intdigest(b"word")
    ]


@pytest.mark.parametrize("precision", [32, 64])
def test_minima_are_those_of_datatrove(precision: int, tmp_path: object) -> None:
    config = MinhashConfig(hash_config=HashConfig(precision=precision))
    step = MinhashDedupSignature(str(tmp_path), config, language=TOKENIZER)
    draw = np.random.default_rng(1)
    factors, summands = step.parameters
    for count in (1, 2, 300):
        hashes = draw.integers(0, _TOP, count, np.uint64, endpoint=True)
        found = find_minima(hashes, factors[0], summands[0], np.uint64(config.hash_config.max))
        expected = np.concatenate(step.get_signature(hashes.reshape(-1, 1)))
        assert found.tolist() == expected.tolist()


def test_minima_at_the_edges_of_the_modulus() -> None:
    """Where the quick reduction modulo 2^61-1 could go wrong by one modulus."""
    edges = [0, 1, _MODULUS - 1, _MODULUS, _MODULUS + 1, 2 * _MODULUS, 8 * _MODULUS, _TOP - 1, _TOP]
    one, none = np.ones(1, np.uint64), np.zeros(1, np.uint64)
    for value in edges:
        found = find_minima(np.array([value], np.uint64), one, none, np.uint64(_TOP))
        assert int(found[0]) == value % _MODULUS
