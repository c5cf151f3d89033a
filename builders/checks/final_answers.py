r"""The last final answer of a reply, in one of a few named forms.

Only the answer's text is searched: the thought was split off before. A closed `<think>` block that
still stands in the content is left out; an unfinished one means that there is no answer, since
whatever follows is thought (math-verify would accept a box in there).

Forms, tried in this order; within a form the last one counts:

- `boxed`: `\boxed{…}` or `\fbox{…}` with balanced braces (MATH, arXiv:2103.03874)
- `hashes`: `#### 18` as the last line (GSM8K, arXiv:2110.14168)
- `answer_line`: `A: 18` or `Answer: 18` as the last line (GSM8K's model solutions), or a last
  line under a line that says "Final answer"
- `answer_is`: "the answer is …", "the final answer is …"
- `answer_is_zh`: 答案是…, 答案为…, 答案：…

If the last box never closes, the reply was cut in its answer, and no other form is tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, NamedTuple

from builders.checks.notation import strip_wrapping

AnswerForm = Literal["boxed", "hashes", "answer_line", "answer_is", "answer_is_zh", "choice"]


class FinalAnswer(NamedTuple):
    """A final answer as it was written, without its wrapping; `form` names how it was marked."""

    form: AnswerForm
    text: str


class UnclosedAnswer(NamedTuple):
    """The reply ends inside its final answer: nothing else in it may stand for the answer."""

    text: str


# An answer may talk about the tag; in code marks it is a word, not a thought.
_OPEN_THINK = re.compile(r"(?<!`)<think>(?!`)")
_CLOSE_THINK = re.compile(r"(?<!`)</think>(?!`)")
_BOX = re.compile(r"\\(?:boxed|fbox)(?![A-Za-z])\s*")
_BARE_BOX = re.compile(r"[^\s{}$\\.,;。，]+(?:[.,]\d+)*")
_HASHES = re.compile(r"####[ \t]*(\S.*)")
_ANSWER_LINE = re.compile(
    r"(?:#{1,6}\s*)?[*_]{0,3}(?:A|(?:(?:the|my)\s+)?(?:final\s+)?answer)[*_]{0,3}\s*[:：]"
    r"[*_]{0,3}\s*(\S.*)",
    re.IGNORECASE,
)
_ANSWER_HEADING = re.compile(
    r"(?:#{1,6}\s*)?[*_]{0,3}(?:final\s+answer|answer)\s*[:：]?[*_]{0,3}\s*[:：]?", re.IGNORECASE
)
_ANSWER_IS = re.compile(
    r"\b(?:(?:final|correct|right)\s+)?answer\s+(?:is|equals)(?:\s*[:：])?\s+(?=\S)",
    re.IGNORECASE,
)
_ANSWER_IS_ZH = re.compile(
    r"答案(?:就是|应该是|应为|应是|是|为|[:：])\s*[*_]{0,3}\s*[:：]?\s*(?=\S)"
)
_MATH_FIRST = re.compile(r"\$\$?([^$]+)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]|\*\*([^*]+)\*\*")
# A full stop ends the answer unless a digit follows (3.5); a comma only before Chinese words.
_SENTENCE_END = re.compile(
    r"[.](?!\d)(?=\s|$|[^\x00-\x7f])|[。；！;!]|[,，](?=\s*[一-鿿])"
    r"|,?(?=\s+(?:because|since|which|as|but|so|while)\b)"
)


def visible_answer(content: str) -> str:
    """The content without closed thoughts; empty where a thought in it was never closed."""
    pieces, position = [], 0
    while opening := _OPEN_THINK.search(content, position):
        closing = content.find("</think>", opening.end())
        if closing < 0:
            return ""
        pieces.append(content[position : opening.start()])
        position = closing + len("</think>")
    rest = "".join([*pieces, content[position:]])
    return _CLOSE_THINK.split(rest)[-1]  # a lone closing tag: the prompt held the opening one


def closing_brace(text: str, start: int) -> int:
    r"""Index of the brace that closes the one at `start`, or -1. `\{` and `\}` do not count."""
    depth, position = 0, start
    while position < len(text):
        character = text[position]
        if character == "\\":
            position += 2
            continue
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    return -1


def _find_boxed(text: str) -> str | UnclosedAnswer | None:
    boxes = list(_BOX.finditer(text))
    for box in reversed(boxes):
        if not text.startswith("{", box.end()):
            bare = _BARE_BOX.match(text, box.end())
            if bare:
                return bare[0]
            continue
        end = closing_brace(text, box.end())
        if end < 0:
            return UnclosedAnswer(text[box.start() : box.start() + 80])
        inside = text[box.end() + 1 : end].strip()
        if inside:  # "put it into \boxed{}" names the form, it does not answer
            return inside
    return None


def _last_line(text: str) -> str:
    return text.rstrip().rpartition("\n")[2].strip()


def _find_hashes(text: str) -> str | None:
    found = _HASHES.fullmatch(_last_line(text))
    return found[1] if found else None


def _find_answer_line(text: str) -> str | None:
    last = _last_line(text)
    found = _ANSWER_LINE.fullmatch(last)
    if found:
        return found[1]
    before = _last_line(text.rstrip()[: -len(last)]) if last else ""
    return last if _ANSWER_HEADING.fullmatch(before) else None


def _first_clause(rest: str) -> str:
    mathematics = _MATH_FIRST.match(rest)
    if mathematics:
        return next(group for group in mathematics.groups() if group)
    end = _SENTENCE_END.search(rest)
    return rest[: end.start()] if end else rest


def _find_last_phrase(phrase: re.Pattern[str], text: str) -> str | None:
    ends = [found.end() for found in phrase.finditer(text)]
    return _first_clause(text[ends[-1] :].partition("\n")[0]) if ends else None


def _find_answer_is(text: str) -> str | None:
    return _find_last_phrase(_ANSWER_IS, text)


def _find_answer_is_zh(text: str) -> str | None:
    return _find_last_phrase(_ANSWER_IS_ZH, text)


_FINDERS: dict[AnswerForm, Callable[[str], str | UnclosedAnswer | None]] = {
    "boxed": _find_boxed,
    "hashes": _find_hashes,
    "answer_line": _find_answer_line,
    "answer_is": _find_answer_is,
    "answer_is_zh": _find_answer_is_zh,
}


def find_final_answer(content: str) -> FinalAnswer | None:
    """The last final answer of a reply, or None where it gives none in an accepted form."""
    text = visible_answer(content)
    for form, find in _FINDERS.items():
        found = find(text)
        if isinstance(found, UnclosedAnswer):
            return None
        answer = strip_wrapping(found) if found is not None else ""
        if answer:
            return FinalAnswer(form, answer)
    return None
