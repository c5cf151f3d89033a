"""The key of a text: what it forgets, what it keeps."""

from __future__ import annotations

import random

import pytest

from builders.text_keys import normalise_text


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("What is 12 + 34?", "what is 12+34"),
        ("小明有 3 个苹果？", "小明有３个苹果。"),
        ("It costs 1,000,000 yuan.", "it costs 1000000 yuan"),
        ("3 × 4 ÷ 2", "3*4/2"),
        ("a − b", "a - b"),
        ("“Why?”", "why"),
        ("x²", "x^2"),
        ("zero\u200bwidth", "zerowidth"),
        ("Go on!!", "go on"),
    ],
)
def test_spellings_of_one_text_share_a_key(first: str, second: str) -> None:
    assert normalise_text(first) == normalise_text(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("12 + 34", "12 - 34"),
        ("10²", "102"),
        ("2½", "21/2"),
        ("log₂8", "log28"),
        ("What is 5!", "What is 5"),
        ("What is n!", "What is n"),
        (".5", "5"),
        ("1, 200", "1200"),
        ("5 -3", "5 - 3"),
        ("-5 + 3", "5 + 3"),
        ("①3", "13"),
    ],
)
def test_texts_that_mean_different_numbers_keep_apart(first: str, second: str) -> None:
    assert normalise_text(first) != normalise_text(second)


def test_decoration_alone_gives_an_empty_key() -> None:
    assert [normalise_text(text) for text in ("", " \n", "……", "?!")] == [""] * 4


def test_the_key_of_a_key_is_itself() -> None:
    rng = random.Random(0)  # noqa: S311  # reproducible texts
    alphabet = "ab A1 2,.  -+*/()!?。，二个²½“'\u200b０①:;%"
    for _ in range(20_000):
        key = normalise_text("".join(rng.choice(alphabet) for _ in range(rng.randint(1, 9))))
        assert normalise_text(key) == key
