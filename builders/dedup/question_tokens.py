"""A question as tokens: words, single CJK characters, numbers, operators; and its critical part.

    "小明有 3 个苹果，比小红多 2 个" → tokens 小 明 有 3 个 苹 果 比 小 红 多 2 个, critical 3 多 2

CJK text has no spaces, and a character is the smallest unit that needs no dictionary (jieba,
spaCy). Punctuation is dropped; what a formula needs (operators, its brackets) is kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from builders.dedup.critical_words import CRITICAL, LIGHT, NUMBERS
from builders.text_keys import CJK, normalise_text

CJK_WORDS_PER_CHARACTER = 0.6  # a Chinese word has about 1.7 characters

_POLITE = re.compile(
    r"^(?:please,? ?|(?:can|could|would|will) you |i (?:want|need) you to |tell me,? ?)+"
    r"|请问|^(?:请|你|麻烦|帮我|能不能|能|告诉我)+"
)
_SHORT_IS = re.compile(r"\b(what|who|where|that|it|there)'s\b")
_PERCENT = re.compile(r"(?<=\d) ?percent\b")
_SPELLINGS = [
    ("can't", "can not"),
    ("cannot", "can not"),
    ("won't", "will not"),
    ("n't", " not"),
    ("多少", "几"),
    ("一共", "共"),
    ("总共", "共"),
    ("共计", "共"),
    ("合计", "共"),
    ("目前", "现在"),
    ("如今", "现在"),
]
_LEXEME = re.compile(
    # Words first, they are most; CJK letters are \w too and stand alone.
    rf"(?P<word>[^\W\d_{CJK}]+(?:'[^\W\d_{CJK}]+)*)"
    r"|(?P<number>\d+(?:\.\d+)?|\.\d+)"
    # 小 is "small" except in the names and nouns that stories are full of (小明, 小时, 小学).
    r"|(?P<small>小(?![明红刚华丽军强芳亮兰王李张林时学组朋猫狗鸟鸡]))"
    rf"|(?P<cjk>[{CJK}])|(?P<command>\\[a-z]+)"
    r"|(?P<hyphen>(?:(?<=[^\W\d_]{2})|(?<=\d))[-/](?=[^\W\d_]{2})(?!.(?:sin|cos|tan|log|ln|lim)))"
    r"|(?P<ratio>(?<=\d):(?=\d))|(?P<factorial>(?<=[\d)a-z])!)|(?P<prime>(?<=\b[a-z])')"
    r"|(?P<bracket>[()\[\]{}])"
    r"|(?P<operator>[-+*/=%^|~&]|(?<=[^\W_])_(?=[^\W_]))|(?P<mark>[^\w\s])"
)
_FORMULA_NEIGHBOUR = re.compile(r"[\d+*/=<>^_|-]")
_YEAR = re.compile(r"(?:19|20)\d\d")
_NAME = re.compile(r"(?<=[a-z0-9,;:)] )[A-Z][\w'-]+")
_ENCLOSED = re.compile(r"[(\[{,][)\]},]")
_CJK_CHARACTER = re.compile(f"[{CJK}]")
_OPENING_BRACKETS = "([{"

_Role = Literal["number", "critical", "word", "bracket"]
_ROLES: dict[str, _Role] = {
    "number": "number",
    "small": "critical",
    "command": "critical",
    "ratio": "critical",
    "factorial": "critical",
    "prime": "critical",
    "operator": "critical",
    "bracket": "bracket",  # see _keep_formula_brackets
}


@dataclass(frozen=True, slots=True)
class QuestionTokens:
    """`tokens` in order; `critical` the numbers, operators, variables, negations… in order.

    `words` is the length in words (a CJK character counts 0.6), `numbers` how many numbers
    (years left out), `names` the words with a capital inside a sentence.
    """

    tokens: tuple[str, ...]
    critical: tuple[str, ...]
    words: float
    numbers: int
    names: frozenset[str]


def is_cjk_character(token: str) -> bool:
    """Whether the token is one CJK character."""
    return _CJK_CHARACTER.fullmatch(token) is not None


def _is_variable(text: str, match: re.Match[str]) -> bool:
    """Whether a lone letter is one; `a` and `i` are words unless a formula touches them."""
    around = text[max(match.start() - 1, 0) : match.start()] + text[match.end() : match.end() + 1]
    in_formula = _FORMULA_NEIGHBOUR.search(around) or _ENCLOSED.fullmatch(around)
    return match.group() not in "ai" or in_formula is not None


def _is_meaningful_mark(mark: str) -> bool:
    """Signs of mathematics and money, emoji; not `$`, which LaTeX puts around any formula."""
    return mark != "$" and unicodedata.category(mark) in ("Sm", "Sc", "So")


@lru_cache(maxsize=1 << 16)
def _classify(kind: str, token: str) -> tuple[_Role, str] | None:
    """Role and token of one lexeme, or None for what carries no meaning."""
    if kind == "number" and "." in token:
        return "number", token.rstrip("0").rstrip(".")
    if kind in _ROLES:
        return _ROLES[kind], token
    if kind == "mark":
        return ("critical", token) if _is_meaningful_mark(token) else None
    if token in NUMBERS:
        return "number", NUMBERS[token]
    if token in CRITICAL:
        return "critical", token
    return None if token in LIGHT or kind == "hyphen" else ("word", token)


def _split_lexemes(text: str) -> Iterator[tuple[_Role, str]]:
    for match in _LEXEME.finditer(text):
        kind, token = match.lastgroup or "", match.group()
        if kind == "word" and len(token) == 1 and _is_variable(text, match):
            yield "critical", token
        elif (lexeme := _classify(kind, token)) is not None:
            yield lexeme


def _keep_formula_brackets(lexemes: list[tuple[_Role, str]]) -> list[tuple[_Role, str]]:
    """(3+4)*2 keeps its brackets, (as we know) loses them: a word inside makes it prose."""
    if not any(role == "bracket" for role, _ in lexemes):
        return lexemes
    opened: list[int] = []
    prose: set[int] = set()
    for position, (role, token) in enumerate(lexemes):
        if role == "word" or token in CRITICAL:
            prose.update(opened)
        elif role == "bracket" and token in _OPENING_BRACKETS:
            opened.append(position)
        elif role == "bracket":
            start = opened.pop() if opened else -1
            if start in prose or start < 0:
                prose.add(position)
    prose.update(opened)
    return [lexeme for position, lexeme in enumerate(lexemes) if position not in prose]


def _unify_spelling(text: str) -> str:
    """Drop politeness, spell contractions out, one way to say 多少 and 一共."""
    text = _PERCENT.sub("%", _POLITE.sub("", text))
    if "'" in text:
        text = _SHORT_IS.sub(r"\1 is", text)
    for spelling, replacement in _SPELLINGS:
        text = text.replace(spelling, replacement)
    return text


def split_into_tokens(text: str) -> QuestionTokens:
    """Tokens of a text in any spelling; pure. A text without any token gives its own key."""
    key = normalise_text(text)
    spoken = _unify_spelling(key)
    lexemes = _keep_formula_brackets(list(_split_lexemes(spoken)))
    tokens = tuple([token for _, token in lexemes]) or (key or text.strip(),)
    characters = 0 if spoken.isascii() else sum(map(is_cjk_character, tokens))
    marked = [lexeme for lexeme in lexemes if lexeme[0] != "word"]
    return QuestionTokens(
        tokens=tokens,
        critical=tuple([CRITICAL.get(token, token) for _, token in marked]),
        words=len(tokens) - characters * (1 - CJK_WORDS_PER_CHARACTER),
        numbers=sum(role == "number" and not _YEAR.fullmatch(token) for role, token in marked),
        names=frozenset(name.casefold() for name in _NAME.findall(text)),
    )
