"""Reading the replies of the instruction kind: lists of tasks, and a yes or no.

The list of whole tasks is Alpaca's public format (`###`, `4. Instruction:`, `4. Input:` with
`<noinput>`, `4. Output:`), the others are Self-Instruct's (arXiv:2212.10560). Models bend them:
labels in bold or in Chinese, no `###`, a repeated or missing first label, a polite opening. What
can be read without doubt is read; everything else comes back as a fault with its text. Pure.
`instance_replies` reads the instances.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

FaultKind = Literal["unparsable", "truncated"]
LABELS = {
    "instruction": "instruction",
    "input": "input",
    "output": "output",
    "指令": "instruction",
    "输入": "input",
    "输出": "output",
}
_NUMBER = r"(?P<number>\d{1,4})\s*+[.)、．:：]"
# Possessive repeats: a reply that loops over white space must not take minutes.
_LABEL = r"(?P<label>instruction|input|output|指令|输入|输出)\s*+\**+\s*+[:：]"
_NUMBERED = re.compile(rf"^[ \t#*>-]*+{_NUMBER}[\s*]*+{_LABEL}", re.IGNORECASE | re.MULTILINE)
_UNNUMBERED = re.compile(rf"^[ \t#*>-]*+(?P<number>){_LABEL}", re.IGNORECASE | re.MULTILINE)
_BREAK = re.compile(r"^[ \t]*+#{3,}+[ \t\r]*+$", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*+(?:---|\*\*\*|___)[ \t\r]*+$", re.MULTILINE)
_LIST_ITEM = re.compile(rf"^[ \t*>-]*+{_NUMBER}[ \t*]*", re.MULTILINE)
_NO_INPUT = re.compile(
    r"[\s<\[(（【\"“]*"
    r"(?:no[\s_-]?input|none|n/?a|无输入|无|没有输入|不需要输入|不适用)"
    r"[\s.。>\])）】\"”]*",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(r"\b(yes|no)\b|(不是|否|是)", re.IGNORECASE)


class ListedTask(NamedTuple):
    """A task of a list; `item` is its place in the reply, from 0, faults counted too."""

    item: int
    instruction: str
    input: str
    output: str


class Fault(NamedTuple):
    """A piece of a reply that holds no whole task or instance, as it came."""

    item: int
    kind: FaultKind
    raw: str


class TaskList(NamedTuple):
    """What one list reply held; an item is in exactly one of the two, in the reply's order."""

    tasks: list[ListedTask]
    faults: list[Fault]


class UnreadableReplyError(ValueError):
    """A reply that does not hold the one answer it was asked for; the message says what it held."""


class _Piece(NamedTuple):
    """One item's text and its fields, None for a label that was not there."""

    raw: str
    instruction: str | None
    input: str | None
    output: str | None


def clean_input(text: str) -> str:
    """The input, "" where the reply says in words that there is none."""
    stripped = text.strip()
    return "" if _NO_INPUT.fullmatch(stripped) else stripped


def parse_task_list(reply: str, *, first_number: int, is_cut: bool) -> TaskList:
    """The tasks of Alpaca's list, continued from `first_number`.

    With `is_cut` (the reply ended at its token limit) the last item is a `truncated` fault.
    """
    pieces = list(_split_tasks(reply, first_number))
    tasks: list[ListedTask] = []
    faults: list[Fault] = []
    for item, piece in enumerate(pieces):
        if is_cut and item == len(pieces) - 1:
            faults.append(Fault(item, "truncated", piece.raw))
        elif piece.instruction and piece.output:
            told = clean_input(piece.input or "")
            tasks.append(ListedTask(item, piece.instruction, told, piece.output))
        else:
            faults.append(Fault(item, "unparsable", piece.raw))
    return TaskList(tasks, faults)


def _split_tasks(reply: str, first_number: int) -> Iterator[_Piece]:
    """The items of a list. Within item n only its own labels count: an output may hold others'."""
    pattern = _NUMBERED if _NUMBERED.search(reply) else _UNNUMBERED
    text = reply
    if not _begins_with_label(reply, pattern):
        opening = f"{first_number}. Instruction: " if pattern is _NUMBERED else "Instruction: "
        text = opening + reply
    between = _BREAK if _BREAK.search(text) else _RULE
    starts = list(_find_item_starts(text, pattern, between))
    for start, end in zip(starts, [*[s.start() for s in starts[1:]], len(text)], strict=True):
        piece = _read_task(text, start, end, pattern, between)
        is_opening = start is starts[0] and text is not reply and piece.output is None
        if is_opening and len(starts) > 1 and piece.input is None:
            continue  # "Sure, here are the tasks:" is no task
        if piece.raw:
            yield piece


