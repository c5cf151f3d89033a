"""Manifests whose recipe and teacher are real ones, for the tests of rebuilding."""

from __future__ import annotations

from typing import Any

from builders.instruction_manifest import InstructionManifest
from builders.instruction_recipe import load_instruction_recipe
from builders.instruction_requests import describe_instruction_teacher, list_step_tokens
from builders.manifest import Manifest
from builders.model_files import find_bundled_gguf, name_gguf
from builders.pretraining.manifest import PretrainingManifest
from builders.pretraining.recipe import load_pretraining_recipe
from builders.pretraining.requests import choose_text_tokens, describe_writer
from builders.recipe import digest_recipe, load_recipe
from builders.teacher_requests import choose_max_tokens, describe_teacher
from tests.decontamination.outcomes import no_check
from tests.pretraining.test_manifest import small_manifest as small_pretraining
from tests.test_instruction_manifest import small_manifest as small_instruction
from tests.test_manifest import small_manifest

Overrides = dict[str, Any]
SERVED: Overrides = {"llm": "vllm", "base_url": "http://a:8000", "model": "served-name"}
REASONER = name_gguf(find_bundled_gguf("reasoner"))
WRITER = name_gguf(find_bundled_gguf("writer"))


def reasoning_build(
    overrides: Overrides | None = None, *, model: str = REASONER, **changes: object
) -> Manifest:
    """A reasoning manifest of the recipe with these settings; `changes` go to its facts."""
    recipe = load_recipe("", overrides or {})
    described = recipe.describe(model, choose_max_tokens(recipe))
    facts: Overrides = {
        "decontamination": no_check(),
        "recipe": described,
        "recipe_digest": digest_recipe(described),
        **describe_teacher(recipe, model).model_dump(),
    }
    return small_manifest(**{**facts, **changes})


def instruction_build(
    overrides: Overrides | None = None, *, method: str = "alpaca", **changes: object
) -> InstructionManifest:
    """An instruction manifest of a bundled model, as above."""
    recipe = load_instruction_recipe("", overrides or {}, recipe=method)
    described = recipe.describe(REASONER, list_step_tokens(recipe))
    facts: Overrides = {
        "recipe": described,
        "recipe_digest": digest_recipe(described),
        **describe_instruction_teacher(recipe, REASONER).model_dump(),
    }
    return small_instruction(**{**facts, **changes})


def pretraining_build(overrides: Overrides | None = None, **changes: object) -> PretrainingManifest:
    """A pretraining manifest of a bundled model and two sources, as above."""
    seeds = {"source": "bundled:pretraining,stories.jsonl"}
    recipe = load_pretraining_recipe("", {"seeds": seeds, **(overrides or {})})
    described = recipe.describe(WRITER, choose_text_tokens(recipe))
    facts: Overrides = {
        "recipe": described,
        "recipe_digest": digest_recipe(described),
        **describe_writer(recipe, WRITER).model_dump(),
    }
    return small_pretraining(**{**facts, **changes})
