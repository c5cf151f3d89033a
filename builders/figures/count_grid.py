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


def draw_grid(name: str, title: str, grid: Grid, *, alt: str, words: CardWords = ENGLISH) -> Figure:
    """The figure of the grid, its rows in the order of their coming.

    Where there are more than `MOST_ROWS` rows or `MOST_COLUMNS` columns, those with the fewest are
    added up in a last one.
    """
    rows, columns = _fold(grid, 0, words), _fold(grid, 1, words)
    folded: Counter[tuple[str, str]] = Counter()
    for (row, column), count in grid.counts.items():
        folded[rows[row], columns[column]] += count
    row_names, column_names = (list(dict.fromkeys(names.values())) for names in (rows, columns))
    drawing = Drawing(
        title=title,
        description=_tell_cells(folded, row_names, column_names, words),
        subtitle=[_tell_shades(grid, words)],
        language=words.language,
    )
    top = _draw_header(drawing, column_names, words)
    floor = _draw_rows(drawing, folded, row_names, column_names, top)
    return render_figure(name, alt, drawing, floor + MARGIN)


def _tell_shades(grid: Grid, words: CardWords) -> str:
    return words.say(
        "Published rows by {row} and {column}; the stronger the colour, the more.",
        row=grid.row_word,
        column=grid.column_word,
    )


def _tell_cells(
    counts: _Counts, rows: Sequence[str], columns: Sequence[str], words: CardWords
) -> str:
    told = [
        words.say(
            "{row}, {column}: {count:,}",
            row=clean_label(row),
            column=clean_label(column),
            count=counts[row, column],
        )
        for row in rows
        for column in columns
    ]
    return words.say("{cells}.", cells=words.say("; ").join(told))


def _fold(grid: Grid, place: int, words: CardWords) -> dict[str, str]:
    """Each name of a row (0) or column (1) → itself, or → the name of all the rest."""
    names = list(dict.fromkeys([row for row, _ in grid.counts] if place == 0 else grid.columns))
    most = (MOST_ROWS, MOST_COLUMNS)[place]
    if len(names) <= most:
        return {name: name for name in names}
    totals: Counter[str] = Counter()
    for key, count in grid.counts.items():
        totals[key[place]] += count
    kept = {name for name, _ in totals.most_common(most - 1)}
    others = words.say(
        "{count:,} other {word}s",
        count=len(names) - len(kept),
        word=(grid.row_word, grid.column_word)[place],
    )
    return {name: name for name in names if name in kept} | {
        name: others for name in names if name not in kept
    }


def _place_columns(columns: int) -> tuple[list[float], float]:
    """Where each column begins, that of the sums last; and the width of one of the others."""
    step = (WIDTH - MARGIN - _START - _SUM_WIDTH) / columns
    return [_START + number * step for number in range(columns + 1)], step


def _draw_header(drawing: Drawing, columns: Sequence[str], words: CardWords) -> float:
    """Draw the names of the columns; returns where they end."""
    starts, step = _place_columns(len(columns))
    size = FONT_SIZES["note"]
    split = [split_label(clean_label(name), step - 4, size) for name in columns]
    floor = drawing.top + _LINE * max(map(len, split)) + 8
    for start, lines in zip(starts, [*split, [words.say("all")]], strict=True):
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
