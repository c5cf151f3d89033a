"""A teacher that writes lists of whole tasks in Alpaca's public format, well or badly formed.

Written from the format as Stanford Alpaca's `prompt.txt` shows it (`###` between items,
`4. Instruction:`, `4. Input:` with `<noinput>`, `4. Output:`) and from the ways in which models
bend it. Which tasks a request gets is a function of its seed, never of arrival. Real servers cut a
reply at the request's stop sequences and token limit: so does this one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tests.fake_teacher.reply import (
    CHARACTERS_PER_TOKEN,
    Body,
    Reply,
    hash_share,
    last_user_text,
    request_key,
)
from tests.fake_teacher.task_words import TaskLanguage, WordedTask, word_task

_OPEN_NUMBER = re.compile(r"(\d+)\.(?: Instruction:| 指令：)?\s*\Z")
_CHINESE = re.compile("[\u4e00-\u9fff]")
_LABELS = {
    "en": ("Instruction", "Input", "Output"),
    "zh": ("指令", "输入", "输出"),
}
THOUGHT = "Let me think of something that is not on the list yet."


class ListForm(StrEnum):
    """How a list is written."""

    PLAIN = "plain"
    OTHER_LABELS = "other_labels"  # Chinese labels for an English prompt, and the reverse
    BOLD = "bold"
    REPEATED_LABEL = "repeated_label"  # begins with the label that the prompt ends with
    POLITE = "polite"
    RESTARTING = "restarting"  # numbers from 1
    NO_BREAKS = "no_breaks"  # no `###`
    CUT = "cut"  # the token limit strikes inside the last item
    REFUSAL = "refusal"
    EMPTY = "empty"
    THOUGHT_FIELD = "thought_field"  # a thought although it was switched off
    THOUGHT_INLINE = "thought_inline"


def read_open_number(prompt: str) -> int:
    """The number at the prompt's end, which the reply goes on from."""
    found = _OPEN_NUMBER.search(prompt)
    if found is None:
        raise ValueError(f"the prompt does not end with a number: {prompt[-60:]!r}")
    return int(found[1])


def read_language(prompt: str) -> TaskLanguage:
    """The language that a prompt of the instruction kind is written in."""
    return "zh" if _CHINESE.search(prompt[:40]) else "en"


def cut_as_servers_do(reply: Reply, body: Body) -> Reply:
    """The reply up to the first stop sequence, and then up to the token limit."""
    content = reply.content
    places = [content.find(stop) for stop in body.get("stop") or ()]
    content = content[: min((place for place in places if place >= 0), default=None)]
    if content != reply.content:
        reply = replace(reply, content=content, finish_reason="stop")
    limit = body.get("max_tokens") or body.get("max_completion_tokens")
    if limit is None or len(content) <= limit * CHARACTERS_PER_TOKEN:
        return reply
    return replace(reply, content=content[: limit * CHARACTERS_PER_TOKEN], finish_reason="length")


@dataclass(frozen=True)
class TaskListReplier:
    """Request number n (its seed) is told the n-th slice of `per_reply` tasks.

    After the last slice it begins again with the first. Without `tasks` they come out of the
    vocabulary and never end. `forms` are drawn in equal parts by the request's key; by it, too, the
    delay lies within ±50% of `mean_delay_s`.
    """

    tasks: Sequence[WordedTask] = ()
    per_reply: int = 16
    forms: tuple[ListForm, ...] = (ListForm.PLAIN,)
    mean_delay_s: float = 0.0

    def __call__(self, body: Body) -> Reply:
        prompt, key = last_user_text(body), request_key(body)
        form = self.forms[int(hash_share("form", key) * len(self.forms))]
        reply = self._write(form, prompt, self._choose(read_language(prompt), body["seed"]))
        delay_s = self.mean_delay_s * (0.5 + hash_share("delay", key))
        return replace(cut_as_servers_do(reply, body), delay_s=delay_s)

    def _choose(self, language: TaskLanguage, number: int) -> list[WordedTask]:
        if self.tasks:
            number %= -(-len(self.tasks) // self.per_reply)
            return list(self.tasks[number * self.per_reply :][: self.per_reply])
        first = number * self.per_reply
        return [word_task(language, first + place) for place in range(self.per_reply)]

    def _write(self, form: ListForm, prompt: str, tasks: list[WordedTask]) -> Reply:
        language, first = read_language(prompt), read_open_number(prompt)
        if form is ListForm.EMPTY:
            return Reply()
        if form is ListForm.REFUSAL:
            sorry = "I'm sorry, but I can't help with that."
            return Reply(content="很抱歉，我无法帮助您。" if language == "zh" else sorry)
        text = write_list(tasks, form, language=language, first=first)
        if form is ListForm.CUT:
            return Reply(content=text[: -len(tasks[-1].output) // 2], finish_reason="length")
        if form is ListForm.THOUGHT_FIELD:
            return Reply(content=text, reasoning=THOUGHT)
        return Reply(content=text)


def write_list(
    tasks: Sequence[WordedTask], form: ListForm, *, language: TaskLanguage, first: int
) -> str:
    """The reply's text: it goes on where a prompt that ends in the first label stopped."""
    other = form is ListForm.OTHER_LABELS
    shown: TaskLanguage = ("en" if language == "zh" else "zh") if other else language
    if form is ListForm.RESTARTING:
        first = 1
    items = [_write_item(task, number, form, shown) for number, task in enumerate(tasks, first)]
    text = ("\n" if form is ListForm.NO_BREAKS else "\n###\n").join(items)
    opening = f"{first}. {_LABELS[shown][0]}{_colon(shown)}"
    match form:
        case ListForm.REPEATED_LABEL | ListForm.BOLD | ListForm.RESTARTING:
            return text
        case ListForm.POLITE:
            told = "好的，以下是新的任务：" if language == "zh" else "Sure! Here are more tasks:"
            return f"{told}\n\n###\n{text}"
        case ListForm.THOUGHT_INLINE:
            return f"<think>\n{THOUGHT}\n</think>\n\n{text.removeprefix(opening)}"
        case _:
            return text.removeprefix(opening)


def _write_item(task: WordedTask, number: int, form: ListForm, language: TaskLanguage) -> str:
    mark = "**" if form is ListForm.BOLD else ""
    instruction, given, output = (
        f"{mark}{number}. {label}{_colon(language)}{mark}" for label in _LABELS[language]
    )
    none = "<无输入>" if language == "zh" else "<noinput>"
    return (
        f"{instruction} {task.instruction}\n{given}\n{task.input or none}\n{output}\n{task.output}"
    )


def _colon(language: TaskLanguage) -> str:
    return "：" if language == "zh" else ":"
