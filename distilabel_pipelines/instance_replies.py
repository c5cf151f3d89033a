"""Reading the instances of a task: labels and inputs, or inputs and outputs.

The forms are Self-Instruct's (arXiv:2212.10560): output-first for classification tasks
(`Class label: …`), input-first for all others (`Example 1`, `Input: …`, `Output: …`), in English
and Chinese. What holds no whole instance comes back as a fault with its text. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from distilabel_pipelines.instruction_replies import LABELS, Fault, clean_input, find_text_start

_CLASS_LABEL = re.compile(
    r"^[ \t#*-]*+(?:class[ ]label|类别标签|类别)[ \t]*+\d*+[ \t]*+\**+[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_EXAMPLE = re.compile(
    r"^[ \t#*]*+(?:example|示例|例)[ \t]*+\d++[ \t]*+[:：.]?[ \t]*+\**+[ \t]*+$",
    re.IGNORECASE | re.MULTILINE,
)
_FIELD = re.compile(
    r"^[ \t#*]*+(?P<label>input|output|输入|输出)[ \t]*+\**+[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_MAX_LABEL_WORDS = 8
_ReadPiece = Callable[[str], tuple[str, str] | None]


class Instance(NamedTuple):
    """One input with its output; `item` as in a list."""

    item: int
    input: str
    output: str


class Instances(NamedTuple):
    """The instances that one reply held, and the pieces that were none."""

    instances: list[Instance]
    faults: list[Fault]


def parse_output_first(reply: str, *, is_cut: bool) -> Instances:
    """The instances of a classification task: a label (the output), then its input."""
    pieces = _split_at(reply, _CLASS_LABEL)
    if len(pieces) > 1 and not _is_labelled(pieces[0]):
        pieces = pieces[1:]  # a polite opening
    return _read_instances(pieces, is_cut=is_cut, read=_read_labelled)


def _is_labelled(piece: str) -> bool:
    """Whether the text before the first label of its own is a label that the prompt asked for."""
    label, _, rest = piece.strip().partition("\n")
    if _FIELD.match(rest.lstrip()):
        return True
    return not label.endswith((":", "：")) and 0 < len(label.split()) <= _MAX_LABEL_WORDS


def _read_labelled(piece: str) -> tuple[str, str] | None:
    label, _, rest = piece.partition("\n")
    rest = rest.lstrip()
    field = _FIELD.match(rest)
    told = rest[find_text_start(rest, field) :] if field else rest
    return (clean_input(told), label.strip()) if label.strip() else None


def parse_input_first(reply: str, *, is_cut: bool) -> Instances:
    """The instances of any other task: `Example n`, `Input:` where there is one, `Output:`."""
    pieces = _split_at(reply, _EXAMPLE)
    if len(pieces) > 1 and not _FIELD.search(pieces[0]):
        pieces = pieces[1:]
    return _read_instances(pieces, is_cut=is_cut, read=_read_example)


def _read_example(piece: str) -> tuple[str, str] | None:
    """The fields of one example: the first input before the first output."""
    fields = list(_FIELD.finditer(piece))
    outputs = [found for found in fields if LABELS[found["label"].lower()] == "output"]
    if not outputs:
        return None
    inputs = [found for found in fields if found.start() < outputs[0].start()]
    told = piece[find_text_start(piece, inputs[0]) : outputs[0].start()] if inputs else ""
    output = piece[find_text_start(piece, outputs[0]) :].strip()
    return (clean_input(told), output) if output else None


def _split_at(reply: str, pattern: re.Pattern[str]) -> list[str]:
    """The pieces between the marks; what stands before the first mark is a piece of its own."""
    marks = list(pattern.finditer(reply))
    begins = [0, *[find_text_start(reply, mark) for mark in marks]]
    ends = [*[mark.start() for mark in marks], len(reply)]
    return [text for b, e in zip(begins, ends, strict=True) if (text := reply[b:e].strip())]


def _read_instances(pieces: list[str], *, is_cut: bool, read: _ReadPiece) -> Instances:
    instances: list[Instance] = []
    faults: list[Fault] = []
    for item, piece in enumerate(pieces):
        pair = read(piece)
        if is_cut and item == len(pieces) - 1:
            faults.append(Fault(item, "truncated", piece))
        elif pair is None:
            faults.append(Fault(item, "unparsable", piece))
        else:
            instances.append(Instance(item, *pair))
    return Instances(instances, faults)
