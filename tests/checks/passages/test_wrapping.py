"""What wraps a text is found, and what stands in a fence is code only where it looks like code."""

from __future__ import annotations

import json

import pytest

from builders.checks.passages.wrapping import (
    find_wrapping,
    is_wholly_fenced,
    reads_as_text,
    unwrap_text,
)
from tests.checks.passages.texts import GOOD, PROSE_EN, PROSE_ZH

TEXT = "Bees fly from flower to flower. 蜜蜂在花间飞舞。"
PYTHON = "```python\nfor river in rivers:\n    print(river.length)\n```"
OUTPUT = "```\nNile      6650 km\nRhine     1230 km\n```"


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("```markdown\n# Bees\n\nThey fly.\n```", True),
        ("```\n# Bees\n\nThey fly.", True),
        ("~~~\n# Bees\n\nThey fly.\n~~~", True),
        (f"```markdown\n# Bees\n\n{PYTHON}\n\nThey fly.\n```", True),
        ("# Bees\n```\ncode\n```", False),
        ("```\na\n```\nText.\n```\nb\n```", False),
        (TEXT, False),
    ],
)
def test_a_text_that_is_wholly_code_is_told_from_one_with_code(text: str, whole: bool) -> None:
    assert is_wholly_fenced(text) is whole


@pytest.mark.parametrize("body", [PROSE_EN, PROSE_ZH])
@pytest.mark.parametrize("tag", ["", "text", "markdown", "md"])
def test_a_body_in_a_fence_beside_a_line_is_found(body: str, tag: str) -> None:
    found = find_wrapping(f"Rivers carry stones.\n\n```{tag}\n{body}\n```\n\nThat is all.")
    assert found.endswith("of the text stand in a fence")


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"title": "Rivers", "text": PROSE_EN}),
        json.dumps([PROSE_EN, PROSE_ZH], indent=2),
        "<p>" + PROSE_EN.replace("\n\n", "</p>\n<p>") + "</p>",
        f"<!DOCTYPE html>\n<html>\n<body>\n<h1>Rivers</h1>\n<p>{PROSE_EN}</p>\n</body>\n</html>",
    ],
)
def test_json_and_html_are_wrapping(text: str) -> None:
    assert find_wrapping(text)


@pytest.mark.parametrize(
    "text",
    [
        *[text for _, _, text in GOOD],
        f"{PROSE_EN}\n\n{PYTHON}\n\n{OUTPUT}",
        f"{PROSE_EN}\n\n```text\nDear Anna, thank you for the book that you sent me in May.\n```",
        "{braces} open the text, and it closes with {them}",
        "[Rivers](rivers.md) carry stones. [1]",
        f'<p align="center">\n  <img src="river.png">\n</p>\n\n{PROSE_EN}',
        "[" * 100_000 + "]" * 100_000,
    ],
)
def test_other_texts_are_not_wrapped(text: str) -> None:
    assert find_wrapping(text) == ""


@pytest.mark.parametrize(
    ("body", "is_text"),
    [
        (PROSE_EN, True),
        (PROSE_ZH, True),
        ("zxq vbn qwop asdf plok mnub rtye wuio gfds hjkl poiu lkjh mnbv", True),
        ("for river in rivers:\n    print(river.name, river.length_in_km)\n" * 5, False),
        ("river/\n├── source/\n│   └── spring.txt\n└── mouth/\n" * 5, False),
        ("total 12\nriver.txt 400 bytes\nsea.txt 800 bytes\n" * 5, False),
        ("SELECT name FROM rivers\nWHERE length > 500\nORDER BY name;\n" * 5, False),
        ("Two words", False),
    ],
)
def test_text_is_told_from_code_by_its_signs(body: str, is_text: bool) -> None:
    assert reads_as_text(body) is is_text


def test_code_is_taken_out_and_counted() -> None:
    unwrapped = unwrap_text(f"Before.\n{PYTHON}\nAfter `it`.")
    assert unwrapped.text.split() == ["Before.", "After", "`it`."]
    assert unwrapped.code_share == pytest.approx(0.56, abs=0.05)
    assert unwrapped.wrapped_share == 0
    assert unwrap_text(TEXT).text == TEXT
    assert unwrap_text("").code_share == 0


def test_long_inline_code_that_reads_as_text_is_text() -> None:
    body = "the river carries stones and sand and mud and it takes them all down to the sea"
    assert "`" not in unwrap_text(f"`{body}`\n`{body}`").text
