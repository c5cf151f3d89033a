"""One table of columns gives schema and YAML; texts that UTF-8 cannot hold are replaced."""

from typing import Any

import pyarrow as pa
import pytest

from builders.columns import Column, Row, arrow_schema, clean_row, count_replaced, yaml_features

COLUMNS = (
    Column("name", "string", "A text."),
    Column("is_new", "bool", "Yes or no."),
    Column("tags", "words", "Texts."),
    Column("near", "pairs", "Structs."),
)
LISTS: dict[str, Any] = {"words": "string", "pairs": (("text", "string"), ("score", "float64"))}


def test_the_schema_has_the_columns_in_order_with_their_types() -> None:
    pair = pa.struct([("text", pa.string()), ("score", pa.float64())])
    expected: list[tuple[str, pa.DataType]] = [
        ("name", pa.string()),
        ("is_new", pa.bool_()),
        ("tags", pa.list_(pa.string())),
        ("near", pa.list_(pair)),
    ]
    assert arrow_schema(COLUMNS, LISTS).equals(pa.schema(expected))


def test_the_features_are_told_as_datasets_writes_them() -> None:
    assert yaml_features(COLUMNS, LISTS) == [
        {"name": "name", "dtype": "string"},
        {"name": "is_new", "dtype": "bool"},
        {"name": "tags", "list": "string"},
        {
            "name": "near",
            "list": [{"name": "text", "dtype": "string"}, {"name": "score", "dtype": "float64"}],
        },
    ]


def test_a_type_that_is_neither_a_scalar_nor_a_list_is_refused() -> None:
    with pytest.raises(KeyError, match="poem"):
        arrow_schema((Column("a", "poem", "?"),), LISTS)


def test_texts_at_any_depth_are_cleaned_and_everything_else_is_kept() -> None:
    values: Row = {
        "name": "a\ud800",
        "is_new": None,
        "tags": ["\udfff\udfff", "plain"],
        "near": [{"text": "joined \ud83d\ude42", "score": 0.1}],
    }
    assert clean_row(values) == {
        "name": "a\ufffd",
        "is_new": None,
        "tags": ["\ufffd\ufffd", "plain"],
        "near": [{"text": "joined 🙂", "score": 0.1}],
    }
    assert count_replaced(values) == 3
    clean: Row = {"name": "🙂\x00", "is_new": True, "tags": None, "near": 2**80}
    assert (clean_row(clean), count_replaced(clean)) == (clean, 0)
