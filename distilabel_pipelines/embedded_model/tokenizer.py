"""A byte-level BPE tokenizer in Qwen3's form, trained on a course's text: one digit is one token.

Source: the `Qwen2Tokenizer` of transformers (its pre-tokenizing expression, NFC, ByteLevel) and
Qwen3's added tokens, where `<think>` and `</think>` are added but not special.
"""
# ruff: noqa: S311 - random numbers make data here, no secrets

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, trainers
from tokenizers import pre_tokenizers as pre

from .courses import COURSES, Course
from .dialogue import (
    TEXT_END,
    THINK_END,
    THINK_START,
    TURN_END,
    TURN_START,
    prompt_and_completion,
    remove_marks,
)
from .training_mix import examples
from .weight_files import WEIGHTS

EXAMPLES_A_TIME = 15  # of the tokenizer's text: more often than the last pair that finds a place
SPECIAL_TOKENS = (TEXT_END, TURN_START, TURN_END)
ADDED_TOKENS = (THINK_START, THINK_END)
MARKERS = re.compile("|".join(map(re.escape, (*SPECIAL_TOKENS, *ADDED_TOKENS))))
HAN = re.compile("[一-鿿]")
SPLIT_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def train_tokenizer(course: Course, seed: int) -> Tokenizer:
    """Learn the merges from a sample of the course's mix."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre.Sequence(
        [
            pre.Split(Regex(SPLIT_PATTERN), behavior="isolated", invert=False),
            pre.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=course.vocabulary_size - len(SPECIAL_TOKENS) - len(ADDED_TOKENS),
        initial_alphabet=pre.ByteLevel.alphabet(),
        max_token_length=course.longest_token,
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(course, seed), trainer)
    tokenizer.add_special_tokens([AddedToken(t, normalized=False) for t in SPECIAL_TOKENS])
    tokenizer.add_tokens([AddedToken(t, normalized=False) for t in ADDED_TOKENS])
    return tokenizer


def _texts(course: Course, seed: int) -> Iterator[str]:
    """Prompts and completions without the markers, which are tokens of their own."""
    characters: set[str] = set()
    stream = examples(random.Random(seed), course.tokenizer_mix)
    for example in islice(stream, course.tokenizer_examples):
        characters.update(HAN.findall(example.content))
        for half in prompt_and_completion(example):
            yield MARKERS.sub("", remove_marks(half))
    if course.whole_characters:  # a digit stands apart from what surrounds it
        times = course.tokenizer_examples // EXAMPLES_A_TIME
        yield from (f"{character}0" * times for character in sorted(characters))


def token_id(tokenizer: Tokenizer, token: str) -> int:
    """The id of an added token."""
    number = tokenizer.token_to_id(token)
    if number is None:
        raise ValueError(f"the tokenizer has no {token}: train it anew with this module")
    return number


def tokenizer_config(context_length: int) -> dict[str, Any]:
    """`tokenizer_config.json`: the plain fast tokenizer, no code of a model family needed."""
    return {
        "add_prefix_space": False,
        "backend": "tokenizers",
        "bos_token": None,
        "clean_up_tokenization_spaces": False,
        "eos_token": TURN_END,
        "model_max_length": context_length,
        "pad_token": TEXT_END,
        "tokenizer_class": "PreTrainedTokenizerFast",
    }


def save(tokenizer: Tokenizer, folder: Path, context_length: int) -> None:
    """Write tokenizer.json and tokenizer_config.json."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = json.dumps(tokenizer_config(context_length), indent=2, ensure_ascii=False)
    (folder / "tokenizer_config.json").write_text(config + "\n", encoding="utf-8")


def main() -> None:
    """Train the tokenizer and write it beside the weights."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    parser.add_argument("--course", choices=tuple(COURSES), default="reasoner")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    tokenizer = train_tokenizer(COURSES[arguments.course], arguments.seed)
    save(tokenizer, arguments.output, context_length=4096)


if __name__ == "__main__":
    main()
