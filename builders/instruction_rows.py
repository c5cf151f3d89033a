"""Columns and rows of an instruction dataset: one table of columns from which all else follows.

The three texts are Alpaca's (`instruction`, `input`, `output`), `messages` the same in chat form,
the novelty scores Self-Instruct's (arXiv:2212.10560). `most_similar_instructions` is a list of
pairs, not an object as in Self-Instruct's files: Arrow would make a field of every instruction.
Column names that trainers take as a sign of another format (`prompt`, `completion`, `text`) are
avoided; `conversations` stands alone, in a config of its own.

    default   {"id": "9f…-0", "instruction": "Sort the words.", "input": "pear, apple",
               "output": "apple, pear", "is_classification": null,
               "messages": [{"role": "user", "content": "Sort the words.\\npear, apple"},
                            {"role": "assistant", "content": "apple, pear"}], …}
    alpaca    {"instruction": "Sort the words.", "input": "pear, apple", "output": "apple, pear"}
    sharegpt  {"conversations": [{"from": "human", "value": "Sort the words.\\npear, apple"},
                                 {"from": "gpt", "value": "apple, pear"}]}
"""

from __future__ import annotations

from typing import Literal

from builders.columns import Column, ListTypes, Row, clean_row, count_replaced
from builders.contamination_columns import CONTAMINATION_COLUMNS, contamination_values
from builders.instruction_outcome import ContaminatedTask, InstructionRow, Novelty
from builders.public_text import strip_machine_path

InstructionConfig = Literal["default", "alpaca", "sharegpt"]

CONFIGS: tuple[InstructionConfig, ...] = ("default", "alpaca", "sharegpt")
LISTS: ListTypes = {
    "messages": (("role", "string"), ("content", "string")),
    "conversations": (("from", "string"), ("value", "string")),
    "similar": (("instruction", "string"), ("score", "float64")),
    "strings": "string",
}
_REASON_KEYS = ("stage", "reason", "detail", "duplicate_of", "raw")

_TEXTS = (
    Column("instruction", "string", "The task, in words, as the teacher wrote it."),
    Column("input", "string", "What the task is about in this row; empty where it needs nothing."),
    Column("output", "string", "The answer that the teacher wrote, without a thought."),
)
COLUMNS: tuple[Column, ...] = (
    Column("id", "string", "Stable id of the row: task's id, hyphen, number of the instance."),
    *_TEXTS,
    Column(
        "is_classification",
        "bool",
        "Whether the teacher called the task a classification; null where it was not asked.",
    ),
    Column("messages", "messages", "Chat form: instruction, new line and input; then the output."),
    Column(
        "most_similar_instructions",
        "similar",
        "The up to 10 nearest among the seeds and the tasks kept before, by ROUGE-L, falling.",
    ),
    Column(
        "avg_similarity_score",
        "float64",
        "Mean ROUGE-L F with all seeds and all tasks that were kept before.",
    ),
    Column("task_id", "string", "Id of the task: 16 hex digits of its instruction's SHA-256."),
    Column(
        "form",
        "string",
        "How the instance came: list (with its task), output_first or input_first.",
    ),
    Column("language", "string", "Language of the instruction: en or zh."),
    Column("round", "int64", "The round of requests in which the task was proposed, from 0."),
    Column("request", "int64", "Number of the request that proposed the task, from 0."),
    Column("item", "int64", "The task's place in the reply to it, from 0."),
    Column("instance", "int64", "The row's place within its task, from 0."),
    Column("example_ids", "strings", "Ids of the tasks that were shown in the prompt."),
    Column("model", "string", "The model that was asked for."),
    Column("served_model", "string", "The model that the server says has answered."),
    Column("finish_reason", "string", "Why the teacher stopped, in the server's word."),
    Column(
        "judge_verdict",
        "string",
        "Second opinion: correct, incorrect, undecided or not_judged; null if none was asked for.",
    ),
    Column("judge_reason", "string", "The judge's reason in one sentence, or why there is none."),
)
REJECTED_COLUMNS: tuple[Column, ...] = (
    *COLUMNS,
    Column("stage", "string", "What fell: a seed, a whole reply, a task or an instance."),
    Column("reason", "string", "Why it is not published; one of a closed list."),
    Column("detail", "string", "What the check saw."),
    Column("duplicate_of", "string", "Id of the kept row, for near-copies; else null."),
    Column("raw", "string", "The teacher's text where it could not be read or was cut."),
    *CONTAMINATION_COLUMNS,
)
CONFIG_COLUMNS: dict[InstructionConfig, tuple[Column, ...]] = {
    "default": COLUMNS,
    "alpaca": _TEXTS,
    "sharegpt": (
        Column("conversations", "conversations", "The `messages`, as turns of human and gpt."),
    ),
}


