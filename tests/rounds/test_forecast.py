"""The forecast: never more than the best that could be needed at first, and it learns."""

from __future__ import annotations

import pytest

from builders.rounds.forecast import Yield, count_lists_needed, count_tasks_needed


def test_the_first_wave_trusts_that_all_goes_well() -> None:
    assert count_lists_needed(170, Yield(), tasks_per_list=17) == 12  # 10, and half a deviation
    assert count_tasks_needed(100, Yield(), rows_per_task=1.0) == 105


def test_what_came_in_moves_the_forecast() -> None:
    poor = Yield(lists=20, kept=20)
    assert count_lists_needed(40, poor, tasks_per_list=17) > 20
    rich = Yield(lists=20, kept=340)
    assert count_lists_needed(40, rich, tasks_per_list=17) < 5
    assert count_tasks_needed(40, Yield(written=10, rows=30), rows_per_task=1.5) < 20


@pytest.mark.parametrize("missing", [0, 1, 10_000])
def test_a_teacher_that_brings_nothing_is_asked_for_a_bounded_number(missing: int) -> None:
    nothing = Yield(lists=10_000, kept=0, written=10_000, rows=0)
    assert count_lists_needed(missing, nothing, tasks_per_list=17) <= 100 * missing + 1000
    assert (count_lists_needed(missing, nothing, tasks_per_list=17) == 0) == (missing == 0)
    assert (count_tasks_needed(missing, nothing, rows_per_task=1.0) == 0) == (missing == 0)


def test_lists_and_tasks_are_counted_apart() -> None:
    seen = Yield().add_list(12, written=0, rows=0).add_task(2).add_task(0)
    assert seen == Yield(lists=1, kept=12, written=2, rows=2)
    assert Yield().add_list(5, written=5, rows=4) == Yield(1, 5, 5, 4)
