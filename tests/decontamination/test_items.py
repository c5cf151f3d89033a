"""Rows of benchmarks as they are laid out on the Hub become questions with options."""

from __future__ import annotations

import pytest

from builders.decontamination.items import Item, list_wordings, read_item


@pytest.mark.parametrize(
    ("row", "text", "options"),
    [
        ({"question": "Q?", "A": "one", "B": "two", "answer": "B"}, "Q?", ("one", "two")),
        ({"Question": "问？", "A": "甲", "Answer": "A"}, "问？", ("甲",)),
        ({"question": "Q?", "choices": {"text": ["x", "y"], "label": ["A"]}}, "Q?", ("x", "y")),
        ({"problem": "P", "solution": "S", "answer": "1"}, "P", ()),
        ({"passage": None, "question": "Q?", "options": {"A": "1", "B": "2"}}, "Q?", ("1", "2")),
        ({"instruction": "Do.", "input": "This.", "output": "Done."}, "Do.\nThis.", ()),
        ({"goal": "To open", "sol1": "push", "sol2": "pull"}, "To open", ("push", "pull")),
        ({"sentence": "Ann _.", "option1": "ran", "option2": "sat"}, "Ann _.", ("ran", "sat")),
        ({"ctx": "He sat", "endings": ["down.", "up."]}, "He sat", ("down.", "up.")),
        ({"prompt": ["First turn", "Second turn"]}, "First turn\nSecond turn", ()),
    ],
)  # fmt: skip
def test_the_question_and_the_options_of_a_row(
    row: dict[str, object], text: str, options: tuple[str, ...]
) -> None:
    assert read_item(row, 7) == Item(7, text, options)


@pytest.mark.parametrize("row", [{}, {"question": None}, {"question": "  "}, {"answer": "4"}])
def test_a_row_without_a_question_is_no_item(row: dict[str, object]) -> None:
    assert read_item(row, 0) is None


def test_a_wrapper_that_most_items_share_is_told_from_the_question() -> None:
    before, after = "Please say true or false to this question:", "Answer format: true or false"
    questions = [f"is {word} a kind of number {place}" for place, word in enumerate("abcd" * 10)]
    items = [Item(i, f"{before} {one} \n{after}", ()) for i, one in enumerate(questions)]
    wordings = list_wordings(items)
    assert [one.text for one in wordings if one.number == 5][1] == "b a kind of number 5"
    assert len(wordings) == 2 * len(items)


def test_a_few_alike_items_are_no_wrapper() -> None:
    items = [Item(i, f"Find the least value of the sum {i}", ()) for i in range(6)]
    assert len(list_wordings(items)) == 6


def test_options_in_the_text_are_split_from_the_question() -> None:
    text = "What bends a beam?\n\nAnswer1: a mirror Answer2: a thought\n"
    whole, bare = list_wordings([Item(0, text, ())])
    assert whole.text == text
    assert (bare.text, bare.options) == ("What bends a beam?", ("a mirror", "a thought"))