def count_lone_surrogates(row: InstructionRow) -> int:
    """Characters of one row that `published_row` or `rejected_row` replaces by U+FFFD."""
    return count_replaced({**_raw_values(row), **_reason_values(row)})


def published_row(row: InstructionRow) -> Row:
    """One row of config `default`: the keys of `COLUMNS` in order, text byte for byte.

    Deterministic. Lone surrogates become U+FFFD (`replace_lone_surrogates`), nothing else changes.
    """
    values = clean_row(_raw_values(row))
    values["messages"] = [
        {"role": "user", "content": _user_turn(values)},
        {"role": "assistant", "content": values["output"]},
    ]
    return {column.name: values[column.name] for column in COLUMNS}


def config_row(config: InstructionConfig, row: Row) -> Row:
    """The same row for a config: `default` as it is, `alpaca` its texts, `sharegpt` its turns."""
    if config == "default":
        return row
    if config == "alpaca":
        return {column.name: row[column.name] for column in _TEXTS}
    turns = [
        {"from": "human", "value": _user_turn(row)},
        {"from": "gpt", "value": row["output"]},
    ]
    return {"conversations": turns}


def rejected_row(row: InstructionRow) -> Row:
    """One row of `rejected/`: a row of config `default` and the columns that say why."""
    return {**published_row(row), **clean_row(_reason_values(row))}


def contaminated_row(one: ContaminatedTask) -> Row:
    """The row of `rejected/` of a seed task that was never shown: nothing in it is generated."""
    task, item = one.task, one.contamination
    values: Row = {column.name: None for column in REJECTED_COLUMNS}
    values |= {
        "id": task.task_id,
        "instruction": task.instruction,
        "input": task.instances[0].input,
        "output": task.instances[0].output,
        "is_classification": task.is_classification,
        "messages": [],
        "task_id": task.task_id,
        "language": task.language,
        "stage": "seed",
        "reason": "contaminated",
        "detail": f"not shown: it holds {item.tell()}",
    }
    return clean_row({**values, **contamination_values(item)})


def _user_turn(values: Row) -> str:
    given = values["input"]
    return f"{values['instruction']}\n{given}" if given else f"{values['instruction']}"


def _reason_values(row: InstructionRow) -> Row:
    reasons = {key: getattr(row, key) for key in _REASON_KEYS}
    return {**reasons, **contamination_values(row.contamination)}


def _list_similar(novelty: Novelty | None) -> list[Row] | None:
    if novelty is None:
        return None
    return [{"instruction": near.instruction, "score": near.score} for near in novelty.closest]


def _raw_values(row: InstructionRow) -> Row:
    """The columns that hold something of their own; `messages` repeats three of them."""
    novelty = row.novelty
    return {
        "id": row.row_id,
        "instruction": row.instruction,
        "input": row.input,
        "output": row.output,
        "is_classification": row.is_classification,
        "most_similar_instructions": _list_similar(novelty),
        "avg_similarity_score": None if novelty is None else novelty.mean,
        "task_id": row.task_id,
        "form": row.form,
        "language": row.language,
        "round": row.round,
        "request": row.request,
        "item": row.item,
        "instance": row.instance,
        "example_ids": list(row.examples),
        "model": strip_machine_path(row.model),
        "served_model": strip_machine_path(row.served_model),
        "finish_reason": row.finish_reason,
        "judge_verdict": row.judge_verdict,
        "judge_reason": row.judge_reason,
    }
