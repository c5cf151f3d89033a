r"""Multiple choice: the chosen letter, apart from every other kind of answer.

A gold answer that is one letter A–J makes a question multiple choice. Letters are compared, never
values: math-verify would read `B` as a variable. Accepted besides the forms of `final_answers`:
`\boxed{B}`, `(B) 5`, `option B`, 选择B, 故选：C.
"""

from __future__ import annotations

import re

from builders.checks.final_answers import FinalAnswer, find_final_answer, visible_answer
from builders.checks.notation import fold_width, simplify_latex, strip_wrapping

_GOLD = re.compile(r"\(?([A-J])\)?[.:]?")
_LABEL = re.compile(
    r"(?:(?:option|choice|answer)\s*|选项?\s*)?[\[(]?\s*([A-Ja-j])\s*[\])]?\s*(?:[.:,)]\s*.*|\s.*)?",
    re.IGNORECASE | re.DOTALL,
)
_CHOSEN_ZH = re.compile(
    r"(?:故选择?|选择|应选|选)\s*[:：]?\s*(?:选?项\s*)?[(（]?\s*([A-J]+)(?![A-Za-z])"
)
_CHOSEN_EN = re.compile(r"\b(?:choose|select|option|choice)\s+(?:is\s+)?\(?([A-J])\)?(?![A-Za-z])")
_LEADING_LABEL = re.compile(r"\(([A-J])\)(?:\s.*)?|([A-J])[.)](?:\s.*)?|([A-J])")
# A longer word than these after the letter makes it the article: "A man …" chooses nothing.
_ARTICLE = re.compile(r"[AaI]\s+[A-Za-z]{2,}")
_SEVERAL = re.compile(r"\(?[A-J]\)?(?:\s*(?:,|;|/|&|、|和|或)\s*|\s+(?:(?:and|or)\s+)?)\(?[A-J]\b")


def read_choice_gold(gold: str) -> str | None:
    r"""The letter of a multiple-choice gold answer (`B`, `(B)`, `\text{(B)}`), else None."""
    found = _GOLD.fullmatch(_plain(gold))
    return found[1] if found else None


def _plain(text: str) -> str:
    return strip_wrapping(simplify_latex(strip_wrapping(fold_width(text))))


def read_choice(answer: str) -> str | None:
    """The letter that an answer text names (`B`, `(B) 5`, `option B`), else None."""
    text = _plain(answer)
    if _ARTICLE.match(text) or _SEVERAL.match(text):
        return None
    found = _LABEL.fullmatch(text)
    return found[1].upper() if found else None


def find_choice(content: str) -> FinalAnswer | None:
    """The reply's last choice: its final answer if it names a letter, else the choice phrases.

    A final answer without a letter is handed back as it is; None where there is neither.
    """
    final = find_final_answer(content)
    if final is not None and read_choice(final.text) is not None:
        return final
    text = fold_width(visible_answer(content))
    phrases = [*_CHOSEN_ZH.finditer(text), *_CHOSEN_EN.finditer(text)]
    if phrases and (final is None or final.form != "boxed"):
        return FinalAnswer("choice", max(phrases, key=lambda found: found.start())[1])
    last_line = strip_wrapping(text.rstrip().rpartition("\n")[2])
    label = _LEADING_LABEL.fullmatch(last_line)
    if label and final is None:
        return FinalAnswer("choice", next(group for group in label.groups() if group))
    return final
