"""What a web page holds beside its text: notices, menus, links, filler; English and Chinese.

In the manner of C4's line rules (arXiv:1910.10683), Gopher's (arXiv:2112.11446, table A1) and
FineWeb's (arXiv:2406.17557), but for material that a teacher is shown, never for text that is
published: a line of a menu is taken out, and a page that is mostly such lines is not used.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from builders.text_keys import CJK
from distilabel_pipelines.rows import Language

_PATTERNS = Path(__file__).parent / "boilerplate.toml"
_LONG_LINE = 250  # characters; a longer line is a paragraph that may well speak of cookies
_LINK = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w{2,}")
_SEPARATOR = re.compile(r"\s[|»›>•·/]\s|[｜»›•]")
_LETTER = re.compile(rf"[^\W\d_]|[{CJK}]")
_SENTENCE_MARK = re.compile(r"[.!?…][\"')\]”’*]*(?:\s|$)|[。！？；…]")
_WORD = re.compile(rf"[{CJK}]|[^\W_]+")
_ENGLISH = re.compile(r"\b(?:the|be|to|of|and|that|have|with|is|in|for|you)\b", re.IGNORECASE)
_LEAST_ENGLISH_WORDS = 40
_LEAST_FUNCTION_WORDS = 3
_LEAST_OFFERS = 2
_MOST_CAPITALS = 0.3


class _Patterns(NamedTuple):
    """`boilerplate.toml`, compiled."""

    filler: re.Pattern[str]
    advertising: re.Pattern[str]
    notices: dict[str, re.Pattern[str]]
    back_matter: re.Pattern[str]


@cache
def _read_patterns() -> _Patterns:
    table = tomllib.loads(_PATTERNS.read_text(encoding="utf-8"))
    return _Patterns(
        _compile_any(table["filler"]),
        _compile_any(table["advertising"]),
        {name: _compile_any(patterns) for name, patterns in table["notices"].items()},
        _compile_any(table["textbooks"]["back_matter"]),
    )


def _compile_any(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


class CleanedText(NamedTuple):
    """The text without lines of boilerplate; `removed_share` of the characters, and the first kind
    of line that was removed, "" for none."""

    text: str
    removed_share: float
    first_kind: str


def remove_boilerplate_lines(text: str) -> CleanedText:
    """Take out lines that are notices, menus or links, and repetitions of long lines. Pure."""
    kept: list[str] = []
    seen: set[str] = set()
    first_kind = ""
    removed = 0
    for line in text.splitlines():
        kind = _find_line_kind(line.strip(), seen)
        if kind:
            removed += len(line.strip())
            first_kind = first_kind or kind
        else:
            kept.append(line)
    characters = sum(len(line.strip()) for line in text.splitlines())
    return CleanedText("\n".join(kept), removed / characters if characters else 0.0, first_kind)


def _find_line_kind(line: str, seen: set[str]) -> str:
    if not line:
        return ""
    if len(line) > 20:
        if line in seen:
            return "repeated line"
        seen.add(line)
    if _share_of_links(line) > 0.5:
        return "links"
    if _looks_like_menu(line):
        return "navigation"
    if len(line) > _LONG_LINE:
        return ""
    notices = _read_patterns().notices.items()
    return next((name for name, pattern in notices if pattern.search(line)), "")


def _looks_like_menu(line: str) -> bool:
    parts = _SEPARATOR.split(line)
    # A row of a Markdown table begins and ends with its separator.
    if len(parts) < 4 or line.startswith("|") or _SENTENCE_MARK.search(line):
        return False
    return sum(map(len, parts)) / len(parts) < 25


def _share_of_links(text: str) -> float:
    return sum(len(link) for link in _LINK.findall(text)) / max(len(text), 1)


def find_page_fault(text: str) -> str | None:
    """Why a page is no text that could be retold, None for one that is. Pure."""
    if _read_patterns().filler.search(text):
        return "filler text"
    if (links := _share_of_links(text)) > 0.2:
        return f"mostly links ({links:.0%})"
    offers = {match.group().casefold() for match in _read_patterns().advertising.finditer(text)}
    if len(offers) >= _LEAST_OFFERS:
        return f"advertising ({', '.join(sorted(offers)[:3])})"
    solid = re.sub(r"\s", "", text)
    letters = len(_LETTER.findall(solid)) / max(len(solid), 1)
    if letters < 0.6:
        return f"few letters ({letters:.0%})"
    capitals = sum(map(str.isupper, solid)) / max(len(solid), 1)
    if capitals > _MOST_CAPITALS:
        return f"capital letters ({capitals:.0%})"
    return None


def find_language_fault(text: str, language: Language) -> str | None:
    """Why a text that `detect_language` takes for English is in another language with Latin letters
    (or no sentences at all): English without its function words is none (Gopher's rule)."""
    if language != "en" or len(_WORD.findall(text)) < _LEAST_ENGLISH_WORDS:
        return None
    different = {word.lower() for word in _ENGLISH.findall(text)}
    if len(different) >= _LEAST_FUNCTION_WORDS:
        return None
    return f"{len(different)} of the commonest English words"


def share_of_prose(text: str) -> float:
    """The share of characters that stand in lines with a finished sentence, 0 to 1."""
    lines = [line.strip() for line in text.splitlines()]
    prose = sum(len(line) for line in lines if _SENTENCE_MARK.search(line))
    return prose / max(sum(map(len, lines)), 1)


def is_back_matter(headings: str) -> bool:
    """Whether a heading of a textbook section, or one it stands under, names no subject."""
    return any(
        _read_patterns().back_matter.fullmatch(part.strip()) for part in headings.split(" > ")
    )
