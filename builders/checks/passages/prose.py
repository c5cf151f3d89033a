"""The copies of a text that are judged: its prose alone, and its lines with their formulas."""

from __future__ import annotations

import re
from functools import lru_cache

from builders.checks.language import strip_notation
from builders.checks.passages.forms import strip_tables
from builders.checks.passages.wrapping import unwrap_text

# "$5 million and $3 million" is no formula: one does not end in white space.
_MONEY = re.compile(r"\$(?=\d[^$\n\\^_{}]{0,400}\s\$)")
_NOTATION = re.compile(r"[`$\\<]|http")  # without one of them there is nothing to strip
_HEADING_MARK = re.compile(r"^[ \t]*#{1,6}(?=[ \t])", re.MULTILINE)
_DISPLAYED = re.compile(
    r"\$\$.{1,1500}?\$\$|\\\[.{1,1500}?\\\]|\\begin\{([a-zA-Z*]{1,20})\}.{0,1500}?\\end\{\1\}",
    re.DOTALL,
)


@lru_cache(maxsize=8)  # the gates of language and quality ask for one text in turn
def copy_prose(text: str) -> str:
    """A copy to judge: no code, formulas, links or tables. Pure.

    Quotation marks are straight, since C4 knows no others, nothing hides a line's full stop, and
    the `#` of headings are no signs of spam: `=` stands in their place.
    """
    plain = strip_tables(unwrap_text(text).text)
    if "$" in plain:
        plain = _MONEY.sub("", plain)
    if _NOTATION.search(plain):
        plain = strip_notation(plain)
    for curly, straight in (("“", '"'), ("”", '"'), ("‘", "'"), ("’", "'")):
        plain = plain.replace(curly, straight)  # a fifth of what `translate` takes
    if "#" in plain:
        plain = _HEADING_MARK.sub(lambda found: "=" * len(found[0]), plain)
    return "\n".join(line.rstrip(" \t\r*_") for line in plain.splitlines()).strip()


def copy_lines(text: str) -> str:
    """A copy without code and tables, in which a displayed formula is one line.

    Lines and paragraphs that differ in their formulas alone ("so $x = 3$ holds") are not the same.
    """
    plain = strip_tables(unwrap_text(text).text)
    return _DISPLAYED.sub(lambda found: " ".join(found[0].split()), plain).strip()
