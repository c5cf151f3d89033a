"""A passage's id and length."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pretraining.outcomes import passage


def test_a_row_is_named_by_its_prompt_and_sample() -> None:
    assert passage("A text.", 7, sample=3).passage.passage_id == f"{7:016x}-3"


@pytest.mark.parametrize(
    ("completion", "reasoning", "length"),
    [(90, None, 90), (90, 0, 90), (90, 30, 60), (None, None, None), (None, 5, None)],
)
def test_the_length_of_a_text_leaves_the_thought_out(
    completion: int | None, reasoning: int | None, length: int | None
) -> None:
    one = passage("A text.", completion_tokens=completion, reasoning_tokens=reasoning)
    assert one.passage.text_token_length == length


def test_a_thought_that_nobody_counted_leaves_the_length_unknown() -> None:
    thought: dict[str, Any] = {"reasoning_content": "I plan.", "thought_form": "tags"}
    one = passage("A text.", completion_tokens=90, reasoning_tokens=None, **thought)
    assert one.passage.text_token_length is None
    counted = passage("A text.", completion_tokens=90, reasoning_tokens=20, **thought)
    assert counted.passage.text_token_length == 70
