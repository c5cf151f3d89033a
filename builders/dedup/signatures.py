"""MinHash candidates by datatrove (github.com/huggingface/datatrove), its stages 1 and 2.

Only this module imports datatrove (half a second), and only `duplicates` imports it, when needed.
The steps run in this process: datatrove's executor starts a manager process a stage, which costs
more than the work on a few thousand questions.

A stage 2 file holds one bucket's pairs (file, doc, file, doc) of neighbours in the order of
(signature, doc): a group of equal signatures is a chain of pairs, each starting where the one
before it ended. A document has one signature a bucket, so it is in one group a bucket at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from datatrove.data import Document
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupSignature,
)
from datatrove.utils.hashing import HashConfig, create_hash_func
from datatrove.utils.text import ngrams
from datatrove.utils.word_tokenizers import WordTokenizer
from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]  # fsspec has no stubs
from numpy.typing import NDArray

from builders.dedup.question_tokens import split_into_tokens
from builders.dedup.quiet_datatrove import quiet_datatrove


class QuestionTokenizer(WordTokenizer):  # type: ignore[misc]  # datatrove is untyped for us
    """Words by white space, CJK by character; no dictionary, no download."""

    def word_tokenize(self, text: str) -> list[str]:
        """Tokens of one text."""
        return list(split_into_tokens(text).tokens)

    def sent_tokenize(self, text: str) -> list[str]:
        """Not needed by MinHash."""
        raise NotImplementedError

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        """Not needed by MinHash."""
        raise NotImplementedError


# One instance: datatrove caches tokenizers by identity and never lets go of them.
_TOKENIZER = QuestionTokenizer()


class _QuestionSignature(MinhashDedupSignature):  # type: ignore[misc]  # as above
    """Stage 1 with our normalisation and with shingles hashed as bytes.

    datatrove's `simplify_text` would turn every number into 0 and drop the operators; and it gives
    xxhash a `str`, which xxhash 4 refuses (datatrove issue 508). The digests are those of xxhash 3.
    """

    def get_shingles(self, text: str) -> NDArray[np.uint64]:
        """Hashed n-grams, shape (n, 1); n is 0 for a text shorter than the n-gram."""
        hash_bytes = create_hash_func(self.config.hash_config, bytes)
        grams = ngrams(self.word_tokenizer.word_tokenize(text), self.config.n_grams)
        hashes = [hash_bytes(" ".join(gram).encode("utf-8", "surrogatepass")) for gram in grams]
        return np.array(hashes, dtype=np.uint64).reshape(-1, 1)


def _read_groups(path: Path) -> list[list[int]]:
    """Documents of equal signature in one bucket, ascending, from datatrove's file of pairs."""
    pairs = np.fromfile(path, dtype="<u4").reshape(-1, 4)[:, (1, 3)].tolist()
    groups: list[list[int]] = []
    for earlier, later in pairs:
        if groups and groups[-1][-1] == earlier:
            groups[-1].append(later)
        else:
            groups.append([earlier, later])
    return groups


def group_by_signature(
    texts: Sequence[str],
    *,
    n_grams: int,
    buckets: int,
    hashes_per_bucket: int,
    precision: int,
    folder: Path,
) -> list[list[int]]:
    """Groups (of two or more ascending indices into `texts`) that share a bucket's signature.

    Deterministic: the signature of a text depends on nothing but the text. `folder` must be empty;
    what is written there is the caller's to remove.
    """
    config = MinhashConfig(
        n_grams=n_grams,
        num_buckets=buckets,
        hashes_per_bucket=hashes_per_bucket,
        hash_config=HashConfig(precision=precision),
    )
    # An explicit file system: fsspec would take "::" or "://" in a folder's name for a protocol.
    disk = LocalFileSystem()
    signatures, pairs = (str(folder / "signatures"), disk), (str(folder / "pairs"), disk)
    documents = (Document(text=text, id=str(index)) for index, text in enumerate(texts))
    with quiet_datatrove():
        _QuestionSignature(signatures, config, language=_TOKENIZER).run(documents)
        for bucket in range(buckets):
            step = MinhashDedupBuckets(signatures, pairs, config=config, lines_to_buffer=-1)
            step.run(rank=bucket, world_size=buckets)
    return [
        group
        for bucket in range(buckets)
        for group in _read_groups(folder / "pairs" / f"{bucket:05d}_00.dups")
    ]
