"""Exact rationals, units, percent signs."""

from __future__ import annotations

from fractions import Fraction

import pytest

from builders.checks.quantities import (
    compare_lists,
    compare_quantities,
    read_list,
    read_quantity,
    split_trailing_unit,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("18", Fraction(18)),
        ("-3", Fraction(-3)),
        ("−3", Fraction(-3)),
        ("1,234,567", Fraction(1234567)),
        ("10{,}000", Fraction(10000)),
        (r"\$32,\!348", Fraction(32348)),
        ("1.50", Fraction(3, 2)),
        (".5", Fraction(1, 2)),
        ("3.", Fraction(3)),
        ("1/2", Fraction(1, 2)),
        (r"-\dfrac{1}{2}", Fraction(-1, 2)),
        (r"\frac12", Fraction(1, 2)),
        (r"1\frac{1}{2}", Fraction(3, 2)),
        ("1 1/2", Fraction(3, 2)),
        ("25%", Fraction(1, 4)),
        (r"25\%", Fraction(1, 4)),
        ("百分之25", Fraction(1, 4)),
        ("1.2万", Fraction(12000)),
        ("1亿2000万", Fraction(120_000_000)),
        ("1.5 million", Fraction(1_500_000)),
        ("1e6", Fraction(1_000_000)),
        ("x = 3", Fraction(3)),
        ("5个", Fraction(5)),
        ("18 dollars", Fraction(18)),
        (r"5\text{ cm}", Fraction(5)),
        (r"90^\circ", Fraction(90)),
    ],
)
def test_plain_quantities_are_exact(text: str, value: Fraction) -> None:
    quantity = read_quantity(text)
    assert quantity is not None
    assert quantity.value == value


@pytest.mark.parametrize(
    "text",
    ["3x", "3m", r"3\pi", "(1,2)", "2 or 3", "5!", "1,2", "1 2 3", r"\frac{3}{0}", "--3", "5到6个",
     "20多", "not 5", "2 dozen eggs and 3", "9" * 1000],
)  # fmt: skip
def test_anything_else_is_left_to_a_parser(text: str) -> None:
    assert read_quantity(text) is None


@pytest.mark.parametrize(
    ("answer", "gold", "comparison"),
    [
        ("25%", "0.25", "equal"),
        ("25%", "25", "equal_but_percent_sign"),
        ("25", "25%", "equal_but_percent_sign"),
        ("0.5%", "0.5", "different"),
        ("1%", "1", "different"),
        ("5%", "5 cm", "different"),
        ("5 cm", "5 m", "units_differ"),
        ("500 cm", "5 m", "equal"),
        ("2小时", "120 minutes", "equal"),
        ("5 cm", "5", "equal"),
        ("5", "5个", "equal"),
        ("5 apples", "5 eggs", "equal"),
        ("€5", "$5", "units_differ"),
        ("60 km/h", "60 m/s", "units_differ"),
        ("15 cm^2", "15 cm", "units_differ"),
        ("0.33", "1/3", "different"),
        ("0.333333", "1/3", "close"),
        ("y=3", "x=3", "different"),
        ("x=3", "3", "equal"),
    ],
)
def test_units_and_percent_signs(answer: str, gold: str, comparison: str) -> None:
    given, wanted = read_quantity(answer), read_quantity(gold)
    assert given is not None
    assert wanted is not None
    assert compare_quantities(given, wanted) == comparison


@pytest.mark.parametrize(
    ("answer", "gold", "same"),
    [
        ("3, 5, 9", "3,5,9", True),
        ("3、5、9", "3, 5, 9", True),
        ("3, 5 and 9", "3, 5, 9", True),
        ("9, 5, 3", "3, 5, 9", False),
        ("3, 5", "3, 5, 9", False),
        ("-2, 1", "1, -2", True),
        ("0.5, 2", r"2, \frac12", True),
        ("1,200, 50", "1200, 50", True),
        ("5, 120", "5, 121", False),
        ("3 cm, 5 cm", "3 m, 5 m", False),
    ],
)
def test_lists_are_sets_unless_the_gold_list_is_sorted(answer: str, gold: str, same: bool) -> None:
    given, wanted = read_list(answer), read_list(gold)
    assert given is not None
    assert wanted is not None
    assert compare_lists(given, wanted) == same


@pytest.mark.parametrize("text", ["5", "(1, 2)", "x, y", "a=3, b=4", "1,234", "", ",", "1, or 2"])
def test_what_is_no_bare_list(text: str) -> None:
    assert read_list(text) is None


def test_an_expression_loses_only_a_unit_at_its_end() -> None:
    assert split_trailing_unit(r"3\pi\text{ cm}")[0] == r"3\pi"
    assert split_trailing_unit(r"\frac{\pi}{2} cm^2")[1].dimension == "length^2"
    assert split_trailing_unit("3m")[0] == "3m"
    assert split_trailing_unit(r"x\text{ or }y")[0] == r"x\text{ or }y"
