"""What a manifest says of its splits, and what the end of a build says of them."""

from typing import Any

import pytest
from pydantic import ValidationError

from builders.manifest_parts import ConfigFacts, SplitFacts
from builders.split_facts import (
    DivisionFacts,
    describe_division,
    refuse_false_division,
    tell_division,
    warn_of_empty_splits,
)
from builders.splits import SplitConfig


def facts(**changes: object) -> DivisionFacts:
    told: dict[str, Any] = {
        "by": "question",
        "seed": 0,
        "validation": 0.05,
        "test": 0.1,
        "rows": {"train": 90, "validation": 4, "test": 6},
        "groups": {"train": 45, "validation": 2, "test": 6},
    }
    return DivisionFacts.model_validate(told | changes)


def config(**rows: int) -> ConfigFacts:
    return ConfigFacts(
        name="default",
        default=True,
        data_files={},
        features=[],
        splits=[SplitFacts(name=name, num_examples=n, num_bytes=n) for name, n in rows.items()],
        download_size=0,
        dataset_size=0,
    )


def test_rows_and_groups_are_counted_in_every_split_that_was_asked_for() -> None:
    rows = [(f"{number // 2:016x}", number) for number in range(60)]
    shares = SplitConfig(validation=0.3, test=1e-15)
    told = describe_division(rows, lambda row: row[0], "source", shares)
    assert told is not None
    assert (list(told.rows), told.rows["test"]) == (["train", "validation", "test"], 0)
    assert sum(told.rows.values()) == 2 * sum(told.groups.values()) == 60
    assert told.empty == ["test"]
    assert describe_division(rows, lambda row: row[0], "source", SplitConfig()) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": {"train": 90, "validation": 4}},
        {"rows": {"validation": 4, "train": 90, "test": 6}},
        {"groups": {"train": 45, "validation": 2, "test": 7}},
        {"groups": {"train": 45, "validation": 0, "test": 6}},
        {"test": 0.0},
        {"by": "row"},
    ],
)
def test_counts_that_cannot_be_true_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        facts(**changes)


def test_configs_that_show_other_splits_are_refused() -> None:
    refuse_false_division(facts(), [config(train=90, validation=4, test=6)])
    empty = facts(rows={"train": 90, "validation": 4, "test": 0}, groups=EMPTY_TEST)
    refuse_false_division(empty, [config(train=90, validation=4)])
    refuse_false_division(None, [config(train=90)])
    for told, shown in (
        (facts(), config(train=96, validation=4)),
        (facts(), config(train=91, validation=4, test=5)),
        (None, config(test=6, train=94)),
    ):
        with pytest.raises(ValueError, match="default"):
            refuse_false_division(told, [shown])


EMPTY_TEST = {"train": 45, "validation": 2, "test": 0}


def test_the_end_of_a_build_tells_the_rows_of_each_split_and_warns_of_empty_ones() -> None:
    assert list(tell_division(facts())) == [
        "rows by split: train 90, validation 4, test 6 (divided by question)"
    ]
    assert list(warn_of_empty_splits(facts())) == []
    assert (list(tell_division(None)), list(warn_of_empty_splits(None))) == ([], [])
    rows = {"train": 0, "validation": 4, "test": 0}
    warnings = list(warn_of_empty_splits(facts(rows=rows, groups=rows)))
    assert len(warnings) == 2
    assert warnings[0].startswith("no row is left to train on")
    assert "split test has no row at a share of 0.1" in warnings[1]
    assert "TEST_SHARE" in warnings[1]
