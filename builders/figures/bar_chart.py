"""Horizontal bars in groups: the steps of a funnel, reasons, shares.

Each group has its own scale, its first or greatest count the full width, since seeds, requests and
rows are counted in different units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from builders.card_words.catalogue import ENGLISH, CardWords
from builders.decontamination.facts import DecontaminationFacts
from builders.figures.drawing import (
    FONT_SIZES,
    INNER,
    MARGIN,
    WIDTH,
    Box,
    BoxRole,
    Drawing,
    Figure,
    render_figure,
)
from builders.figures.labels import clean_label, measure_text

MOST_BARS = 24
_BAR_HEIGHT, _STEP, _HEADING_STEP = 18, 27, 34
_LABEL_WIDTH, _GAP = 230, 10


@dataclass(frozen=True)
class Bar:
    """One bar; where it is a part of a whole of its own, `of`, its length is its share of that."""

    label: str
    count: int
    of: int | None = None
    role: BoxRole = "bar"


@dataclass(frozen=True)
class BarGroup:
    """Bars on one scale; `of` is the count whose share each bar without a whole tells."""

    heading: str
    bars: Sequence[Bar]
    of: int = 0


def tell_decontaminated(
    facts: DecontaminationFacts | None, left: int, words: CardWords = ENGLISH
) -> list[Bar]:
    """The step of a funnel in which items of benchmarks were left out; none where nobody looked."""
    looked = facts is not None and facts.checked
    return [Bar(words.say("without a benchmark's item"), left)] if looked else []


def draw_bars(  # what is drawn, and its words
    name: str,
    title: str,
    subtitle: Sequence[str],
    groups: Sequence[BarGroup],
    *,
    alt: str,
    words: CardWords = ENGLISH,
) -> Figure:
    """The figure of the groups, one under the other; of each at most `MOST_BARS` bars."""
    told = [
        words.say("{label}: {told}.", label=group.heading, told=_tell_group(group, words))
        for group in groups
    ]
    drawing = Drawing(
        title=title, description=" ".join(told), subtitle=list(subtitle), language=words.language
    )
    y = drawing.top
    for group in groups:
        y = _draw_group(drawing, group, y, words)
    return render_figure(name, alt, drawing, y + MARGIN - 8)


def _tell_group(group: BarGroup, words: CardWords) -> str:
    return words.say(", ").join(
        f"{clean_label(bar.label)} {_tell_count(bar, group, words)}"
        for bar in group.bars[:MOST_BARS]
    )


def _tell_count(bar: Bar, group: BarGroup, words: CardWords) -> str:
    counted, whole = f"{bar.count:,}", group.of
    if bar.of is not None:
        counted, whole = words.say("{part:,} of {whole:,}", part=bar.count, whole=bar.of), bar.of
    return f"{counted} ({bar.count / whole:.1%})" if whole else counted


def _measure_bar(bar: Bar, most: int) -> float:
    """The bar's part of the full width."""
    return bar.count / (most if bar.of is None else max(1, bar.of))


def _draw_group(drawing: Drawing, group: BarGroup, y: float, words: CardWords) -> float:
    """Draw one group from `y` on; returns where the next may begin."""
    shown = group.bars[:MOST_BARS]
    drawing.write(MARGIN, y + 16, group.heading, "heading", width=INNER)
    y += _HEADING_STEP
    told = {bar: _tell_count(bar, group, words) for bar in shown}
    room = max(measure_text(text, FONT_SIZES["value"]) for text in told.values())
    start = MARGIN + _LABEL_WIDTH + _GAP
    full = WIDTH - MARGIN - start - _GAP - room
    most = max(1, *(bar.count for bar in shown))
    for bar in shown:
        drawing.write(start - _GAP, y + 14, bar.label, "label", width=_LABEL_WIDTH, anchor="end")
        drawing.boxes.append(Box(start, y, full, _BAR_HEIGHT, "track"))
        if bar.count:
            width = max(1, full * _measure_bar(bar, most))
            drawing.boxes.append(Box(start, y, width, _BAR_HEIGHT, bar.role))
        drawing.write(start + full + _GAP, y + 14, told[bar], "value", width=INNER)
        y += _STEP
    if len(group.bars) > MOST_BARS:
        more = len(group.bars) - MOST_BARS
        left_out = words.say("and {more:,} more, which the card lists", more=more)
        drawing.write(start, y + 12, left_out, "note", width=INNER)
        y += _STEP
    return y + 8
