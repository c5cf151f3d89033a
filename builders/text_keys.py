"""The key under which two wordings are one text: differences that carry no meaning are removed.

Unicode normalisation is NFKC (Unicode Annex 15) with one repair: it would glue raised digits and
fractions to their neighbours, so that 10² read as 102 and 2½ as 21/2. Digits, operators and the
punctuation inside a text stay: "12 + 34" and "12 - 34" are two questions.
"""

from __future__ import annotations

import re
import unicodedata

CJK = (
    r"\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    r"\U00020000-\U0003134f"
)

_ONE_SPELLING = str.maketrans(
    {
        **dict.fromkeys("−‐‑‒–﹣", "-"),
        **dict.fromkeys("×⋅∙✕✖", "*"),
        **dict.fromkeys("÷⁄∕➗", "/"),
        "⩽": "≤",
        "⩾": "≥",
        **dict.fromkeys("‘’‛`´", "'"),
        **dict.fromkeys("“”„‟「」『』", '"'),
    }
)
_RAISED = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹ⁿⁱ⁺⁻]+")
_LOWERED = re.compile(r"[₀-₉]+")
_OTHER_NUMBER = re.compile(r"[¼-¾⅐-⅟①-⓿❶-➓㈠-㊰]")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
# Spaces that carry nothing: "12 + 34" and "12+34" are one text. A minus keeps its space unless both
# sides have one ("5 -3"), and so does a comma beside a digit, or "1, 200" would read as 1200.
_LOOSE_SPACE = re.compile(
    rf" (?:(?=[{CJK}])|(?<=[{CJK}] )|(?=[+*/=<>^≤≥≠%()\[\]{{}};:?!。、])"
    r"|(?<=[+*/=<>^≤≥≠%()\[\]{};:?!。、·] )|(?<=, )(?!\d)|(?<!\d )(?=,)|(?=- )|(?<= - ))"
)
_OPENING = re.compile(r"""^(?:[\s",;:?!…。、]|\.(?!\d))+""")
# A mark of exclamation after a digit, bracket or lone letter is a factorial and stays.
_CLOSING = re.compile(rf"""(?:[\s",.;:?…。、]|(?<=[^\W\d_][^\W\d_])!|(?<=[{CJK}.?!])!)+$""")


def _spell_out(text: str) -> str:
    """Raised 2 → ^2, lowered 2 → _2, ½ → 1/2, each set apart from its neighbours."""
    text = _RAISED.sub(lambda run: f"^{run.group()} ", text)
    text = _LOWERED.sub(lambda run: f"_{run.group()} ", text)
    return _OTHER_NUMBER.sub(lambda mark: f" {mark.group()} ", text)


def normalise_text(text: str) -> str:
    """Two texts with the same key differ only in width, case, spacing or the marks around them.

    Pure and idempotent. Thousands separators inside a number are dropped; letters are case-folded.
    An empty or purely decorative text gives "".
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _spell_out(_INVISIBLE.sub("", text)))
        text = unicodedata.normalize("NFKC", text.translate(_ONE_SPELLING).casefold())
    text = text.casefold()
    text = _THOUSANDS.sub(lambda number: number.group().replace(",", ""), text)
    text = _LOOSE_SPACE.sub("", " ".join(text.split()))
    return _CLOSING.sub("", _OPENING.sub("", text))
