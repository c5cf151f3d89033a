"""What one comparison answers."""

from __future__ import annotations

import pytest

from builders.checks import math_worker


@pytest.mark.parametrize(
    ("answer", "gold", "outcome"),
    [
        (r"\frac{2}{4}", r"\frac{1}{2}", "equal"),
        ("x+1", "x+2", "different"),
        ("5 cm", "5 m", "different"),
        ("3m", "3", "different"),
    ],
)
def test_compare_names_its_outcome(answer: str, gold: str, outcome: str) -> None:
    assert math_worker.compare(answer, gold, 5)["outcome"] == outcome


# math-verify's alarm is an exception that may strike inside a weak reference's callback, where
# Python swallows it: that comparison then runs to its end.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_endless_comparison_times_out() -> None:
    outcomes = (math_worker.compare("(x+1)^{5000}", r"x+\pi", 1) for _ in range(3))
    assert {"outcome": "timeout"} in outcomes
