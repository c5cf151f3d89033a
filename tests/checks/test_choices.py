"""Multiple choice: golds, letters, phrases."""

from __future__ import annotations

import pytest

from builders.checks.choices import find_choice, read_choice, read_choice_gold


@pytest.mark.parametrize("gold", ["B", "(B)", r"\text{(B)}", "B.", "Ｂ"])
def test_a_single_letter_is_a_choice(gold: str) -> None:
    assert read_choice_gold(gold) == "B"


@pytest.mark.parametrize("gold", ["b", "K", "AB", "5", "x", "A man", ""])
def test_anything_else_is_not(gold: str) -> None:
    assert read_choice_gold(gold) is None


@pytest.mark.parametrize(
    "content",
    [
        r"\boxed{B}",
        r"\boxed{\text{(B) }5}",
        r"\boxed{b}",
        r"\boxed{(B) 5}",
        r"\boxed{B. five}",
        "选择B。",
        "故选：B",
        "因此，正确的选项是B，答案是B。",
        "The answer is (B).",
        "The answer is B because 2 < 3",
        "I compared all.\n(B) 5",
        "So I choose B",
        "A looks right, but the correct choice is B",
    ],
)
def test_the_chosen_letter_is_found(content: str) -> None:
    found = find_choice(content)
    assert found is not None
    assert read_choice(found.text) == "B"


@pytest.mark.parametrize("answer", ["A man", "AC", "A, C", "A and C", "A和C", "5", "Because"])
def test_several_letters_or_words_choose_nothing(answer: str) -> None:
    assert read_choice(answer) is None


def test_no_choice_at_all() -> None:
    assert find_choice("I am not sure about this question.") is None
