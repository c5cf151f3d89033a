"""Columns and rows of a pretraining dataset: one table of columns from which all else follows.

The columns are those of Cosmopedia (huggingface.co/datasets/HuggingFaceTB/cosmopedia) with an id,
a language and where a text comes from. Every file holds all columns; the configs differ in which of
them they show. `prompt` stands in `with_prompt` alone: TRL's SFT trainer takes a row with a
`prompt` for one of a prompt–completion set and fails for want of the `completion`.

    default      {"id": "9f…-0", "text": "# How to …", "format": "wikihow", "audience": "general",
                  "topic": "gardening", "seed_data": "c4.jsonl", "language": "en",
                  "text_token_length": 640, "model": "large-writer", …}
    with_prompt  {"id": "9f…-0", "prompt": "Here is an extract …", "text": "# How to …", …}
    wikihow      as `default`, and the same for each other format that has rows
"""

from __future__ import annotations

from builders.columns import Column, ListTypes, Row, clean_row, count_replaced
from builders.contamination_columns import CONTAMINATION_COLUMNS, contamination_values
from builders.pretraining.outcome import CheckedPassage, DroppedSource
from builders.public_text import replace_lone_surrogates, strip_machine_path
from builders.reasoning_rows import known_count

LISTS: ListTypes = {}
_ID = Column("id", "string", "Stable id of the row: prompt's id, hyphen, number of the sample.")
_PROMPT = Column("prompt", "string", "What the teacher was sent, in full.")
_REST: tuple[Column, ...] = (
    Column("text", "string", "The text as the teacher wrote it, without a thought."),
    Column("format", "string", "The kind of text that was asked for."),
    Column("audience", "string", "Whom it was to be written for."),
    Column("topic", "string", "The topic as its source names it; empty where it names none."),
    Column("seed_data", "string", "Name of the source that the prompt was made of."),
    Column("language", "string", "Language that was asked for: en or zh."),
    Column(
        "text_token_length",
        "int64",
        "Completion tokens by the server's count, those of a thought left out; null if unknown.",
    ),
    Column("source_kind", "string", "What the source is: web, textbook, outline, title, …"),
    Column("prompt_id", "string", "Id of the prompt; samples of one prompt share it."),
    Column("sample", "int64", "Number of the sample within its prompt, from 0."),
    Column("model", "string", "The model that was asked for."),
    Column("served_model", "string", "The model that the server says has answered."),
    Column("finish_reason", "string", "Why the teacher stopped, in the server's word."),
    Column("continuations", "int64", "Parts that were asked for after a first one was cut."),
    Column("prompt_tokens", "int64", "The server's count; null where it sent none."),
)
STORED_COLUMNS: tuple[Column, ...] = (_ID, _PROMPT, *_REST)
"""Those of every file, and of config `with_prompt`."""

COLUMNS: tuple[Column, ...] = (_ID, *_REST)
"""Those of config `default` and of the configs of single formats."""

_DETAIL = Column("detail", "string", "What the check saw.")
REJECTED_COLUMNS: tuple[Column, ...] = (
    *STORED_COLUMNS,
    Column("reason", "string", "Why the text is not published; one of a closed list."),
    _DETAIL,
    Column("duplicate_of", "string", "Id of the kept row, for copies and near-copies; else null."),
    *CONTAMINATION_COLUMNS,
)
SOURCE_COLUMNS: tuple[Column, ...] = (
    Column("source_id", "string", "Stable id of the source."),
    Column("seed_data", "string", "Name of the file or dataset that it stands in."),
    Column("kind", "string", "What the source is: web, textbook, outline, title, …"),
    Column("text", "string", "The beginning of the material."),
    Column("reason", "string", "Why no prompt was made of it."),
    _DETAIL,
    *CONTAMINATION_COLUMNS,
)
"""Those of `rejected/sources-….parquet`."""


def read_format(checked: CheckedPassage) -> str:
    """The row's `format`, as text that UTF-8 can hold."""
    return replace_lone_surrogates(checked.passage.prompt.format)[0]


def count_lone_surrogates(checked: CheckedPassage) -> int:
    """Characters of one row that `stored_row` or `rejected_row` replaces by U+FFFD."""
    return count_replaced(_rejected_values(checked))


def stored_row(checked: CheckedPassage) -> Row:
    """One row as its file holds it: the keys of `STORED_COLUMNS` in order, text byte for byte.

    Deterministic. Lone surrogates become U+FFFD (`replace_lone_surrogates`), nothing else changes.
    """
    return clean_row(_stored_values(checked))


def published_row(row: Row) -> Row:
    """The same row as config `default` and those of single formats show it: without its prompt."""
    return {column.name: row[column.name] for column in COLUMNS}


def rejected_row(checked: CheckedPassage) -> Row:
    """One row of `rejected/`: a stored row and the columns that say why."""
    return clean_row(_rejected_values(checked))


def source_row(dropped: DroppedSource) -> Row:
    """One source of which no prompt was made, for `rejected/sources-….parquet`."""
    return clean_row(
        {
            "source_id": dropped.source_id,
            "seed_data": strip_machine_path(dropped.seed_data),
            "kind": dropped.kind,
            "text": dropped.text,
            "reason": dropped.reason,
            "detail": dropped.detail,
            **contamination_values(dropped.contamination),
        }
    )


def _rejected_values(checked: CheckedPassage) -> Row:
    passage = checked.passage
    failed = passage.error is not None and not checked.detail
    return {
        **_stored_values(checked),
        "reason": checked.reason,
        "detail": passage.error_message if failed else checked.detail,
        "duplicate_of": checked.duplicate_of,
        **contamination_values(checked.contamination),
    }


def _stored_values(checked: CheckedPassage) -> Row:
    passage = checked.passage
    prompt = passage.prompt
    return {
        "id": passage.passage_id,
        "prompt": prompt.prompt,
        "text": passage.content,
        "format": prompt.format,
        "audience": prompt.audience,
        "topic": prompt.topic,
        "seed_data": strip_machine_path(prompt.seed_data),
        "language": prompt.language,
        "text_token_length": known_count(passage.text_token_length),
        "source_kind": prompt.source_kind,
        "prompt_id": prompt.prompt_id,
        "sample": passage.sample,
        "model": strip_machine_path(passage.model),
        "served_model": strip_machine_path(passage.served_model),
        "finish_reason": passage.finish_reason,
        "continuations": passage.continuations,
        "prompt_tokens": known_count(passage.prompt_tokens),
    }
