"""Splits by group: which one a group falls to, and that nothing else ever moves it."""

import hashlib
import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from pydantic import ValidationError

from builders.errors import RecipeError
from builders.instruction_recipe import load_instruction_recipe
from builders.pretraining.mixture_order import draw_fraction
from builders.pretraining.recipe import load_pretraining_recipe
from builders.recipe import load_recipe
from builders.recipe_sections import BuildRecipe, digest_recipe
from builders.splits import SPLITS, Split, SplitConfig, choose_split, divide_rows

GROUPS = [
    hashlib.sha256(f"question {number}".encode()).hexdigest()[:16] for number in range(20_000)
]
Load = Callable[..., BuildRecipe]
LOADERS: tuple[Load, ...] = (load_recipe, load_instruction_recipe, load_pretraining_recipe)


def assign(
    validation: float, test: float, seed: int = 0, groups: Sequence[str] = GROUPS
) -> dict[str, str]:
    config = SplitConfig(validation=validation, test=test, seed=seed)
    return {group: choose_split(group, config) for group in groups}


def test_everything_is_train_by_default() -> None:
    assert SplitConfig().asked == ("train",)
    assert set(assign(0, 0).values()) == {"train"}


@pytest.mark.parametrize(("validation", "test"), [(0.05, 0.1), (0.5, 0.4), (0.0, 0.2)])
def test_shares_are_met_within_what_chance_allows(validation: float, test: float) -> None:
    counts = Counter(assign(validation, test).values())
    for split, share in (("validation", validation), ("test", test)):
        deviation = math.sqrt(share * (1 - share) * len(GROUPS))
        assert abs(counts[split] - share * len(GROUPS)) <= 4 * deviation


def test_a_group_falls_to_the_split_that_it_always_fell_to() -> None:
    """Published datasets depend on it: another formula would move their rows."""
    config = SplitConfig(validation=0.3, test=0.3)
    chosen = [choose_split(f"{number:016x}", config) for number in range(8)]
    others = ["train", "train", "test", "test", "test"]
    assert chosen == ["train", "train", "validation", *others]


def test_another_share_moves_groups_from_or_to_train_alone() -> None:
    shares, groups = [0.0, 1e-9, 0.02, 0.1, 0.3, 0.45], GROUPS[:3_000]
    for validation in shares:
        before = assign(validation, 0.1, groups=groups)
        for test in shares:
            after = assign(validation, test, groups=groups)
            moved = {(before[one], after[one]) for one in groups if before[one] != after[one]}
            assert len(moved) <= 1
            assert moved <= {("train", "test"), ("test", "train")}
    small, grown = assign(0.05, 0.1), assign(0.3, 0.1)
    moved = {(small[one], grown[one]) for one in GROUPS if small[one] != grown[one]}
    assert moved == {("train", "validation")}


def test_another_seed_draws_other_groups() -> None:
    first, second = assign(0.1, 0.1), assign(0.1, 0.1, seed=1)
    both = sum(first[one] == second[one] == "test" for one in GROUPS)
    assert both == pytest.approx(0.01 * len(GROUPS), rel=0.5)


def test_splits_have_nothing_to_do_with_the_order_of_a_mixture() -> None:
    """A mixture draws its order from the same ids and seed: the first texts are no split's."""
    chosen = assign(0.2, 0.2)
    early = sorted(GROUPS, key=lambda group: draw_fraction(0, group))[:2_000]
    counts = Counter(chosen[group] for group in early)
    assert counts["validation"] == pytest.approx(400, rel=0.2)
    assert counts["test"] == pytest.approx(400, rel=0.2)


def test_rows_of_a_group_stay_together_and_keep_their_split_when_rows_are_added() -> None:
    """Whatever is added, wherever it stands, each split grows and loses nothing."""
    draw = random.Random(7)  # noqa: S311  # reproducible, no secret
    config = SplitConfig(validation=0.1, test=0.2)
    rows = [(draw.choice(GROUPS[:300]), number) for number in range(2_000)]
    kept: list[tuple[str, int]] = []
    before: dict[Split, list[tuple[str, int]]] = {}
    for start in range(0, len(rows), 100):
        kept = sorted([*kept, *rows[start : start + 100]], key=lambda _: draw.random())
        divided = divide_rows(kept, lambda row: row[0], config)
        assert sorted(row for inside in divided.values() for row in inside) == sorted(kept)
        assert all(set(before[split]) <= set(divided.get(split, [])) for split in before)
        places = {(row[0], split) for split, inside in divided.items() for row in inside}
        assert len(places) == len({group for group, _ in places})
        before = divided
    assert set(before) == set(SPLITS)


def test_rows_keep_their_order_in_a_split_and_no_split_is_empty() -> None:
    rows = GROUPS[:200]
    divided = divide_rows(rows, str, SplitConfig(validation=0.2, test=1e-12))
    assert list(divided) == ["train", "validation"]
    for inside in divided.values():
        assert inside == [row for row in rows if row in set(inside)]
    (first,) = divide_rows(rows[:1], str, SplitConfig(validation=0.999_999)).items()
    assert first == ("validation", rows[:1])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"validation": "5"}, "VALIDATION_SHARE=5: Input should be less than 1"),
        ({"test": "-0.1"}, "TEST_SHARE=-0.1: Input should be greater than or equal to 0"),
        ({"test": "nan"}, "TEST_SHARE=nan"),
        ({"test": "some"}, "TEST_SHARE=some"),
        ({"test": True}, "TEST_SHARE=True: Input should be less than 1"),
        ({"validation": "0.5", "test": "0.5"}, "leave nothing to train on"),
        ({"dev": 0.1}, "splits.dev = 0.1: the recipe has no such setting. There are: validation"),
    ],
)
@pytest.mark.parametrize("load", LOADERS)
def test_shares_that_cannot_be_meant_are_refused(
    load: Load, given: dict[str, Any], told: str
) -> None:
    names = {"splits.validation": "VALIDATION_SHARE", "splits.test": "TEST_SHARE"}
    with pytest.raises(RecipeError) as refused:
        load("", {"splits": given}, names)
    assert told in str(refused.value)


def test_a_share_of_a_split_is_never_rounded_to_more_than_the_whole() -> None:
    """The thresholds meet and do not cross, to the last of 2**64."""
    with pytest.raises(ValidationError, match="leave nothing to train on"):
        SplitConfig(validation=0.7, test=0.3)
    config = SplitConfig(validation=0.7, test=math.nextafter(0.3, 0))
    assert int(config.validation * 2**64) <= 2**64 - int(config.test * 2**64)


def describe(recipe: BuildRecipe) -> dict[str, object]:
    return recipe.describe_settings("some-model")


@pytest.mark.parametrize("load", LOADERS)
def test_a_recipe_without_splits_is_described_as_it_was_before_there_were_any(load: Load) -> None:
    plain, divided = load("", {}), load("", {"splits": {"test": "0.1", "seed": 3}})
    assert "splits" not in describe(plain)
    assert describe(divided)["splits"] == {"validation": 0.0, "test": 0.1, "seed": 3}
    assert digest_recipe(describe(plain)) != digest_recipe(describe(divided))
    assert type(plain).model_validate({"splits": describe(divided)["splits"]}).splits == (
        divided.splits
    )
