"""The quality of a passage, judged by the filters that suit its group of formats."""

from __future__ import annotations

import re

from builders.checks.language import strip_notation
from builders.checks.passages.chinese import find_chinese_fault
from builders.checks.passages.forms import strip_tables
from builders.checks.passages.rules import QualityRules
from distilabel_pipelines.rows import Language

_LEAST_SIGNS = 10  # letters and digits; a table or a proof may leave nothing to judge
_ALPHANUMERIC = re.compile(r"[^\W_]")


def copy_prose(text: str) -> str:
    """A copy to judge: no code, formulas, links or tables.

    Quotation marks are straight, since C4 knows no others, and nothing hides a line's full stop.
    """
    plain = strip_notation(strip_tables(text))
    for curly, straight in (("“", '"'), ("”", '"'), ("‘", "'"), ("’", "'")):
        plain = plain.replace(curly, straight)  # a fifth of what `translate` takes
    return "\n".join(line.rstrip(" \t\r*_") for line in plain.splitlines()).strip()


def find_low_quality(text: str, language: Language, rules: QualityRules) -> str | None:
    """The first filter that drops the text, with its threshold, in words; None where all keep it.

    Pure; `text` is never changed.
    """
    prose = copy_prose(text)
    if len(_ALPHANUMERIC.findall(prose)) < _LEAST_SIGNS:
        return None
    if language == "zh" and (found := find_chinese_fault(prose, rules)):
        return found
    # Half a second, and a package that no other check needs.
    from builders.checks.passages.judges import find_filter_fault  # noqa: PLC0415

    return find_filter_fault(prose, rules, language)
