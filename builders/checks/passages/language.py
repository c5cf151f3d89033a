"""Is a passage in its prompt's language? Code, formulas and tables are not looked at.

Scripts are told apart by their letters. English shares its letters with half of Europe, so that
English text is asked for English function words, and for not too many of other languages; Chinese
shares its characters with Japanese, which is known by its kana. Of 3,000 real English answers, web
pages, sections and solutions all but lists of names have 0.069 English function words or more, and
all but lists of letters and of foreign titles fewer than 0.05 foreign ones; of 1,280 real Chinese
answers one has a kana in ten characters.
"""

from __future__ import annotations

import re

from builders.checks.language import count_letters, share_of_letters
from builders.checks.passages.config import FormatGroup, PassageCheckConfig
from builders.checks.passages.function_words import ENGLISH, FOREIGN
from builders.checks.passages.prose import copy_prose
from builders.checks.passages.wrapping import unwrap_text
from distilabel_pipelines.rows import Language

_LETTER = re.compile(r"[^\W\d_]")
_NO_LATIN = re.compile("[Ͱ-\u1fff\u2e80-\U0010ffff]")
_HAN_RUN = re.compile("[㐀-䶿一-鿿豈-﫿\U00020000-\U0002ffff]+")
_KANA_OR_HANGUL_RUN = re.compile("[぀-ヿ가-힣]+")
# Scripts that `count_letters` does not know; one or two Greek letters are a formula's.
_OTHER_SCRIPT = re.compile("[Ͱ-Ͽἀ-῿԰-֏຀-࿿က-ᇿሀ-᳿]{3,}")
# é, ß, ł, ế and all of Greek and Cyrillic; no ª, µ or ².
_FOREIGN_LETTER = re.compile("[À-ÖØ-öø-ɏͰ-ԯḀ-ỿ]")
_MARKS = ".,;:!?\"'()[]*_“”‘’"
_LEAST_WORDS = 30  # fewer words do not tell
_LEAST_WORDS_DENSE = 100
_LEAST_WORDS_FOREIGN = 12
_LEAST_FOREIGN = 4
_MOST_KANA_SHARE = 0.15
_LEAST_HAN_SHARE = 0.1
_LEAST_LETTERS = 40


def _count(runs: re.Pattern[str], text: str) -> int:
    """Characters in the runs that the pattern finds: a fifth of the time of finding each."""
    return sum(map(len, runs.findall(text)))


def _is_plainly(text: str, language: Language, config: PassageCheckConfig) -> bool:
    """Whether the letters against the language are too few however they are counted: a bound that
    spares nearly every text the counting."""
    if language == "en":
        return text.isascii() or not _NO_LATIN.search(text)
    return _count(_HAN_RUN, text) >= config.min_language_share_zh * len(text)


def _find_wrong_script(text: str, language: Language, config: PassageCheckConfig) -> str | None:
    if _is_plainly(text, language, config):
        return None
    wanted, against = count_letters(text, language)
    if not text.isascii():
        against += sum(map(len, _OTHER_SCRIPT.findall(text)))
    share = share_of_letters(wanted, against)
    least = config.min_language_share_zh if language == "zh" else config.min_language_share
    if share < least and against >= config.language_min_letters:
        return f"{share:.0%} of the letters are {language}"
    return None


def _find_no_chinese(text: str, config: PassageCheckConfig) -> str | None:
    """Japanese and Korean, and texts with letters but next to no Chinese."""
    han, others = _count(_HAN_RUN, text), _count(_KANA_OR_HANGUL_RUN, text)
    if others >= config.language_min_letters and others > _MOST_KANA_SHARE * (han + others):
        return f"{others} of {han + others} characters are kana or hangul"
    if han >= _LEAST_HAN_SHARE * len(text):
        return None
    letters = sum(map(str.isalpha, text))
    if letters >= _LEAST_LETTERS and han < _LEAST_HAN_SHARE * letters:
        return f"{han} of {letters} letters are Chinese"
    return None


def _split_words(text: str) -> list[str]:
    return [word.strip(_MARKS) for word in text.split() if word.isalpha() or _LETTER.search(word)]


def _find_no_english(
    text: str, cells: str, config: PassageCheckConfig, group: FormatGroup | None
) -> str | None:
    """Too many foreign function words, or too few English ones; where next to nothing stands
    outside the tables, `cells` are looked at."""
    words = _split_words(text)
    if len(words) < _LEAST_WORDS_FOREIGN:
        words = _split_words(cells)
    foreign = sum(map(FOREIGN.__contains__, words))
    if not text.isascii() or not cells.isascii():
        foreign += sum(_is_accented(word) for word in words if word not in FOREIGN)
    known = sum(map(ENGLISH.__contains__, map(str.lower, words)))
    most = config.max_foreign_word_share
    if most < 1 and foreign >= _LEAST_FOREIGN and foreign > max(most * len(words), 0.75 * known):
        return f"{foreign} of {len(words)} words are function words of other languages"
    # Lists of names have few, and the steps of a proof; a long one says something of each.
    is_dense = group in {"data", "mathematics"}
    least_words, part = (_LEAST_WORDS_DENSE, 0.4) if is_dense else (_LEAST_WORDS, 1.0)
    if len(words) < least_words or known >= part * config.min_function_word_share * len(words):
        return None
    return f"{known} of {len(words)} words are English function words"


def _is_accented(word: str) -> bool:
    """A word in lower case with a letter that English has not; names are written large."""
    if word.isascii() or len(word) == 1 or not word[0].islower():
        return False
    return _FOREIGN_LETTER.search(word) is not None


def find_wrong_language(
    text: str, language: Language, config: PassageCheckConfig, *, group: FormatGroup | None
) -> str | None:
    """What speaks against the language, in words for the row's detail; None for nothing."""
    plain, cells = copy_prose(text), unwrap_text(text).text.replace("|", " ")
    if not any(character.isalpha() for character in plain):
        plain = cells
    found = _find_wrong_script(plain, language, config)
    if found or language == "zh":
        return found or _find_no_chinese(plain, config)
    return _find_no_english(plain, cells, config, group)
