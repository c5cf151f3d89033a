"""How many of some instructions are new: the screen of the instruction build, in small.

An instruction is kept when its ROUGE-L F against everything before it is at most 0.7; tokens are
words and single Chinese characters. (The build's own screen is exact to rouge-score's last bit;
this one is for measuring the grammar and the model.) The LCS is counted bit-parallel (Hyyrö 2004).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

TOKEN = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]")
LARGEST_SCORE = 0.7


def find_novel(instructions: Iterable[str], known: Iterable[str] = ()) -> list[str]:
    """The instructions that resemble neither the known ones nor an earlier one kept."""
    pool = [TOKEN.findall(text.lower()) for text in known]
    novel: list[str] = []
    for instruction in instructions:
        tokens = TOKEN.findall(instruction.lower())
        if tokens and not resembles_any(tokens, pool):
            novel.append(instruction)
            pool.append(tokens)
    return novel


def resembles_any(tokens: Sequence[str], pool: Iterable[Sequence[str]]) -> bool:
    """Whether one text of the pool is too like these tokens."""
    places: defaultdict[str, int] = defaultdict(int)
    for place, token in enumerate(tokens):
        places[token] |= 1 << place
    for other in pool:
        total = len(tokens) + len(other)
        if 2 * min(len(tokens), len(other)) > LARGEST_SCORE * total:
            common = count_common(places, len(tokens), other)
            if 2 * common > LARGEST_SCORE * total:
                return True
    return False


def count_common(places: defaultdict[str, int], length: int, other: Sequence[str]) -> int:
    """The length of the longest common subsequence."""
    full = (1 << length) - 1
    row = full
    for token in other:
        matched = row & places.get(token, 0)
        row = ((row + matched) | (row - matched)) & full
    return length - row.bit_count()
