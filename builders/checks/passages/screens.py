"""Words and sentences as the judges see them, and bounds that spare asking a judge.

A bound is exact in one direction: where it says no, the filter of datatrove would keep the text.
Nine texts in ten need no more, at a tenth of the filters' time.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from builders.checks.passages.rules import QualityRules
from builders.checks.repetition import hash_grams
from builders.text_keys import CJK
from distilabel_pipelines.rows import Language

# The eight of Gopher, which datatrove looks for in lower case.
STOP_WORDS = frozenset(["the", "be", "to", "of", "and", "that", "have", "with"])

_CHINESE_WORD = re.compile(rf"[{CJK}]|[^\W_{CJK}]+|[^\w\s]|_")
_SENTENCE_END = re.compile(r"[.!?]+[\"'”’)\]*_]*(?=\s|\Z)|[。！？；…]+[\"'”’」』）)*_]*")
_LETTER = re.compile(r"[^\W\d_]")


def split_words(text: str, language: Language) -> list[str]:
    """Words by white space (as in Gopher); in Chinese characters, marks and words between them."""
    return _CHINESE_WORD.findall(text) if language == "zh" else text.split()


def find_sentences(text: str) -> list[tuple[int, int]]:
    """(start, end) of each complete sentence: one that its mark ends."""
    ends = [found.end() for found in _SENTENCE_END.finditer(text)]
    return list(zip([0, *ends][: len(ends)], ends, strict=True))


def cut_after_sentences(text: str) -> str:
    """The text with each line cut after its last complete sentence; lines without one are left
    out."""
    lines = []
    for line in text.splitlines():
        ends = [found.end() for found in _SENTENCE_END.finditer(line)]
        if ends:
            lines.append(line[: ends[-1]].rstrip("*_)]"))
    return "\n".join(lines)


def may_fail_quality(text: str, words: list[str], rules: QualityRules) -> bool:
    """False where `GopherQualityFilter` keeps the text.

    The words with a letter are among those that are more than signs, whose mean length it takes.
    """
    lettered = [len(word) for word in words if _LETTER.search(word)]
    total, letters, length = len(words), len(lettered), sum(lettered)
    others = sum(map(len, words)) - length
    if not letters:
        return True
    lowest, highest = (length + total - letters) / total, (length + others) / letters
    symbols = max(text.count("#"), text.count("...") + text.count("…"))
    has_marked_lines = any(line.lstrip().startswith(("•", "-")) for line in text.splitlines())
    return (
        has_marked_lines
        or "..." in text
        or "…" in text
        or symbols > rules.max_symbol_word_ratio * total
        or lowest < rules.min_mean_word_length
        or highest > (rules.max_mean_word_length or float("inf"))
        or letters < rules.min_alphabetic_word_share * total
        or len(STOP_WORDS.intersection(words)) < rules.min_stop_words
    )


def _find_repeats(grams: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which n-grams stood before, shape as given."""
    is_repeated = np.ones(len(grams), dtype=np.bool_)
    is_repeated[np.unique(grams, return_index=True)[1]] = False
    return is_repeated


def may_repeat(text: str, words: list[str], rules: QualityRules) -> bool:
    """False where no rule of `GopherRepetitionFilter` on n-grams drops the text.

    Repeated n-grams lie within repeated m-grams of the smallest m asked about, so the characters
    of those are the most that any rule can count. The most common n-gram is no more frequent than
    the most common m-gram.
    """
    lengths = np.array([len(word) for word in words], dtype=np.int64)
    if rules.max_duplicate_gram_shares:
        smallest = min(n for n, _ in rules.max_duplicate_gram_shares)
        least = min(share for _, share in rules.max_duplicate_gram_shares)
        if len(words) >= smallest:
            repeats = _find_repeats(hash_grams(words, smallest))
            covered = np.convolve(repeats, np.ones(smallest, dtype=np.int64)) > 0
            if int(lengths[covered].sum()) > least * len(text):
                return True
    return _may_have_top_gram(text, words, lengths, rules)


def _may_have_top_gram(
    text: str, words: list[str], lengths: NDArray[np.int64], rules: QualityRules
) -> bool:
    sizes = [n for n, _ in rules.max_top_gram_shares if n <= len(words)]
    if not sizes:
        return False
    most = int(np.unique(hash_grams(words, min(sizes)), return_counts=True)[1].max())
    for n, share in rules.max_top_gram_shares:
        if n <= len(words):
            longest = int(np.convolve(lengths, np.ones(n, dtype=np.int64), "valid").max()) + n - 1
            if most * longest > share * len(text):
                return True
    return False
