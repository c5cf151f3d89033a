"""Panels of lengths: the same bins in each of a group, columns in proportion, readable edges."""

import pytest

from builders.figures.drawing import WIDTH, Figure
from builders.figures.length_panels import draw_length_panels
from builders.length_histograms import LENGTH_EDGES, LengthHistogram, Part, Unit, count_lengths
from tests.figures.svg_checks import SVG, check_figure, parse, read_texts


def histogram(
    part: Part, lengths: list[int], unit: Unit = "characters", language: str | None = None
) -> LengthHistogram:
    return LengthHistogram(part=part, unit=unit, language=language, counts=count_lengths(lengths))


def draw(*histograms: LengthHistogram) -> Figure:
    [figure] = draw_length_panels(histograms)
    check_figure(figure)
    return figure


def columns(figure: Figure) -> list[tuple[float, float]]:
    """Left edge and height of each column."""
    boxes = [one for one in parse(figure).iter(f"{SVG}rect") if one.get("class") == "bar"]
    return [(float(one.attrib["x"]), float(one.attrib["height"])) for one in boxes]


def test_without_histograms_there_is_no_figure() -> None:
    assert draw_length_panels([]) == []


def test_parts_of_one_unit_share_their_bins() -> None:
    figure = draw(histogram("question", [100]), histogram("thought", [100, 100, 1_000]))
    (question, _), (shorter, high), (longer, low) = columns(figure)
    assert question == shorter < longer
    assert low == pytest.approx(high / 2, abs=0.1)
    assert {"Characters", "question (1)", "thought (3)"} <= set(read_texts(figure))


def test_units_and_languages_stand_apart() -> None:
    texts = read_texts(
        draw(
            histogram("output", [5, 9], "words", "en"),
            histogram("output", [12], "characters", "zh"),
            histogram("reply", [70], "tokens"),
        )
    )
    for heading in ("English, words", "Chinese, characters", "Tokens", "whole reply (1)"):
        assert heading in texts


@pytest.mark.parametrize("length", [0, 1, 7, 10**4, LENGTH_EDGES[-1]])
def test_a_single_bin_stands_among_empty_ones(length: int) -> None:
    figure = draw(histogram("text", [length] * 3))
    [(left, _)] = columns(figure)
    assert 0 < left < WIDTH / 2 + 60 or length == LENGTH_EDGES[-1]
    assert f"{length:,}" in read_texts(figure) or length == 7


def test_all_bins_with_large_counts_stay_readable() -> None:
    lengths = [edge for edge in LENGTH_EDGES for _ in range(3)]
    one = histogram("text", lengths)
    many = one.model_copy(
        update={"counts": {edge: 10**7 + place for place, edge in enumerate(one.counts)}}
    )
    figure = draw(many)
    texts = read_texts(figure)
    assert {"1,000", "100,000"} <= set(texts)
    assert sum(text.startswith("10,000,") for text in texts) <= 2, "the highest alone is written"


def test_the_description_tells_every_count() -> None:
    figure = draw(histogram("answer", [3, 3, 250]))
    assert "answer, Characters: up to 3 2, up to 250 1." in figure.svg
