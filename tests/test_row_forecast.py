"""How many requests the missing rows are likely to need."""

from __future__ import annotations

import pytest

from builders.row_forecast import count_needed_in_flight


@pytest.mark.parametrize(
    ("missing", "passed", "finished", "expected"),
    [
        (100, 0, 0, 100),  # nothing known yet: as many as are missing
        (10, 100, 100, 10),  # all pass
        (0, 3, 5, 0),
        (-2, 9, 9, 0),
        (10, 49, 99, 25),  # half pass: 20 and one standard deviation (4.5)
        (1, 0, 9, 20),  # none of nine passed: 10 expected, 9.5 on top
    ],
)
def test_needed_in_flight(missing: int, passed: int, finished: int, expected: int) -> None:
    assert count_needed_in_flight(missing, passed, finished) == expected


def test_fewer_passing_replies_need_more_in_flight() -> None:
    needed = [count_needed_in_flight(20, passed, 50) for passed in range(51)]
    assert needed == sorted(needed, reverse=True)
