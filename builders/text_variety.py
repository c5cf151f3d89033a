"""How varied texts are: how they begin, and how many of their n-grams are different.

A teacher that falls into a template shows it in how its texts begin; distinct-n is the share of
n-grams that are different (Li et al., arXiv:1510.03055). It falls with the length of what is
measured, so that it is of at most `DISTINCT_TOKENS` tokens, texts taken in the order given.

A word is a token, and so is a CJK character; marks of Markdown and punctuation are none, case does
not count.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal, NamedTuple

from builders.judged import CheckedTrace
from builders.manifest_parts import ManifestPart
from builders.text_keys import CJK
from builders.trace_statistics import count_values
from distilabel_pipelines.rows import Language

LANGUAGES: tuple[Language, ...] = ("en", "zh")
OPENING_TOKENS: dict[Language, int] = {"en": 4, "zh": 8}
DISTINCT_TOKENS = 100_000
MOST_COMMON = 10
Distinct = tuple[float | None, float | None, float | None]

_TOKEN = re.compile(rf"[{CJK}]|[^\W_{CJK}]+(?:['’][^\W_{CJK}]+)*")


class OpeningCounts(NamedTuple):
    """The most common opening, how many texts share it, and how many one of the ten most common."""

    most_common: str
    shared: int
    top_shared: int


class TraceVariety(ManifestPart):
    """How varied the published questions, thoughts or answers in one language are.

    `different` texts are no equal of another; `count` share the most common opening, `share` of
    them all, and `top_share` begin with one of the ten most common. `distinct` are distinct-1, -2
    and -3, None where no text is so long. Questions count once, however many traces they have.
    """

    part: Literal["question", "thought", "answer"]
    language: Language
    texts: int
    different: int
    most_common: str
    count: int
    share: float
    top_share: float
    distinct: Distinct


def describe_variety(traces: Sequence[CheckedTrace]) -> list[TraceVariety]:
    """Of each part and language that has texts; pure, and independent of the rows' order."""
    ordered = sorted((one.trace for one in traces), key=lambda one: one.trace_id)
    told = []
    for language in LANGUAGES:
        own = [one for one in ordered if one.language == language]
        questions = list({one.seed_id: one.input for one in own}.values())
        told += _measure_part("question", language, questions)
        told += _measure_part("thought", language, [one.reasoning_content for one in own])
        told += _measure_part("answer", language, [one.content for one in own])
    return told


def _measure_part(
    part: Literal["question", "thought", "answer"], language: Language, given: Iterable[str]
) -> list[TraceVariety]:
    """Texts without anything in them are left out."""
    texts = [text for text in given if text.strip()]
    if not texts:
        return []
    openings = count_openings(texts, language)
    variety = TraceVariety(
        part=part,
        language=language,
        texts=len(texts),
        different=len(set(texts)),
        most_common=openings.most_common,
        count=openings.shared,
        share=round(openings.shared / len(texts), 4),
        top_share=round(openings.top_shared / len(texts), 6),
        distinct=measure_distinct(texts),
    )
    return [variety]


def read_opening(text: str, language: Language) -> str:
    """The first words of an English text, the first characters of a Chinese one; "" for none."""
    tokens = islice(_read_tokens(text), OPENING_TOKENS[language])
    return ("" if language == "zh" else " ").join(tokens)


def _read_tokens(text: str) -> Iterator[str]:
    return (match[0].casefold() for match in _TOKEN.finditer(text))


def count_openings(texts: Iterable[str], language: Language) -> OpeningCounts:
    """The openings of one text or more, all in that language."""
    openings = count_values(read_opening(text, language) for text in texts)
    most_common, count = next(iter(openings.items()))
    return OpeningCounts(most_common, count, sum(list(openings.values())[:MOST_COMMON]))


def measure_distinct(texts: Iterable[str]) -> Distinct:
    """Distinct-1, -2 and -3 of at most `DISTINCT_TOKENS` tokens; None where no text is so long."""
    sampled, left = [], DISTINCT_TOKENS
    for text in texts:
        tokens = list(islice(_read_tokens(text), left))
        sampled.append(tokens)
        left -= len(tokens)
        if left == 0:
            break
    return _share_different(sampled, 1), _share_different(sampled, 2), _share_different(sampled, 3)


def _share_different(sampled: Sequence[Sequence[str]], size: int) -> float | None:
    grams = Counter(
        gram for tokens in sampled for gram in zip(*(tokens[n:] for n in range(size)), strict=False)
    )
    return round(len(grams) / grams.total(), 4) if grams else None
