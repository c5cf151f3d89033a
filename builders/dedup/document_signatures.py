"""Stage 1 of datatrove's MinHash (github.com/huggingface/datatrove) on documents, faster.

The files on disk are byte for byte those that `MinhashDedupSignature` writes with
`document_words.NORMALISATION` and `TOKENIZER`; nothing else of datatrove's steps knows the
difference. Of its 0.55 ms for an English document of 1,945 characters (0.9 ms for 600 Chinese
characters) normalising took half, hence `join_words`; the rest is n-grams, permutations and single
writes, hence the compiled loops and the writing by chunks, from `COMPILE_AFTER` characters on:
below, loading the compiler takes longer than it saves.
"""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np
from datatrove.data import Document
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature
from datatrove.utils.hashing import HashConfig, create_hash_func
from datatrove.utils.typeshelper import StatHints
from numpy.typing import NDArray

from builders.dedup.document_words import NORMALISATION, TOKENIZER, join_words

COMPILE_AFTER = 6_000_000
_CHUNK = 4096
_SPACE = 0x20

Signature = NDArray[np.unsignedinteger[Any]]


def can_compile() -> bool:
    """Whether numba is installed: it has no wheels for Intel Macs."""
    return importlib.util.find_spec("numba") is not None


def make_minhash_config(
    n_grams: int, buckets: int, hashes_per_bucket: int, precision: int
) -> MinhashConfig:
    """datatrove's configuration, which all its steps share."""
    return MinhashConfig(
        n_grams=n_grams,
        num_buckets=buckets,
        hashes_per_bucket=hashes_per_bucket,
        norm_config=NORMALISATION,
        hash_config=HashConfig(precision=precision),
    )


class DocumentSignature(MinhashDedupSignature):  # type: ignore[misc]  # datatrove is untyped for us
    """Stage 1: signatures of the documents of a task, sorted, in a file a bucket.

    Document texts must have no lone surrogates. `compiled` decides the speed alone.
    """

    def __init__(self, output_folder: object, config: MinhashConfig, *, compiled: bool) -> None:
        # What is there when datatrove's own step begins is what we wrote: it sorts and verifies it.
        super().__init__(output_folder, config, language=TOKENIZER, skip_existing_sigs=True)
        self.compiled = compiled

    def sign(self, text: str) -> Signature | None:
        """The signature of each bucket, shape (buckets, hashes); None for a text without n-gram."""
        joined, words = join_words(text)
        if words < self.config.n_grams:
            return None
        if self.compiled:
            return self._sign_compiled(joined, words)
        found = self.get_signature(self._hash_ngrams(joined, words).reshape(-1, 1))
        return np.array(found, self.config.hash_config.np_dtype)

    def _hash_ngrams(self, joined: bytes, words: int) -> NDArray[np.uint64]:
        n_grams = self.config.n_grams
        gaps = np.flatnonzero(np.frombuffer(joined, np.uint8) == _SPACE)
        begins = [0, *(gaps[: words - n_grams] + 1).tolist()]
        ends = [*gaps[n_grams - 1 :].tolist(), len(joined)]
        digest = create_hash_func(self.config.hash_config, bytes)
        hashes = [digest(joined[begin:end]) for begin, end in zip(begins, ends, strict=True)]
        return np.array(hashes, np.uint64)

    def _sign_compiled(self, joined: bytes, words: int) -> Signature:
        from builders.dedup.signature_kernels import (  # noqa: PLC0415  # heavy: numba
            find_minima,
            hash_ngrams,
        )

        config, hashing = self.config, self.config.hash_config
        if hashing.precision == 64:
            hashes = hash_ngrams(np.frombuffer(joined, np.uint8), words, config.n_grams)
        else:
            hashes = self._hash_ngrams(joined, words)
        factors, summands = self.parameters
        minima = find_minima(hashes, factors[0], summands[0], np.uint64(hashing.max))
        return minima.astype(hashing.np_dtype).reshape(config.num_buckets, -1)

    def run(self, data: Iterable[Document], rank: int = 0, world_size: int = 1) -> None:
        """Write the signatures of one task, then have datatrove sort and verify the files."""
        config = self.config
        row = (config.hashes_per_bucket,)
        record = np.dtype([("signature", config.hash_config.np_dtype, row), ("place", "<u4")])
        with contextlib.ExitStack() as stack:
            files = [
                stack.enter_context(
                    self.output_folder.open(f"bucket_{bucket:03d}/{rank:05d}.minhash.sig", "wb")
                )
                for bucket in range(config.num_buckets)
            ]
            for places, signatures in self._sign_chunks(data):
                for bucket, file in enumerate(files):
                    records = np.empty(len(places), record)
                    records["signature"], records["place"] = signatures[:, bucket], places
                    file.write(records.tobytes())
        super().run((), rank, world_size)

    def _sign_chunks(self, data: Iterable[Document]) -> Iterator[tuple[list[int], Signature]]:
        """Places of the documents that have a signature, and the signatures of all buckets."""
        numbered = enumerate(data)
        while chunk := list(islice(numbered, _CHUNK)):
            self.stat_update(StatHints.total, value=len(chunk))
            signed = [
                (place, signature)
                for place, document in chunk
                if (signature := self.sign(document.text)) is not None
            ]
            if signed:
                yield [place for place, _ in signed], np.stack([found for _, found in signed])
