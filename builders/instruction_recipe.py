"""The recipe of an instruction build: how tasks are asked for, screened and published.

Its defaults by method are the bundled `recipes/alpaca.toml` and `recipes/self-instruct.toml`
(Stanford Alpaca, Taori et al. 2023; Self-Instruct, arXiv:2212.10560, whose numbers they keep).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, get_args

from pydantic import Field, model_validator

from builders.checks.task_filters import FilterConfig
from builders.errors import RecipeError
from builders.instruction_dedup import InstructionDedupConfig
from builders.instruction_outcome import Method
from builders.recipe_files import (
    NamedRecipe,
    find_recipe,
    make_recipe,
    merge_settings,
    read_bundled,
    read_own,
)
from builders.recipe_sections import BuildRecipe, RecipeSection, TeacherSampling, fit_judge_region
from builders.seed_loader import SeedConfig
from distilabel_pipelines.instruction_prompts import PromptName

METHODS: tuple[Method, ...] = get_args(Method)
STEPS: dict[Method, tuple[PromptName, ...]] = {
    "alpaca": ("tasks",),
    "self-instruct": ("instructions", "classification", "output_first", "input_first"),
}
_SEEDS = "bundled:instruction"


class GenerationConfig(RecipeSection):
    """What a list request shows and asks for, and how many make a round.

    A prompt shows `human_examples` seeds and `machine_examples` tasks that were kept (seeds, while
    there are fewer) and asks for a list that ends at number `tasks_listed`. The prompts of a round
    of `round_requests` depend on what was kept before it. The build ends when the last
    `fruitless_requests` brought nothing new. `instances_per_task` is the most that an input-first
    request asks for. Seeds of more than `shown_words` words, or CJK characters, are not shown.
    """

    tasks_listed: int = Field(default=20, ge=2, le=100)
    human_examples: int = Field(default=3, ge=0)
    machine_examples: int = Field(default=0, ge=0)
    round_requests: int = Field(default=256, ge=1)
    fruitless_requests: int = Field(default=200, ge=1)
    instances_per_task: int = Field(default=3, ge=1)
    shown_words: int = Field(default=150, ge=1)

    @property
    def examples(self) -> int:
        """Tasks that a prompt shows."""
        return self.human_examples + self.machine_examples

    @model_validator(mode="after")
    def _list_has_room(self) -> Self:
        if self.examples == 0:
            raise ValueError(
                "generation: human_examples and machine_examples are both 0; a prompt shows at "
                "least one task"
            )
        if self.tasks_listed <= self.examples:
            raise ValueError(
                f"generation.tasks_listed = {self.tasks_listed} leaves no task to write: the "
                f"prompt shows {self.examples} already (human_examples + machine_examples)"
            )
        return self


class InstructionSampling(TeacherSampling):
    """How a reply is drawn. `temperature` is that of lists, where variety is wanted;
    `instance_temperature` that of instances (self-instruct); whether a task is a classification is
    asked at 0. `max_tokens` bounds lists and instances, None for a default by step.
    """

    instance_temperature: float = Field(default=0.7, ge=0, le=2)

    @model_validator(mode="before")
    @classmethod
    def _asks_once(cls, given: object) -> object:
        if isinstance(given, Mapping) and "samples" in given:
            raise ValueError(
                f"SAMPLES={given['samples']} has no meaning for this kind: each request already "
                "asks for several tasks. Raise ROWS for more of them."
            )
        return given

    @model_validator(mode="after")
    def _does_not_think(self) -> Self:
        if self.thinking:
            raise ValueError(
                "THINKING=1 has no use for this kind: thoughts never stand in its output, and they "
                "would be paid for. Leave THINKING out, or 0."
            )
        return self


class NoveltyConfig(RecipeSection):
    """The novelty screen: an instruction is kept when its highest ROUGE-L F against all seeds and
    kept instructions is at most `threshold`; the `closest` ones are published beside it."""

    threshold: float = Field(default=0.7, ge=0, le=1)
    closest: int = Field(default=10, ge=1, le=100)


class InstructionRecipe(BuildRecipe):
    """Everything that decides which rows are published, and the teacher's address beside it."""

    method: Method = "alpaca"
    seeds: SeedConfig = SeedConfig(source=_SEEDS)
    generation: GenerationConfig = GenerationConfig()
    sampling: InstructionSampling = InstructionSampling()
    filters: FilterConfig = FilterConfig()
    novelty: NoveltyConfig = NoveltyConfig()
    dedup: InstructionDedupConfig = InstructionDedupConfig()

    @property
    def steps(self) -> tuple[PromptName, ...]:
        """The kinds of request of its method, in the order they are sent."""
        return STEPS[self.method]

    def describe(self, model: str, max_tokens: Mapping[PromptName, int]) -> dict[str, object]:
        """The recipe for the manifest: what decides the rows; no address, path or patience.

        `model` and `max_tokens`, by step, are what the teacher's defaults were resolved to;
        `sampling.max_tokens` stays what was given, as MAX_TOKENS takes one number for all.
        """
        described = self.describe_settings(model)
        described["sampling"]["max_tokens_by_step"] = dict(max_tokens)
        return described


def load_instruction_recipe(
    config_path: str,
    overrides: dict[str, Any],
    variables: Mapping[str, str] | None = None,
    *,
    recipe: str = "",
) -> InstructionRecipe:
    """Merge the bundled recipe of the method, the user's own file and the overrides.

    `recipe` is `alpaca` (the default), `self-instruct` or the path of a TOML recipe, in place of
    `config_path`. A file's own `method` decides which bundled recipe it changes. Raises
    RecipeError that names the setting or variable and the value seen.
    """
    named = find_recipe(recipe, config_path, METHODS)
    own = {} if named.own is None else read_own(named.own, named.bundled or METHODS[0])
    method = _choose_method(named, own)
    settings = read_bundled(method) if method in METHODS else {}
    settings = merge_settings(merge_settings(settings, own), overrides)
    _fit_defaults(settings)
    return make_recipe(InstructionRecipe, settings, variables or {})


def _choose_method(named: NamedRecipe, own: Mapping[str, Any]) -> object:
    """RECIPE's method or the file's, which may not contradict each other."""
    method = own.get("method", named.bundled or METHODS[0])
    if named.bundled and named.own is not None and method != named.bundled:
        raise RecipeError(
            f"RECIPE={named.bundled}, but {named.own.variable}={named.own.path} is a recipe of "
            f"method = {method!r}: leave RECIPE out, or change the file"
        )
    return method


def _fit_defaults(settings: dict[str, Any]) -> None:
    """Defaults that follow from other settings, where the recipe does not say otherwise."""
    seeds = settings.setdefault("seeds", {})
    if isinstance(seeds, dict):
        seeds.setdefault("source", _SEEDS)
    fit_judge_region(settings)
