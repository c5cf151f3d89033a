"""The grid: every count in its cell, sums, and the rarest folded where there are too many."""

from collections import Counter

from builders.figures.count_grid import MOST_COLUMNS, MOST_ROWS, Grid, draw_grid
from builders.figures.drawing import Figure
from tests.figures.svg_checks import check_figure, count_boxes, read_texts


def draw(counts: dict[tuple[str, str], int]) -> Figure:
    columns = list(dict.fromkeys(column for _, column in counts))
    figure = draw_grid("g", "Title", Grid(counts, columns, "format", "audience"), alt="alt")
    check_figure(figure)
    return figure


def test_counts_and_sums_stand_in_their_cells() -> None:
    texts = read_texts(
        draw({("faq", "all of us"): 3, ("faq", "experts"): 4, ("table", "experts"): 5})
    )
    assert texts[-8:] == ["faq", "3", "4", "7", "table", "–", "5", "5"]


def test_the_more_the_darker() -> None:
    figure = draw({("faq", "few"): 1, ("faq", "many"): 100})
    assert count_boxes(figure, "cell0") == 1
    assert count_boxes(figure, "cell4") == 1


def test_the_rarest_rows_and_columns_are_added_up() -> None:
    counts = {
        (f"format {row}", f"audience {column}"): 1 + row + column
        for row in range(MOST_ROWS + 5)
        for column in range(MOST_COLUMNS + 5)
    }
    texts = read_texts(draw(counts))
    assert "6 other formats" in texts
    assert any(text.startswith("6 other") for text in texts[:10])
    sums = Counter(texts)
    assert sums["format 0"] == 0
    assert sums[f"format {MOST_ROWS + 4}"] == 1


def test_names_of_any_width_keep_to_their_cell() -> None:
    draw({("W" * 60, f"{'很长的读者名称' * 5}{n}"): 10**8 + n for n in range(MOST_COLUMNS)})
