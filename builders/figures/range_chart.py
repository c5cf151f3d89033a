"""Lengths as ranges on a logarithmic scale: shortest to longest, 10% to 90%, median.

For many groups of texts, of which a manifest holds quantiles alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from builders.card_words.catalogue import ENGLISH, CardWords
from builders.figures.drawing import (
    FONT_SIZES,
    INNER,
    MARGIN,
    WIDTH,
    Box,
    Drawing,
    Figure,
    Line,
    render_figure,
)
from builders.figures.labels import clean_label, measure_text
from builders.trace_statistics import Quantiles

HOW_TO_READ = "Line: shortest to longest. Bar: 10% to 90% of the texts. Mark: the median."
_LABEL_WIDTH, _TOLD_WIDTH, _GAP = 290, 76, 12
_STEP, _HEADING_STEP, _BAR_HEIGHT = 28, 34, 14
_START = MARGIN + _LABEL_WIDTH + _GAP
_FULL = WIDTH - MARGIN - _TOLD_WIDTH - _GAP - _START


@dataclass(frozen=True)
class RangeGroup:
    """Labelled quantiles in one unit, on one scale; `left_out` more are not drawn."""

    unit: str
    ranges: Sequence[tuple[str, Quantiles]]
    left_out: int = 0


class _Scale:
    """Logarithm of one more than the length, so that an empty text has its place."""

    def __init__(self, low: int, high: int) -> None:
        steps = [0, *(step * 10**power for power in range(12) for step in (1, 2, 5))]
        self.low = max(step for step in steps if step <= low)
        self.high = min((step for step in steps if step >= max(high, low + 1)), default=high)
        inside = [step for step in steps if self.low <= step <= self.high]
        decades = [step for step in inside if str(step).startswith("1") or step == 0]
        self.ticks = inside if len(decades) < 3 else decades

    def place(self, length: float) -> float:
        """Where the length stands, in pixels."""
        low, high = math.log1p(self.low), math.log1p(self.high)
        return _START + _FULL * (math.log1p(length) - low) / (high - low)


def draw_ranges(
    name: str,
    title: str,
    groups: Sequence[RangeGroup],
    *,
    alt: str,
    note: str = "",
    words: CardWords = ENGLISH,
) -> Figure:
    """The figure of the groups, one under the other."""
    how_to_read = words.say(HOW_TO_READ)
    told = [
        words.say("{label}: {told}.", label=group.unit, told=_tell_group(group, words))
        for group in groups
    ]
    drawing = Drawing(
        title=title,
        description=" ".join(told),
        subtitle=[how_to_read, note] if note else [how_to_read],
        language=words.language,
    )
    y = drawing.top
    for group in groups:
        y = _draw_group(drawing, group, y, words)
    return render_figure(name, alt, drawing, y + MARGIN - 16)


def _tell_group(group: RangeGroup, words: CardWords) -> str:
    return words.say("; ").join(
        words.say(
            "{label} {least:,} to {most:,}, median {median:,}",
            label=clean_label(label),
            least=one.min,
            most=one.max,
            median=one.p50,
        )
        for label, one in group.ranges
    )


def _draw_group(drawing: Drawing, group: RangeGroup, y: float, words: CardWords) -> float:
    measured = [one for _, one in group.ranges]
    scale = _Scale(min(one.min for one in measured), max(one.max for one in measured))
    drawing.write(MARGIN, y + 16, group.unit, "heading", width=_LABEL_WIDTH)
    median = words.say("median")
    drawing.write(WIDTH - MARGIN, y + 16, median, "note", width=_TOLD_WIDTH, anchor="end")
    top, y = y + _HEADING_STEP - 10, y + _HEADING_STEP
    floor = y + _STEP * len(measured)
    _draw_axis(drawing, scale, top, floor)
    for label, one in group.ranges:
        _draw_range(drawing, scale, label, one, y + _STEP / 2)
        y += _STEP
    if group.left_out:
        left_out = words.say("and {more:,} more, which the card lists", more=group.left_out)
        drawing.write(MARGIN, floor + 20, left_out, "note", width=_LABEL_WIDTH)
    return floor + 40


def _draw_axis(drawing: Drawing, scale: _Scale, top: float, floor: float) -> None:
    written = -math.inf
    for tick in scale.ticks:
        x, text = scale.place(tick), f"{tick:,}"
        drawing.lines.append(Line(x, top, x, floor, "grid"))
        half = measure_text(text, FONT_SIZES["note"]) / 2
        if x - half > written + 6:
            drawing.write(x, floor + 18, text, "note", width=INNER, anchor="middle")
            written = x + half
    drawing.lines.append(Line(_START, floor, _START + _FULL, floor, "axis"))


def _draw_range(drawing: Drawing, scale: _Scale, label: str, one: Quantiles, middle: float) -> None:
    left, right, median = scale.place(one.p10), scale.place(one.p90), scale.place(one.p50)
    half = _BAR_HEIGHT / 2
    drawing.write(_START - _GAP, middle + 5, label, "label", width=_LABEL_WIDTH, anchor="end")
    drawing.lines.append(Line(scale.place(one.min), middle, scale.place(one.max), middle, "whole"))
    drawing.boxes.append(Box(left, middle - half, max(right - left, 2), _BAR_HEIGHT, "range"))
    drawing.lines.append(Line(median, middle - half - 3, median, middle + half + 3, "median"))
    drawing.write(
        WIDTH - MARGIN, middle + 5, f"{one.p50:,}", "value", width=_TOLD_WIDTH, anchor="end"
    )
