"""Is a passage in its prompt's language? Code, formulas and tables are not looked at.

English and French share their letters, so that English prose is also asked for English function
words: more than a third of running English, under 2% of French, German or Spanish.
"""

from __future__ import annotations

import re

from builders.checks.language import count_letters, share_of_letters
from builders.checks.passages.config import PassageCheckConfig
from builders.checks.passages.forms import strip_tables
from distilabel_pipelines.rows import Language

_LETTER = re.compile(r"[^\W\d_]")
_FUNCTION_WORDS = frozenset(
    [
        "and",
        "are",
        "as",
        "be",
        "but",
        "by",
        "for",
        "from",
        "have",
        "how",
        "if",
        "in",
        "is",
        "it",
        "its",
        "not",
        "of",
        "or",
        "so",
        "that",
        "the",
        "their",
        "they",
        "this",
        "to",
        "was",
        "we",
        "what",
        "when",
        "which",
        "with",
        "you",
        "your",
    ]
)
_LEAST_WORDS = 30  # fewer words do not tell


def find_wrong_language(
    text: str, language: Language, config: PassageCheckConfig, *, is_prose: bool
) -> str | None:
    """What speaks against the language, in words for the row's detail; None for nothing."""
    plain = strip_tables(text)
    if not any(character.isalpha() for character in plain):
        plain = text
    wanted, against = count_letters(plain, language)
    share = share_of_letters(wanted, against)
    least = config.min_language_share_zh if language == "zh" else config.min_language_share
    if share < least and against >= config.language_min_letters:
        return f"{share:.0%} of the letters are {language}"
    if language == "zh" or not is_prose:
        return None
    found = [word for word in plain.lower().split() if _LETTER.search(word)]
    words, known = len(found), sum(word in _FUNCTION_WORDS for word in found)
    if words < _LEAST_WORDS or known >= config.min_function_word_share * words:
        return None
    return f"{known} of {words} words are English function words"
