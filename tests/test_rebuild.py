"""The command that builds a dataset again, and what a reader is told to put in."""

import shlex
from typing import Any

import pytest

from builders.card import render_card
from builders.manifest import Manifest
from builders.rebuild import rebuild_command, rebuild_from_manifest, rebuild_notes
from tests.decontamination.outcomes import no_check
from tests.outcomes import judge_facts, judged_outcome
from tests.pretraining.test_manifest import small_manifest as pretraining_manifest
from tests.publishing.releases import released
from tests.test_card import EVIL, evil_manifest, manifest_of
from tests.test_instruction_manifest import small_manifest as instruction_manifest
from tests.test_manifest import small_manifest as checked_manifest


def command_values(manifest: Manifest) -> dict[str, str]:
    """The variables as a shell reads them."""
    words = shlex.split(rebuild_command(manifest))
    return dict(word.split("=", 1) for word in words[2:])


def small_manifest(**changes: object) -> Manifest:
    """A build that was compared with no benchmark."""
    return checked_manifest(**{"decontamination": no_check(), **changes})


def judged_manifest(
    settings: dict[str, Any], recipe: dict[str, Any], **teacher: object
) -> Manifest:
    facts = judge_facts(accepts=True, **settings)
    run: dict[str, Any] = {"judge": facts, "rows_wanted": 3, "recipe": recipe}
    return manifest_of(judged_outcome(), decontamination=no_check(), **run, **teacher)


def test_the_command_is_safe_in_a_shell() -> None:
    values = command_values(evil_manifest())
    assert values["THINKING"] == "$(reboot) `reboot` ';\"$HOME"
    assert values["SEEDS"] == EVIL
    plain = rebuild_command(small_manifest())
    assert plain == (
        "make build-reasoning LLM=embedded SEEDS=bundled:reasoning ROWS=4 "
        "SAMPLES=2 MAX_TOKENS=1536 TEMPERATURE=0.6"
    )


def test_the_short_command_names_the_release_by_its_tag_or_the_readers_folder() -> None:
    assert rebuild_from_manifest(small_manifest()) == "make rebuild MANIFEST=path/to/dataset"
    manifest = released(small_manifest(), version="1.2.0")
    assert rebuild_from_manifest(manifest) == "make rebuild MANIFEST=me/small-set@v1.2.0"
    assert "make rebuild MANIFEST=me/small-set@v1.2.0" in render_card(manifest)


def test_the_command_names_the_recipe_of_an_instruction_build() -> None:
    recipe = {"seeds": {"limit": 9}, "sampling": {"max_tokens": None, "thinking": False}}
    command = rebuild_command(instruction_manifest(recipe=recipe))
    assert command == (
        "make build-instruction RECIPE=alpaca LLM=embedded SEEDS=bundled:instruction ROWS=4 "
        "LIMIT=9 THINKING=0"
    )


def test_the_command_names_all_sources_of_a_pretraining_build_and_how_they_were_read() -> None:
    source = "bundled:pretraining,a.jsonl,b.jsonl"
    seeds = {"source": source, "columns": {"text": "body"}, "kind": "web", "limit": 9}
    recipe = {
        "seeds": seeds,
        "selection": {"topics": {"limit": "wikihow"}},
        "mixture": {"weights": {"samples": 3}},
        "sampling": {"samples": 2, "max_tokens": 640},
    }
    assert rebuild_command(pretraining_manifest(recipe=recipe)) == (
        "make build-pretraining LLM=embedded SEEDS=bundled:pretraining,a.jsonl,b.jsonl ROWS=5 "
        "LIMIT=9 SAMPLES=2 MAX_TOKENS=640 SEED_COLUMNS=text=body SOURCE=web"
    )
    command = rebuild_command(pretraining_manifest(recipe={}))
    assert command.endswith("SEEDS=bundled:pretraining,stories.jsonl ROWS=5")


