"""Spaces that are lost (Thequickbrownfox) or stand between single letters or Chinese characters.

A server that joins tokens wrongly loses the spaces or sets one between all signs. Every measure is
a share of the text, so that a long name, a string of bases or a spelled word does no harm.
"""

from __future__ import annotations

import re

from builders.checks.passages.prose import copy_prose
from builders.text_keys import CJK

LONGEST_WORD = 20  # letters; of English words in use next to none but in chemistry is longer
_LEAST_GLUED = 60
_MOST_GLUED_SHARE = 0.1
_LEAST_WORDS = 50
_MOST_SINGLE_SHARE = 0.5
_SIGNS_A_WORD = 5  # white space included; English has six, Chinese thirty

_GLUED = re.compile(rf"[A-Za-zÀ-ɏ]{{{LONGEST_WORD + 1},}}")
_SPACED = re.compile(r"(?:\b[A-Za-z] +){4}")
_SPACED_CJK = re.compile(f"(?:[{CJK}] ){{6}}")
_CJK_BEFORE_SPACE = re.compile(f"[{CJK}](?= [{CJK}])")
_ONE_CJK = re.compile(f"[{CJK}]")


def _find_glued(text: str) -> str:
    glued = sum(map(len, _GLUED.findall(text)))
    letters = sum(map(str.isalpha, text))
    if glued < _LEAST_GLUED or glued <= _MOST_GLUED_SHARE * letters:
        return ""
    return f"{glued / letters:.0%} of the letters stand in words of more than {LONGEST_WORD}"


def _find_spaced(text: str) -> str:
    words = text.split()
    single = sum(len(word) == 1 and word.isalpha() and word.isascii() for word in words)
    if len(words) < _LEAST_WORDS or single <= _MOST_SINGLE_SHARE * len(words):
        return ""
    return f"{single} of {len(words)} words are single letters"


def _find_spaced_cjk(text: str) -> str:
    spaced, characters = len(_CJK_BEFORE_SPACE.findall(text)), len(_ONE_CJK.findall(text))
    if spaced <= _MOST_SINGLE_SHARE * characters:
        return ""
    return f"a space behind {spaced} of {characters} characters"


def find_wrong_spacing(text: str) -> str:
    """What is wrong with the spaces of the prose, in words; "" for nothing. Pure."""
    words = text.split()
    found = ""
    if max(map(len, words), default=0) > LONGEST_WORD and _GLUED.search(text):
        found = _find_glued(copy_prose(text))
    if found or _SIGNS_A_WORD * len(words) < len(text):
        return found
    if _SPACED.search(text):
        found = _find_spaced(copy_prose(text))
    if not found and _SPACED_CJK.search(text):
        found = _find_spaced_cjk(copy_prose(text))
    return found
