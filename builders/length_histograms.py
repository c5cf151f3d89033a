"""How long the published texts are, counted in bins that are the same for every build.

The edges are the numbers 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6 and 8 of each power of ten (the series
R''10 of ISO 497), as far as they are whole: near enough equal steps of a logarithmic scale, so that
a text of ten words and one of ten thousand stand in one picture.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from builders.manifest_parts import ManifestPart

Unit = Literal["words", "characters", "tokens"]
Part = Literal["question", "thought", "answer", "reply", "instruction", "input", "output", "text"]
_STEPS = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80)
LENGTH_EDGES = (
    *(0, 1, 2, 3, 4, 5, 6, 8),
    *(step * 10**power for power in range(11) for step in _STEPS),
)
"""A bin holds its upper edge and what lies between it and the edge before; the first holds 0."""


class LengthHistogram(ManifestPart):
    """The lengths of one part of the published rows; `language` is None for those of all languages.

    `counts` maps a bin's upper edge to its texts, from the first bin with a text to the last. A
    `reply` is all that a server counted as completion, its thought included.
    """

    part: Part
    unit: Unit
    language: str | None
    counts: dict[int, int]


def bin_lengths(
    part: Part, unit: Unit, lengths: Sequence[int], language: str | None = None
) -> list[LengthHistogram]:
    """The histogram of these lengths; none where no text has any length. Pure."""
    if not any(lengths):
        return []
    counts = count_lengths(lengths)
    return [LengthHistogram(part=part, unit=unit, language=language, counts=counts)]


def count_lengths(lengths: Iterable[int]) -> dict[int, int]:
    """Upper edge → lengths in that bin, empty bins between others included."""
    found = Counter(bisect_left(LENGTH_EDGES, length) for length in lengths)
    if not found:
        return {}
    return {LENGTH_EDGES[place]: found[place] for place in range(min(found), max(found) + 1)}


def refuse_false_histograms(histograms: Iterable[LengthHistogram], rows: int) -> None:
    """Raise ValueError where one counts more texts than there are rows, or other bins than ours."""
    for one in histograms:
        total = sum(one.counts.values())
        if total > rows:
            raise ValueError(f"{total} lengths of {one.part} at {rows} published rows")
        if not one.counts.keys() <= set(LENGTH_EDGES):
            raise ValueError(f"lengths of {one.part} in bins up to {list(one.counts)}")
