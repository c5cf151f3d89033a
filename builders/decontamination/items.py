"""One row of a benchmark → its question and its options; and what of a question is wrapper.

Only the question is searched for: answers, passages and solutions of a benchmark stand in many
texts that do not ask its questions. Options matter for short questions, which say little alone.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from builders.decontamination.hashed_tokens import TokenBatch, hash_tokens

# The first that holds text is the question: MMLU, CMMLU, MATH, HumanEval, MBPP, Alpaca's columns;
# then those of PIQA, OpenBookQA, HellaSwag and WinoGrande as they stand on the Hub.
QUESTION_FIELDS = (
    "question",
    "Question",
    "problem",
    "Problem",
    "prompt",
    "text",
    "instruction",
    "question_stem",
    "goal",
    "ctx",
    "sentence",
)
_INPUT = "input"  # of an instruction
_OPTION_FIELD = re.compile(r"[A-J]|(?:sol|option|answer|choice|ending|distractor)_?[A-J0-9]")
_OPTION_LISTS = ("options", "choices", "endings")
_OPTION_LABEL = re.compile(r"(?i)\b(?:answer|solution|option|choice|ending) ?(\d)[:：]")
_LEAST_WRAPPER_TOKENS = 4
_LEAST_WRAPPED_ITEMS = 20
_WRAPPED_SHARE = 0.5


class Item(NamedTuple):
    """`place` in the file, from 0; `text` the question as it is asked; `options` to choose from."""

    place: int
    text: str
    options: tuple[str, ...]


class Wording(NamedTuple):
    """One way an item may stand in a text: `number` is the item's among those of its file,
    `size` the tokens of its text."""

    number: int
    text: str
    options: tuple[str, ...]
    size: int


def read_item(row: Mapping[str, object], place: int) -> Item | None:
    """The item of a row, or None where no column holds a question."""
    for field in QUESTION_FIELDS:
        text = _read_text(row.get(field))
        if text:
            more = _read_text(row.get(_INPUT)) if field == "instruction" else ""
            return Item(place, f"{text}\n{more}" if more else text, tuple(_read_options(row)))
    return None


def _read_text(value: object) -> str:
    """A string, or strings one below the other (as several turns are written)."""
    if isinstance(value, list):
        return "\n".join(part for part in value if isinstance(part, str)).strip()
    return value.strip() if isinstance(value, str) else ""


def _read_options(row: Mapping[str, object]) -> list[str]:
    options = [value for name, value in row.items() if isinstance(value, str) and _is_option(name)]
    for name in _OPTION_LISTS:
        options += _read_option_list(row.get(name))
    return [option.strip() for option in options if option.strip()]


@functools.lru_cache(maxsize=1024)
def _is_option(field: str) -> bool:
    return _OPTION_FIELD.fullmatch(field) is not None


def _read_option_list(value: object) -> Iterable[str]:
    """["…", …], {"A": "…", …}, {"text": ["…", …], "label": […]} or [{"text": "…"}, …]."""
    if isinstance(value, Mapping):
        texts = value.get("text")
        value = texts if isinstance(texts, list) else list(value.values())
    if not isinstance(value, list):
        return
    for one in value:
        text = one.get("text") if isinstance(one, Mapping) else one
        if isinstance(text, str):
            yield text


def list_wordings(items: Sequence[Item]) -> list[Wording]:
    """Each item as it stands and, where it is wrapped in words that most items of its file share
    or brings its options in its text, its bare question too."""
    batch = hash_tokens([item.text for item in items])
    head, has_head = _measure_wrapper(batch, len(items), from_end=False)
    tail, has_tail = _measure_wrapper(batch, len(items), from_end=True)
    sizes = np.diff(batch.bounds).tolist()
    whole = [
        Wording(number, item.text, item.options, sizes[number]) for number, item in enumerate(items)
    ]
    bare: list[Wording] = []
    for number, item in enumerate(items):
        around = head * has_head[number], tail * has_tail[number]
        text = _read_span(batch, number, *around) if any(around) else item.text
        question, options = _split_options(text)
        if options or any(around):
            bare.append(Wording(number, question, (*item.options, *options), 0))
    bare_sizes = np.diff(hash_tokens([one.text for one in bare]).bounds).tolist()
    return whole + [one._replace(size=size) for one, size in zip(bare, bare_sizes, strict=True)]


def _measure_wrapper(batch: TokenBatch, items: int, *, from_end: bool) -> tuple[int, list[bool]]:
    """How many tokens at the beginning (or end) most items share, and which items do."""
    lengths = np.diff(batch.bounds)
    shares = np.ones(items, np.bool_)
    size = 0
    while items >= _LEAST_WRAPPED_ITEMS:
        long_enough = shares & (lengths > size + 1)  # a question is left
        edge = batch.bounds[1:] - 1 - size if from_end else batch.bounds[:-1] + size
        tokens = batch.hashes[edge[long_enough]]
        values, counts = np.unique(tokens, return_counts=True)
        if not len(counts) or counts.max() < _WRAPPED_SHARE * items:
            break
        shares[:] = False
        shares[np.flatnonzero(long_enough)[tokens == values[counts.argmax()]]] = True
        size += 1
        long_enough = shares
    else:
        size = 0
    if size < _LEAST_WRAPPER_TOKENS:
        return 0, [False] * items
    return size, shares.tolist()


def _read_span(batch: TokenBatch, number: int, head: int, tail: int) -> str:
    first, last = int(batch.bounds[number]) + head, int(batch.bounds[number + 1]) - tail
    return batch.read(first, last)


def _split_options(text: str) -> tuple[str, list[str]]:
    """ "…? Answer1: … Answer2: …" → the question and what stands behind the labels."""
    if "1:" not in text and "1：" not in text:  # much faster than to look for labels
        return text, []
    labels = list(_OPTION_LABEL.finditer(text))
    first = next((place for place, label in enumerate(labels) if label.group(1) == "1"), None)
    if first is None or not text[: labels[first].start()].strip():
        return text, []
    ends = [label.start() for label in labels[first + 1 :]] + [len(text)]
    options = [text[label.end() : end] for label, end in zip(labels[first:], ends, strict=True)]
    return text[: labels[first].start()].strip(), [one.strip() for one in options]
