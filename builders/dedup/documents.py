"""Which documents nearly repeat an earlier one: an exact pass, then datatrove's MinHash.

    >>> find_near_documents([page, other, page_with_two_words_changed], config, work_dir)
    {2: 0}

For texts of some hundred words, English and Chinese, as `builders.dedup.duplicates` is for
questions: here a few other numbers or names make no other document, and no edit script is read.
Why the earliest row is kept, and why rows appended later change nothing: `earliest_rows`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from builders.errors import DedupError
from builders.recipe_sections import RecipeSection


class DocumentDedupConfig(RecipeSection):
    """datatrove's defaults, as FineWeb and Cosmopedia have them.

    Two documents whose n-grams have a Jaccard similarity s are found with a probability of
    1 - (1 - s^hashes)^buckets: 0.25 at 0.6, 0.56 at 0.7, 0.92 at 0.8, 0.9997 at 0.9. An n-gram
    is of words, in Chinese of characters; numbers count as words.
    """

    n_grams: Annotated[int, Field(ge=1)] = 5
    buckets: Annotated[int, Field(ge=1, le=1000)] = 14
    hashes_per_bucket: Annotated[int, Field(ge=1)] = 8
    precision: Literal[32, 64] = 64
    """Bits of a hash."""
    workers: Annotated[int, Field(ge=1)] = 1
    """Processes; more than one pay from some ten thousand documents on. Decides no row."""


def find_near_documents(
    texts: Sequence[str], config: DocumentDedupConfig, work_dir: Path
) -> dict[int, int]:
    """Index → index of the earliest document of its group; indices that are missing are kept.

    Exact copies are found at any length, near-copies from `n_grams` words on: datatrove gives
    shorter texts no signature. An original is always a kept document before its copy.
    Deterministic, and stable under growth: what is said of text i depends on texts 0..i alone.
    Work files, about 1 KB a document, stand in a new folder inside `work_dir` (made where
    missing) and are removed. Raises DedupError where datatrove or the disk fails.
    """
    copies = _find_exact(texts)
    left = [index for index in range(len(texts)) if index not in copies]
    near = _find_near([texts[index] for index in left], config, work_dir)
    found = {left[later]: left[earlier] for later, earlier in near.items()}
    # A copy of a text that fell repeats what that text repeats.
    return found | {later: found.get(first, first) for later, first in copies.items()}


def _find_exact(texts: Sequence[str]) -> dict[int, int]:
    first: dict[str, int] = {}
    seen_at = (first.setdefault(text, index) for index, text in enumerate(texts))
    return {index: earlier for index, earlier in enumerate(seen_at) if earlier != index}


def _find_near(texts: Sequence[str], config: DocumentDedupConfig, work_dir: Path) -> dict[int, int]:
    if len(texts) < 2:
        return {}
    from builders.dedup.document_signatures import make_minhash_config  # noqa: PLC0415  # heavy
    from builders.dedup.document_stages import find_originals_by_minhash  # noqa: PLC0415  # heavy

    minhash = make_minhash_config(
        config.n_grams, config.buckets, config.hashes_per_bucket, config.precision
    )
    encodable = [text.encode("utf-8", "replace").decode() for text in texts]  # lone surrogates: ?
    try:
        work_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="dedup-", dir=work_dir) as folder:
            return find_originals_by_minhash(
                encodable, minhash, workers=min(config.workers, len(texts)), folder=Path(folder)
            )
    except (OSError, ValueError, AssertionError) as error:  # datatrove checks its files by assert
        raise DedupError(
            f"Deduplication of {len(texts)} documents failed: {error}. Check that the output "
            "folder is writable and its disk has space, then run the same command again."
        ) from error