def _begins_with_label(reply: str, pattern: re.Pattern[str]) -> bool:
    """Whether the first label stands before any text but `###`."""
    first = pattern.search(reply)
    if first is None or LABELS[first["label"].lower()] != "instruction":
        return False
    return not _BREAK.sub("", reply[: first.start()]).strip()


def _find_item_starts(
    text: str, pattern: re.Pattern[str], between: re.Pattern[str]
) -> Iterator[re.Match[str]]:
    """Instruction labels that begin an item: with a higher number, or after `###`."""
    last: int | None = None
    breaks = [found.end() for found in between.finditer(text)]
    for found in pattern.finditer(text):
        if LABELS[found["label"].lower()] != "instruction":
            continue
        number = int(found["number"]) if found["number"] else 0
        after_break = "#" in found[0] or _follows_break(text, found.start(), breaks)
        if last is None or number > last or after_break or not found["number"]:
            last = number
            yield found


def _follows_break(text: str, start: int, breaks: Sequence[int]) -> bool:
    """Whether nothing but white space stands between the last break and `start`."""
    before = bisect_right(breaks, start)
    return before > 0 and not text[breaks[before - 1] : start].strip()


def find_text_start(text: str, label: re.Match[str]) -> int:
    """Where the text after a label begins: behind the stars that close a bold label, before those
    that make the text itself bold, or a list of it."""
    is_open = label[0].count("**") % 2 == 1
    return label.end() + 2 * (is_open and text.startswith("**", label.end()))


def _read_task(
    text: str,
    start: re.Match[str],
    end: int,
    pattern: re.Pattern[str],
    between: re.Pattern[str],
) -> _Piece:
    labels = {"instruction": start}
    for found in pattern.finditer(text, start.end(), end):
        label = LABELS[found["label"].lower()]
        due = "output" if "input" in labels else "input"
        is_ours = found["number"] == start["number"] and label in (due, "output")
        if is_ours and label not in labels and "output" not in labels:
            labels[label] = found
    fields: dict[str, str] = {}
    marks = list(labels.items())
    for place, (label, found) in enumerate(marks):
        stop = marks[place + 1][1].start() if place + 1 < len(marks) else end
        fields[label] = _strip_breaks(text[find_text_start(text, found) : stop], between)
    return _Piece(
        raw=_strip_breaks(text[start.start() : end], between) if fields["instruction"] else "",
        instruction=" ".join(fields["instruction"].split()),
        input=fields.get("input"),
        output=fields.get("output"),
    )


def _strip_breaks(text: str, between: re.Pattern[str]) -> str:
    """Without white space around, and without the break that parts it from the next item."""
    lines = text.split("\n")
    while lines and (not lines[-1].strip() or between.fullmatch(lines[-1])):
        lines.pop()
    return "\n".join(lines).strip()


def parse_instruction_list(reply: str, *, first_number: int, is_cut: bool) -> TaskList:
    """The instructions of Self-Instruct's first step, one a number; input and output are "".

    A number that does not rise is text of the item before it.
    """
    items = list(_split_numbered(reply, first_number))
    tasks: list[ListedTask] = []
    faults: list[Fault] = []
    for item, raw in enumerate(items):
        if is_cut and item == len(items) - 1:
            faults.append(Fault(item, "truncated", raw))
        else:
            tasks.append(ListedTask(item, " ".join(raw.split()), "", ""))
    return TaskList(tasks, faults)


def _split_numbered(reply: str, first_number: int) -> Iterator[str]:
    starts: list[re.Match[str]] = []
    for found in _LIST_ITEM.finditer(reply):
        if not starts or int(found["number"]) > int(starts[-1]["number"]):
            starts.append(found)
    opening = reply[: starts[0].start()] if starts else reply
    continues = not starts or int(starts[0]["number"]) > first_number
    texts = [opening] if continues else []
    begins = [found.end() for found in starts]
    ends = [*(found.start() for found in starts), len(reply)][1:]
    texts += [reply[begin:end] for begin, end in zip(begins, ends, strict=True)]
    yield from (text.strip() for text in texts if text.strip())


def parse_classification(reply: str) -> bool:
    """Whether the task is a classification task; UnreadableReplyError without a yes or no.

    The first word counts; a reply that comes to the point later must not say both.
    """
    said = [(word or hanzi).lower() in {"yes", "是"} for word, hanzi in _YES_OR_NO.findall(reply)]
    at_once = _YES_OR_NO.match(reply.lstrip(" \t\r\n*\"'“‘「"))
    if not said or (at_once is None and len(set(said)) > 1):
        raise UnreadableReplyError(f"neither yes nor no: {reply.strip()[:200]!r}")
    return said[0]
