"""Items of a few words ("The auditory tube", 下列说法正确的是), which say too little alone.

One matches where it is all that a text says, or where an option of it stands nearby: in MMLU 4,104
of 14,042 questions have fewer than 13 tokens. A question that several items ask says nothing, so
that its options must say enough alone.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from builders.decontamination.config import DecontaminationConfig
from builders.decontamination.hashed_tokens import (
    TokenBatch,
    hash_n_grams,
    hash_spans,
    hash_tokens,
)
from builders.decontamination.span_index import SpanIndex

_ANCHOR_TOKENS = 4
_NEARBY_TOKENS = 32  # between question and option, other options not counted
_ASKED_OFTEN = 3
_QUESTION = -1
# What tells 5 + 3 from 5 - 3; a hyphen is a minus where it stands at a number or a lone letter.
_OPERATOR = re.compile(
    r"[+*/=<>^%×÷±√≤≥≠]|(?<=[\d)])\s*[-−–]\s*(?=[\d(a-z\\])|(?<![^\s(])[-−–](?=\d)"
)
_FORMULA = re.compile(r"\d|(?<![^\W_])[b-hj-z](?![^\W_])")

Tokens = list[int]


class ShortWording(NamedTuple):
    """A short question and the item that it belongs to."""

    owner: int
    text: str
    options: tuple[str, ...]


class ShortMatch(NamedTuple):
    """Text `text` of a batch is, or holds, the item that `owner` numbers."""

    text: int
    owner: int


class _Anchor(NamedTuple):
    """Four tokens of a wording: `offset` into its question, or into one of its options."""

    wording: int
    option: int
    offset: int


class ShortItems:
    """All short wordings of all benchmarks."""

    def __init__(self, wordings: Sequence[ShortWording], config: DecontaminationConfig) -> None:
        self._option_tokens = config.option_tokens
        self._wordings = wordings
        batch = hash_tokens([wording.text for wording in wordings])
        self._operators = [_list_operators(batch.read_text(i)) for i in range(len(wordings))]
        self._questions = _split(batch)
        options = iter(
            _split(hash_tokens([one for wording in wordings for one in wording.options]))
        )
        self._options = [[next(options) for _ in wording.options] for wording in wordings]
        askers = {
            (tuple(question), wording.owner)
            for wording, question in zip(wordings, self._questions, strict=True)
        }
        asked = Counter(question for question, _ in askers)
        self._is_asked_often = [asked[tuple(one)] >= _ASKED_OFTEN for one in self._questions]
        self._longest = max(map(len, self._questions), default=0)
        self._whole: dict[int, list[int]] = defaultdict(list)
        for number, key in enumerate(_hash_whole(self._questions)):
            self._whole[key].append(number)
        self._anchors = list(self._choose_anchors())
        self._index = _index_anchors(self._anchors, self._questions, self._options)

    @property
    def size_bytes(self) -> int:
        """Of the tables, without the texts."""
        tokens = sum(map(len, self._questions))
        tokens += sum(len(option) for options in self._options for option in options)
        return self._index.size_bytes + 40 * tokens  # a whole number of Python and its place

    def _choose_anchors(self) -> Iterator[_Anchor]:
        """The rarest four tokens of the question; of each option where it has no four."""
        counts: Counter[tuple[int, ...]] = Counter()
        for question in self._questions:
            counts.update(_list_n_grams(question))
        for number, (question, options) in enumerate(
            zip(self._questions, self._options, strict=True)
        ):
            if not options or not question:
                continue
            if len(question) >= _ANCHOR_TOKENS:
                grams = _list_n_grams(question)
                rarest = min(range(len(grams)), key=lambda place: counts[grams[place]])
                yield _Anchor(number, _QUESTION, rarest)
                continue
            for option, tokens in enumerate(options):
                if len(tokens) >= _ANCHOR_TOKENS:
                    yield _Anchor(number, option, 0)

    def find(self, batch: TokenBatch) -> Iterator[ShortMatch]:
        """Every match: whole texts first, then by place."""
        yield from self._find_whole(batch)
        if not self._anchors:
            return
        places, found = self._index.find(hash_n_grams(batch.hashes, _ANCHOR_TOKENS))
        texts = np.searchsorted(batch.bounds, places, side="right") - 1
        for place, anchor, text in zip(
            places.tolist(), found.tolist(), texts.tolist(), strict=True
        ):
            if self._holds(batch, self._anchors[anchor], place, text):
                yield ShortMatch(text, self._wordings[self._anchors[anchor].wording].owner)

    def _find_whole(self, batch: TokenBatch) -> Iterator[ShortMatch]:
        sizes = np.diff(batch.bounds)
        texts = np.flatnonzero((sizes > 0) & (sizes <= self._longest))
        first, last = batch.bounds[texts], batch.bounds[texts + 1]
        keys = hash_spans(batch.hashes, first, last).tolist()
        for text, key, start, end in zip(
            texts.tolist(), keys, first.tolist(), last.tolist(), strict=True
        ):
            for number in self._whole.get(key, ()):
                if self._is_question(batch, number, start, end):
                    yield ShortMatch(text, self._wordings[number].owner)
                    break

    def _is_question(self, batch: TokenBatch, number: int, start: int, end: int) -> bool:
        """Whether the tokens are those of the question, and so are the operators."""
        if batch.hashes[start:end].tolist() != self._questions[number]:
            return False
        return _list_operators(batch.read(start, end)) == self._operators[number]

    def _holds(self, batch: TokenBatch, anchor: _Anchor, place: int, text: int) -> bool:
        """Whether the question stands there, with options behind it that say enough."""
        number, start, end = anchor.wording, int(batch.bounds[text]), int(batch.bounds[text + 1])
        size = len(self._questions[number])
        if anchor.option == _QUESTION:
            begins = [place - anchor.offset]
        else:
            earliest = max(start, place - self._measure_reach(number) - size)
            is_begin = batch.hashes[earliest:place] == np.uint64(self._questions[number][0])
            begins = (earliest + np.flatnonzero(is_begin)).tolist()
        return any(
            start <= begin
            and begin + size <= end
            and self._is_question(batch, number, begin, begin + size)
            and self._has_options(batch, number, begin + size, end)
            for begin in begins
        )

    def _measure_reach(self, number: int) -> int:
        """How far behind the question an option may begin: behind the other ones."""
        return _NEARBY_TOKENS + sum(map(len, self._options[number])) + len(self._options[number])

    def _has_options(self, batch: TokenBatch, number: int, start: int, end: int) -> bool:
        near = batch.hashes[start : min(end, start + self._measure_reach(number))].tolist()
        distinct = {tuple(option) for option in self._options[number] if option}
        found = [option for option in distinct if _stands_in(option, near)]
        if not found:
            return False
        said = 0 if self._is_asked_often[number] else len(self._questions[number])
        return said + sum(map(len, found)) >= self._option_tokens


def _split(batch: TokenBatch) -> list[Tokens]:
    tokens: Tokens = batch.hashes.tolist()
    bounds = batch.bounds.tolist()
    return [tokens[start:end] for start, end in itertools.pairwise(bounds)]


def _hash_whole(questions: Sequence[Tokens]) -> list[int]:
    tokens = np.array([token for question in questions for token in question], np.uint64)
    bounds = np.cumsum([0, *map(len, questions)])
    keys: list[int] = hash_spans(tokens, bounds[:-1], bounds[1:]).tolist()
    return keys


def _list_n_grams(tokens: Tokens) -> list[tuple[int, ...]]:
    count = len(tokens) - _ANCHOR_TOKENS + 1
    return [tuple(tokens[place : place + _ANCHOR_TOKENS]) for place in range(max(0, count))]


def _index_anchors(
    anchors: Sequence[_Anchor], questions: Sequence[Tokens], options: Sequence[Sequence[Tokens]]
) -> SpanIndex:
    chosen: Tokens = []
    for wording, option, offset in anchors:
        tokens = questions[wording] if option == _QUESTION else options[wording][option]
        chosen += tokens[offset : offset + _ANCHOR_TOKENS]
    hashes = hash_n_grams(np.array(chosen, np.uint64), _ANCHOR_TOKENS)[::_ANCHOR_TOKENS]
    return SpanIndex(hashes, np.arange(len(anchors), dtype=np.int32))


def _stands_in(option: tuple[int, ...], tokens: Tokens) -> bool:
    size = len(option)
    return any(
        tokens[place] == option[0] and tuple(tokens[place : place + size]) == option
        for place in range(len(tokens) - size + 1)
    )


def _list_operators(text: str) -> list[str]:
    """In order, where the text has numbers or variables; in prose signs carry nothing."""
    text = text.lower()
    if not _FORMULA.search(text):
        return []
    return [sign.strip().replace("−", "-").replace("–", "-") for sign in _OPERATOR.findall(text)]
