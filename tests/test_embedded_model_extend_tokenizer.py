"""A tokenizer that grows: old cuts and ids stay, new merges join what stands together."""

from __future__ import annotations

import json

import pytest
from tokenizers import Tokenizer

from distilabel_pipelines.embedded_model.dialogue import (
    TEXT_END,
    THINK_END,
    THINK_START,
    TURN_END,
    TURN_START,
)
from distilabel_pipelines.embedded_model.extend_tokenizer import cut, learn_merges, with_merges
from distilabel_pipelines.embedded_model.tokenizer import token_id
from distilabel_pipelines.embedded_model.weight_files import WEIGHTS

ADDED = (TEXT_END, TURN_START, TURN_END, THINK_START, THINK_END)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(WEIGHTS / "tokenizer.json"))


def grown(tokenizer: Tokenizer, merges: list[tuple[str, str]]) -> Tokenizer:
    description = with_merges(json.loads(tokenizer.to_str()), merges)
    return Tokenizer.from_str(json.dumps(description))


def test_the_most_frequent_pairs_are_merged_first() -> None:
    words = [list("abab"), list("abc"), list("xyz")]
    merges = learn_merges(words, [5, 3, 4], number=2, kept=set())
    assert merges == [("a", "b"), ("ab", "ab")]
    assert words[:2] == [["abab"], ["ab", "c"]]


def test_a_kept_pair_is_never_joined() -> None:
    words = [list("abc")]
    assert learn_merges(words, [9], number=5, kept={("a", "b")}) == [("b", "c"), ("a", "bc")]


def test_rare_pairs_are_left_alone() -> None:
    assert learn_merges([list("ab")], [2], number=5, kept=set()) == []


def test_growing_keeps_every_token_and_the_added_ones(tokenizer: Tokenizer) -> None:
    first, second = cut(tokenizer, "zqzq")[:2]
    larger = grown(tokenizer, [(first, second)])
    before = tokenizer.get_vocab(with_added_tokens=True)
    after = larger.get_vocab(with_added_tokens=True)
    assert {token: after[token] for token in before} == before
    assert after.keys() - before.keys() == {first + second}
    assert [token_id(larger, token) for token in ADDED] == [
        token_id(tokenizer, token) for token in ADDED
    ]
    assert larger.decode(larger.encode("zqzq <think>").ids, skip_special_tokens=False)


def test_added_tokens_stay_whole_and_apart(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode(f"{TURN_START}user\nHi{TURN_END}\n").ids
    assert ids[0] == token_id(tokenizer, TURN_START)
    assert token_id(tokenizer, TURN_END) in ids
