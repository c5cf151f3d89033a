"""Histograms of lengths, one under the other; those of one unit and language share their bins.

Bins are those of `length_histograms`: of about equal width on a logarithmic scale, so that columns
of equal width show them as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from itertools import groupby

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
from builders.figures.labels import measure_text
from builders.length_histograms import LENGTH_EDGES, LengthHistogram

NAME = "lengths"
_PANEL_HEIGHT, _TEXT_HEIGHT, _AXIS_HEIGHT = 70, 50, 44
_COLUMN_SHARE, _FEWEST_COLUMNS = 0.86, 8


def draw_length_panels(
    histograms: Sequence[LengthHistogram], words: CardWords = ENGLISH
) -> list[Figure]:
    """The figure `lengths`, or none where no histogram was counted."""
    if not histograms:
        return []
    say = words.say
    drawing = Drawing(
        title=say("Lengths of the published rows"),
        description=" ".join(_tell_panel(one, words) for one in histograms),
        subtitle=[
            say(
                "How many texts are that long. A bin holds its right edge; bins are those of every"
            ),
            say("dataset made like this one. Each panel has its own height."),
        ],
        language=words.language,
    )
    y = drawing.top
    for heading, group in groupby(histograms, key=partial(_name_group, words)):
        y = _draw_group(drawing, heading, list(group), y, words)
    parts = dict.fromkeys(_name_panel(one, words) for one in histograms)
    alt = say(
        "Histograms of the lengths of the published rows: {parts}.", parts=say(", ").join(parts)
    )
    return [render_figure(NAME, alt, drawing, y + MARGIN - 16)]


def _name_panel(one: LengthHistogram, words: CardWords) -> str:
    say = words.say
    names = {
        "question": say("question"),
        "thought": say("thought"),
        "answer": say("answer"),
        "reply": say("whole reply"),
        "instruction": say("instruction"),
        "input": say("input"),
        "output": say("output"),
        "text": say("text"),
    }
    return names[one.part]


def _name_group(words: CardWords, one: LengthHistogram) -> str:
    say = words.say
    units = {"words": say("words"), "characters": say("characters"), "tokens": say("tokens")}
    headings = {"words": say("Words"), "characters": say("Characters"), "tokens": say("Tokens")}
    languages = {"en": say("English"), "zh": say("Chinese")}
    if one.language is None:
        return headings[one.unit]
    language = languages.get(one.language, one.language)
    return say("{language}, {unit}", language=language, unit=units[one.unit])


def _tell_panel(one: LengthHistogram, words: CardWords) -> str:
    told = [
        words.say("up to {edge:,} {count:,}", edge=edge, count=count)
        for edge, count in one.counts.items()
        if count
    ]
    heading = [_name_panel(one, words), _name_group(words, one)]
    joiner = words.say(", ")
    return words.say("{label}: {told}.", label=joiner.join(heading), told=joiner.join(told))


def _draw_group(  # the drawing, what is drawn, and its words
    drawing: Drawing, heading: str, group: Sequence[LengthHistogram], y: float, words: CardWords
) -> float:
    """Draw the panels of one unit from `y` on; returns where the next group may begin."""
    first, last = _choose_bins(group)
    edges = LENGTH_EDGES[first : last + 1]
    drawing.write(MARGIN, y + 16, heading, "heading", width=INNER)
    y += 14
    step = INNER / len(edges)
    for one in group:
        floor = y + _TEXT_HEIGHT + _PANEL_HEIGHT
        label = words.say(
            "{name} ({count:,})", name=_name_panel(one, words), count=sum(one.counts.values())
        )
        top = floor - _PANEL_HEIGHT - 24
        drawing.write(MARGIN, top, label, "label", width=INNER)
        _draw_panel(drawing, one, edges, step, floor)
        y = floor
    below = LENGTH_EDGES[first - 1] if first else None
    _write_edges(drawing, [below, *edges], step, y)
    return y + _AXIS_HEIGHT


def _choose_bins(group: Sequence[LengthHistogram]) -> tuple[int, int]:
    """The places of the first and the last bin shown: a few empty ones beside very few others."""
    places = [LENGTH_EDGES.index(edge) for one in group for edge in one.counts]
    first, last = min(places), max(places)
    while last - first + 1 < _FEWEST_COLUMNS:
        last = min(last + 1, len(LENGTH_EDGES) - 1)
        first = max(first - 1, 0)
    return first, last


def _draw_panel(
    drawing: Drawing, one: LengthHistogram, edges: Sequence[int], step: float, floor: float
) -> None:
    most = max(one.counts.values())
    all_fit = measure_text(f"{most:,}", FONT_SIZES["note"]) <= step
    highest = next(edge for edge, count in one.counts.items() if count == most)
    for number, edge in enumerate(edges):
        count = one.counts.get(edge, 0)
        if not count:
            continue
        x, width = MARGIN + (number + (1 - _COLUMN_SHARE) / 2) * step, step * _COLUMN_SHARE
        height = max(1, _PANEL_HEIGHT * count / most)
        drawing.boxes.append(Box(x, floor - height, width, height, "bar"))
        if all_fit or edge == highest:
            _write_number(drawing, x + width / 2, floor - height - 4, count)
    drawing.lines.append(Line(MARGIN, floor, WIDTH - MARGIN, floor, "axis"))


def _write_edges(drawing: Drawing, edges: Sequence[int | None], step: float, floor: float) -> None:
    """The numbers between the columns; round ones first, then as many as there is room for."""
    taken: list[tuple[float, float]] = []
    known = [(number, edge) for number, edge in enumerate(edges) if edge is not None]
    for number, edge in sorted(known, key=lambda one: _roughness(one[1])):
        left, right = _place_number(MARGIN + number * step, edge)
        if all(right + 6 < other or end + 6 < left for other, end in taken):
            taken.append((left, right))
            _write_number(drawing, MARGIN + number * step, floor + 18, edge)


def _place_number(x: float, number: int) -> tuple[float, float]:
    """From where to where a number reaches whose middle is at `x`, or as near as the page lets."""
    half = measure_text(f"{number:,}", FONT_SIZES["note"]) / 2
    middle = min(max(x, half + 4), WIDTH - half - 4)
    return middle - half, middle + half


def _write_number(drawing: Drawing, x: float, y: float, number: int) -> None:
    middle = sum(_place_number(x, number)) / 2
    drawing.write(middle, y, f"{number:,}", "note", width=INNER, anchor="middle")


def _roughness(edge: int) -> tuple[int, int]:
    """Powers of ten come first, then 2 and 5 times one, then the others."""
    first = edge // 10 ** int(math.log10(edge)) if edge else 0
    whole = edge == 0 or edge == first * 10 ** int(math.log10(edge))
    rank = {0: 0, 1: 0, 2: 1, 5: 1}.get(first, 2) if whole else 3
    return rank, edge
