"""Text in a figure: made safe for XML, measured without a font, cut to the room there is.

An SVG inside `<img>` is drawn with whatever sans-serif face the reader's machine has, so widths
are reckoned on the wide side: DejaVu Sans for Latin, one em for an East Asian wide character
(Unicode TR 11), more for emoji.
"""

from __future__ import annotations

import re
import unicodedata

from builders.card_text import show_invisible

MAX_CHARACTERS = 200  # no label needs more, and none is measured beyond
_NO_XML = re.compile("[\ufffe\uffff]")  # the rest of what XML forbids shows nothing
_SLIM = frozenset(" .,:;'|!()[]{}iljtfrI/-")
_BROAD = frozenset("mwMW@%—…")
_JOINER = "\u200d"


def clean_label(text: str) -> str:
    """One line that XML 1.0 can hold: white space folded, what shows nothing written out."""
    line = show_invisible(" ".join(text[:MAX_CHARACTERS].split()))
    shown = _NO_XML.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", line)
    return shown + "…" if len(text) > MAX_CHARACTERS else shown


def measure_text(text: str, size: float) -> float:
    """The width in pixels that the text takes at that font size, at most."""
    return size * sum(map(_measure_character, text))


def _measure_character(character: str) -> float:
    if character.isascii() or character in _BROAD:
        if character in _SLIM:
            return 0.42
        if character in _BROAD:
            return 1.0
        return 0.75 if character.isupper() else 0.64
    if _extends(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.4 if unicodedata.category(character) == "So" else 1.0
    return 0.8


def _extends(character: str) -> bool:
    """Whether the character belongs to the one before it: an accent, a joiner, a variant."""
    return character == _JOINER or unicodedata.category(character) in {"Mn", "Me"}


def cut_text(text: str, width: float, size: float) -> str:
    """The text, or as much of its beginning as fits with an ellipsis; never half a letter."""
    if measure_text(text, size) <= width:
        return text
    end, used = 0, measure_text(f"{text[0]}…", size)
    while used <= width:
        end += 1
        used += measure_text(text[end], size)
    while end > 0 and (_extends(text[end]) or text[end - 1] == _JOINER):
        end -= 1
    return text[:end].rstrip() + "…"


def split_label(text: str, width: float, size: float, lines: int = 3) -> list[str]:
    """The label on at most so many lines, broken after spaces, hyphens and underscores.

    The last line is cut to fit; so is a first one that has no place to break.
    """
    ends = [found.end() for found in re.finditer(r"[ _-]+", text)]
    fitting = [end for end in ends if measure_text(text[:end].rstrip(), size) <= width]
    if lines == 1 or not fitting or measure_text(text, size) <= width:
        return [cut_text(text, width, size)]
    rest = text[fitting[-1] :]
    return [
        text[: fitting[-1]].rstrip(),
        *(split_label(rest, width, size, lines - 1) if rest else []),
    ]
