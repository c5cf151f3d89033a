"""Counts by two properties as a grid: the number in each cell, its shade by its share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from builders.card_words.catalogue import ENGLISH, CardWords
from builders.figures.drawing import (
    FONT_SIZES,
    MARGIN,
    WIDTH,
    Box,
    BoxRole,
    Drawing,
    Figure,
    render_figure,
)
from builders.figures.labels import clean_label, split_label

MOST_ROWS, MOST_COLUMNS = 24, 6
_LABEL_WIDTH, _SUM_WIDTH, _STEP, _GAP = 166, 60, 30, 10
_LINE, _START = 16, MARGIN + _LABEL_WIDTH + _GAP
_SHADES: tuple[BoxRole, ...] = tuple(one for one in get_args(BoxRole) if one.startswith("cell"))
_Counts = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Grid:
    """Counts by (row, column); `columns` are all columns in their order, the words are singular."""

    counts: _Counts
    columns: Sequence[str]
    row_word: str
    column_word: str


def draw_grid(
    name: str, title: str, grid: Grid, *, alt: str, words: CardWords = ENGLISH
) -> Figure:
    """The figure of the grid, its rows in the order of their coming.

    Where there are more than `MOST_ROWS` rows or `MOST_COLUMNS` columns, those with the fewest are
    added up in a last one.
    """
    row_names = [row for row, _ in grid.counts]
    rows = _fold(row_names, grid.counts, 0, MOST_ROWS, _name_rest(grid.row_word, words))
    columns = _fold(
        grid.columns, grid.counts, 1, MOST_COLUMNS, _name_rest(grid.column_word, words)
    )
    folded: Counter[tuple[str, str]] = Counter()
    for (row, column), count in grid.counts.items():
        folded[rows[row], columns[column]] += count
    row_names, column_names = (list(dict.fromkeys(names.values())) for names in (rows, columns))
    told = "; ".join(
        f"{clean_label(row)}, {clean_label(column)}: {folded[row, column]:,}"
        for row in row_names
        for column in column_names
    )
    words = f"{grid.row_word} and {grid.column_word}"
    subtitle = [f"Published rows by {words}; the stronger the colour, the more."]
    drawing = Drawing(title=title, description=f"{told}.", subtitle=subtitle)
    top = _draw_header(drawing, column_names)
    floor = _draw_rows(drawing, folded, row_names, column_names, top)
    return render_figure(name, alt, drawing, floor + MARGIN)


def _fold(
    names: Sequence[str], counts: _Counts, place: int, most: int, word: str
) -> dict[str, str]:
    """Each name → itself, or → the name of all the rest."""
    totals: Counter[str] = Counter()
    for key, count in counts.items():
        totals[key[place]] += count
    ordered = list(dict.fromkeys(names))
    if len(ordered) <= most:
        return {name: name for name in ordered}
    kept = {name for name, _ in totals.most_common(most - 1)}
    others = f"{len(ordered) - len(kept):,} other {word}s"
    return {name: name for name in ordered if name in kept} | {
        name: others for name in ordered if name not in kept
    }


def _place_columns(columns: int) -> tuple[list[float], float]:
    """Where each column begins, that of the sums last; and the width of one of the others."""
    step = (WIDTH - MARGIN - _START - _SUM_WIDTH) / columns
    return [_START + number * step for number in range(columns + 1)], step


def _draw_header(drawing: Drawing, columns: Sequence[str]) -> float:
    """Draw the names of the columns; returns where they end."""
    starts, step = _place_columns(len(columns))
    size = FONT_SIZES["note"]
    split = [split_label(clean_label(name), step - 4, size) for name in columns]
    floor = drawing.top + _LINE * max(map(len, split)) + 8
    for start, lines in zip(starts, [*split, ["all"]], strict=True):
        width = _SUM_WIDTH if start == starts[-1] else step
        for line, text in enumerate(reversed(lines)):
            y = floor - 10 - line * _LINE
            drawing.write(start + width / 2, y, text, "note", width=width - 4, anchor="middle")
    return floor


def _draw_rows(
    drawing: Drawing, counts: _Counts, rows: Sequence[str], columns: Sequence[str], y: float
) -> float:
    """Draw names, cells and sums; returns where they end."""
    starts, step = _place_columns(len(columns))
    most = max(1, *counts.values())
    for row in rows:
        drawing.write(MARGIN + _LABEL_WIDTH, y + 20, row, "label", width=_LABEL_WIDTH, anchor="end")
        own = [counts[row, column] for column in columns]
        for x, count in zip(starts, own, strict=False):
            if count:
                shade = _SHADES[min(len(_SHADES) - 1, count * len(_SHADES) // most)]
                drawing.boxes.append(Box(x + 1, y + 1, step - 2, _STEP - 2, shade))
            text = f"{count:,}" if count else "–"
            drawing.write(x + step / 2, y + 20, text, "value", width=step, anchor="middle")
        x = starts[-1] + _SUM_WIDTH / 2
        drawing.write(x, y + 20, f"{sum(own):,}", "value", width=_SUM_WIDTH, anchor="middle")
        y += _STEP
    return y
