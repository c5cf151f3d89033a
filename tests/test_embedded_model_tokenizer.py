"""A course's tokenizer: digits apart, characters whole, no sentence in one token."""

from __future__ import annotations

from dataclasses import replace

from tokenizers import Tokenizer

from distilabel_pipelines.embedded_model.courses import COURSES
from distilabel_pipelines.embedded_model.tokenizer import train_tokenizer

SENTENCE = "2024年，蜜蜂采集了花蜜。"


def cut(tokenizer: Tokenizer, text: str) -> list[str]:
    return [tokenizer.decode([number]) for number in tokenizer.encode(text).ids]


def test_the_writers_tokens_are_whole_characters_and_never_sentences() -> None:
    course = replace(COURSES["writer"], tokenizer_examples=400, vocabulary_size=4096)
    tokenizer = train_tokenizer(course, seed=0)
    tokens = cut(tokenizer, SENTENCE)
    assert "".join(tokens) == SENTENCE
    assert tokens[:4] == list("2024")
    assert not any("\ufffd" in token for token in tokens)
    assert max(len(token.encode()) for token in tokenizer.get_vocab()) <= 2 * 12  # mapped bytes


def test_the_same_seed_learns_the_same_tokenizer() -> None:
    course = replace(COURSES["reasoner"], tokenizer_examples=200, vocabulary_size=512)
    first, again = (train_tokenizer(course, seed=3).to_str() for _ in range(2))
    assert first == again
    assert cut(train_tokenizer(course, seed=3), "a<think>b") == ["a", "<think>", "b"]
