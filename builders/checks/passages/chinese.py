"""Gopher's and C4's rules that count words and sentences, for Chinese: by characters and marks.

No segmenter: a word has 1.7 characters. Rules on lines (FineWeb, Gopher's repeated lines) are
datatrove's in both languages; repeated n-grams are the business of `looping`.
"""

from __future__ import annotations

import re

from builders.checks.passages.rules import QualityRules
from builders.checks.passages.screens import count_sentences
from builders.text_keys import CJK

# Function characters: of 588 real answers 580 hold two or more of them, the others list names.
STOP_CHARACTERS = frozenset("的是在了和有不这为与以中上也就而等个")
_CHARACTERS_A_WORD = 1.7

_CJK_RUN = re.compile(f"[{CJK}]+")


def find_chinese_fault(text: str, rules: QualityRules) -> str | None:
    """The first rule that the text breaks, its value and threshold; None for none. Pure."""
    signs = len("".join(text.split()))
    characters = sum(map(len, _CJK_RUN.findall(text)))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    bullets = sum(line.startswith(("•", "-", "·")) for line in lines) / max(1, len(lines))
    endings = sum(line.endswith(("...", "…")) for line in lines) / max(1, len(lines))
    words = characters / _CHARACTERS_A_WORD
    symbols = max(text.count("#"), text.count("...") + text.count("……")) / max(1.0, words)
    stop_words = len(STOP_CHARACTERS.intersection(text))
    sentences = count_sentences(text, rules.min_sentences)
    for name, value, most in (
        ("max_symbol_word_ratio", symbols, rules.max_symbol_word_ratio),
        ("max_bullet_line_share", bullets, rules.max_bullet_line_share),
        ("max_ellipsis_line_share", endings, rules.max_ellipsis_line_share),
    ):
        if most and value > most:
            return f"Chinese: {name} {value:.2f} (threshold {most})"
    for name, value, least in (
        ("min_alphabetic_word_share", characters / max(1, signs), rules.min_alphabetic_word_share),
        ("min_stop_words", stop_words, rules.min_stop_words),
        ("min_sentences", sentences, rules.min_sentences),
    ):
        if value < least:
            return f"Chinese: {name} {value:.2f} (threshold {least})"
    if rules.reject_placeholders and "lorem ipsum" in text.lower():
        return "Chinese: reject_placeholders, lorem ipsum"
    return None
