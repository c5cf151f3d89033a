"""Columns: every bin in its order, also the empty ones, in proportion."""

import pytest

from builders.figures.histogram import draw_histogram
from tests.figures.svg_checks import SVG, check_figure, parse, place_texts, read_texts


def test_every_bin_has_its_place_and_columns_are_in_proportion() -> None:
    bins = {"never": 10, "now and then": 0, "always": 40}
    figure = draw_histogram("h", "Title", ["One.", "Two."], bins, axis="what is counted", alt="alt")
    check_figure(figure)
    columns = [one for one in parse(figure).iter(f"{SVG}rect") if one.get("class") == "bar"]
    low, high = (float(one.attrib["height"]) for one in columns)
    assert low == pytest.approx(high / 4, abs=0.1)
    labels = [one for one in place_texts(figure) if one.text in bins]
    assert [one.text for one in sorted(labels, key=lambda one: one.left)] == list(bins)
    assert {"40", "80.0%", "what is counted"} <= set(read_texts(figure))


def test_ten_bins_of_large_counts_do_not_touch() -> None:
    bins = {f"{n / 10:.1f} to {(n + 1) / 10:.1f}": 10**7 + n for n in range(10)}
    check_figure(draw_histogram("h", "Title", [], bins, axis="axis", alt="alt"))


def test_bins_without_anything_are_drawn_without_columns_or_shares() -> None:
    figure = draw_histogram("h", "Title", [], {"0": 0, "1": 0}, axis="axis", alt="alt")
    check_figure(figure)
    assert not [text for text in read_texts(figure) if "%" in text]
