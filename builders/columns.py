"""Columns of a dataset: one table a kind, from which schema, YAML and card follow.

A kind lists its columns once; the Arrow schema of its shards, the `features` of the card's YAML and
the card's table of fields are read from that list, so that they cannot disagree. The YAML has the
form that `datasets` writes itself (`Features._to_yaml_list`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import orjson
from pydantic import JsonValue

from builders.public_text import replace_lone_surrogates

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, object]
Scalar = Literal["string", "int64", "float64", "bool"]
# What a list holds: scalars, or structs with these fields in this order.
Members = Scalar | tuple[tuple[str, Scalar], ...]
ListTypes = Mapping[str, Members]


@dataclass(frozen=True)
class Column:
    """One column: its name, its type and what it means to a reader of the card.

    `dtype` is a scalar's name, or the name of a list whose members the kind's `ListTypes` give.
    """

    name: str
    dtype: str
    meaning: str


def arrow_schema(columns: tuple[Column, ...], lists: ListTypes) -> pa.Schema:
    """The Arrow schema of every shard: explicit, so that an all-null shard has its types too."""
    import pyarrow as pa  # noqa: PLC0415  # 0.3 s that --help and the card need not pay

    scalars: dict[str, pa.DataType] = {
        "string": pa.string(),
        "int64": pa.int64(),
        "float64": pa.float64(),
        "bool": pa.bool_(),
    }

    def member_type(members: Members) -> pa.DataType:
        if isinstance(members, str):
            return scalars[members]
        return pa.struct([(name, scalars[scalar]) for name, scalar in members])

    types = scalars | {name: pa.list_(member_type(members)) for name, members in lists.items()}
    return pa.schema([(column.name, types[column.dtype]) for column in columns])


def yaml_features(columns: tuple[Column, ...], lists: ListTypes) -> list[dict[str, JsonValue]]:
    """The `features` of the card's `dataset_info`, in the form that `datasets` writes itself."""
    return [
        {"name": column.name, "list": _yaml_members(lists[column.dtype])}
        if column.dtype in lists
        else {"name": column.name, "dtype": column.dtype}
        for column in columns
    ]


def _yaml_members(members: Members) -> JsonValue:
    if isinstance(members, str):
        return members
    return [{"name": name, "dtype": scalar} for name, scalar in members]


def clean_row(values: Row) -> Row:
    """The same values with every text, also inside lists, as one that UTF-8 can hold."""
    return values if _fits_utf8(values) else {key: _clean(item) for key, item in values.items()}


def count_replaced(values: Row) -> int:
    """Characters that `clean_row` replaces by U+FFFD in these values."""
    return 0 if _fits_utf8(values) else sum(map(_count, values.values()))


def _fits_utf8(values: Row) -> bool:
    """Much faster than to look at each text; nearly every row passes."""
    try:
        orjson.dumps(values)
    except orjson.JSONEncodeError:
        return False
    return True


def _clean(value: object) -> object:
    if isinstance(value, str):
        return replace_lone_surrogates(value)[0]
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return {key: _clean(item) for key, item in value.items()} if isinstance(value, dict) else value


def _count(value: object) -> int:
    if isinstance(value, str):
        return replace_lone_surrogates(value)[1]
    if isinstance(value, dict):
        return sum(map(_count, value.values()))
    return sum(map(_count, value)) if isinstance(value, list) else 0
