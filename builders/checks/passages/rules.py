"""Thresholds of the quality filters, a set for each group of formats and each language.

The rules are those of Gopher (arXiv:2112.11446, appendix A.1.1 and table A1), C4 (JMLR 21/140,
section 2.2) and FineWeb (arXiv:2406.17557, section 3.4), as datatrove implements them. What a
format is made of is not held against it: a list has bullets, a table no sentences, mathematics no
letters. Everything is judged on a copy without code, formulas and tables.

English words are what stands between white space; Chinese is counted by characters, with thresholds
of its own. Of 588 real Chinese answers (alpaca_gpt4_zh, 80 characters or more, without refusals and
chat) 2% have characters for less than 0.4 of their signs, 5% for less than 0.55 (code, formulas in
plain text); 1.4% hold fewer than two function characters (lists of names), 2.6% fewer than two
sentences.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from builders.recipe_sections import RecipeSection

_Share = Annotated[float, Field(ge=0.0, le=1.0)]
_Number = Annotated[int, Field(ge=0)]
_Grams = tuple[tuple[Annotated[int, Field(ge=1)], Annotated[float, Field(gt=0.0, le=1.0)]], ...]


class QualityRules(RecipeSection):
    """All rules of one group, each with its threshold; 0 (or an empty list) turns a rule off."""

    min_mean_word_length: _Number = 0
    max_mean_word_length: _Number = 0
    max_symbol_word_ratio: Annotated[float, Field(ge=0.0)] = 0.1
    """`#` and, apart from it, ellipses, in relation to the words."""
    max_bullet_line_share: _Share = 0.0
    max_ellipsis_line_share: _Share = 0.3
    min_alphabetic_word_share: _Share = 0.0
    min_stop_words: _Number = 2
    """Different words of the eight most common ones that have to stand in the text (Gopher)."""

    max_duplicate_line_share: _Share = 0.3
    max_duplicate_line_character_share: _Share = 0.2
    max_duplicate_paragraph_share: _Share = 0.3
    max_duplicate_paragraph_character_share: _Share = 0.2
    max_top_gram_shares: _Grams = ()
    max_duplicate_gram_shares: _Grams = ()
    """Pairs of n and the largest share of signs in the most common, or in repeated, n-grams."""

    min_sentences: _Number = 0
    """So many sentences in lines that end as a sentence does (C4)."""
    max_code_share: _Share = 0.7
    """Largest share of the text's signs in fences of code."""
    reject_placeholders: bool = True
    """Reject "lorem ipsum" (C4)."""

    min_punctuated_line_share: _Share = 0.0
    max_short_line_share: _Share = 0.0
    short_line_characters: _Number = 30
    max_repeated_line_character_share: _Share = 0.0
    max_lines_per_word: Annotated[float, Field(ge=0.0)] = 0.0
    """The four rules of FineWeb."""


class EnglishProse(QualityRules):
    """Gopher's, C4's and FineWeb's own thresholds but for these: two sentences are enough (C4:
    five), and a tenth of the characters may stand in lines that come again (FineWeb: a hundredth),
    as the subheadings of a long text do."""

    min_mean_word_length: _Number = 3
    max_mean_word_length: _Number = 10
    max_bullet_line_share: _Share = 0.9
    min_alphabetic_word_share: _Share = 0.8
    max_top_gram_shares: _Grams = ((2, 0.2), (3, 0.18), (4, 0.16))
    max_duplicate_gram_shares: _Grams = (
        (5, 0.15),
        (6, 0.14),
        (7, 0.13),
        (8, 0.12),
        (9, 0.11),
        (10, 0.10),
    )
    min_sentences: _Number = 2
    min_punctuated_line_share: _Share = 0.12
    max_short_line_share: _Share = 0.67
    max_repeated_line_character_share: _Share = 0.1
    max_lines_per_word: Annotated[float, Field(ge=0.0)] = 0.3


class ChineseProse(QualityRules):
    """The same by characters: a line is short up to 15 of them, 0.18 lines a character are 0.3 a
    word. Repeated n-grams are the business of `looping`, which counts them in Chinese too."""

    max_bullet_line_share: _Share = 0.9
    min_alphabetic_word_share: _Share = 0.4
    min_sentences: _Number = 2
    min_punctuated_line_share: _Share = 0.12
    max_short_line_share: _Share = 0.67
    short_line_characters: _Number = 15
    max_repeated_line_character_share: _Share = 0.1
    max_lines_per_word: Annotated[float, Field(ge=0.0)] = 0.18


class EnglishSteps(QualityRules):
    """FAQ, wikihow, tutorial: lists, short lines and repeated phrases are their form."""

    max_code_share: _Share = 0.85
    min_mean_word_length: _Number = 3
    max_mean_word_length: _Number = 10
    min_alphabetic_word_share: _Share = 0.7
    max_top_gram_shares: _Grams = ((2, 0.2), (3, 0.18), (4, 0.16))
    max_duplicate_gram_shares: _Grams = ((5, 0.25), (8, 0.2), (10, 0.18))
    min_sentences: _Number = 2
    min_punctuated_line_share: _Share = 0.12


class ChineseSteps(QualityRules):
    """The same for Chinese, where a list of orders ("清洗锅底。") may do without function words."""

    max_code_share: _Share = 0.85
    min_stop_words: _Number = 1
    min_alphabetic_word_share: _Share = 0.3
    min_sentences: _Number = 2
    min_punctuated_line_share: _Share = 0.12


class EnglishData(QualityRules):
    """Table and knowledge list: what is left beside the tables may be a title alone."""

    min_stop_words: _Number = 0


class ChineseData(EnglishData):
    """The same for Chinese."""


class EnglishMathematics(QualityRules):
    """Problems with solutions: the same short lines ("Solution.") and phrases come again and
    again, and few words stand between the formulas."""

    max_symbol_word_ratio: Annotated[float, Field(ge=0.0)] = 0.0
    min_stop_words: _Number = 0
    max_duplicate_line_share: _Share = 0.5


class ChineseMathematics(EnglishMathematics):
    """The same for Chinese."""
