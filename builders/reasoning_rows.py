"""Columns and rows of a reasoning dataset: one table of columns from which all else follows.

The Arrow schema, the `features` of the card's YAML and the card's table of fields are read from
`COLUMNS`, so that they cannot disagree. Message shapes follow what chat templates and trainers
read (TRL, axolotl: `reasoning_content`; LLaMA-Factory, ms-swift: `<think>` inside the content).
Column names that trainers take as a sign of another format (`prompt`, `completion`, `text`,
`conversations`) are avoided on purpose.

    default       {"id": "9f…-0", "input": "1+1?", "reasoning_content": "…", "content": "2",
                   "messages": [{"role": "user", "content": "1+1?", "reasoning_content": null},
                                {"role": "assistant", "content": "2", "reasoning_content": "…"}], …}
    inline_think  the same, but for messages: [{"role": "user", "content": "1+1?"},
                   {"role": "assistant", "content": "<think>\n…\n</think>\n\n2"}]
"""

from __future__ import annotations

from typing import Literal

from builders.columns import Column, ListTypes, Row, clean_row, count_replaced
from builders.contamination_columns import CONTAMINATION_COLUMNS, contamination_values
from builders.judged import CheckedTrace, ContaminatedQuestion
from builders.public_text import strip_machine_path

ConfigName = Literal["default", "inline_think"]

CONFIGS: tuple[ConfigName, ...] = ("default", "inline_think")
LISTS: dict[ConfigName, ListTypes] = {
    "default": {
        "messages": (("role", "string"), ("content", "string"), ("reasoning_content", "string"))
    },
    "inline_think": {"messages": (("role", "string"), ("content", "string"))},
}
_REASON_KEYS = ("reason", "detail", "duplicate_of")
_INT64_MAX = 2**63 - 1


COLUMNS: tuple[Column, ...] = (
    Column("id", "string", "Stable id of the trace: question's id, hyphen, number of the sample."),
    Column("seed_id", "string", "Id of the question: 16 hex digits of its SHA-256."),
    Column("sample", "int64", "Number of the sample within its question, from 0."),
    Column("input", "string", "The question, word for word as it was put to the teacher."),
    Column("reasoning_content", "string", "The thought, without tags; empty where there is none."),
    Column("content", "string", "The answer; it follows the thought, if there is one."),
    Column(
        "messages", "messages", "Question and reply in chat form; the configs differ only here."
    ),
    Column("answer", "string", "Gold answer of the seed; null where the seed has none."),
    Column("language", "string", "Language of the question: en or zh."),
    Column("verdict", "string", "verified, refuted, unverifiable (no gold answer) or timeout."),
    Column("verdict_method", "string", "The layer of the answer check that decided."),
    Column(
        "judge_verdict",
        "string",
        "Second opinion: correct, incorrect, undecided or not_judged; null if none was asked for.",
    ),
    Column("judge_reason", "string", "The judge's reason in one sentence, or why there is none."),
    Column(
        "format_reward", "int64", "1: one closed thought and an answer in due form; 0 otherwise."
    ),
    Column("accuracy_reward", "int64", "1 verified, 0 refuted, null without a verdict."),
    Column(
        "language_consistency", "float64", "Share of letters in the question's language, 0 to 1."
    ),
    Column("pass_rate", "float64", "Verified share of the question's samples; null without gold."),
    Column("finish_reason", "string", "Why the teacher stopped, in the server's word."),
    Column("model", "string", "The model that was asked for."),
    Column("served_model", "string", "The model that the server says has answered."),
    Column("prompt_tokens", "int64", "The server's count; null where it sent none."),
    Column("completion_tokens", "int64", "The server's count, thought included; null if not sent."),
    Column("reasoning_tokens", "int64", "The server's count of the thought; null if not sent."),
)
REJECTED_COLUMNS: tuple[Column, ...] = (
    *COLUMNS,
    Column("reason", "string", "Why the trace is not published; one of a closed list."),
    Column("detail", "string", "What the check saw."),
    Column("duplicate_of", "string", "Id of the kept trace, for near-copies; else null."),
    *CONTAMINATION_COLUMNS,
)


