"""Bars: lengths in proportion, shares of the right whole, no more lines than can be read."""

import pytest

from builders.figures.bar_chart import MOST_BARS, Bar, BarGroup, draw_bars, tell_decontaminated
from builders.figures.drawing import Figure
from tests.decontamination.outcomes import check_facts, no_check
from tests.figures.svg_checks import SVG, check_figure, parse, read_texts


def draw(*groups: BarGroup) -> Figure:
    figure = draw_bars("b", "Title", ["Subtitle."], groups, alt="alt")
    check_figure(figure)
    return figure


def widths(figure: Figure, role: str = "bar") -> list[float]:
    boxes = [one for one in parse(figure).iter(f"{SVG}rect") if one.get("class") == role]
    return [float(one.attrib["width"]) for one in boxes]


def test_bars_are_in_proportion_and_tell_their_share_of_the_groups_whole() -> None:
    figure = draw(BarGroup("Steps", [Bar("all", 200), Bar("half", 100), Bar("none", 0)], of=200))
    first, second = widths(figure)
    assert second == pytest.approx(first / 2, abs=0.1)
    assert {"200 (100.0%)", "100 (50.0%)", "0 (0.0%)"} <= set(read_texts(figure))


def test_each_group_has_its_own_scale() -> None:
    figure = draw(BarGroup("A", [Bar("a", 1_000_000)]), BarGroup("B", [Bar("b", 3)]))
    assert {"1,000,000", "3"} <= set(read_texts(figure))
    assert min(widths(figure)) > 300


def test_a_bar_with_a_whole_of_its_own_is_as_long_as_its_share() -> None:
    figure = draw(BarGroup("G", [Bar("a", 1, of=4), Bar("b", 30, of=40, role="lost")]))
    assert widths(figure)[0] == pytest.approx(widths(figure, "lost")[0] / 3, abs=0.1)
    assert "1 of 4 (25.0%)" in read_texts(figure)


def test_a_count_is_never_drawn_as_nothing() -> None:
    assert widths(draw(BarGroup("G", [Bar("many", 10**9), Bar("one", 1)])))[1] == 1


def test_no_more_bars_are_drawn_than_can_be_read_and_the_rest_is_told() -> None:
    figure = draw(BarGroup("G", [Bar(f"bar {n}", 100 - n) for n in range(MOST_BARS + 7)]))
    assert len(widths(figure)) == MOST_BARS
    assert "and 7 more, which the card lists" in read_texts(figure)


def test_long_and_wide_labels_are_cut_to_their_column() -> None:
    figure = draw(BarGroup("G", [Bar("教科书" * 40, 3), Bar("W" * 90, 2), Bar("ok", 1)]))
    assert sum(text.endswith("…") for text in read_texts(figure)) == 2


def test_a_step_of_decontamination_stands_only_where_somebody_looked() -> None:
    assert [bar.count for bar in tell_decontaminated(check_facts(), 7)] == [7]
    assert tell_decontaminated(no_check(), 7) == []
    assert tell_decontaminated(None, 7) == []
