"""One row of a source file → what a prompt can be made of, told by the columns that hold something.

| columns                       | kind     | example                                          |
|-------------------------------|----------|--------------------------------------------------|
| `prompt`                      | prompt   | cosmopedia-100k: sent as it is                   |
| `course`, `unit`, `section`   | outline  | a section of a course                            |
| `book` or `title`, and `text` | textbook | OpenStax, where `section` is a list of headings  |
| `text`                        | web      | a page of C4 or FineWeb                          |
| `story` or `instruction`      | story    | a seed of a story                                |
| `title`                       | title    | the title of an article                          |
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from builders.errors import SeedError
from builders.seed_columns import SeedRow, read_text, shorten_value, write_scalar
from distilabel_pipelines.passages import SourceKind

# What SEED_COLUMNS can map, left of the `=`, where the seeds are sources of a text.
SOURCE_FIELDS = (
    "prompt",
    "course",
    "unit",
    "section",
    "book",
    "title",
    "text",
    "story",
    "instruction",
    "format",
    "audience",
    "topic",
    "category",
    "educational_score",
    "seed_data",
    "language",
)
_MATERIAL_FIELDS = SOURCE_FIELDS[:9]
# The columns that a kind needs where SOURCE= names it: one of each group.
_NEEDED: dict[SourceKind, tuple[tuple[str, ...], ...]] = {
    "prompt": (("prompt",),),
    "outline": (("course",), ("section", "unit", "title")),
    "textbook": (("text",),),
    "web": (("text",),),
    "story": (("story", "instruction", "text"),),
    "title": (("title",),),
}


class RawSource(BaseModel):
    """What one row says, before it is cut and selected; "" where it says nothing.

    `work` is a course or book, `title` the section's headings joined by " > ", `text` the whole
    text, or the prompt of a row that brings its own. `language` is what the row states.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: SourceKind
    work: str = ""
    unit: str = ""
    title: str = ""
    text: str = ""
    topic: str = ""
    category: str = ""
    educational_score: float | None = None
    text_format: str = ""
    audience: str = ""
    seed_data: str
    language: str = ""
    is_empty: bool = False


class _Columns(NamedTuple):
    """The row and the user's mapping; reads a field as text."""

    row: SeedRow
    mapping: Mapping[str, str]

    def name(self, field: str) -> str:
        return self.mapping.get(field, field)

    def line(self, field: str) -> str:
        """A short field in one line; a list's texts are joined by " > "."""
        name = self.name(field)
        value = self.row.values.get(name)
        parts = value if isinstance(value, list) else [value]
        texts = [write_scalar(self.row, name, part, field) for part in parts]
        lines = (" ".join(text.replace("\x00", "").split()) for text in texts if text)
        return " > ".join(line for line in lines if line)

    def text(self, field: str) -> str:
        text = read_text(self.row, self.name(field), field) or ""
        return text.replace("\r\n", "\n").replace("\x00", "").strip()

    def holds(self, field: str) -> bool:
        value = self.row.values.get(self.name(field))
        if isinstance(value, list):
            return any(isinstance(part, str) and part.strip() for part in value)
        is_nan = isinstance(value, float) and math.isnan(value)
        return value is not None and not is_nan and bool(str(value).strip())


def read_source_row(
    row: SeedRow, mapping: Mapping[str, str], kind: SourceKind | None, source_name: str
) -> RawSource:
    """What the row says; `is_empty` where a column that its kind needs is there and holds nothing.

    `kind` overrides the guess. Raises SeedError, naming file, row, field and value, for a row whose
    columns are none of ours, which lacks a column that `kind` needs, or which holds a value of
    another type.
    """
    columns = _Columns(row, mapping)
    present = {field for field in _MATERIAL_FIELDS if columns.name(field) in row.values}
    filled = {field for field in present if columns.holds(field)}
    found = kind or guess_kind(filled) or guess_kind(present)
    if found is None:
        raise _unknown_kind(columns)
    _require_columns(columns, found, present)
    if not all(filled.intersection(group) for group in _NEEDED[found]):
        return RawSource(kind=found, seed_data=source_name, is_empty=True)
    return RawSource(
        kind=found,
        **_read_material(columns, found),
        topic=columns.line("topic"),
        category=columns.line("category"),
        educational_score=_read_score(columns),
        text_format=columns.line("format"),
        audience=columns.line("audience"),
        seed_data=columns.line("seed_data") or source_name,
        language=columns.line("language").lower(),
    )


def guess_kind(filled: set[str]) -> SourceKind | None:
    """The kind of a row from its columns that hold something, None where they fit no kind."""
    if "prompt" in filled:
        return "prompt"
    if {"course", "unit", "section"} <= filled:
        return "outline"
    if "text" in filled:
        return "textbook" if filled & {"book", "title"} else "web"
    if filled & {"story", "instruction"}:
        return "story"
    return "title" if "title" in filled else None


def _read_material(columns: _Columns, kind: SourceKind) -> dict[str, str]:
    if kind == "prompt":
        return {"text": columns.text("prompt")}
    if kind == "outline":
        title = columns.line("section") or columns.line("title") or columns.line("unit")
        return {"work": columns.line("course"), "unit": columns.line("unit"), "title": title}
    if kind == "textbook":
        headings = [columns.line("title"), columns.line("section")]
        return {
            "work": columns.line("book"),
            "title": " > ".join(heading for heading in headings if heading),
            "text": columns.text("text"),
        }
    if kind == "story":
        field = next(field for field in _NEEDED["story"][0] if columns.holds(field))
        return {"text": columns.text(field)}
    return {"title": columns.line("title")} if kind == "title" else {"text": columns.text("text")}


def _read_score(columns: _Columns) -> float | None:
    name = columns.name("educational_score")
    text = write_scalar(columns.row, name, columns.row.values.get(name), "educational_score")
    if text is None:
        return None
    try:
        score = float(text)
    except ValueError:
        score = math.nan
    if not math.isfinite(score):
        raise columns.row.fault(
            name, f"expected a number, seen {shorten_value(text)}", "Mend it or leave it out."
        )
    return score


def _require_columns(columns: _Columns, kind: SourceKind, present: set[str]) -> None:
    """Raise SeedError where the row has no column, not even an empty one, that the kind needs."""
    for group in _NEEDED[kind]:
        if not present.intersection(group):
            raise columns.row.fault(
                columns.name(group[0]),
                f"a source of kind {kind} needs {' or '.join(group)}, and there is none; the row's "
                f"columns are {_list_columns(columns)}",
                f"Name the right column with SEED_COLUMNS={group[0]}=COLUMN, or another SOURCE.",
            )


def _unknown_kind(columns: _Columns) -> SeedError:
    return columns.row.fault(
        "text",
        "no prompt, course + unit + section, text, story, instruction or title in this row; its "
        f"columns are {_list_columns(columns)}",
        "Name the right column with SEED_COLUMNS=text=COLUMN (or title=, prompt=, …).",
    )


def _list_columns(columns: _Columns) -> str:
    return ", ".join(sorted(columns.row.values)) or "none"
