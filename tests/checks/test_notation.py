"""One spelling for one notation."""

from __future__ import annotations

import pytest

from builders.checks.notation import fold_width, identity_key, simplify_latex, strip_wrapping


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("x²", "x^{2}"),
        ("−３", "-3"),
        ("1½", "1 1/2"),
        ("２５％", "25%"),
        ("√3", r"\sqrt{3}"),
        ("（1，2）", "(1,2)"),
    ],
)
def test_width_is_folded_without_changing_the_mathematics(text: str, folded: str) -> None:
    assert fold_width(text) == folded


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("**18**", "18"),
        ("$x$.", "x"),
        (r"\(1/2\)", "1/2"),
        ("3。", "3"),
        ("5!", "5!"),
        ("$5", "$5"),
    ],
)
def test_wrapping_is_stripped_to_the_core(text: str, core: str) -> None:
    assert strip_wrapping(text) == core


def test_the_looks_of_latex_do_not_matter() -> None:
    assert simplify_latex(r"\left(\dfrac12,\,3\right)") == r"(\frac{1}{2},3)"
    assert identity_key(r"\left( 3, \frac{\pi}{2} \right)") == identity_key(r"(3,\dfrac{\pi}{2})")
    assert identity_key(r"\text{East}") == identity_key("east")
    assert identity_key("1 2 3") != identity_key("123")
    assert identity_key("2X") != identity_key("2x")
