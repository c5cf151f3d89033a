r"""The language of a text, English or Chinese, and how consistently a trace keeps to it.

LaTeX and code are taken away first: Chinese text full of LaTeX looks English by its letters
(without stripping 61% of such questions were right, with it ≥97%). The language-consistency
reward follows DeepSeek-R1 (arXiv:2501.12948, section 2.3.2), by letters instead of words, since
Chinese has no spaces.
"""

from __future__ import annotations

import re
from functools import lru_cache

from distilabel_pipelines.rows import Language

MIN_CHINESE_SHARE = 0.15  # of CJK characters and Latin words; names and units are Latin in Chinese

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
# Bounded: an opening that never closes would otherwise be searched for to the end, each time.
_MATHEMATICS = re.compile(
    r"\$\$.{1,1500}?\$\$|\$[^$\n]{1,400}\$|\\\[.{1,1500}?\\\]|\\\(.{1,1500}?\\\)"
    r"|\\begin\{([a-zA-Z*]{1,20})\}.{0,1500}?\\end\{\1\}",
    re.DOTALL,
)
_TEXT_COMMAND = re.compile(r"\\(?:text|textbf|mbox|mathrm)\s*\{([^{}]*)\}")
_COMMAND = re.compile(r"\\[A-Za-z]+(?:\s*\{[^{}一-鿿]{0,80}\})*")
_LINK = re.compile(r"https?://\S+|</?[a-z_]+>")

_CJK = re.compile("[㐀-䶿一-鿿豈-﫿\U00020000-\U0002ffff]")
_WORD = re.compile("[A-Za-zÀ-ÖØ-öø-ɏ]+")
_WIDE = re.compile("[，。？！：；（）、]")
_NOT_CHINESE_OR_LATIN = re.compile("[Ѐ-ӿ֐-ۿऀ-෿฀-๿぀-ヿ가-힯]")
# Three or more words in a row are English prose; one or two are a name, a unit, a variable.
_PROSE_WORD = r"(?:[A-Za-z]{2,}|[aI])(?:['’][a-z]+)?"  # s, t, r spelled out are no words
_PROSE = re.compile(rf"(?<![A-Za-z]){_PROSE_WORD}(?:[ ,;:-]{{1,3}}{_PROSE_WORD}){{2,}}(?![A-Za-z])")
# 戛纳电影节（Cannes Film Festival）: a name's original in brackets is no mixing.
_GLOSS = re.compile(r"(?<=[一-鿿*])\s*[(（][A-Za-z][A-Za-z0-9 .,'&-]{0,60}[)）]")
_LOWER_WORD = re.compile(r"(?<![A-Za-z_])[a-z]{4,}(?![A-Za-z_(=])")
_MATHEMATICAL_WORDS = frozenset(
    [
        "answer",
        "arccos",
        "arcsin",
        "arctan",
        "argmax",
        "argmin",
        "boxed",
        "ceil",
        "cent",
        "cents",
        "cosh",
        "degree",
        "degrees",
        "dollar",
        "dollars",
        "false",
        "feet",
        "floor",
        "foot",
        "frac",
        "gram",
        "grams",
        "hour",
        "hours",
        "inch",
        "inches",
        "liter",
        "liters",
        "litre",
        "litres",
        "mean",
        "meter",
        "meters",
        "metre",
        "metres",
        "miles",
        "minute",
        "minutes",
        "none",
        "null",
        "ounce",
        "pound",
        "pounds",
        "prod",
        "sinh",
        "sqrt",
        "tanh",
        "think",
        "true",
        "yard",
        "yards",
    ]
)


def strip_notation(text: str) -> str:
    r"""The prose alone: no code, no formulas, no LaTeX commands, no links, no tags.

    The words inside `\text{…}` outside a formula stay, since they are prose.
    """
    text = _CODE.sub(" ", text)
    text = _MATHEMATICS.sub(" ", text)
    text = _TEXT_COMMAND.sub(r" \1 ", text)
    return _LINK.sub(" ", _COMMAND.sub(" ", text))


def detect_language(text: str) -> Language:
    """`zh` where CJK characters are a fair share of the characters and words, else `en`.

    A Latin word weighs as much as one CJK character. A text without either is `en`.
    """
    prose = strip_notation(text)
    chinese = len(_CJK.findall(prose))
    if not chinese:
        # Chinese may stand inside `$…$` only, or leave nothing but its punctuation: 6 + 3 = ？
        chinese = len(_CJK.findall(text)) or (not _WORD.search(prose) and len(_WIDE.findall(text)))
        prose = ""
    words = len(_WORD.findall(prose))
    return "zh" if chinese and chinese / (chinese + words) >= MIN_CHINESE_SHARE else "en"


@lru_cache(maxsize=8)  # the gate and the reward ask for the same texts in turn
def count_letters(text: str, language: Language, question: str = "") -> tuple[int, int]:
    """(letters in the language, letters against it).

    For `en`, every CJK, Cyrillic, kana… letter counts against. For `zh`, Latin letters count only
    as English prose (three words in a row) or as single lower-case words of four letters or more
    that are no mathematics; names, units and variables do not count at all. What stands in the
    question itself never counts against: 数 strawberry 里的 r has to be spelled.
    """
    prose = strip_notation(text)
    foreign = [] if prose.isascii() else _NOT_CHINESE_OR_LATIN.findall(prose)
    chinese = [] if prose.isascii() else _CJK.findall(prose)
    if language == "en":
        asked = set(question)
        against = sum(letter not in asked for letter in [*chinese, *foreign])
        return sum(map(len, _WORD.findall(prose))), against
    prose = _GLOSS.sub(" ", prose)
    asked = {word.lower() for word in _WORD.findall(question)} | _MATHEMATICAL_WORDS
    runs = [_WORD.findall(run) for run in _PROSE.findall(prose)]
    words = [word for run in runs for word in run if word.lower() not in asked]
    words += [word for word in _LOWER_WORD.findall(_PROSE.sub(" ", prose)) if word not in asked]
    return len(chinese), sum(len(word) for word in words) + len(foreign)


def share_of_letters(wanted: int, against: int) -> float:
    """The first count's share of both; 1 where there are no letters at all."""
    return wanted / (wanted + against) if wanted + against else 1.0


def language_consistency(
    thought: str, answer: str, language: Language, question: str = ""
) -> float:
    """Share of the letters of thought and answer together in the question's language, 0 to 1."""
    in_thought = count_letters(thought, language, question)
    in_answer = count_letters(answer, language, question)
    return share_of_letters(in_thought[0] + in_answer[0], in_thought[1] + in_answer[1])
