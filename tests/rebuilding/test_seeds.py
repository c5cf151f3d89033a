"""Local seeds come from the user, by name; all of them are pinned as the manifest has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.errors import RecipeError
from builders.rebuilding.seeds import pin_seeds, place_seeds
from builders.seed_pins import SeedPin
from tests.rebuilding.manifests import pretraining_build, reasoning_build

BUNDLED = SeedPin(source="bundled:pretraining", sha256="ab" * 32)
STORIES = SeedPin(source="stories.jsonl", sha256="ba" * 32)


@pytest.fixture
def stories(tmp_path: Path) -> str:
    path = tmp_path / "my data" / "stories.jsonl"
    path.parent.mkdir()
    path.write_text("{}")
    return str(path)


def test_sources_are_pinned_in_their_order() -> None:
    assert pin_seeds(pretraining_build()) == [BUNDLED, STORIES]
    hub = reasoning_build(source="me/set:main:test", sha256=None, revision="a1" * 20)
    assert pin_seeds(hub) == [SeedPin(source="me/set:main:test", revision="a1" * 20)]


def test_bundled_sets_and_hub_datasets_need_no_path() -> None:
    assert place_seeds(reasoning_build(), "") == "bundled:reasoning"
    hub = reasoning_build(source="me/set", sha256=None, revision="a1" * 20)
    assert place_seeds(hub, "") == place_seeds(hub, "me/set") == "me/set"


def test_a_local_file_takes_its_place_among_the_others(stories: str) -> None:
    manifest = pretraining_build()
    assert place_seeds(manifest, stories) == f"bundled:pretraining,{stories}"
    assert place_seeds(manifest, f"bundled:pretraining,{stories}").endswith(stories)


def test_names_that_a_limit_never_came_to_stay_in_the_recipe(stories: str) -> None:
    source = {"source": "bundled:pretraining,stories.jsonl,never-read.jsonl", "limit": 20}
    placed = place_seeds(pretraining_build({"seeds": source}), stories)
    assert placed == f"bundled:pretraining,{stories},never-read.jsonl"


def test_a_missing_file_is_named_with_its_digest() -> None:
    told = rf"SEEDS is needed: .* stories\.jsonl \(SHA-256 {'ba' * 32}\).*SEEDS=path/to/stories"
    with pytest.raises(RecipeError, match=told):
        place_seeds(pretraining_build(), "")


def test_a_path_without_a_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "stories.jsonl"
    with pytest.raises(RecipeError, match=r"stories\.jsonl: there is no such file"):
        place_seeds(pretraining_build(), str(path))


def test_a_file_under_another_name_is_refused(stories: str, tmp_path: Path) -> None:
    other = tmp_path / "renamed.jsonl"
    other.write_text("{}")
    with pytest.raises(RecipeError, match="read no local file of this name"):
        place_seeds(pretraining_build(), f"{stories},{other}")
    with pytest.raises(RecipeError, match=r"It read bundled:reasoning"):
        place_seeds(reasoning_build(), str(other))


def test_a_manifest_without_a_source_is_refused() -> None:
    manifest = pretraining_build()
    none = manifest.sources.model_copy(update={"files": []})
    with pytest.raises(RecipeError, match="names no source that its build read"):
        place_seeds(manifest.model_copy(update={"sources": none}), "")
