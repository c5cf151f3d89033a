"""datatrove's quality filters as judges (github.com/huggingface/datatrove), offline.

They are asked about a copy: `C4QualityFilter` rewrites the text of the document that it keeps.
Off are its rule against curly brackets, which would drop all LaTeX, those that leave out lines on
cookies and JavaScript, a subject like any other in a textbook. It is shown every line up to its
last full stop, since it leaves out lines that end otherwise. What Gopher and C4 count in words and
sentences is counted for Chinese in `chinese`.

Only this module imports datatrove's filters (0.7 s), and only `quality` imports it, when the first
passage comes. Gopher's filters take 2.6 ms a text, so they are asked only where a bound of
`screens` does not rule their "no" out.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.utils.word_tokenizers import WordTokenizer

from builders.checks.passages.prose import copy_lines
from builders.checks.passages.rules import QualityRules
from builders.checks.passages.screens import (
    cut_after_sentences,
    find_sentences,
    may_fail_c4,
    may_fail_quality,
    may_repeat,
    may_repeat_lines,
    split_words,
)
from distilabel_pipelines.rows import Language


class PassageTokenizer(WordTokenizer):  # type: ignore[misc]  # datatrove is untyped for us
    """Words and sentences of `screens`; no dictionary, no download."""

    def __init__(self, language: Language) -> None:
        super().__init__(language)
        self._words_of = language

    def word_tokenize(self, text: str) -> list[str]:
        """Words by white space; in Chinese characters, words between them and marks."""
        return split_words(text, self._words_of)

    def sent_tokenize(self, text: str) -> list[str]:
        """Complete sentences."""
        return [text[start:end] for start, end in self.span_tokenize(text)]

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        """(start, end) of each complete sentence."""
        return find_sentences(text)


_LEAST_LINES = 4  # for shares of lines to say anything: an article may be one long line

# FineWeb's own would not take a line of dialogue, which ends in a quotation mark, for a sentence.
_LINE_ENDS = tuple(
    mark + closing
    for mark in (".", "!", "?", "…", "。", "！", "？", "；", ";")
    for closing in ("", '"', "'", ")", "）", "]", "」", "』", '")')
)

# One instance each: datatrove caches tokens by the tokenizer's identity and never lets go of it.
_TOKENIZERS: dict[Language, WordTokenizer] = {
    "en": PassageTokenizer("en"),
    "zh": PassageTokenizer("zh"),
}


@lru_cache(maxsize=32)
def _make_quality(rules: QualityRules) -> GopherQualityFilter:
    return GopherQualityFilter(
        min_doc_words=0,  # the length was looked at before
        max_doc_words=0,
        min_avg_word_length=rules.min_mean_word_length,
        max_avg_word_length=rules.max_mean_word_length,
        max_symbol_word_ratio=rules.max_symbol_word_ratio,
        max_bullet_lines_ratio=rules.max_bullet_line_share,
        max_ellipsis_lines_ratio=rules.max_ellipsis_line_share,
        max_non_alpha_words_ratio=rules.min_alphabetic_word_share,
        min_stop_words=rules.min_stop_words,
        language=_TOKENIZERS["en"],
    )


@lru_cache(maxsize=32)
def _make_line_repetition(rules: QualityRules, language: Language) -> GopherRepetitionFilter:
    return GopherRepetitionFilter(
        dup_line_frac=rules.max_duplicate_line_share,
        dup_line_char_frac=rules.max_duplicate_line_character_share,
        dup_para_frac=rules.max_duplicate_paragraph_share,
        dup_para_char_frac=rules.max_duplicate_paragraph_character_share,
        top_n_grams=(),
        dup_n_grams=(),
        language=_TOKENIZERS[language],
    )


@lru_cache(maxsize=32)
def _make_gram_repetition(rules: QualityRules, language: Language) -> GopherRepetitionFilter:
    return GopherRepetitionFilter(
        dup_line_frac=0,
        dup_line_char_frac=0,
        dup_para_frac=0,
        dup_para_char_frac=0,
        top_n_grams=rules.max_top_gram_shares,
        dup_n_grams=rules.max_duplicate_gram_shares,
        language=_TOKENIZERS[language],
    )


@lru_cache(maxsize=32)
def _make_c4(rules: QualityRules) -> C4QualityFilter:
    return C4QualityFilter(
        remove_citations=False,
        min_num_sentences=rules.min_sentences or -1,
        filter_lorem_ipsum=rules.reject_placeholders,
        filter_javascript=False,
        filter_curly_bracket=False,
        filter_policy=False,
        language=_TOKENIZERS["en"],
    )


@lru_cache(maxsize=32)
def _make_fineweb(rules: QualityRules, language: Language) -> FineWebQualityFilter:
    return FineWebQualityFilter(
        line_punct_thr=rules.min_punctuated_line_share,
        stop_chars=_LINE_ENDS,
        short_line_thr=rules.max_short_line_share or 1.0,
        short_line_length=rules.short_line_characters,
        char_duplicates_ratio=rules.max_repeated_line_character_share or 1.0,
        new_line_ratio=rules.max_lines_per_word or float("inf"),
        language=_TOKENIZERS[language],
    )


def _choose_filters(
    text: str, rules: QualityRules, language: Language
) -> Iterator[tuple[str, str, BaseFilter]]:
    """(name, copy to judge, filter) of each filter that could drop the text, in a fixed order."""
    words = split_words(text, language)
    if language == "en":
        if may_fail_c4(text, rules):
            yield "C4", cut_after_sentences(text), _make_c4(rules)
        if may_fail_quality(text, words, rules):
            yield "Gopher quality", text, _make_quality(rules)
    if text.count("\n") >= _LEAST_LINES - 1:
        yield "FineWeb", text, _make_fineweb(rules, language)
    if may_repeat_lines(text):
        yield "Gopher repetition", text, _make_line_repetition(rules, language)
    if may_repeat(text, words, rules):
        yield "Gopher repetition", text, _make_gram_repetition(rules, language)


def find_filter_fault(prose: str, text: str, rules: QualityRules, language: Language) -> str | None:
    """The first filter that drops the text, its reason and threshold; None where all keep it.

    `prose` is the copy of `text` to judge; it holds a letter or digit at least. A line or paragraph
    that stands twice in it is looked at again with its formulas, which may differ. Pure.
    """
    repeated_lines = _make_line_repetition(rules, language)
    for name, copy, one in _choose_filters(prose, rules, language):
        answer = one.filter(Document(text=copy, id=""))  # C4 rewrites its document
        if answer is not True and one is repeated_lines:
            answer = one.filter(Document(text=copy_lines(text), id=""))
        if answer is not True:
            reason = answer[1]
            return f"{name}: {reason} (threshold {_find_threshold(reason, rules)})"
    return None


_THRESHOLDS = {
    "gopher_below_avg_threshold": "min_mean_word_length",
    "gopher_above_avg_threshold": "max_mean_word_length",
    "gopher_too_many_hashes": "max_symbol_word_ratio",
    "gopher_too_many_ellipsis": "max_symbol_word_ratio",
    "gopher_too_many_bullets": "max_bullet_line_share",
    "gopher_too_many_end_ellipsis": "max_ellipsis_line_share",
    "gopher_below_alpha_threshold": "min_alphabetic_word_share",
    "gopher_enough_stop_words": "min_stop_words",
    "dup_line_frac": "max_duplicate_line_share",
    "dup_line_char_frac": "max_duplicate_line_character_share",
    "dup_para_frac": "max_duplicate_paragraph_share",
    "dup_para_char_frac": "max_duplicate_paragraph_character_share",
    "too_few_sentences": "min_sentences",
    "lorem_ipsum": "reject_placeholders",
    "line_punct_ratio": "min_punctuated_line_share",
    "short_line_ratio": "max_short_line_share",
    "char_dup_ratio": "max_repeated_line_character_share",
    "list_ratio": "max_lines_per_word",
}


def _find_threshold(reason: str, rules: QualityRules) -> str:
    if reason in _THRESHOLDS:
        return f"{_THRESHOLDS[reason]} = {getattr(rules, _THRESHOLDS[reason])}"
    kind = "max_top_gram_shares" if reason.startswith("top_") else "max_duplicate_gram_shares"
    n = int(reason.split("_")[1])  # top_2_gram, duplicated_5_n_grams
    return f"{kind}: {dict(getattr(rules, kind))[n]} for n = {n}"
