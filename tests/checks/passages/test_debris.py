"""What a server left in a reply: thoughts, tokens of a template, lost characters, a fence."""

from __future__ import annotations

import pytest

from builders.checks.passages.debris import find_debris

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
    "text",
    [
        TEXT.replace(" ", "Ġ"),
        TEXT.replace(" ", " ▁"),
        "Itâ€™s a river, and thatâ€™s why theyâ€™ll stay.",
        "CafÃ© after cafÃ© opened in the old cafÃ© street.",
        "Rivers flow.\\n\\nThey carry mud.\\n\\n## Mud\\n\\nIt is fine.",
        "河水流动。\\n\\n它带着泥沙。\\n\\n## 泥沙\\n\\n泥沙很细。",
    ],
)
def test_spoilt_signs_are_found_where_they_come_often(text: str) -> None:
    assert find_debris(text)


@pytest.mark.parametrize(
    "text",
    [
        "The Ġgantija temples of Malta, and the ħobż of BORĠ.",
        "A sparkline: ▁▂▃▅▇▁▂▃",
        "SÃO PAULO, NÃO and PÃO.",
        r"Write \n for a new line, or \n\n for a paragraph.",
        r"$$\nabla f \neq 0 \\ \nu = 3 \\\n-1 \notin A$$ and again $\n-1$",
        "In code: `a\\n\\n` and ```\nprint('\\n\\n#\\n\\n#\\n1')\n```",
    ],
)
def test_the_same_signs_have_their_place(text: str) -> None:
    assert find_debris(text) == ""
