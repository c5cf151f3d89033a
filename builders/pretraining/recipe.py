"""The recipe of a pretraining build: sources, mixture of prompts, how texts are checked.

Its defaults are the bundled `recipes/cosmopedia.toml`, after Cosmopedia (Ben Allal et al. 2024).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from builders.checks.passages import PassageCheckConfig
from builders.dedup.documents import DocumentDedupConfig
from builders.pretraining.mixture import MixtureConfig
from builders.pretraining.selection import SelectionConfig
from builders.pretraining.sources import SourceConfig, split_sources
from builders.recipe_files import find_recipe, make_recipe, merge_settings, read_bundled, read_own
from builders.recipe_sections import BuildRecipe, RecipeSection, TeacherSampling, hide_folder
from distilabel_pipelines.embedded_model.weight_files import BundledModel

BUNDLED = "cosmopedia"


class _Samples(RecipeSection):
    """Beside `TeacherSampling`, so that `samples` stays the first field that a manifest shows."""

    samples: int = Field(default=1, ge=1)


class PassageSampling(TeacherSampling, _Samples):
    """How a text is drawn, and how many a prompt gets (`samples`).

    A text that was cut at `max_tokens` is rejected, or continued up to `continuations` times, each
    a request of its own.
    """

    temperature: float = Field(default=0.8, ge=0, le=2)
    continuations: int = Field(default=0, ge=0, le=100)

    @model_validator(mode="after")
    def _thoughts_are_not_continued(self) -> Self:
        if self.thinking and self.continuations:
            raise ValueError(
                f"sampling.continuations = {self.continuations} with THINKING=1: a text is "
                "continued from its end, where a thought has no place. Leave out one of the two."
            )
        return self


class PretrainingRecipe(BuildRecipe):
    """Everything that decides which rows are published, and the teacher's address beside it."""

    seeds: SourceConfig = SourceConfig()
    selection: SelectionConfig = SelectionConfig()
    bundled_model: ClassVar[BundledModel] = "writer"

    mixture: MixtureConfig = MixtureConfig()
    sampling: PassageSampling = PassageSampling()
    checks: PassageCheckConfig = PassageCheckConfig()
    dedup: DocumentDedupConfig = DocumentDedupConfig()

    @model_validator(mode="after")
    def _settings_fit_this_kind(self) -> Self:
        if self.judge.enabled:
            raise ValueError(
                f"JUDGE_LLM={self.judge.llm}: this kind has no judge; its texts are checked by "
                "rule. Leave the JUDGE_ variables out."
            )
        if self.teacher.is_bundled and self.teacher.api == "completions":
            raise ValueError(
                "the bundled model answers by chat only; API=completions is for base models"
            )
        if self.teacher.is_bundled and self.sampling.thinking:
            raise ValueError(
                "THINKING=1: the bundled model writes texts without a thought; leave THINKING out, "
                "or name a model that thinks with MODEL or LLM"
            )
        if self.sampling.thinking and self.teacher.api == "completions":
            raise ValueError(
                "THINKING=1 has no meaning with API=completions: a base model is given the heading "
                "of its text, and goes on from there. Leave one of the two out."
            )
        return self

    @property
    def most_prompts(self) -> int:
        """The most prompts that a build of so many rows makes; those of fewer rows come first."""
        return self.rows * self.mixture.prompts_per_row

    def describe(self, model: str, max_tokens: int) -> dict[str, object]:
        """The recipe for the manifest: what decides the rows; no address, path or patience.

        `model` and `max_tokens` are what the teacher's defaults were resolved to.
        """
        described = self.describe_settings(model)
        described["seeds"]["source"] = ",".join(map(hide_folder, split_sources(self.seeds.source)))
        described["sampling"]["max_tokens"] = max_tokens
        del described["dedup"]["workers"]  # how fast, not which rows
        return described


def load_pretraining_recipe(
    config_path: str,
    overrides: dict[str, Any],
    variables: Mapping[str, str] | None = None,
    *,
    recipe: str = "",
) -> PretrainingRecipe:
    """Merge the bundled recipe, the file at `config_path` ("" for none) and the overrides.

    `recipe` may name the bundled recipe or, in place of `config_path`, a file. Raises RecipeError
    that names the setting or variable and the value seen.
    """
    own = find_recipe(recipe, config_path, [BUNDLED]).own
    settings = read_bundled(BUNDLED)
    if own is not None:
        settings = merge_settings(settings, read_own(own, BUNDLED))
    return make_recipe(PretrainingRecipe, merge_settings(settings, overrides), variables or {})
