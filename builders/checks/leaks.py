"""A thought that knows the answer it should find.

Two signs, and never the number itself (a correct thought always contains it):

- the thought speaks of an answer that it was *given* ("the reference answer", 标准答案), while the
  question gives none;
- it shares a long span, word for word, with the reference solution, and the question does not
  hold that span.
"""

from __future__ import annotations

import re

_GIVEN = (  # "a given answer" is any answer, "the given answer" is one that was given
    r"(?:(?<=\bthe\s)|(?<=\bthis\s)|(?<=\bthat\s)|(?<=\byour\s)|(?<=\bmy\s))"
    r"(?:(?:given|provided|supplied|stated)\s+(?:final\s+|correct\s+|reference\s+)?"
    r"(?:answer|solution)\b(?!\s+(?:choice|option|format)s?\b)"
    r"|(?:reference|gold|ground[- ]truth|official|model)\s+(?:answer|solution)"
    r"|answer\s+key|(?:expected|target)\s+(?:final\s+)?answer\s+(?:given|provided|says|states))"
)
_GIVEN_ZH = (
    r"(?:标准|参考|给定的?|所给的?|给出的|提供的|已知的)(?:答案|解答|解析|题解)(?!选项|格式)"
)
_PHRASE = re.compile(_GIVEN)
_PHRASE_ZH = re.compile(_GIVEN_ZH)
_LONGEST_PHRASE = 64
_CALCULATOR = re.compile(r"<<[^<>]*>>")  # GSM8K's solutions carry them, thoughts do not
_CJK = re.compile("[一-鿿]")


def find_given_answer(thought: str, question: str) -> str | None:
    """The phrase by which the thought names a given answer that the question does not name."""
    phrase = _find_phrase(thought)
    if phrase is None or _find_phrase(question) is not None:
        return None  # a question may itself give an answer to discuss
    return phrase


def _find_phrase(text: str) -> str | None:
    """The first phrase. Searched only around its noun: ten times as fast on long thoughts."""
    lower = text.lower()
    for noun in ("answer", "solution"):
        at = lower.find(noun)
        while at >= 0:
            found = _PHRASE.search(lower, max(0, at - _LONGEST_PHRASE), at + _LONGEST_PHRASE)
            if found:
                return found[0]
            at = lower.find(noun, at + len(noun))
    found = None if text.isascii() else _PHRASE_ZH.search(text)
    return found[0] if found else None


def _squeeze(text: str) -> str:
    return " ".join(_CALCULATOR.sub("", text).split())


def find_copied_span(
    thought: str, solution: str, question: str, min_chars: int, min_words: int
) -> str | None:
    """The first span that the thought copies from the reference solution, else None.

    A span has at least `min_chars` characters and, counting each CJK character as a word, at
    least `min_words` words; white space is folded. Linear in the texts' lengths.
    """
    thought, solution, question = _squeeze(thought), _squeeze(solution), _squeeze(question)
    if min(len(thought), len(solution)) < min_chars:
        return None
    windows = {thought[i : i + min_chars] for i in range(len(thought) - min_chars + 1)}
    end = 0
    for start in range(len(solution) - min_chars + 1):
        if start + min_chars <= end or solution[start : start + min_chars] not in windows:
            continue
        end = start + min_chars
        while end < len(solution) and solution[end - min_chars + 1 : end + 1] in windows:
            end += 1
        span = solution[start:end].strip()
        words = len(_CJK.sub(" x ", span).split())
        if words >= min_words and span not in question:
            return span
    return None
