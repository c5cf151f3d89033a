"""Give the tokenizer more tokens for instruction text; what it had keeps its ids and its cuts.

New merges are learnt by the usual greedy count (Sennrich et al. 2016) after the old ones and
never join two tokens that stand side by side in text of the old mix: questions and their traces
are cut as before, token for token. Added tokens stand in the vocabulary, so their ids stay.
"""
# ruff: noqa: S311 - random numbers make data here, no secrets

from __future__ import annotations

import argparse
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from .dialogue import prompt_and_completion, remove_marks
from .families.model import LANGUAGES
from .tasks.foreign import COMMON, load_seeds
from .tokenizer import MARKERS, save
from .training_mix import examples
from .weight_files import WEIGHTS
from .whole_mix import REQUEST_MIX

Pair = tuple[str, str]
SIZE = 4096
REQUEST_EXAMPLES, QUESTION_EXAMPLES = 5000, 20_000
PROSE = ("README.md", "AGENTS.md", "CHANGELOG.md")  # English of our own, for foreign seed tasks
LEAST_COUNT = 3


def request_texts(seed: int) -> Iterable[str]:
    """Text the new merges are learnt from."""
    for example in islice(examples(random.Random(seed), REQUEST_MIX), REQUEST_EXAMPLES):
        yield from (MARKERS.sub("", remove_marks(t)) for t in prompt_and_completion(example))
    for language in LANGUAGES:
        for row in load_seeds(language, for_evaluation=False):
            yield from [json.dumps(row, ensure_ascii=False)] * 4
    root = Path(__file__).parents[2]
    for name in PROSE:
        yield from [(root / name).read_text(encoding="utf-8")] * 4
    yield from [" ".join(["", *COMMON])] * 10


def question_texts(seed: int) -> Iterable[str]:
    """Text whose cuts must stay."""
    for example in islice(examples(random.Random(seed)), QUESTION_EXAMPLES):
        yield from (MARKERS.sub("", text) for text in prompt_and_completion(example))


def count_pieces(tokenizer: Tokenizer, texts: Iterable[str]) -> Counter[str]:
    """The pieces within which merges happen, with their counts."""
    counts: Counter[str] = Counter()
    for text in texts:
        clean = tokenizer.normalizer.normalize_str(text)
        counts.update(piece for piece, _ in tokenizer.pre_tokenizer.pre_tokenize_str(clean))
    return counts


def cut(tokenizer: Tokenizer, piece: str) -> list[str]:
    """The piece in the tokens there are."""
    return [token.value for token in tokenizer.model.tokenize(piece)]


def learn_merges(
    words: list[list[str]], counts: list[int], number: int, kept: set[Pair]
) -> list[Pair]:
    """The most frequent pairs, one after the other; `words` are merged in place."""
    frequencies: Counter[Pair] = Counter()
    places: defaultdict[Pair, set[int]] = defaultdict(set)
    for index, word in enumerate(words):
        _count(word, counts[index], index, frequencies, places)
    merges: list[Pair] = []
    joined: set[str] = set()
    while len(merges) < number:
        pair, frequency = max(frequencies.items(), key=lambda item: (item[1], item[0]))
        if frequency < LEAST_COUNT:
            break
        if pair in kept or pair[0] + pair[1] in joined:
            frequencies[pair] = 0
            continue
        merges.append(pair)
        joined.add(pair[0] + pair[1])
        for index in sorted(places.pop(pair)):
            _count(words[index], -counts[index], index, frequencies, places)
            words[index] = _merge(words[index], pair)
            _count(words[index], counts[index], index, frequencies, places)
        frequencies.pop(pair, None)
    return merges


def _count(
    word: list[str],
    times: int,
    index: int,
    frequencies: Counter[Pair],
    places: defaultdict[Pair, set[int]],
) -> None:
    for pair in pairwise(word):
        frequencies[pair] += times
        if times > 0:
            places[pair].add(index)


def _merge(word: list[str], pair: Pair) -> list[str]:
    merged: list[str] = []
    for token in word:
        if merged and (merged[-1], token) == pair:
            merged[-1] += token
        else:
            merged.append(token)
    return merged


def extend(tokenizer: Tokenizer, size: int, seed: int) -> Tokenizer:
    """The tokenizer with up to `size` tokens."""
    pieces = count_pieces(tokenizer, request_texts(seed))
    words = [cut(tokenizer, piece) for piece in pieces]
    kept = {
        pair
        for piece in count_pieces(tokenizer, question_texts(seed))
        for pair in pairwise(cut(tokenizer, piece))
    }
    merges = learn_merges(words, list(pieces.values()), size - tokenizer.get_vocab_size(), kept)
    return Tokenizer.from_str(json.dumps(with_merges(json.loads(tokenizer.to_str()), merges)))


def with_merges(description: dict[str, Any], merges: list[Pair]) -> dict[str, Any]:
    """The tokenizer's JSON with more merges and their tokens, added tokens in the vocabulary."""
    model = description["model"]
    vocabulary = model["vocab"]
    for added in description["added_tokens"]:
        vocabulary[added["content"]] = added["id"]
    for first, second in merges:
        vocabulary.setdefault(first + second, len(vocabulary))
    model["merges"] = [*model["merges"], *([first, second] for first, second in merges)]
    model["vocab"] = dict(sorted(vocabulary.items(), key=lambda item: item[1]))
    return description


def main() -> None:
    """Extend the tokenizer of one folder into another."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(arguments.weights / "tokenizer.json"))
    save(extend(tokenizer, arguments.size, arguments.seed), arguments.output, context_length=4096)


if __name__ == "__main__":
    main()
