"""A text as rouge-score's tokens, and one token for each CJK character.

rouge-score (0.1.2, `tokenize.tokenize` without a stemmer) lowers the text and keeps the runs of
a–z and 0–9. It finds nothing in Chinese, so that every Chinese instruction scores 0 against every
other. A CJK character is a Han character of any Unicode block, bopomofo, kana or hangul:
Japanese and Korean would be as empty. CJK punctuation and wide Latin letters (Ａ) are no tokens,
as rouge-score drops all punctuation and every letter that is not ASCII.
"""

from __future__ import annotations

import re

from builders.text_keys import CJK

# Radicals, Hangzhou numerals, jamo, bopomofo, narrow kana, and planes 2 and 3 to their ends.
_FURTHER_CJK = (
    r"\u1100-\u11ff\u2e80-\u2fdf\u3021-\u3029\u3038-\u303b\u3105-\u312f\u3131-\u318e\u31a0-\u31bf"
    r"\u31f0-\u31ff\uff66-\uff9f\uffa1-\uffdc\U0001b000-\U0001b16f\U00031350-\U0003fffd"
)
_TOKEN = re.compile(f"[a-z0-9]+|[{CJK}{_FURTHER_CJK}]")


def tokenize(text: str) -> list[str]:
    """Tokens in text order; pure. Without any CJK character exactly rouge-score's."""
    return _TOKEN.findall(text.lower())
