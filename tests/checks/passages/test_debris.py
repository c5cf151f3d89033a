"""What a server left in a reply: thoughts, tokens of a template, lost characters, a fence."""

from __future__ import annotations

import pytest

from builders.checks.passages.debris import find_debris, is_wholly_fenced

TEXT = "Bees fly from flower to flower. 蜜蜂在花间飞舞。"


@pytest.mark.parametrize(
    "debris",
    [
        "# Bees\n\n<think>Now the user wants a blog post.</think>\n\n",
        "<thinking>\nplan\n</thinking>",
        "</think>",
        "[THINK]plan[/THINK]",
        "<|channel|>analysis",
        "<|im_end|>\n<|im_start|>user",
        "<|endoftext|>",
        "</s>",
        "[INST] more [/INST]",
        "<start_of_turn>",
        "<｜end▁of▁sentence｜>",
        "\x00",
        "\x1b[0m",
        "\ufffd\ufffd",
        "\ud83d",
    ],
)
def test_debris_is_found_wherever_it_stands(debris: str) -> None:
    assert find_debris(f"{TEXT}\n{debris}\n{TEXT}")
    assert find_debris(debris + TEXT)


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "A line\tand a tab\r\nand an end\u3000of line.",
        "Models write `<think>` before they answer.",
        "```\n<|im_start|>user\n```\nThis is how a chat template begins.",
        "If 3 < x and x > 2, then a|b|c. <b>bold</b> and <table>.",
        "I think <that> is |so|.",
        "He was thinking <aloud>.",
        "| a | b |\n|---|---|\n| 1 | 2 |",
    ],
)
def test_ordinary_text_and_quoted_tags_hold_none(text: str) -> None:
    assert find_debris(text) == ""


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("```markdown\n# Bees\n\nThey fly.\n```", True),
        ("```\n# Bees\n\nThey fly.", True),
        ("# Bees\n```\ncode\n```", False),
        ("```\na\n```\nText.\n```\nb\n```", False),
        (TEXT, False),
    ],
)
def test_a_text_that_is_wholly_code_is_told_from_one_with_code(text: str, whole: bool) -> None:
    assert is_wholly_fenced(text) is whole
