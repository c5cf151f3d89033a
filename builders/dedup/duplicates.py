"""Which texts repeat an earlier one; decided in order, so that growing inputs never change it."""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from builders.dedup.near_copy import count_allowed_edits, is_near_copy
from builders.dedup.question_tokens import QuestionTokens, split_into_tokens
from builders.errors import DedupError

# A signature shared by this many kept texts comes from their template and tells none from another;
# the bounds keep a family of n templated texts linear in n.
MAX_KEPT_PER_SIGNATURE = 64
MAX_COMPARED = 8


class DedupConfig(BaseModel):
    """The defaults are for questions of 5 to 200 words.

    With 24 buckets of 4 hashes two texts of Jaccard similarity s (on `n_grams` of tokens) become
    candidates with probability 1 - (1 - s^4)^24: 0.79 at 0.5, 0.96 at 0.6, 0.998 at 0.7.
    `keep_numbers`: texts with other numbers, operators or critical words (not, less, half, 不,
    多…) are different. `max_changed_share`: the share of words that may differ, None to take every
    candidate (long documents); `max_changed_share_without_numbers` for texts with fewer than two
    numbers, where a single word is often the whole point; `max_changed_words` bounds both.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_grams: int = Field(default=2, ge=1)
    buckets: int = Field(default=24, ge=1)
    hashes_per_bucket: int = Field(default=4, ge=1)
    precision: Literal[32, 64] = 64
    keep_numbers: bool = True
    max_changed_share: float | None = Field(default=0.1, ge=0, le=1)
    max_changed_share_without_numbers: float = Field(default=0.07, ge=0, le=1)
    max_changed_words: int = Field(default=4, ge=0)


def find_duplicates(texts: Sequence[str], config: DedupConfig, work_dir: Path) -> dict[int, int]:
    """Index → index of an earlier kept text that it repeats; indices that are missing are kept.

    Deterministic, and stable under growth: the decision on text i depends on texts 0..i alone.
    Work files stand in a new folder inside `work_dir` (made where missing) and are removed.
    Raises DedupError where datatrove or the disk fails.
    """
    questions = [split_into_tokens(text) for text in texts]
    duplicates = _find_equal(questions)
    kept = [index for index in range(len(texts)) if index not in duplicates]
    candidates = _select_comparable(questions, kept, config)
    if not candidates:
        return duplicates
    groups = _group_candidates([texts[index] for index in candidates], config, work_dir)
    near = _resolve_in_order([questions[index] for index in candidates], groups, config)
    found = {candidates[later]: candidates[earlier] for later, earlier in near.items()}
    # An equal copy of a text that fell later itself repeats what that text repeats.
    return found | {later: found.get(first, first) for later, first in duplicates.items()}


def _find_equal(questions: Sequence[QuestionTokens]) -> dict[int, int]:
    first: dict[tuple[str, ...], int] = {}
    seen_at = (first.setdefault(question.tokens, index) for index, question in enumerate(questions))
    return {index: earlier for index, earlier in enumerate(seen_at) if earlier != index}


def _critical_key(question: QuestionTokens, config: DedupConfig) -> tuple[str, ...]:
    return question.critical if config.keep_numbers else ()


def _allowed_edits(question: QuestionTokens, config: DedupConfig) -> float:
    if config.max_changed_share is None:
        return float("inf")
    unpinned = config.max_changed_share_without_numbers
    allowed = count_allowed_edits(question, config.max_changed_share, unpinned)
    return min(allowed, config.max_changed_words)


def _select_comparable(
    questions: Sequence[QuestionTokens], kept: Sequence[int], config: DedupConfig
) -> list[int]:
    """Texts that can have a near-copy at all: long enough, critical part not unique. Saves time."""
    long_enough = [index for index in kept if _allowed_edits(questions[index], config) >= 1]
    shared = Counter(_critical_key(questions[index], config) for index in long_enough)
    return [index for index in long_enough if shared[_critical_key(questions[index], config)] > 1]


def _group_candidates(texts: Sequence[str], config: DedupConfig, work_dir: Path) -> list[list[int]]:
    from builders.dedup.signatures import group_by_signature  # noqa: PLC0415  # heavy: datatrove

    try:
        work_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="dedup-", dir=work_dir) as folder:
            return group_by_signature(
                texts,
                n_grams=config.n_grams,
                buckets=config.buckets,
                hashes_per_bucket=config.hashes_per_bucket,
                precision=config.precision,
                folder=Path(folder),
            )
    except (OSError, ValueError, AssertionError) as error:  # datatrove checks its files by assert
        raise DedupError(
            f"Deduplication of {len(texts)} texts failed: {error}. Check that the output folder "
            "is writable and its disk has space, then run the same command again."
        ) from error


def _resolve_in_order(
    questions: Sequence[QuestionTokens], groups: Sequence[Sequence[int]], config: DedupConfig
) -> dict[int, int]:
    """Greedy: a text falls when it is a near-copy of an earlier *kept* text of its groups."""
    groups_of: defaultdict[int, list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        for index in group:
            groups_of[index].append(number)
    kept_in: defaultdict[tuple[int, tuple[str, ...]], list[int]] = defaultdict(list)
    duplicates: dict[int, int] = {}
    for index in sorted(groups_of):
        key = _critical_key(questions[index], config)
        postings = [kept_in[number, key] for number in groups_of[index]]
        earlier = _find_near_copy(index, questions, postings, config)
        if earlier is not None:
            duplicates[index] = earlier
            continue
        for posting in postings:
            if len(posting) < MAX_KEPT_PER_SIGNATURE:
                posting.append(index)
    return duplicates


def _find_near_copy(
    index: int,
    questions: Sequence[QuestionTokens],
    postings: Sequence[Sequence[int]],
    config: DedupConfig,
) -> int | None:
    """The earliest near-copy among the kept texts that share most signatures with this one."""
    shared = Counter(earlier for posting in postings for earlier in posting)
    closest = sorted(shared, key=lambda earlier: (-shared[earlier], earlier))[:MAX_COMPARED]
    allowed = _allowed_edits(questions[index], config)
    for earlier in sorted(closest):
        if config.max_changed_share is None:
            return earlier
        bound = min(allowed, _allowed_edits(questions[earlier], config))
        if is_near_copy(questions[earlier], questions[index], bound):
            return earlier
    return None
