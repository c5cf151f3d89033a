"""Columns for the bins of one measure, in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from builders.card_words.catalogue import ENGLISH, CardWords
from builders.figures.drawing import (
    INNER,
    MARGIN,
    WIDTH,
    Box,
    Drawing,
    Figure,
    Line,
    render_figure,
)

_PLOT_HEIGHT, _COLUMN_SHARE = 190, 0.72


def draw_histogram(  # what is drawn, and its words
    name: str,
    title: str,
    subtitle: Sequence[str],
    bins: Mapping[str, int],
    *,
    axis: str,
    alt: str,
    words: CardWords = ENGLISH,
) -> Figure:
    """The figure of the bins, all of them, with count and share above each column."""
    total = sum(bins.values())
    bins = {words.translate(label): count for label, count in bins.items()}
    told = words.say(", ").join(f"{label}: {count:,}" for label, count in bins.items())
    drawing = Drawing(
        title=title,
        description=words.say("{label}: {told}.", label=axis, told=told),
        subtitle=list(subtitle),
        language=words.language,
    )
    step, floor = INNER / len(bins), drawing.top + 44 + _PLOT_HEIGHT
    most = max(1, *bins.values())
    for number, (label, count) in enumerate(bins.items()):
        middle = MARGIN + (number + 0.5) * step
        height, width = _PLOT_HEIGHT * count / most, step * _COLUMN_SHARE
        if count:
            drawing.boxes.append(
                Box(middle - width / 2, floor - max(height, 1), width, max(height, 1), "bar")
            )
        _write_above(drawing, (middle, floor - height), count, total, step)
        drawing.write(middle, floor + 20, label, "note", width=step - 2, anchor="middle")
    drawing.lines.append(Line(MARGIN, floor, WIDTH - MARGIN, floor, "axis"))
    drawing.write(WIDTH / 2, floor + 44, axis, "note", width=INNER, anchor="middle")
    return render_figure(name, alt, drawing, floor + 44 + MARGIN - 4)


def _write_above(
    drawing: Drawing, place: tuple[float, float], count: int, total: int, width: float
) -> None:
    x, y = place
    drawing.write(x, y - 24, f"{count:,}", "value", width=width, anchor="middle")
    if count:
        share = f"{count / total:.1%}"
        drawing.write(x, y - 7, share, "note", width=width, anchor="middle")
