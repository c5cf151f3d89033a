"""Whether two texts that share a MinHash signature are one question: judged by the edit script.

A near-copy differs in few words, and its new words are new. A different question about the same
story re-uses the story's words: "how many does Tom have" and "how many does Ann have" stand in one
story about both, so a known word replaced by another known word makes another question.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from builders.dedup.critical_words import STOP
from builders.dedup.question_tokens import (
    CJK_WORDS_PER_CHARACTER,
    QuestionTokens,
    is_cjk_character,
)

# Two numbers in common pin a short problem down, so one word may differ from 7 words on.
PINNED_NUMBERS = 2
PINNED_WORDS = 7.0


def count_allowed_edits(question: QuestionTokens, share: float, share_unpinned: float) -> float:
    """Words that may differ; `share_unpinned` is for texts with fewer than two numbers.

    Without numbers a single word is often the whole point: "an essay about cats", "about dogs".
    """
    if question.numbers < PINNED_NUMBERS:
        return share_unpinned * question.words
    allowed = share * question.words
    return max(allowed, 1.0) if question.words >= PINNED_WORDS else allowed


def _count_words(tokens: Sequence[str]) -> float:
    """Length in words; a change of one CJK character is already a change of one word."""
    if not tokens:
        return 0.0
    length = sum(CJK_WORDS_PER_CHARACTER if is_cjk_character(token) else 1.0 for token in tokens)
    return max(length, 1.0)


def _content(tokens: Sequence[str]) -> set[str]:
    return {token for token in tokens if token not in STOP}


def is_near_copy(earlier: QuestionTokens, later: QuestionTokens, allowed_words: float) -> bool:
    """Whether at most `allowed_words` words differ and none of them re-points the question.

    The caller has compared the critical parts. Symmetric up to difflib's choice of an alignment.
    """
    first, second = earlier.tokens, later.tokens
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    changes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    edits = sum(
        max(_count_words(first[i1:i2]), _count_words(second[j1:j2]))
        for _, i1, i2, j1, j2 in changes
    )
    if edits > allowed_words:
        return False
    unchanged = {
        token
        for start, _, size in matcher.get_matching_blocks()
        for token in first[start : start + size]
    }
    for _, i1, i2, j1, j2 in changes:
        removed, added = _content(first[i1:i2]), _content(second[j1:j2])
        if (removed - added) & unchanged and (added - removed) & unchanged:
            return False
    return not _has_far_move(first, second, changes)


def _has_far_move(
    first: Sequence[str], second: Sequence[str], changes: Sequence[tuple[str, int, int, int, int]]
) -> bool:
    """ "Tom is taller than Ann" against "Ann is taller than Tom"; neighbours may change places."""
    removed = {first[i]: i for _, i1, i2, _, _ in changes for i in range(i1, i2)}
    added = {second[j]: j for _, _, _, j1, j2 in changes for j in range(j1, j2)}
    moved = _content(list(removed)) & added.keys()
    return any(abs(removed[token] - added[token]) > 1 for token in moved)
