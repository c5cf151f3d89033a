"""One row of a seed file → a question, its gold answer and its reference solution.

The question is the first column that holds text of `question`, `problem`, `prompt`, `instruction`
(joined with `input` by a newline, as in Stanford Alpaca's recipe) and `input`; the gold answer is
`answer` or `gold`. GSM8K (arXiv:2110.14168) writes `reasoning <<48/2=24>>24 … #### 42` in one
column: the part after `####` is the gold answer, the part before it a reference solution.

A row without a gold answer cannot be verified by rule; that is no fault of the row.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from builders.errors import RecipeError, SeedError
from distilabel_pipelines.rows import Language

QUESTION_COLUMNS = ("question", "problem", "prompt", "instruction", "input")
GOLD_COLUMNS = ("answer", "gold")
CHAT_COLUMNS = ("messages", "conversations", "conversation")
# What SEED_COLUMNS can map, left of the `=`, where the seeds are questions.
MAPPABLE_FIELDS = ("question", "input", "answer", "solution", "language")
LANGUAGES: tuple[Language, ...] = ("en", "zh")

_CALCULATOR_MARK = re.compile(r"<<[^<>\n]*>>")
_SHOWN_CHARACTERS = 60


class SeedText(BaseModel):
    """What one row says; `language` is None where the row does not name English or Chinese.

    `several_answers`: the row's gold answer is a list or an object of several parts. No rule can
    hold one final answer against it, so the row counts as one without gold.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str
    answer: str | None
    solution: str | None
    language: Language | None
    several_answers: bool = False


@dataclass(frozen=True)
class SeedRow:
    """One row as it was stored; `number` counts from 1 (in JSON lines it is the line's number)."""

    source: str
    number: int
    values: Mapping[str, object]

    def fault(self, field: str, problem: str, next_step: str) -> SeedError:
        """The error that names the file, the row and the field."""
        return SeedError(
            f'{self.source}, row {self.number}, field "{field}": {problem}. {next_step}'
        )


def parse_seed_columns(text: str, fields: Sequence[str] = MAPPABLE_FIELDS) -> dict[str, str]:
    """`question=q,answer=a` → `{"question": "q", "answer": "a"}`; an empty text maps nothing.

    `fields` are those of the kind's seeds. Raises RecipeError for an unknown or repeated field and
    for an entry that is no pair.
    """
    columns: dict[str, str] = {}
    for entry in filter(str.strip, text.split(",")):
        field, equals, column = (part.strip() for part in entry.partition("="))
        if not (equals and field and column):
            raise RecipeError(
                f"SEED_COLUMNS: {entry.strip()!r} is no pair. Write field=column, joined by "
                f"commas; the fields are {', '.join(fields)}."
            )
        if field in columns:
            raise RecipeError(f"SEED_COLUMNS: {field!r} is mapped twice. Keep one of the two.")
        columns[field] = column
    check_mapped_fields(columns, fields)
    return columns


