"""Units of measure and counted nouns."""

from __future__ import annotations

from fractions import Fraction

import pytest

from builders.checks.units import COUNTED, is_measure, read_unit


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("km", "米", Fraction(1000)),
        ("hours", "分钟", Fraction(60)),
        ("square meters", "cm2", Fraction(10_000)),
        ("km/h", "m/s", Fraction(1000, 3600)),
        ("miles per hour", "mile/hour", Fraction(1)),
        ("公斤", "g", Fraction(1000)),
        ("dollars", "cents", Fraction(100)),
    ],
)
def test_spellings_share_a_dimension(one: str, other: str, ratio: Fraction) -> None:
    first, second = read_unit(one), read_unit(other)
    assert first.dimension == second.dimension
    assert first.factor / second.factor == ratio


def test_counted_nouns_measure_nothing() -> None:
    assert read_unit("apples") == read_unit("个") == read_unit("") == COUNTED
    assert not is_measure("eggs")
    assert read_unit("dollars per day") == read_unit("dollars/day")
    assert read_unit("dollars per customer") == read_unit("dollars")
