"""The columns of `rejected/` that name a benchmark's item: of all kinds alike."""

from __future__ import annotations

from builders.columns import Column, Row
from builders.decontamination.facts import Contamination

CONTAMINATION_COLUMNS = (
    Column("benchmark", "string", "The benchmark of which it holds an item; else null."),
    Column("benchmark_item", "int64", "That item's place in its file, from 0; else null."),
    Column("benchmark_text", "string", "That item in full; else null."),
    Column("benchmark_share", "float64", "Share of the item's characters that matched; else null."),
)


def contamination_values(found: Contamination | None) -> Row:
    """The values of `CONTAMINATION_COLUMNS`; nulls for what holds no item."""
    return {
        "benchmark": None if found is None else found.benchmark,
        "benchmark_item": None if found is None else found.item,
        "benchmark_text": None if found is None else found.item_text,
        "benchmark_share": None if found is None else found.matched_share,
    }
