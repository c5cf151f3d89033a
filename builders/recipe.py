"""The recipe of a reasoning build: what is asked, how it is checked, what is published.

Settings come from three places, later ones win: the bundled `recipes/reasoning.toml`, the file
that `CONFIG` names, and the variables of the command line. Secrets are named by environment
variable and never stand in a recipe.
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from builders.checks.gates import GateConfig
from builders.dedup import DedupConfig
from builders.errors import RecipeError
from builders.seed_loader import SeedConfig

_BUNDLED = Path(__file__).parent / "recipes" / "reasoning.toml"
Llm = Literal["embedded", "vllm", "dashscope"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TeacherConfig(_Section):
    """Who generates. An empty `model` takes the only one that the server lists.

    `opening_tag_in_prompt` is for servers without a reasoning parser whose chat template puts
    `<think>` into the prompt (Qwen3-2507 thinking models, DeepSeek-R1). `concurrency` None takes
    the teacher's own default.
    """

    llm: Llm = "embedded"
    model: str = ""
    base_url: str = ""
    api_key_env: str = ""
    concurrency: int | None = Field(default=None, ge=1, le=10_000)
    stream: bool | None = None
    opening_tag_in_prompt: bool = False
    send_seed: bool = True
    max_attempts: int = Field(default=10, ge=1)
    first_answer_wait_s: float = Field(default=60.0, ge=0)
    outage_wait_s: float = Field(default=1800.0, ge=0)
    idle_timeout_s: float = Field(default=600.0, gt=0)


class SamplingConfig(_Section):
    """How a reply is drawn. `max_tokens` bounds thought and answer together."""

    samples: int = Field(default=1, ge=1)
    temperature: float = Field(default=0.6, ge=0, le=2)
    top_p: float = Field(default=0.95, gt=0, le=1)
    max_tokens: int | None = Field(default=None, ge=1)
    thinking: bool = True
    thinking_budget: int | None = Field(default=None, ge=1)
    seed: int = Field(default=0, ge=0)


class SelectionConfig(_Section):
    """Which passing trace of a question is published: the shortest, the first, or all of them."""

    keep: Literal["shortest", "first", "all"] = "shortest"


class Recipe(_Section):
    """Everything that decides which rows are published, and the teacher's address beside it."""

    rows: int = Field(default=100, ge=1)
    seeds: SeedConfig = SeedConfig()
    teacher: TeacherConfig = TeacherConfig()
    sampling: SamplingConfig = SamplingConfig()
    gates: GateConfig = GateConfig()
    selection: SelectionConfig = SelectionConfig()
    dedup: DedupConfig = DedupConfig()

    def describe(self, model: str) -> dict[str, object]:
        """The recipe for the manifest: what decides the rows; no address, path or patience."""
        described = self.model_dump(mode="json")
        described["teacher"] = {"llm": self.teacher.llm, "model": model}
        described["seeds"]["source"] = _hide_folder(self.seeds.source)
        return described


def digest_recipe(described: dict[str, object]) -> str:
    """The SHA-256 of a described recipe in canonical JSON."""
    canonical = orjson.dumps(described, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).hexdigest()


def load_recipe(config_path: str, overrides: dict[str, Any]) -> Recipe:
    """Merge the bundled recipe, the file at `config_path` ("" for none) and the overrides.

    Raises RecipeError that names the setting and the value seen.
    """
    settings = _read_toml(_BUNDLED)
    if config_path:
        settings = _merge(settings, _read_toml(Path(config_path).expanduser()))
    settings = _merge(settings, overrides)
    try:
        return Recipe.model_validate(settings)
    except ValidationError as error:
        raise RecipeError(_explain(error)) from error


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"recipe {path.name} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"recipe {path.name} is no TOML: {error}") from error


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in over.items():
        both_tables = isinstance(value, dict) and isinstance(merged.get(name), dict)
        merged[name] = _merge(merged[name], value) if both_tables else value
    return merged


def _explain(error: ValidationError) -> str:
    lines = ["the recipe has settings that cannot be used:"]
    for problem in error.errors():
        setting = ".".join(str(part) for part in problem["loc"])
        lines.append(f"  {setting} = {problem['input']!r}: {problem['msg']}")
    return "\n".join(lines)


def _hide_folder(source: str) -> str:
    """A local file's name alone; bundled sets and Hub ids as they are."""
    path = Path(source).expanduser()
    return path.name if path.exists() else source
