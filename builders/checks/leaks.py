"""A thought that knows the answer it should find.

Two signs, and never the number itself (a correct thought always contains it):

- the thought speaks of an answer that it was *given* ("the reference answer", 标准答案), while the
  question gives none;
- it shares a long span, word for word, with the reference solution, and the question does not
  hold that span.
"""

from __future__ import annotations

import re

_GIVEN = (
    r"(?:the|this|that|your|my)\s+(?:(?:given|provided|supplied|stated)\s+"
    r"(?:final\s+|correct\s+|reference\s+)?(?:answer|solution)(?!\s+(?:choice|option)s?\b)"
    r"|(?:reference|gold|ground[- ]truth|official|model)\s+(?:answer|solution)"
    r"|answer\s+key|(?:expected|target)\s+(?:final\s+)?answer\s+(?:given|provided|says|states))"
)
_GIVEN_ZH = r"(?:标准|参考|给定的?|所给的?|给出的|提供的|已知的)(?:答案|解答|解析|题解)"
_PHRASE = re.compile(f"{_GIVEN}|{_GIVEN_ZH}", re.IGNORECASE)
_CALCULATOR = re.compile(r"<<[^<>]*>>")  # GSM8K's solutions carry them, thoughts do not
_CJK = re.compile("[一-鿿]")


def find_given_answer(thought: str, question: str) -> str | None:
    """The phrase by which the thought names a given answer that the question does not name."""
    asked = {found[0].casefold() for found in _PHRASE.finditer(question)}
    if asked:
        return None  # the question itself gives an answer to discuss
    found = _PHRASE.search(thought)
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