def test_the_command_repeats_what_was_stated_of_the_seeds_licence() -> None:
    stated = "a b.jsonl=cc-by-4.0,c=mit"
    for manifest in (
        small_manifest(recipe={"seeds": {"license": stated}}),
        instruction_manifest(recipe={"seeds": {"license": stated}}),
        pretraining_manifest(recipe={"seeds": {"license": stated}}),
    ):
        words = shlex.split(rebuild_command(manifest))
        assert f"SEEDS_LICENSE={stated}" in words
    silent = rebuild_command(small_manifest(recipe={"seeds": {"license": None}}))
    assert "SEEDS_LICENSE" not in silent


def test_the_command_names_the_judge_and_keeps_its_settings_apart() -> None:
    recipe = {
        "judge": {"max_tokens": 77, "thinking": True},
        "sampling": {"max_tokens": 1536, "thinking": False},
    }
    command = rebuild_command(judged_manifest({}, recipe))
    assert "JUDGE_LLM=vllm JUDGE_MODEL=large-judge JUDGE_ACCEPTS=1" in command
    assert " MAX_TOKENS=1536 " in command
    assert command.endswith("THINKING=0")


def test_the_command_names_a_base_models_api() -> None:
    assert command_values(small_manifest(api="completions"))["API"] == "completions"
    assert "API" not in command_values(small_manifest())


@pytest.mark.parametrize(("llm", "what"), [("vllm", "folder"), ("embedded", "GGUF file")])
def test_weights_of_a_machine_are_a_path_that_the_reader_puts_in(llm: str, what: str) -> None:
    manifest = small_manifest(llm=llm, model="my weights@1d45c24f", weights="local")
    assert command_values(manifest)["MODEL"] == "path/to/my weights"
    note = rebuild_notes(manifest)[0]
    assert f"`MODEL=` stands for the path of the model's {what}" in note
    assert "1d45c24f" in note


def test_a_server_needs_its_address_or_a_model_to_start() -> None:
    manifest = small_manifest(llm="vllm", model="Qwen/Qwen3-8B", weights="named")
    assert command_values(manifest)["MODEL"] == "Qwen/Qwen3-8B"
    (note,) = rebuild_notes(manifest)
    assert "add `BASE_URL=`, the address of a server" in note
    assert "without an address the command starts `vllm serve`" in note
    assert "as this build did" not in note
    started = small_manifest(llm="vllm", weights="named", started=True)
    assert "starts `vllm serve` itself, as this build did" in rebuild_notes(started)[0]


@pytest.mark.parametrize("llm", ["embedded", "dashscope"])
def test_other_teachers_need_nothing(llm: str) -> None:
    assert rebuild_notes(small_manifest(llm=llm)) == []


def test_a_judge_from_a_folder_is_a_path_too() -> None:
    recipe = {"judge": {"model": "judge-7b"}}
    manifest = judged_manifest({"model": "judge-7b@1d45c24f"}, recipe)
    assert command_values(manifest)["JUDGE_MODEL"] == "path/to/judge-7b"
    place, server = rebuild_notes(manifest)
    assert "`JUDGE_MODEL=` stands for the path of the model's folder" in place
    assert "`JUDGE_BASE_URL=`" in server


def test_a_judge_that_was_asked_for_by_a_name_with_a_digest_keeps_it() -> None:
    recipe = {"judge": {"model": "judge@1d45c24f"}}
    manifest = judged_manifest({"model": "judge@1d45c24f"}, recipe)
    assert command_values(manifest)["JUDGE_MODEL"] == "judge@1d45c24f"
    assert len(rebuild_notes(manifest)) == 1


def test_two_servers_cannot_both_be_started() -> None:
    notes = rebuild_notes(judged_manifest({}, {}, llm="vllm", weights="named"))
    assert len(notes) == 3
    assert "At most one" in notes[-1]


def test_a_hostile_name_is_escaped() -> None:
    manifest = small_manifest(llm="vllm", model=f"{EVIL}@1d45c24f", weights="local")
    assert "<script>" not in rebuild_notes(manifest)[0]
    assert command_values(manifest)["MODEL"].startswith("path/to/")


def test_benchmark_files_are_noted_and_where_to_get_them() -> None:
    (note,) = rebuild_notes(checked_manifest())
    assert "`make fetch-benchmarks` downloads the usual ones to `benchmarks_data`" in note
    assert "BENCHMARKS" not in command_values(checked_manifest())
    assert rebuild_notes(small_manifest()) == []
