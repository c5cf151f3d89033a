"""Deduplication through datatrove's MinHash, English and Chinese: of short texts, of documents.

    >>> texts = ["What is 12 + 34?", "What is 12 - 34?", "what is 12+34"]
    >>> find_duplicates(texts, DedupConfig(), work_dir)
    {2: 0}

Short texts (`duplicates`), in three passes, each over what the one before it left:

1. equal after normalisation (case, width, punctuation, articles, politeness): `question_tokens`;
2. candidates: texts that share a MinHash bucket signature (Broder 1997; datatrove's stages 1 and
   2) *and* the same sequence of numbers, operators and critical words: `signatures`;
3. confirmation of each candidate pair by its edit script: `near_copy`.

MinHash alone cannot tell a long problem with one number changed from a near-copy, hence the
second condition and the third pass. datatrove's own third stage (a union-find) is not used: it
bridges (A~B~C drops C although only B, itself dropped, resembles it) and keeps an arbitrary row.

Documents (`documents`), where a shared signature is enough: exact copies, then all four stages of
datatrove, after the third of which the earliest row is kept (`earliest_rows`).

Importing this package loads neither datatrove nor numba.
"""

from builders.dedup.documents import DocumentDedupConfig, find_near_documents
from builders.dedup.duplicates import DedupConfig, find_duplicates

__all__ = ["DedupConfig", "DocumentDedupConfig", "find_duplicates", "find_near_documents"]
