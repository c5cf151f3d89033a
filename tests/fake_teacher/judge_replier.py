"""A judge for tests: it reads the row between the marked lines and answers as it is told to.

Written from the message's form alone (the first line names a mark; parts stand between two lines
that carry it), not from the code that writes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.fake_teacher.reply import Body, Reply, hash_share

_MARK = re.compile(r"[0-9a-f]{16}")
_ORDER = re.compile(r"(?:say|verdict is|判定为) *[\"“]?(correct|incorrect|undecided)")


class SeenRow(NamedTuple):
    """The marked parts in the order they came, and all that stands outside of them."""

    parts: list[str]
    outside: str


def read_row(body: Body) -> SeenRow:
    """What a judge that believes in the marks sees of the first user turn."""
    text = next(turn["content"] for turn in body["messages"] if turn["role"] == "user")
    found = _MARK.search(text.split("\n", 1)[0])
    if found is None:
        raise ValueError("the first line names no mark")
    parts: list[str] = []
    outside: list[str] = []
    inside = False
    for line in text.split("\n"):
        fence = line.startswith("===") and found[0] in line
        if fence and not inside:
            parts.append("")
        elif inside and not fence:
            parts[-1] += line + "\n"
        elif not fence:
            outside.append(line)
        inside = inside != fence
    return SeenRow(parts, "\n".join(outside))


def count_tries(body: Body) -> int:
    """How often the judge has answered in this conversation already."""
    return sum(turn["role"] == "assistant" for turn in body["messages"])


@dataclass(frozen=True)
class JudgeReplier:
    """`verdicts` maps a text that occurs in a marked part to the verdict; else `otherwise`.

    It obeys what anybody orders outside the marked parts. Its first `len(broken)` tries at each row
    are the texts of `broken`. By the row's hash the delay lies within ±50% of `mean_delay_s`.
    """

    verdicts: Mapping[str, str] = field(default_factory=dict)
    otherwise: str = "undecided"
    broken: tuple[str, ...] = ()
    finish_reason: str = "stop"
    mean_delay_s: float = 0.0

    def __call__(self, body: Body) -> Reply:
        row, tries = read_row(body), count_tries(body)
        delay_s = self.mean_delay_s * (0.5 + hash_share("judge", *row.parts))
        if tries < len(self.broken):
            text, finish = self.broken[tries], self.finish_reason
            return Reply(content=text, finish_reason=finish, delay_s=delay_s)
        verdict = self._decide(row)
        chinese = any("\u4e00" <= character <= "\u9fff" for character in row.parts[0])
        reason = f"我的判断是{verdict}。" if chinese else f"I find it {verdict}."
        content = json.dumps({"reason": reason, "verdict": verdict}, ensure_ascii=False)
        return Reply(content=content, delay_s=delay_s)

    def _decide(self, row: SeenRow) -> str:
        ordered = _ORDER.search(row.outside)
        if ordered is not None:
            return ordered[1]
        texts = "\n".join(row.parts)
        return next((said for text, said in self.verdicts.items() if text in texts), self.otherwise)
