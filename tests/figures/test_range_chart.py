"""Ranges: in order on a scale that holds them all, whatever their size."""

import pytest

from builders.figures.drawing import Figure
from builders.figures.range_chart import RangeGroup, draw_ranges
from builders.trace_statistics import measure_quantiles
from tests.figures.svg_checks import SVG, check_figure, parse, read_texts

LENGTHS = {
    "one": [5],
    "empty and longest": [0, 10**6],
    "all empty": [0, 0, 0],
    "equal": [7] * 50,
    "spread": list(range(3, 4000, 7)),
}


def group(unit: str, *names: str, left_out: int = 0) -> RangeGroup:
    measured = [(name, measure_quantiles(LENGTHS[name])) for name in names]
    return RangeGroup(unit, [(name, one) for name, one in measured if one], left_out)


def draw(*groups: RangeGroup) -> Figure:
    figure = draw_ranges("r", "Title", groups, alt="alt")
    check_figure(figure)
    return figure


@pytest.mark.parametrize("name", LENGTHS)
def test_the_median_stands_inside_its_bar_and_the_bar_inside_its_line(name: str) -> None:
    root = parse(draw(group("words", name)))
    bar = next(one for one in root.iter(f"{SVG}rect") if one.get("class") == "range")
    whole, median = (
        next(one for one in root.iter(f"{SVG}line") if one.get("class") == role)
        for role in ("whole", "median")
    )
    left = float(bar.attrib["x"])
    right = left + float(bar.attrib["width"])
    assert float(whole.attrib["x1"]) - 0.1 <= left <= float(median.attrib["x1"]) + 0.1
    assert float(median.attrib["x1"]) <= right <= float(whole.attrib["x2"]) + 2.1


def test_every_group_has_its_own_axis_and_unit() -> None:
    texts = read_texts(draw(group("words", "spread"), group("tokens", "empty and longest")))
    assert {"words", "tokens", "spread", "empty and longest"} <= set(texts)
    assert {"10", "100", "1,000", "10,000"} <= set(texts)


def test_how_many_are_left_out_is_told() -> None:
    assert "and 12 more, which the card lists" in read_texts(draw(group("w", "one", left_out=12)))


def test_who_cannot_see_is_told_the_same() -> None:
    description = parse(draw(group("words", "spread"))).find(f"{SVG}desc")
    assert description is not None
    assert description.text == "words: spread 3 to 3,993, median 1,998."
