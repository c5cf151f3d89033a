"""Words and sentences as the judges see them, and bounds that spare asking a judge.

A bound is exact in one direction: where it says no, the filter of datatrove would keep the text.
Nearly all good texts need no more, at a fifth of the filters' time.
"""

from __future__ import annotations

import re
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from builders.checks.passages.rules import QualityRules
from builders.checks.repetition import hash_grams, number_tokens
from distilabel_pipelines.rows import Language

# The eight of Gopher, which datatrove looks for in lower case.
STOP_WORDS = frozenset(["the", "be", "to", "of", "and", "that", "have", "with"])

_SENTENCE_END = re.compile(r"[.!?]+[\"'”’)\]*_]*(?=\s|\Z)|[。！？；…]+[\"'”’」』）)*_]*")
_C4_END = re.compile(r"(?:(?<!\.\.)\.|[?!\"'])\Z")
_LINE_BREAKS = re.compile(r"\n+")
_LETTER = re.compile(r"[^\W\d_]")


def split_words(text: str, language: Language) -> list[str]:
    """Words by white space (as in Gopher); in Chinese every character and sign is one."""
    return list("".join(text.split())) if language == "zh" else text.split()


def find_sentences(text: str) -> list[tuple[int, int]]:
    """(start, end) of each complete sentence: one that its mark ends."""
    ends = [found.end() for found in _SENTENCE_END.finditer(text)]
    return list(zip([0, *ends][: len(ends)], ends, strict=True))


def count_sentences(text: str, most: int) -> int:
    """How many complete sentences stand in the text; no more than `most` are looked for."""
    return sum(1 for _ in islice(_SENTENCE_END.finditer(text), most))


def _cut_line(line: str) -> tuple[str, int]:
    """The line up to its last complete sentence, and how many it has; ("", 0) for none.

    Brackets and emphasis behind the full stop are cut off: C4 knows quotation marks there alone.
    """
    ends = [found.end() for found in _SENTENCE_END.finditer(line)]
    return (line[: ends[-1]].rstrip("*_)]）"), len(ends)) if ends else ("", 0)


def cut_after_sentences(text: str) -> str:
    """Each line up to its last complete sentence; lines without one are left out."""
    lines = (_cut_line(line)[0] for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def may_fail_quality(text: str, words: list[str], rules: QualityRules) -> bool:
    """False where `GopherQualityFilter` keeps the text.

    The words with a letter are among those that are more than signs, whose mean length it takes.
    """
    lettered = [len(word) for word in words if word.isalpha() or _LETTER.search(word)]
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


def may_fail_c4(text: str, rules: QualityRules) -> bool:
    """False where `C4QualityFilter` keeps the text cut after its sentences: it counts those in
    lines of three words or more."""
    if rules.reject_placeholders and "lorem ipsum" in text.lower():
        return True
    found = 0
    for line in text.splitlines():
        if found >= rules.min_sentences:
            return False
        cut, count = _cut_line(line)
        words = cut.split()
        if len(words) >= 3 and max(map(len, words)) <= 1000 and _C4_END.search(cut):
            found += count
    return found < rules.min_sentences


def may_repeat_lines(text: str) -> bool:
    """False where no rule of `GopherRepetitionFilter` on lines and paragraphs drops the text: all
    its lines differ, hence its paragraphs."""
    lines = _LINE_BREAKS.split(text)
    return len(set(lines)) < len(lines)


def may_repeat(text: str, words: list[str], rules: QualityRules) -> bool:
    """False where no rule of `GopherRepetitionFilter` on n-grams drops the text.

    The words of repeated n-grams hold all the characters that a rule on those can count; the most
    common n-gram is no more frequent than the most common m-gram for m < n. What a smaller n
    rules out is not counted for a larger one.
    """
    top, repeated = rules.max_top_gram_shares, rules.max_duplicate_gram_shares
    if not top and not repeated:
        return False
    numbers = number_tokens(words)
    lengths = np.array([len(word) for word in words], dtype=np.int64)
    if repeated:
        smallest, least = min(n for n, _ in repeated), min(share for _, share in repeated)
        if _count_repeated(numbers, lengths, smallest) > least * len(text) and any(
            _count_repeated(numbers, lengths, n) > share * len(text) for n, share in repeated
        ):
            return True
    if not top:
        return False
    most = _count_top_gram(numbers, min(n for n, _ in top))
    return any(
        most * _measure_longest(lengths, n) > share * len(text)
        and _count_top_gram(numbers, n) * _measure_longest(lengths, n) > share * len(text)
        for n, share in top
    )


def _count_repeated(numbers: NDArray[np.uint64], lengths: NDArray[np.int64], n: int) -> int:
    """Characters of the words that stand in an n-gram that stood before."""
    if len(numbers) < n:
        return 0
    grams = hash_grams(numbers, n)
    in_order = np.sort(grams)
    if not (in_order[1:] == in_order[:-1]).any():
        return 0
    is_repeated = np.ones(len(grams), dtype=np.bool_)
    is_repeated[np.unique(grams, return_index=True)[1]] = False
    covered = np.convolve(is_repeated, np.ones(n, dtype=np.int64)) > 0
    return int(lengths[covered].sum())


def _count_top_gram(numbers: NDArray[np.uint64], n: int) -> int:
    """How often the most common n-gram stands."""
    if len(numbers) < n:
        return 0
    return int(np.unique(hash_grams(numbers, n), return_counts=True)[1].max())


def _measure_longest(lengths: NDArray[np.int64], n: int) -> int:
    """Characters of the longest n-gram, the spaces between its words included."""
    if len(lengths) < n:
        return 0
    return int(np.convolve(lengths, np.ones(n, dtype=np.int64), "valid").max()) + n - 1
