"""The quality of a passage, judged by the filters that suit its group of formats."""

from __future__ import annotations

import re
from itertools import islice

from builders.checks.passages.chinese import find_chinese_fault
from builders.checks.passages.prose import copy_prose
from builders.checks.passages.rules import QualityRules
from builders.checks.passages.wrapping import unwrap_text
from distilabel_pipelines.rows import Language

_LEAST_SIGNS = 10  # letters and digits; a table or a proof may leave nothing to judge
_ALPHANUMERIC = re.compile(r"[^\W_]")


def find_low_quality(text: str, language: Language, rules: QualityRules) -> str | None:
    """The first filter that drops the text, with its threshold, in words; None where all keep it.

    Pure; `text` is never changed.
    """
    code_share = unwrap_text(text).code_share
    if rules.max_code_share and code_share > rules.max_code_share:
        return f"code: {code_share:.0%} (threshold max_code_share = {rules.max_code_share})"
    prose = copy_prose(text)
    if sum(1 for _ in islice(_ALPHANUMERIC.finditer(prose), _LEAST_SIGNS)) < _LEAST_SIGNS:
        return None
    if language == "zh" and (found := find_chinese_fault(prose, rules)):
        return found
    # Half a second, and a package that no other check needs.
    from builders.checks.passages.judges import find_filter_fault  # noqa: PLC0415

    return find_filter_fault(prose, text, rules, language)
