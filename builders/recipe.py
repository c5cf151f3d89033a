"""The recipe of a reasoning build: what is asked, how it is checked, what is published.

Its defaults are the bundled `recipes/reasoning.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from builders.checks.gates import GateConfig
from builders.dedup import DedupConfig
from builders.recipe_files import find_recipe, make_recipe, merge_settings, read_bundled, read_own
from builders.recipe_sections import (
    BuildRecipe,
    RecipeSection,
    TeacherSampling,
    digest_recipe,
    fit_judge_region,
)

__all__ = ["Recipe", "SamplingConfig", "SelectionConfig", "digest_recipe", "load_recipe"]
_BUNDLED = "reasoning"


class _Samples(RecipeSection):
    """Beside `TeacherSampling`, so that `samples` stays the first field that a manifest shows."""

    samples: int = Field(default=1, ge=1)


class SamplingConfig(TeacherSampling, _Samples):
    """How a reply is drawn, and how many a question gets (`samples`).

    For `api = "completions"` the template's own stop sequences come before those of `stop`.
    """

    temperature: float = Field(default=0.6, ge=0, le=2)
    thinking: bool = Field(default=True, strict=True)


class SelectionConfig(RecipeSection):
    """Which passing trace of a question is published: the shortest, the first, or all of them."""

    keep: Literal["shortest", "first", "all"] = "shortest"


class Recipe(BuildRecipe):
    """Everything that decides which rows are published, and the teacher's address beside it."""

    sampling: SamplingConfig = SamplingConfig()
    gates: GateConfig = GateConfig()
    selection: SelectionConfig = SelectionConfig()
    dedup: DedupConfig = DedupConfig()

    @model_validator(mode="after")
    def _the_bundled_model_is_asked_by_chat(self) -> Self:
        """It was never trained on this kind's prompts for base models."""
        if self.teacher.is_bundled and self.teacher.api == "completions":
            raise ValueError(
                "the bundled model answers by chat only; API=completions is for base models"
            )
        return self

    def describe(self, model: str, max_tokens: int) -> dict[str, object]:
        """The recipe for the manifest: what decides the rows; no address, path or patience.

        `model` and `max_tokens` are what the teacher's defaults were resolved to.
        """
        described = self.describe_settings(model)
        described["sampling"]["max_tokens"] = max_tokens
        return described


def load_recipe(
    config_path: str,
    overrides: dict[str, Any],
    variables: Mapping[str, str] | None = None,
    *,
    recipe: str = "",
) -> Recipe:
    """Merge the bundled recipe, the file at `config_path` ("" for none) and the overrides.

    `recipe` may name the bundled recipe or, in place of `config_path`, a file. `variables` names
    the variable that set an overridden setting (`{"rows": "ROWS"}`). A teacher told not to think is
    not asked for thoughts, unless the recipe says otherwise. Raises RecipeError that names the
    setting or variable and the value seen.
    """
    own = find_recipe(recipe, config_path, [_BUNDLED]).own
    settings = read_bundled(_BUNDLED)
    if own is not None:
        settings = merge_settings(settings, read_own(own, _BUNDLED))
    settings = merge_settings(settings, overrides)
    _fit_defaults(settings)
    return make_recipe(Recipe, settings, variables or {})


def _fit_defaults(settings: dict[str, Any]) -> None:
    """Defaults that follow from other settings, where the recipe does not say otherwise."""
    sampling, gates, teacher = (settings.get(name) for name in ("sampling", "gates", "teacher"))
    thinks = not isinstance(sampling, dict) or sampling.get("thinking") is not False
    if not thinks and isinstance(gates, dict):
        gates.setdefault("require_thought", False)
    fit_judge_region(settings)
    if thinks and isinstance(teacher, dict) and teacher.get("api") == "completions":
        teacher.setdefault("opening_tag_in_prompt", True)  # our own prompt ends with it
