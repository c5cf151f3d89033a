"""What the recipes of all kinds share: the sections on rows, seeds, teachers, money and sampling.

A kind adds its own sections by inheriting from `BuildRecipe`; secrets are named by environment
variable and never stand in a recipe.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, ClassVar, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, model_validator

from builders.card_words.catalogue import CardLanguage
from builders.decontamination.config import DecontaminationConfig
from builders.seed_loader import SeedConfig
from builders.splits import SplitConfig
from builders.teacher_config import BudgetConfig, JudgeConfig, TeacherConfig
from distilabel_pipelines.embedded_model.weight_files import BundledModel

# What of the teachers decides the rows, beside the model: no address, no patience.
TEACHER_DECIDES = {
    "llm",
    "api",
    "opening_tag_in_prompt",
    "send_seed",
    "max_tokens_field",
    "chat_template_kwargs",
    "extra_body",
}
JUDGE_DECIDES = {"llm", "model", "accepts", "max_tokens", "thinking", "extra_body"}


class RecipeSection(BaseModel):
    """A table of a recipe: nothing in it changes, and nothing unknown stands in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TeacherSampling(RecipeSection):
    """How a reply is drawn. `max_tokens` bounds thought and answer together, but at DashScope
    the answer alone, where `thinking_budget` bounds the thought.

    `stop` are stop sequences beside those that the kind's prompts need.
    """

    temperature: float = Field(default=1.0, ge=0, le=2)
    top_p: float = Field(default=0.95, gt=0, le=1)
    max_tokens: int | None = Field(default=None, ge=1)
    thinking: bool = Field(default=False, strict=True)
    thinking_budget: int | None = Field(default=None, ge=1)
    seed: int = Field(default=0, ge=0)
    stop: tuple[str, ...] = ()


class CardConfig(RecipeSection):
    """How the dataset is told of: nothing here decides a row, a request or a digest."""

    language: CardLanguage = "en"


class BuildRecipe(RecipeSection):
    """Everything that decides which rows are published, and the teacher's address beside it.

    `bundled_model` is the model of this repository that answers without a MODEL.
    """

    bundled_model: ClassVar[BundledModel] = "reasoner"

    rows: int = Field(default=100, ge=1)
    seeds: SeedConfig = SeedConfig()
    teacher: TeacherConfig = TeacherConfig()
    judge: JudgeConfig = JudgeConfig()
    budget: BudgetConfig = BudgetConfig()
    sampling: TeacherSampling = TeacherSampling()
    decontamination: DecontaminationConfig = DecontaminationConfig()
    splits: SplitConfig = SplitConfig()
    card: CardConfig = CardConfig()

    @model_validator(mode="after")
    def _settings_fit_together(self) -> Self:
        teacher, judge = self.teacher, self.judge
        if self.sampling.thinking_budget is not None and teacher.llm != "dashscope":
            raise ValueError(
                f"THINKING_BUDGET={self.sampling.thinking_budget} is understood by LLM=dashscope "
                "only; bound the whole reply with MAX_TOKENS"
            )
        if judge.enabled and judge.starts_vllm and teacher.starts_vllm:
            raise ValueError(
                "two vLLM servers cannot be started on the same GPUs: start one yourself and give "
                "its address as BASE_URL or JUDGE_BASE_URL"
            )
        return self

    def describe_settings(self, model: str) -> dict[str, Any]:
        """The recipe for the manifest: what decides the rows; no address, path or patience.

        `model` is what the teacher's default was resolved to.
        """
        described = self.model_dump(mode="json", exclude={"judge", "budget", "card"})
        described["teacher"] = {"model": model, **self.teacher.model_dump(include=TEACHER_DECIDES)}
        del described["decontamination"]["benchmarks"]  # a path; the files stand in the manifest
        del described["decontamination"]["pins"], described["seeds"]["pins"]  # as do their digests
        described["seeds"]["source"] = hide_folder(self.seeds.source)
        if self.splits.asked == ("train",):
            del described["splits"]  # as in the manifests from before there were any
        if self.judge.enabled:
            described["judge"] = self.judge.model_dump(include=JUDGE_DECIDES)
        return described


def digest_recipe(described: dict[str, object]) -> str:
    """The SHA-256 of a described recipe in canonical JSON."""
    canonical = orjson.dumps(described, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).hexdigest()


def fit_judge_region(settings: dict[str, Any]) -> None:
    """A judge at DashScope is asked in the teacher's region, where `settings` do not say more."""
    judge, teacher = settings.get("judge"), settings.get("teacher")
    if isinstance(judge, dict) and isinstance(teacher, dict) and judge.get("llm") == "dashscope":
        judge.setdefault("region", teacher.get("region", "cn"))


def hide_folder(source: str) -> str:
    """A local file's name alone; bundled sets and Hub ids as they are."""
    try:
        path = Path(source).expanduser()
    except RuntimeError:  # "~name" without such a user is no path
        return source
    return path.name if path.exists() else source
