"""A teacher that answers the four prompts of Self-Instruct (arXiv:2212.10560) out of a vocabulary.

Instructions by the request's seed, everything else by the instruction: never by arrival. Written
from the prompts' form alone (how they end), for chat and base models alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from tests.fake_teacher.reply import Body, Reply, hash_share, last_user_text, request_key
from tests.fake_teacher.task_lists import (
    THOUGHT,
    cut_as_servers_do,
    read_language,
    read_open_number,
)
from tests.fake_teacher.task_words import TaskLanguage, word_input, word_instruction, word_output

_LAST_TASK = re.compile(r"(?:\nTask: |\n任务：)(?P<instruction>[^\n]*)\n[^\n]*\Z")
_ENDS = {
    "Is it classification?": "classification",
    "是分类任务吗？": "classification",
    "Class label:": "output_first",
    "类别：": "output_first",
    "Example 1": "input_first",
    "示例1": "input_first",
}


class AskedStep(StrEnum):
    """Which of the four prompts a request holds."""

    INSTRUCTIONS = "instructions"
    CLASSIFICATION = "classification"
    OUTPUT_FIRST = "output_first"
    INPUT_FIRST = "input_first"


def read_step(body: Body) -> AskedStep:
    """The step that a request's prompt belongs to."""
    last = last_user_text(body).rstrip().rsplit("\n", 1)[-1]
    return AskedStep(_ENDS.get(last, "instructions"))


def read_instruction(body: Body) -> str:
    """The instruction that a request of the last three steps asks about."""
    found = _LAST_TASK.search(last_user_text(body).rstrip())
    if found is None:
        raise ValueError(f"no task at the prompt's end: {last_user_text(body)[-80:]!r}")
    return found["instruction"]


def is_classification(instruction: str) -> bool:
    """What this teacher calls a classification task: a third of everything."""
    return hash_share("classification", instruction) < 1 / 3


@dataclass(frozen=True)
class SelfInstructReplier:
    """`undecided_rate` of the classification questions get neither yes nor no; `empty_rate` of the
    instances' replies hold none. A `thinks` teacher sends a thought with every reply. By the
    request's key the delay lies within ±50% of `mean_delay_s`.
    """

    undecided_rate: float = 0.05
    empty_rate: float = 0.05
    thinks: bool = False
    mean_delay_s: float = 0.0

    def __call__(self, body: Body) -> Reply:
        language = read_language(last_user_text(body))
        delay_s = self.mean_delay_s * (0.5 + hash_share("delay", request_key(body)))
        content = self._write(read_step(body), language, body)
        thought = THOUGHT if self.thinks else ""
        reply = Reply(content=content, reasoning=thought, delay_s=delay_s)
        return cut_as_servers_do(reply, body)

    def _write(self, step: AskedStep, language: TaskLanguage, body: Body) -> str:
        if step is AskedStep.INSTRUCTIONS:
            first = read_open_number(last_user_text(body).rstrip())
            return _list_instructions(language, first, body["seed"])
        instruction = read_instruction(body)
        if step is AskedStep.CLASSIFICATION:
            return self._classify(instruction, language)
        if hash_share("empty", instruction) < self.empty_rate:
            return "" if step is AskedStep.OUTPUT_FIRST else "…"
        number = int(hash_share("number", instruction) * 10_000)
        if step is AskedStep.OUTPUT_FIRST:
            return _write_labels(language, number)
        return _write_examples(language, number)

    def _classify(self, instruction: str, language: TaskLanguage) -> str:
        if hash_share("undecided", instruction) < self.undecided_rate:
            return "这要看情况。" if language == "zh" else " It depends."
        words = (" Yes", " No") if language == "en" else ("是", "否")
        return words[0] if is_classification(instruction) else words[1]


def _list_instructions(language: TaskLanguage, first: int, seed: int) -> str:
    """Ten instructions, the third one of the request before with a word of thanks: hardly new."""
    numbers = [seed * 10 + place for place in range(10)]
    numbers[2] = max(0, seed - 1) * 10 + 4
    texts = [word_instruction(language, number) for number in numbers]
    texts[2] += "谢谢。" if language == "zh" else " Thank you."
    lines = [f"{number}. {text}" for number, text in enumerate(texts, first)]
    return "\n".join(lines).removeprefix(f"{first}.")


def _write_labels(language: TaskLanguage, number: int) -> str:
    label, given = ("类别：", "输入：") if language == "zh" else ("Class label: ", "Input: ")
    words = ("甲类", "乙类") if language == "zh" else ("Urgent", "Can wait")
    pieces = [
        f"{word}\n{given}{word_input(language, number + place)}" for place, word in enumerate(words)
    ]
    return " " + f"\n{label}".join(pieces)


def _write_examples(language: TaskLanguage, number: int) -> str:
    """Two examples with an input, or one without; the second may have no output."""
    example, given, output = (
        ("示例", "输入：", "输出：") if language == "zh" else ("Example ", "Input: ", "Output: ")
    )
    if number % 4 == 0:
        return f"\n{output}{word_output(language, number)}"
    texts = [
        f"\n{given}{word_input(language, n)}\n{output}{word_output(language, n)}"
        for n in (number, number + 1)
    ]
    if number % 11 == 0:
        texts[1] = f"\n{given}{word_input(language, number + 1)}"
    return f"{texts[0]}\n{example}2{texts[1]}"