def check_mapped_fields(
    columns: Mapping[str, str], fields: Sequence[str] = MAPPABLE_FIELDS
) -> None:
    """Raise RecipeError where a mapping names a field that a seed of this kind does not have."""
    for field, column in columns.items():
        if field not in fields:
            near = difflib.get_close_matches(field, fields, n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise RecipeError(
                f"SEED_COLUMNS: unknown field {field!r}{hint}. The fields are "
                f"{', '.join(fields)}; write field=column."
            )
        if not column:
            raise RecipeError(f"SEED_COLUMNS: {field!r} is mapped to nothing. Name a column.")
    if "question" in fields and "input" in columns and "question" not in columns:
        raise RecipeError(
            f"SEED_COLUMNS: input={columns['input']} is joined to a mapped question, and none is "
            f"mapped. Add question=COLUMN."
        )


def read_seed_row(row: SeedRow, columns: Mapping[str, str]) -> SeedText:
    """The question, gold answer, solution and language of one row.

    The question keeps every byte but its outer white space. Raises SeedError, naming file, row and
    field, for a question that is missing, empty or not text and for values that are no answer.
    """
    name, gold = _find_gold(row, columns)
    several = isinstance(gold, list | dict)
    answer, solution = split_gsm8k_answer(
        None if several else write_scalar(row, name, gold, "answer")
    )
    stated_solution = _read_solution(row, columns.get("solution", "solution"))
    language = row.values.get(columns.get("language", "language"))
    stated = language.strip().lower() if isinstance(language, str) else None
    return SeedText(
        question=_read_question(row, columns),
        answer=answer,
        solution=stated_solution or solution,
        language=next((known for known in LANGUAGES if known == stated), None),
        several_answers=several,
    )


def split_gsm8k_answer(text: str | None) -> tuple[str | None, str | None]:
    """(gold answer, reference solution) of an `answer` that may have GSM8K's `#### 42` form.

    The calculator marks `<<48/2=24>>` are removed from the solution; any other text is the gold
    answer as it stands.
    """
    if text is None:
        return None, None
    before, marker, after = text.rpartition("####")
    gold = after.strip()
    # "#### Heading\n…" is Markdown, "##### x" a deeper heading: neither is GSM8K's last line.
    if not marker or not gold or "\n" in gold or before.endswith("#") or gold.startswith("#"):
        return text, None
    return gold, _CALCULATOR_MARK.sub("", before).strip() or None


def shorten_value(value: object) -> str:
    """The value as it appears in a message: its repr, cut after 60 characters."""
    shown = repr(value)
    return shown if len(shown) <= _SHOWN_CHARACTERS else f"{shown[:_SHOWN_CHARACTERS]}…"


def _read_question(row: SeedRow, columns: Mapping[str, str]) -> str:
    mapped = columns.get("question")
    names = QUESTION_COLUMNS if mapped is None else (mapped,)
    input_name = columns.get("input") if mapped else "input"
    for name in names:
        question = read_text(row, name, "question")
        if question is None:
            continue
        # An explicit mapping says what is joined; by default only Alpaca's pair is.
        joins = name in (mapped, "instruction")
        extra = read_text(row, input_name, "question") if joins and input_name else None
        return (question if extra is None else f"{question}\n{extra}").strip()
    raise _no_question(row, names)


def _no_question(row: SeedRow, names: tuple[str, ...]) -> SeedError:
    empty = next((name for name in names if name in row.values), None)
    if empty is not None:
        return row.fault(
            empty, f"empty ({shorten_value(row.values[empty])})", "Fill it in or drop the row."
        )
    chat = next((name for name in CHAT_COLUMNS if name in row.values), None)
    if chat is not None:
        return row.fault(
            chat,
            "a chat is not supported as a seed",
            "Write the user's question into a text column `question`.",
        )
    seen = ", ".join(sorted(row.values)) or "none"
    return row.fault(
        names[0],
        f"no question in this row; looked for {', '.join(names)}; its columns are {seen}",
        "Name the right column with SEED_COLUMNS=question=COLUMN.",
    )


def read_text(row: SeedRow, name: str, field: str) -> str | None:
    """The column's text, None where it is missing, null or blank.

    `field` is what the column stands for. Raises SeedError for what is no text.
    """
    value = row.values.get(name)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if not isinstance(value, str):
        kind = "a chat is not supported as a seed" if isinstance(value, list) else "expected text"
        raise row.fault(
            name,
            f"{kind}, seen {type(value).__name__} {shorten_value(value)}",
            f"Make it a string, or name a text column with SEED_COLUMNS={field}=COLUMN.",
        )
    return _require_unicode(row, name, value) if value.strip() else None


def _require_unicode(row: SeedRow, name: str, text: str) -> str:
    # JSON can escape half of a surrogate pair ("\ud83d"), which no UTF-8 file or request can hold.
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise row.fault(
            name,
            f"half of a surrogate pair at character {error.start + 1}: {shorten_value(text)}",
            "Repair the text: it cannot be written as UTF-8.",
        ) from error
    return text


def _find_gold(row: SeedRow, columns: Mapping[str, str]) -> tuple[str, object]:
    """The first gold column that holds something; a list of one is that one."""
    names = (columns["answer"],) if "answer" in columns else GOLD_COLUMNS
    for name in names:
        value = row.values.get(name)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if value not in (None, [], {}) and not (isinstance(value, str) and not value.strip()):
            return name, value
    return names[0], None


def write_scalar(row: SeedRow, name: str, value: object, field: str) -> str | None:
    """Text, number or boolean as the text that a person would write; None for null, NaN or blank.

    `name` is the column, `field` what it stands for. Raises SeedError for any other value.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str):
        return _require_unicode(row, name, value.strip()) or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        # Parquet written by pandas holds whole numbers as floats where some are missing.
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, Decimal) and value.is_finite():
        exact = format(value, "f")
        return exact.rstrip("0").rstrip(".") if "." in exact else exact
    raise row.fault(
        name,
        f"expected text or a number, seen {type(value).__name__} {shorten_value(value)}",
        f"Write it as text, or name another column with SEED_COLUMNS={field}=COLUMN.",
    )


def _read_solution(row: SeedRow, name: str) -> str | None:
    """The reference solution; several of them, in a list, are joined by blank lines."""
    value = row.values.get(name)
    parts = value if isinstance(value, list) else [value]
    texts = [write_scalar(row, name, part, "solution") for part in parts]
    return "\n\n".join(text for text in texts if text) or None