def count_lone_surrogates(checked: CheckedTrace) -> int:
    """Characters of one trace that `published_row` or `rejected_row` replaces by U+FFFD."""
    return count_replaced(_rejected_values(checked))


def known_count(tokens: int | None) -> int | None:
    """A server's token count, or None where it sent none or one that no text can have."""
    return tokens if tokens is not None and 0 <= tokens <= _INT64_MAX else None


def published_row(checked: CheckedTrace) -> Row:
    """One row of config `default`: the keys of `COLUMNS` in order, text byte for byte.

    Deterministic. Lone surrogates become U+FFFD (`replace_lone_surrogates`), nothing else changes.
    """
    values = clean_row(_raw_values(checked))
    question, thought, answer = values["input"], values["reasoning_content"], values["content"]
    values["messages"] = [
        {"role": "user", "content": question, "reasoning_content": None},
        {"role": "assistant", "content": answer, "reasoning_content": thought},
    ]
    return {column.name: values[column.name] for column in COLUMNS}


def inline_think_row(row: Row) -> Row:
    """The same row for config `inline_think`: only `messages` differs."""
    answer = f"<think>\n{row['reasoning_content']}\n</think>\n\n{row['content']}"
    messages = [{"role": "user", "content": row["input"]}, {"role": "assistant", "content": answer}]
    return {**row, "messages": messages}


def rejected_row(checked: CheckedTrace) -> Row:
    """One row of `rejected/`: a row of config `default` and the columns that say why."""
    values = clean_row(_rejected_values(checked))
    reasons = {key: values[key] for key in _REASON_KEYS}
    return {**published_row(checked), **reasons, **contamination_values(None)}


def contaminated_row(one: ContaminatedQuestion) -> Row:
    """The row of `rejected/` of a question that was never asked: nothing in it is the teacher's."""
    question, item = one.question, one.contamination
    values: Row = {column.name: None for column in REJECTED_COLUMNS}
    values |= {
        "id": question.seed_id,
        "seed_id": question.seed_id,
        "input": question.question,
        "messages": [],
        "answer": question.answer,
        "language": question.language,
        "reason": "contaminated",
        "detail": f"not asked: it holds {item.tell()}",
    }
    return clean_row({**values, **contamination_values(item)})


def _rejected_values(checked: CheckedTrace) -> Row:
    reason = {key: getattr(checked, key) for key in _REASON_KEYS}
    if checked.trace.error is not None and not checked.detail:
        reason["detail"] = checked.trace.error_message
    return {**_raw_values(checked), **reason}


def _raw_values(checked: CheckedTrace) -> Row:
    trace = checked.trace
    return {
        "id": trace.trace_id,
        "seed_id": trace.seed_id,
        "sample": trace.sample,
        "input": trace.input,
        "reasoning_content": trace.reasoning_content,
        "content": trace.content,
        "answer": trace.answer,
        "language": trace.language,
        "verdict": checked.verdict,
        "verdict_method": checked.verdict_method,
        "judge_verdict": checked.judge_verdict,
        "judge_reason": checked.judge_reason,
        "format_reward": checked.format_reward,
        "accuracy_reward": checked.accuracy_reward,
        "language_consistency": checked.language_consistency,
        "pass_rate": checked.pass_rate,
        "finish_reason": trace.finish_reason,
        "model": strip_machine_path(trace.model),
        "served_model": strip_machine_path(trace.served_model),
        "prompt_tokens": known_count(trace.prompt_tokens),
        "completion_tokens": known_count(trace.completion_tokens),
        "reasoning_tokens": known_count(trace.reasoning_tokens),
    }
