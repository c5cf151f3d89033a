"""Tokens: rouge-score's exactly, and one for each CJK character."""

from __future__ import annotations

import sys

import pytest
from rouge_score import tokenizers

from builders.novelty import tokenize
from tests.novelty.reference import draw_from

ROUGE = tokenizers.DefaultTokenizer(use_stemmer=False)


def tokenize_by_rouge(text: str) -> list[str]:
    tokens: list[str] = ROUGE.tokenize(text)
    return tokens


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "Don't say 3.14, say Pi!",
        "snake_case and kebab-case\nnew line\r\n",
        "naïve café, ЁЖ, İstanbul, ﬁne, Å and the Kelvin sign K",
        "１２３ Ａｂｃ ²½ €5 😀 ,。！",
        "\ud800 lone surrogate",
        "a" * 1000,
    ],
)
def test_a_text_without_cjk_characters_gets_rouge_scores_tokens(text: str) -> None:
    assert tokenize(text) == tokenize_by_rouge(text)


def test_every_character_is_treated_as_by_rouge_score_or_is_one_cjk_token() -> None:
    """Between two letters: a new token, a letter of theirs, or a border."""
    codes = [*range(0x40000), *range(0x40000, sys.maxunicode + 1, 97)]  # unassigned or private
    surrounded = {chr(code): f"a{chr(code)}b" for code in codes}
    tokens = {character: tokenize(text) for character, text in surrounded.items()}
    single = {character for character in tokens if tokens[character] == ["a", character, "b"]}
    others = [text for character, text in surrounded.items() if character not in single]
    assert tokenize(" ".join(others)) == tokenize_by_rouge(" ".join(others))
    assert set(tokenize_by_rouge(" ".join(surrounded[c] for c in single))) == {"a", "b"}
    assert len(single) > 110_000


def test_random_texts_get_rouge_scores_tokens() -> None:
    draw = draw_from(5)
    characters = "aZ09 _-'\"\n\t.,;İKßſéΩж😀¼²\u00a0\u2028"
    for _ in range(5000):
        text = "".join(draw.choices(characters, k=draw.randint(0, 30)))
        assert tokenize(text) == tokenize_by_rouge(text)


def test_chinese_gives_one_token_a_character_and_drops_punctuation() -> None:
    assert tokenize("写一首诗，关于春天。") == list("写一首诗关于春天")


def test_mixed_text_keeps_its_order() -> None:
    text = "用Python 3写一个Hello-World程序!"
    assert tokenize(text) == [*"用", "python", "3", *"写一个", "hello", "world", *"程序"]


@pytest.mark.parametrize(
    "text", ["𠮷野家", "㐂", "豈", "〇", "𰀀", "𪛖", "ひらがな", "カタカナ", "한국어", "ㄅㄆㄇ"]
)
def test_no_cjk_text_is_silently_empty(text: str) -> None:
    assert tokenize(text) == list(text)
