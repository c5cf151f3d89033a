"""The recipe of a manifest comes back whole; what a manifest may not say is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from builders.any_manifest import AnyManifest
from builders.decontamination import BenchmarkPin
from builders.errors import RecipeError
from builders.instruction_recipe import load_instruction_recipe
from builders.rebuilding.differences import describe_rebuild
from builders.rebuilding.reconstruct import reconstruct
from builders.recipe import load_recipe
from tests.chinese_checks import in_chinese
from tests.decontamination.outcomes import check_facts
from tests.rebuilding.manifests import (
    SERVED,
    instruction_build,
    pretraining_build,
    reasoning_build,
)

ODD: dict[str, Any] = {
    "rows": 7,
    "sampling": {"temperature": 0.3, "seed": 5, "samples": 3, "stop": ["END"]},
    "gates": {"require_thought": False},
    "selection": {"keep": "all"},
    "seeds": {"limit": 9, "columns": {"question": "q"}},
}


@pytest.fixture
def stories(tmp_path: Path) -> str:
    path = tmp_path / "stories.jsonl"
    path.write_text("{}")
    return str(path)


def test_the_recipe_of_every_kind_comes_back_to_its_digest(stories: str) -> None:
    builds: list[AnyManifest] = [
        reasoning_build(),
        reasoning_build(ODD),
        instruction_build(),
        instruction_build({"generation": {"round_requests": 3}}, method="self-instruct"),
        pretraining_build(),
        pretraining_build({"mixture": {"sources": {"web": 1}}, "dedup": {"workers": 3}}),
    ]
    for build in builds:
        given = {"SEEDS": stories} if build.kind == "pretraining" else {}
        described = describe_rebuild(reconstruct(build, given))
        assert described.digest == build.recipe_digest
        assert described.recipe == build.recipe


def test_settings_are_the_builds_own() -> None:
    recipe = reconstruct(reasoning_build(ODD), {}).recipe
    wanted = load_recipe("", ODD)
    for name in ("rows", "gates", "selection", "dedup"):
        assert getattr(recipe, name) == getattr(wanted, name)
    assert recipe.sampling == wanted.sampling.model_copy(update={"max_tokens": 1536})


def test_the_card_keeps_its_language() -> None:
    assert reconstruct(in_chinese(reasoning_build()), {}).recipe.card.language == "zh"
    assert reconstruct(reasoning_build(), {}).recipe.card.language == "en"


def test_seeds_and_benchmarks_are_pinned() -> None:
    recipe = reconstruct(reasoning_build(decontamination=check_facts()), {"BENCHMARKS": "b"}).recipe
    assert [pin.sha256 for pin in recipe.seeds.pins] == ["ab" * 32]
    assert recipe.decontamination.benchmarks == "b"
    assert recipe.decontamination.pins == (
        BenchmarkPin(file="exam.jsonl.gz", sha256="a" * 64),
        BenchmarkPin(file="sums.jsonl.gz", sha256="b" * 64),
    )


def test_a_build_that_was_held_against_nothing_is_so_again() -> None:
    recipe = reconstruct(reasoning_build(), {}).recipe
    assert recipe.decontamination.pins == ()
    assert not recipe.decontamination.is_named


def test_what_is_given_reaches_the_recipe() -> None:
    build = reasoning_build({"teacher": SERVED}, model="served-name")
    given = {"BASE_URL": "http://b:1,http://c:1", "CONCURRENCY": "9", "API_KEY_ENV": "MY_KEY"}
    recipe = reconstruct(build, {**given, "BUDGET": "5USD", "PACKAGE_PARTIAL": "1"}).recipe
    assert recipe.teacher.base_urls == ("http://b:1", "http://c:1")
    assert (recipe.teacher.concurrency, recipe.teacher.api_key_env) == (9, "MY_KEY")
    assert (recipe.budget.limit, recipe.budget.package_partial) == ("5USD", True)


def test_the_card_speaks_the_language_of_the_build_or_the_given_one() -> None:
    chinese = reasoning_build().model_copy(update={"card_language": "zh"})
    assert reconstruct(chinese, {}).recipe.card.language == "zh"
    assert reconstruct(chinese, {"CARD_LANGUAGE": "en"}).recipe.card.language == "en"
    with pytest.raises(RecipeError, match="CARD_LANGUAGE=fr"):
        reconstruct(chinese, {"CARD_LANGUAGE": "fr"})


def test_a_variable_that_does_not_fit_is_named() -> None:
    with pytest.raises(RecipeError, match="BASE_URL and API_KEY_ENV belong to a server"):
        reconstruct(reasoning_build(), {"BASE_URL": "http://a:1"})
    build = reasoning_build({"teacher": SERVED}, model="served-name")
    with pytest.raises(RecipeError, match="CONCURRENCY=many"):
        reconstruct(build, {"BASE_URL": "http://a:1", "CONCURRENCY": "many"})


@pytest.mark.parametrize(
    ("section", "settings"),
    [
        ("teacher", {"base_url": "http://evil"}),
        ("teacher", {"api_key_env": "AWS_SECRET_ACCESS_KEY"}),
        ("teacher", {"vllm_args": "--trust-remote-code"}),
        ("teacher", {"llm": "dashscope"}),
        ("judge", {"enabled": True, "base_url": "http://evil"}),
        ("budget", {"prices": "/etc/passwd"}),
        ("card", {"language": "zh"}),
        ("decontamination", {"benchmarks": "/etc"}),
        ("decontamination", {"pins": []}),
        ("seeds", {"pins": []}),
    ],
)
def test_a_manifest_may_not_say_what_no_build_records(
    section: str, settings: dict[str, Any]
) -> None:
    build = reasoning_build()
    table: Any = build.recipe.setdefault(section, {})
    table.update(settings)
    named = section if section in {"budget", "card"} else f"{section}.{list(settings)[-1]}"
    with pytest.raises(RecipeError, match=re.escape(named)) as told:
        reconstruct(build, {})
    assert "somebody changed the manifest" in str(told.value)


@pytest.mark.parametrize("section", ["teacher", "seeds", "decontamination", "sampling"])
def test_a_section_is_a_table(section: str) -> None:
    build = reasoning_build()
    build.recipe[section] = "x"
    with pytest.raises(RecipeError, match=section):
        reconstruct(build, {})


def test_the_path_of_seeds_is_never_the_manifests() -> None:
    build = reasoning_build()
    seeds: Any = build.recipe["seeds"]
    seeds["source"] = "/etc/passwd"
    assert reconstruct(build, {}).recipe.seeds.source == "bundled:reasoning"


def test_a_setting_that_this_code_lacks_names_the_code_version() -> None:
    build = reasoning_build()
    build.recipe["telepathy"] = {"on": True}
    with pytest.raises(RecipeError, match=r"telepathy.*check out code version 0\.1\.0"):
        reconstruct(build, {})


def test_the_defaults_of_every_kind_have_not_drifted() -> None:
    """What a described recipe leaves out is what `reconstruct` puts back."""
    recipe = load_instruction_recipe("", {}, recipe="self-instruct")
    again = reconstruct(instruction_build(method="self-instruct"), {}).recipe
    for name in ("generation", "filters", "novelty", "dedup", "sampling", "rows"):
        assert getattr(again, name) == getattr(recipe, name)
