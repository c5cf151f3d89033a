"""What a reply is wrapped in, and what stands in its fences: code, or text that nobody would judge.

Chat models put whole texts into a fence (```` ```markdown ````), a JSON object or HTML; published,
the wrapping would be part of the text. Code is not held against a text and not judged, so what
stands in a fence and is no code has to be found and judged like the rest. A fence is one of text
where it says so (`markdown`), or where it says nothing and holds words, full stops and no signs of
code.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import NamedTuple

from builders.text_keys import CJK

_FENCE = re.compile(
    r"^[ \t]*(?P<mark>`{3,}|~{3,})[ \t]*(?P<tag>[\w+#.-]*)[^\n`]*\n"
    r"(?P<body>.*?)(?:^[ \t]*(?P=mark)[`~]*[ \t]*$|\Z)",
    re.DOTALL | re.MULTILINE,
)
_STRAY_MARK = re.compile("`{3,}|~{3,}")
_INLINE = re.compile("`([^`\n]{60,})`")
_MARKDOWN_TAGS = frozenset(["markdown", "md"])
_PLAIN_TAGS = frozenset(["", "text", "txt", "plaintext", "plain"])

_WORD = re.compile(rf"[{CJK}]|[^\W\d_{CJK}]{{2,}}")
_PLAIN_SIGN = re.compile(r"[^\W\d_]|[.,;:!?'\"()*#，。、；：？！（）《》「」“”‘’…·–—-]")
_CODE_LINE_END = (";", ":", ")", "{", "}", "\\", "=", "(", "[")
_LEAST_WORDS = 12
_LEAST_WORDS_A_LINE = 5
_LEAST_PLAIN_SHARE = 0.95
_MOST_CODE_LINES = 0.2

_WRAPPED_SHARE = 0.5
_HTML = re.compile(r"\s*<(?:!doctype|html|head|body|div|p|h[1-6]|section|ul|ol)\b", re.IGNORECASE)
_HTML_DOCUMENT = re.compile(r"\s*<(?:!doctype|html|head|body)\b", re.IGNORECASE)
_CLOSED_LINE = re.compile(r"</[a-z][a-z0-9]*>[ \t]*$", re.IGNORECASE | re.MULTILINE)
_HTML_LINE_SHARE = 0.5  # a read-me may begin with a centred picture


class Unwrapped(NamedTuple):
    """A text without its code; signs (no white space) that stood in fences of either kind."""

    text: str
    code_signs: int
    wrapped_signs: int
    signs: int

    @property
    def code_share(self) -> float:
        """Share of the signs that stand in fences of code, 0 to 1."""
        return self.code_signs / self.signs if self.signs else 0.0

    @property
    def wrapped_share(self) -> float:
        """Share of the signs that stand in fences of text, 0 to 1."""
        return self.wrapped_signs / self.signs if self.signs else 0.0


def _count_signs(text: str) -> int:
    return len("".join(text.split()))


def reads_as_text(body: str) -> bool:
    """Words in lines of some length, and next to no signs but letters and punctuation."""
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    words = len(_WORD.findall(body))
    if words < max(_LEAST_WORDS, _LEAST_WORDS_A_LINE * len(lines)):
        return False
    code_lines = sum(line.endswith(_CODE_LINE_END) for line in lines)
    plain = len(_PLAIN_SIGN.findall(body))
    return code_lines <= _MOST_CODE_LINES * len(
        lines
    ) and plain >= _LEAST_PLAIN_SHARE * _count_signs(body)


def _holds_text(tag: str, body: str) -> bool:
    return tag in _MARKDOWN_TAGS or (tag in _PLAIN_TAGS and reads_as_text(body))


@lru_cache(maxsize=8)  # four gates ask about one text in turn
def unwrap_text(text: str) -> Unwrapped:
    """Take the code out of a text; fences of text lose their marks alone. Pure.

    A mark that opens no fence is taken out as well: it would hide all that follows. Short inline
    code stays.
    """
    if "`" not in text and "~~~" not in text:
        return Unwrapped(text, 0, 0, 0)
    code_signs = wrapped_signs = 0

    def take(found: re.Match[str]) -> str:
        nonlocal code_signs, wrapped_signs
        body = found["body"]
        if _holds_text(found["tag"].lower(), body):
            wrapped_signs += _count_signs(body)
            return body
        code_signs += _count_signs(body)
        return "\n"

    plain = _STRAY_MARK.sub("", _FENCE.sub(take, text))
    plain = _INLINE.sub(lambda found: found[1] if reads_as_text(found[1]) else found[0], plain)
    return Unwrapped(plain, code_signs, wrapped_signs, _count_signs(text))


def is_wholly_fenced(text: str) -> bool:
    """Whether all of it is one fence, closed or not, as some chat models wrap texts.

    One of Markdown may hold others.
    """
    inner = text.strip()
    found = _FENCE.match(inner)
    if found is None:
        return False
    mark = found["mark"][:3]
    closes = inner.count(mark) == 1 or (found.end() == len(inner))
    return closes or (found["tag"].lower() in _MARKDOWN_TAGS and inner.endswith(mark))


def _is_json(text: str) -> bool:
    inner = text.strip()
    if (inner[:1], inner[-1:]) not in {("{", "}"), ("[", "]")}:
        return False
    try:
        json.loads(inner)
    except (ValueError, RecursionError):
        return False
    return True


def _is_html(text: str) -> bool:
    if not _HTML.match(text):
        return False
    if _HTML_DOCUMENT.match(text):
        return True
    lines = sum(1 for line in text.splitlines() if line.strip())
    return len(_CLOSED_LINE.findall(text)) >= _HTML_LINE_SHARE * lines


def find_wrapping(text: str) -> str:
    """What the text is wrapped in, in words; "" for nothing."""
    if is_wholly_fenced(text):
        return "the whole text stands in a code fence"
    if _is_json(text):
        return "the whole text is JSON"
    if _is_html(text):
        return "the text is written in HTML"
    share = unwrap_text(text).wrapped_share
    return f"{share:.0%} of the text stand in a fence" if share > _WRAPPED_SHARE else ""
