"""Markdown taken apart: what is a table, a heading, a list item, a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Literal, NamedTuple

from builders.text_keys import CJK
from distilabel_pipelines.rows import Language

_LEAST_WORDS = {"en": 4, "zh": 6}  # of a sentence; "Introduction." and "小结。" are none
_LONG_WORDS = {"en": 12, "zh": 16}  # more than a heading has

_TABLE_LINE = re.compile(r"^[ \t]*\|[^\n]*\|[ \t]*$\n?", re.MULTILINE)
_RULE = re.compile(r"[\s|:=_*+-]*")
_HEADING = re.compile(r"#{1,6}(?:\s|$)|\*\*[^*\n]{1,120}\*\*[:：]?\s*$|__[^_\n]{1,120}__\s*$")
_ITEM = re.compile(
    r"(?:[-*+•·▪◦]|\(?\d{1,3}[.)、．]|[（(]\d{1,3}[)）]|[①-⑳]|[一二三四五六七八九十]{1,3}、"
    r"|[（(][一二三四五六七八九十]{1,3}[)）]|[A-Za-z][.)])\s*"
)
_SENTENCE_END = re.compile(r"""[.!?](?=[\s"'”’)\]*_]|$)""")
_WIDE_ENDS = frozenset("。！？；…")
_FORMULA = re.compile(r"\d\s*=|=\s*-?\d|\$[^$\n]+\$|\\[(\[]|\\begin")
_WORD = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")


class Form(NamedTuple):
    """What a text is made of: signs (white space left out) and lines."""

    sentence_signs: int
    signs: int
    table_rows: int
    items: int

    @property
    def sentence_share(self) -> float:
        """Share of the signs that stand in sentences, 0 to 1."""
        return self.sentence_signs / self.signs if self.signs else 0.0


def strip_tables(text: str) -> str:
    """The text without the lines of its Markdown tables."""
    return _TABLE_LINE.sub("", text) if "|" in text else text


def _count_signs(text: str) -> int:
    return len("".join(text.split()))


def _has_words(text: str, count: int) -> bool:
    """So many words or CJK characters; no more of them are looked for."""
    return sum(1 for _ in islice(_WORD.finditer(text), count)) == count


def _find_last_end(text: str) -> int:
    """The place behind the last full stop of a line; 0 for none. Found from the end."""
    for place in range(len(text) - 1, -1, -1):
        sign = text[place]
        if sign in _WIDE_ENDS or (sign in ".!?" and _SENTENCE_END.match(text, place)):
            return place + 1
    return 0


def _count_sentence_signs(text: str, language: Language) -> int:
    """Signs from the beginning to the last full stop, if there are words enough; all of a long
    text without one, since items of a list often end without."""
    last = _find_last_end(text)
    if not last and _has_words(text, _LONG_WORDS[language]):
        last = len(text)
    if not last or not _has_words(text[:last], _LEAST_WORDS[language]):
        return 0
    return _count_signs(text[:last])


def _holds_formula(text: str) -> bool:
    may_hold = "=" in text or "$" in text or "\\" in text
    return may_hold and _FORMULA.search(text) is not None


def _is_filled(row: str) -> bool:
    """A table row with two cells or more that hold something."""
    cells = [cell for cell in row.strip().strip("|").split("|") if _WORD.search(cell)]
    return len(cells) >= 2


def _join_lines(text: str) -> Iterator[tuple[Literal["heading", "row", "item", "text"], str]]:
    """(kind, text) of each heading, table row, list item and paragraph; rules are left out."""
    paragraph: list[str] = []
    for line in [*text.splitlines(), ""]:
        bare = line.strip().lstrip("> ")
        marker = _ITEM.match(bare)
        is_row, is_heading = bare.startswith("|"), bool(_HEADING.match(bare))
        if paragraph and (not bare or marker or is_row or is_heading):
            yield "text", " ".join(paragraph)
            paragraph = []
        if _RULE.fullmatch(bare):
            continue
        if is_row or is_heading:
            yield ("row" if is_row else "heading"), bare
        elif marker:
            yield "item", bare[marker.end() :]
        else:
            paragraph.append(bare)


def read_form(text: str, language: Language) -> Form:
    """Count what the text holds; pure. A table's first row is its heading and no row.

    An item is a line under a list marker with four words (six CJK characters) or more, or one that
    holds a formula.
    """
    sentence_signs = signs = rows = items = 0
    before = ""
    for kind, part in _join_lines(text):
        signs += _count_signs(part)
        if kind == "row":
            rows += before == "row" and _is_filled(part)
        elif kind != "heading":
            sentence_signs += _count_sentence_signs(part, language)
            is_fact = kind == "item" and _has_words(part, _LEAST_WORDS[language])
            items += is_fact or _holds_formula(part)
        before = kind
    return Form(sentence_signs, signs, rows, items)
