"""What the novelty benchmark screens: real instructions, perturbed copies, generated novel ones."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path

ALPACA = ("instruct/alpaca_en_52k.jsonl.gz", "instruction")
CHINESE = ("instruct/alpaca_zh_en_aligned_10k.jsonl.gz", "zh_instruction")

_VOCABULARY = 30_000
_CHUNK = 1_000
# As many words as Alpaca's instructions have: 10 on average, hardly any above 20.
_WORDS = [4, 5, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 13, 14, 15, 17, 19, 24]
# Their common words, so that texts share a good part of their tokens, as instructions do.
_FRAME = ["write", "a", "the", "of", "to", "list", "in", "and", "for", "given", "that", "with"]


def read_texts(source: tuple[str, str]) -> list[str]:
    """One field of a file below SHARED_DATA (default ../shared/data)."""
    name, field = source
    path = Path(os.environ.get("SHARED_DATA", "../shared/data")) / name
    if not path.is_file():
        msg = f"{path} is not there: set SHARED_DATA to the folder that holds {name}"
        raise SystemExit(msg)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)[field] for line in lines]


def perturb_texts(texts: list[str], seed: int) -> list[str]:
    """Shuffled; every second one a copy of another with zero to three words changed."""
    draw = random.Random(seed)
    shuffled = draw.sample(texts, len(texts))
    for index in range(1, len(shuffled), 2):
        words = shuffled[draw.randrange(index)].split()
        for _ in range(draw.randint(0, 3)):
            at = draw.randrange(len(words) + 1)
            words[at : at + draw.randint(0, 1)] = draw.choice([[], ["other"], ["quite", "new"]])
        shuffled[index] = " ".join(words)
    return shuffled


def generate_texts(count: int, seed: int) -> Iterator[list[str]]:
    """Lists of texts that are new to each other but for some short ones: frame words and rare ones.

    The rare ones follow Zipf's law over 30,000 words.
    """
    draw = random.Random(seed)
    weights = list(itertools.accumulate(1 / rank for rank in range(10, 10 + _VOCABULARY)))
    words = [f"word{index}" for index in range(_VOCABULARY)]
    for start in range(0, count, _CHUNK):
        chunk = []
        for _ in range(min(_CHUNK, count - start)):
            rare = draw.choices(words, cum_weights=weights, k=draw.choice(_WORDS))
            for at in draw.sample(range(len(rare)), len(rare) // 3):
                rare[at] = draw.choice(_FRAME)
            chunk.append(" ".join(rare))
        yield chunk
