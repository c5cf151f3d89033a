"""What the recipe says about the checks of a pretraining build (its section `checks`)."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from builders.checks.passages import phrases
from builders.checks.passages.rules import (
    ChineseData,
    ChineseMathematics,
    ChineseProse,
    ChineseSteps,
    EnglishData,
    EnglishMathematics,
    EnglishProse,
    EnglishSteps,
    QualityRules,
)
from builders.recipe_sections import RecipeSection
from distilabel_pipelines.passages import BuiltInFormat
from distilabel_pipelines.rows import Language

FormatGroup = Literal["prose", "steps", "data", "mathematics"]
FORMAT_GROUPS: dict[BuiltInFormat, FormatGroup] = {
    "textbook_narrative": "prose",
    "textbook_academic": "prose",
    "blogpost": "prose",
    "story": "prose",
    "forum": "prose",
    "paraphrase": "prose",
    "wikihow": "steps",
    "tutorial": "steps",
    "faq": "steps",
    "table": "data",
    "knowledge_list": "data",
    "math": "mathematics",
}
_GROUPS: dict[str, FormatGroup] = {str(name): group for name, group in FORMAT_GROUPS.items()}

_Share = Annotated[float, Field(ge=0.0, le=1.0)]
_Count = Annotated[int, Field(ge=0)]


def _check_patterns(patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        try:
            matches_nothing = re.compile(pattern).match("") is not None
        except re.error as error:
            raise ValueError(
                f"{pattern!r} is no regular expression ({error}); mend it in [checks]"
            ) from error
        if matches_nothing:
            raise ValueError(f"{pattern!r} matches every text; make it ask for at least one sign")
    return patterns


_Patterns = Annotated[tuple[str, ...], AfterValidator(_check_patterns)]


class PassageCheckConfig(RecipeSection):
    """Thresholds and phrases of the checks. Patterns are regular expressions, case is ignored; an
    empty list, or 0, turns a check off."""

    min_words: _Count = 50
    """Least length of an English text; a CJK character in it is a word. Half of it outside code."""
    min_characters: _Count = 80
    """Least length of a Chinese text, white space left out."""

    self_descriptions: _Patterns = phrases.SELF_DESCRIPTIONS
    """The teacher speaks of itself, anywhere in the text outside quotation marks."""
    refusals: _Patterns = phrases.REFUSALS
    """At the text's beginning, or that of its first line under a heading."""
    openings: _Patterns = phrases.OPENINGS
    """Boilerplate at the same places."""
    closings: _Patterns = phrases.CLOSINGS
    """Boilerplate at the beginning of a sentence of the text's last lines."""
    closing_characters: _Count = 240
    """So many characters at the text's end are searched for closings."""
    formats_with_closings: tuple[str, ...] = ("forum",)
    """Formats in which "let me know if …" is part of the text."""

    echo_words: _Count = 12
    echo_characters: _Count = 24
    """Words (CJK characters) in a row that the text shares with the prompt's instruction."""
    max_material_share: _Share = 0.8
    """Largest share of the material's 8-grams that the text repeats, and of the text's 8-grams
    that it takes from there; 1 turns both off."""
    min_material_words: Annotated[int, Field(ge=8)] = 50
    """Material of fewer words (or CJK characters) may be repeated whole: a title, an idea."""

    min_sentence_share: _Share = 0.2
    """Least share of a prose text's signs that stand in sentences."""

    loop_min_characters: Annotated[int, Field(ge=50)] = 160
    loop_min_repeats: Annotated[int, Field(ge=2)] = 4
    """A loop at the text's end: so many characters, so many repeats; for Chinese half of them."""
    loop_max_repeated_share: _Share = 0.25
    loop_max_repeated_share_structured: _Share = 0.4
    """Largest share of a text that stood in it before (by grams of 64 characters in English, 16 in
    Chinese), in prose and own formats, where digits are masked, and in the structured ones."""

    min_language_share: _Share = 0.95
    min_language_share_zh: _Share = 0.6
    """Least share of the letters in the prompt's language; Chinese texts quote more English."""
    language_min_letters: _Count = 20
    """So many letters of another language at least: a quoted word is no mixing."""
    min_function_word_share: _Share = 0.05
    """Least share of "the", "of", "and"… in English but for lists and tables."""
    max_foreign_word_share: _Share = 0.1
    """Largest share of "les", "und", "los"… in English text; 1 turns it off."""

    prose_en: EnglishProse = EnglishProse()
    prose_zh: ChineseProse = ChineseProse()
    steps_en: EnglishSteps = EnglishSteps()
    steps_zh: ChineseSteps = ChineseSteps()
    data_en: EnglishData = EnglishData()
    data_zh: ChineseData = ChineseData()
    mathematics_en: EnglishMathematics = EnglishMathematics()
    mathematics_zh: ChineseMathematics = ChineseMathematics()

    def find_rules(self, text_format: str, language: Language) -> QualityRules | None:
        """The quality filters of a format; None for one that is not ours."""
        group = find_group(text_format)
        if group is None:
            return None
        rules: QualityRules = getattr(self, f"{group}_{language}")
        return rules


def find_group(text_format: str) -> FormatGroup | None:
    """The group of a format; None for one that came with a source's own prompt."""
    return _GROUPS.get(text_format)
