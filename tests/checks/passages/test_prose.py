"""The copies that are judged: prose without notation, lines with their formulas."""

from __future__ import annotations

from builders.checks.passages.prose import copy_lines, copy_prose

LATEX = r"$$\frac{a}{b} = \begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}$$" + "\n"


def test_the_copy_holds_no_code_formulas_or_tables() -> None:
    text = f"Before.\n{LATEX}\n```\nx = {{1}}\n```\n| a | b |\n|---|---|\n| 1 | 2 |\nAfter.”  "
    assert copy_prose(text).split() == ["Before.", 'After."']


def test_text_in_a_fence_is_prose_and_a_stray_mark_hides_nothing() -> None:
    body = "The river carries stones to the sea, and it has done so for a very long time."
    assert body in copy_prose(f"Before.\n```\n{body}\n```\nAfter.")
    assert body in copy_prose(f"Before. ``` {body}")


def test_sums_of_money_are_no_formulas() -> None:
    text = "It cost $5 million, and the town had planned for $3 million. It paid $9 in the end."
    assert len(copy_prose(text).split()) == len(text.split())
    formulas = copy_prose(r"It is $12 \times 3 = 36$ dollars, and flour is $20$.")
    assert " ".join(formulas.split()) == "It is dollars, and flour is ."


def test_headings_have_no_hashes_and_the_same_length() -> None:
    assert copy_prose("### Rivers\n#1 in C#") == "=== Rivers\n#1 in C#"


def test_a_displayed_formula_is_one_line() -> None:
    assert copy_lines("So\n\\[\nx = 1\n\\]\nholds.\n| a | b |\n") == "So\n\\[ x = 1 \\]\nholds."
