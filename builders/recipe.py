"""The recipe of a reasoning build: what is asked, how it is checked, what is published.

Settings come from three places, later ones win: the bundled `recipes/reasoning.toml`, the file
that `CONFIG` names, and the variables of the command line. Secrets are named by environment
variable and never stand in a recipe.
"""

from __future__ import annotations

import difflib
import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from builders.checks.gates import GateConfig
from builders.dedup import DedupConfig
from builders.errors import RecipeError
from builders.seed_loader import SeedConfig
from builders.teacher_config import BudgetConfig, JudgeConfig, TeacherConfig

_BUNDLED = Path(__file__).parent / "recipes" / "reasoning.toml"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SamplingConfig(_Section):
    """How a reply is drawn. `max_tokens` bounds thought and answer together, but at DashScope
    the answer alone, where `thinking_budget` bounds the thought.

    `stop` are stop sequences; for `api = "completions"` the template's own come first.
    """

    samples: int = Field(default=1, ge=1)
    temperature: float = Field(default=0.6, ge=0, le=2)
    top_p: float = Field(default=0.95, gt=0, le=1)
    max_tokens: int | None = Field(default=None, ge=1)
    thinking: bool = Field(default=True, strict=True)
    thinking_budget: int | None = Field(default=None, ge=1)
    seed: int = Field(default=0, ge=0)
    stop: tuple[str, ...] = ()


class SelectionConfig(_Section):
    """Which passing trace of a question is published: the shortest, the first, or all of them."""

    keep: Literal["shortest", "first", "all"] = "shortest"


class Recipe(_Section):
    """Everything that decides which rows are published, and the teacher's address beside it."""

    rows: int = Field(default=100, ge=1)
    seeds: SeedConfig = SeedConfig()
    teacher: TeacherConfig = TeacherConfig()
    judge: JudgeConfig = JudgeConfig()
    budget: BudgetConfig = BudgetConfig()
    sampling: SamplingConfig = SamplingConfig()
    gates: GateConfig = GateConfig()
    selection: SelectionConfig = SelectionConfig()
    dedup: DedupConfig = DedupConfig()

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

    def describe(self, model: str, max_tokens: int) -> dict[str, object]:
        """The recipe for the manifest: what decides the rows; no address, path or patience.

        `model` and `max_tokens` are what the teacher's defaults were resolved to.
        """
        described = self.model_dump(mode="json", exclude={"judge", "budget"})
        deciding = {
            "llm",
            "api",
            "opening_tag_in_prompt",
            "send_seed",
            "max_tokens_field",
            "chat_template_kwargs",
            "extra_body",
        }
        described["teacher"] = {"model": model, **self.teacher.model_dump(include=deciding)}
        described["sampling"]["max_tokens"] = max_tokens
        described["seeds"]["source"] = _hide_folder(self.seeds.source)
        if self.judge.enabled:
            own = {"llm", "model", "accepts", "max_tokens", "thinking", "extra_body"}
            described["judge"] = self.judge.model_dump(include=own)
        return described


def digest_recipe(described: dict[str, object]) -> str:
    """The SHA-256 of a described recipe in canonical JSON."""
    canonical = orjson.dumps(described, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).hexdigest()


def load_recipe(
    config_path: str, overrides: dict[str, Any], variables: Mapping[str, str] | None = None
) -> Recipe:
    """Merge the bundled recipe, the file at `config_path` ("" for none) and the overrides.

    `variables` names the variable that set an overridden setting (`{"rows": "ROWS"}`). A teacher
    told not to think is not asked for thoughts, unless the recipe says otherwise. Raises
    RecipeError that names the setting or variable and the value seen.
    """
    settings = _read_toml(_BUNDLED)
    if config_path:
        settings = _merge(settings, _read_toml(Path(config_path)))
    settings = _merge(settings, overrides)
    _fit_defaults(settings)
    try:
        return Recipe.model_validate(settings)
    except ValidationError as error:
        raise RecipeError(_explain(error, variables or {})) from error


def _fit_defaults(settings: dict[str, Any]) -> None:
    """Defaults that follow from other settings, where the recipe does not say otherwise."""
    sampling, gates, teacher = (settings.get(name) for name in ("sampling", "gates", "teacher"))
    thinks = not isinstance(sampling, dict) or sampling.get("thinking") is not False
    if not thinks and isinstance(gates, dict):
        gates.setdefault("require_thought", False)
    judge = settings.get("judge")
    if isinstance(judge, dict) and isinstance(teacher, dict) and judge.get("llm") == "dashscope":
        judge.setdefault("region", teacher.get("region", "cn"))
    if thinks and isinstance(teacher, dict) and teacher.get("api") == "completions":
        teacher.setdefault("opening_tag_in_prompt", True)  # our own prompt ends with it


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(
            f"CONFIG={path} cannot be read: {error.strerror}. Give the path of a TOML recipe."
        ) from error
    except RuntimeError as error:  # a ~user that is not there
        raise RecipeError(f"CONFIG={path} cannot be read: {error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"CONFIG={path} is no TOML: {error}. builders/recipes/reasoning.toml shows the form."
        ) from error


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in over.items():
        both_tables = isinstance(value, dict) and isinstance(merged.get(name), dict)
        merged[name] = _merge(merged[name], value) if both_tables else value
    return merged


def _explain(error: ValidationError, variables: Mapping[str, str]) -> str:
    problems = [_explain_problem(problem, variables) for problem in error.errors()]
    if len(problems) == 1:
        return problems[0]
    return "\n  ".join(["several settings cannot be used:", *problems])


def _explain_problem(problem: ErrorDetails, variables: Mapping[str, str]) -> str:
    setting = ".".join(str(part) for part in problem["loc"])
    message = problem["msg"].removeprefix("Value error, ")
    value = problem["input"]
    # A section is not repeated whole: it may hold a key that was put there by mistake.
    if not setting or (isinstance(value, dict) and problem["type"] == "value_error"):
        return message
    seen = f"{setting} = {value!r}"
    if setting in variables:
        seen = f"{variables[setting]}={value}"
    if problem["type"] == "extra_forbidden":
        # Text is not repeated: a key is what people most often put into a recipe by mistake.
        told = setting if isinstance(value, str) else seen
        return f"{told}: the recipe has no such setting.{_suggest_setting(problem['loc'])}"
    return f"{seen}: {message}"


def _suggest_setting(place: Sequence[int | str]) -> str:
    """The nearest name in the section of a mistyped one, or all of them."""
    section: type[BaseModel] = Recipe
    for part in place[:-1]:
        annotation = section.model_fields[str(part)].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return ""
        section = annotation
    near = difflib.get_close_matches(str(place[-1]), section.model_fields, n=1)
    if near:
        return f" Did you mean {near[0]}?"
    return f" There are: {', '.join(section.model_fields)}."


def _hide_folder(source: str) -> str:
    """A local file's name alone; bundled sets and Hub ids as they are."""
    try:
        path = Path(source).expanduser()
    except RuntimeError:  # "~name" without such a user is no path
        return source
    return path.name if path.exists() else source
