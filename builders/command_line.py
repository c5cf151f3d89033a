"""The variables of `make build-<kind>`, as command-line options or environment variables.

The Makefile hands a user's value over in `BUILD_<NAME>`, so that no shell ever reads it; an option
given on the command line wins. An empty value is the same as none.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from builders.card_text import show_invisible
from builders.errors import MACHINE_FAULTS, BuildError, RecipeError
from builders.instruction_recipe import InstructionRecipe, load_instruction_recipe
from builders.pretraining.recipe import PretrainingRecipe, load_pretraining_recipe
from builders.pretraining.sources import SOURCE_FIELDS
from builders.recipe import Recipe, load_recipe
from builders.recipe_files import read_resolved
from builders.recipe_sections import BuildRecipe
from builders.seed_columns import MAPPABLE_FIELDS, parse_seed_columns
from builders.task_seeds import TASK_FIELDS

_PREFIX = "BUILD_"
_RESOLVED = "--resolved"
_SWITCHES = frozenset({"THINKING", "BATCH", "PACKAGE_PARTIAL", "JUDGE_ACCEPTS"})

logger = logging.getLogger("build")
RecipeT = TypeVar("RecipeT", bound=BuildRecipe)
RecipeT_co = TypeVar("RecipeT_co", bound=BuildRecipe, covariant=True)


class Variable(NamedTuple):
    """One variable: where its value goes in the recipe ("" for none), and its help."""

    setting: str
    help: str


VARIABLES = {
    "LLM": Variable("teacher.llm", "embedded (default), vllm or dashscope"),
    "MODEL": Variable("teacher.model", "model name; with LLM=embedded a GGUF file or Hub file"),
    "BASE_URL": Variable("teacher.base_url", "the server's URL; several: separated by commas"),
    "SEEDS": Variable("seeds.source", "bundled:reasoning, bundled:reasoning-open, file or Hub id"),
    "SEED_COLUMNS": Variable("seeds.columns", "question=COLUMN,answer=COLUMN"),
    "SEEDS_LICENSE": Variable("seeds.license", "their licence (cc-by-4.0), or name=licence,…"),
    "SOURCE": Variable("seeds.kind", "of the pretraining kind only: what the seeds are"),
    "LIMIT": Variable("seeds.limit", "use the first n seeds only"),
    "ROWS": Variable("rows", "published rows wanted (default 100)"),
    "SAMPLES": Variable("sampling.samples", "replies a question (default 1)"),
    "CONCURRENCY": Variable("teacher.concurrency", "requests in flight"),
    "MAX_TOKENS": Variable("sampling.max_tokens", "tokens of a reply (dashscope: of its answer)"),
    "TEMPERATURE": Variable("sampling.temperature", "sampling temperature (default 0.6)"),
    "THINKING": Variable("sampling.thinking", "1 (default) or 0"),
    "THINKING_BUDGET": Variable("sampling.thinking_budget", "most tokens of a thought (dashscope)"),
    "API_KEY_ENV": Variable("teacher.api_key_env", "name of the variable that holds the key"),
    "API": Variable("teacher.api", "chat (default), or completions for base models"),
    "REGION": Variable("teacher.region", "DashScope's region: cn (default), intl, us or hk"),
    "VLLM_ARGS": Variable("teacher.vllm_args", "flags for the `vllm serve` that is started"),
    "BATCH": Variable("teacher.batch", "1: ask in batches (Batches API), at their discount"),
    "BUDGET": Variable("budget.limit", "a hard cap: 5USD, 30CNY, 2Mtok"),
    "PRICES": Variable("budget.prices", "a price table of your own (TOML)"),
    "PACKAGE_PARTIAL": Variable("budget.package_partial", "1: package what a stopped run has"),
    "JUDGE_LLM": Variable("judge.llm", "a second teacher, for rows that no rule verifies"),
    "JUDGE_MODEL": Variable("judge.model", "its model"),
    "JUDGE_BASE_URL": Variable("judge.base_url", "its server's URL"),
    "JUDGE_API_KEY_ENV": Variable("judge.api_key_env", "name of the variable with its key"),
    "JUDGE_ACCEPTS": Variable("judge.accepts", "1: the judge's word decides what is published"),
    "BENCHMARKS": Variable(
        "decontamination.benchmarks", "folder of benchmark files (default benchmarks_data)"
    ),
    "VALIDATION_SHARE": Variable("splits.validation", "share of questions for split validation"),
    "TEST_SHARE": Variable("splits.test", "share of questions for split test (default 0)"),
    "CARD_LANGUAGE": Variable("card.language", "of card and figures: en (default) or zh"),
    "RECIPE": Variable("", "reasoning (default), or a recipe of your own (TOML)"),
    "CONFIG": Variable("", "a recipe of your own (TOML)"),
    "OUT": Variable("", "output folder (default output/reasoning)"),
}
# The same names: a variable that has no meaning here is refused by the recipe, in its own words.
INSTRUCTION_VARIABLES = {
    **VARIABLES,
    "SEEDS": Variable("seeds.source", "bundled:instruction, file or Hub id"),
    "SEED_COLUMNS": Variable("seeds.columns", "instruction=COLUMN,input=COLUMN,output=COLUMN"),
    "SAMPLES": Variable("sampling.samples", "not of this kind: raise ROWS"),
    "MAX_TOKENS": Variable("sampling.max_tokens", "tokens of a reply"),
    "TEMPERATURE": Variable("sampling.temperature", "of lists of tasks (default 1.0)"),
    "THINKING": Variable("sampling.thinking", "0: thoughts never stand in this kind's output"),
    "JUDGE_LLM": Variable("judge.llm", "a second teacher, for a word on every row"),
    "JUDGE_ACCEPTS": Variable("judge.accepts", "1: rows it calls incorrect are not published"),
    "VALIDATION_SHARE": Variable("splits.validation", "share of tasks for split validation"),
    "TEST_SHARE": Variable("splits.test", "share of tasks for split test (default 0)"),
    "RECIPE": Variable("", "alpaca (default), self-instruct, or a recipe of your own (TOML)"),
    "OUT": Variable("", "output folder (default output/instruction)"),
}
PRETRAINING_VARIABLES = {
    **VARIABLES,
    "SEEDS": Variable("seeds.source", "bundled:pretraining, files or Hub ids, comma-separated"),
    "SEED_COLUMNS": Variable("seeds.columns", "text=COLUMN,topic=COLUMN"),
    "SOURCE": Variable("seeds.kind", "web, textbook, outline, title, story or prompt, not guessed"),
    "LIMIT": Variable("seeds.limit", "use the first n sources only"),
    "SAMPLES": Variable("sampling.samples", "texts a prompt (default 1)"),
    "MAX_TOKENS": Variable("sampling.max_tokens", "tokens of a text"),
    "TEMPERATURE": Variable("sampling.temperature", "sampling temperature (default 0.8)"),
    "THINKING": Variable("sampling.thinking", "0 (default) or 1: thoughts never stand in texts"),
    "JUDGE_LLM": Variable("judge.llm", "not of this kind: texts are checked by rule"),
    "VALIDATION_SHARE": Variable("splits.validation", "share of sources for split validation"),
    "TEST_SHARE": Variable("splits.test", "share of sources for split test (default 0)"),
    "RECIPE": Variable("", "cosmopedia (default), or a recipe of your own (TOML)"),
    "OUT": Variable("", "output folder (default output/pretraining)"),
}


class BuildOptions(NamedTuple, Generic[RecipeT]):
    """A recipe and the folder it is built into."""

    recipe: RecipeT
    out: Path


class _LoadRecipe(Protocol[RecipeT_co]):
    """Merges a bundled recipe (`recipe`, "" for the default), a file and the variables."""

    def __call__(
        self,
        config_path: str,
        overrides: dict[str, Any],
        variables: Mapping[str, str] | None = None,
        *,
        recipe: str = "",
    ) -> RecipeT_co: ...


class BuildKind(NamedTuple, Generic[RecipeT]):
    """A kind of dataset, as its `make` commands know it; SEED_COLUMNS maps `seed_fields`."""

    name: str
    load: _LoadRecipe[RecipeT]
    variables: Mapping[str, Variable]
    seed_fields: Sequence[str]
    model: type[RecipeT]


REASONING: BuildKind[Recipe] = BuildKind(
    "reasoning", load_recipe, VARIABLES, MAPPABLE_FIELDS, Recipe
)
INSTRUCTION: BuildKind[InstructionRecipe] = BuildKind(
    "instruction", load_instruction_recipe, INSTRUCTION_VARIABLES, TASK_FIELDS, InstructionRecipe
)
PRETRAINING: BuildKind[PretrainingRecipe] = BuildKind(
    "pretraining", load_pretraining_recipe, PRETRAINING_VARIABLES, SOURCE_FIELDS, PretrainingRecipe
)


def read_options(arguments: Sequence[str], kind: BuildKind[RecipeT]) -> BuildOptions[RecipeT]:
    """Parse options and environment into a recipe of this kind; raises RecipeError."""
    parser = argparse.ArgumentParser(
        description="Values may also come from BUILD_<NAME> in the environment.",
        allow_abbrev=False,
    )
    for name, variable in kind.variables.items():
        option = "--" + name.lower().replace("_", "-")
        parser.add_argument(option, dest=name, default="", metavar="VALUE", help=variable.help)
    parser.add_argument(_RESOLVED, default="", metavar="FILE", help="a whole recipe (make rebuild)")
    parsed = vars(parser.parse_args(arguments))
    values = {name: parsed[name] or os.environ.get(_PREFIX + name, "") for name in kind.variables}
    out = Path(values["OUT"] or f"output/{kind.name}")
    if parsed["resolved"]:
        return BuildOptions(_read_resolved(Path(parsed["resolved"]), values, kind), out)
    given = {variable.setting: name for name, variable in kind.variables.items() if values[name]}
    overrides = _collect_overrides(values, kind)
    recipe = kind.load(values["CONFIG"], overrides, given, recipe=values["RECIPE"])
    if "judge" in overrides and not recipe.judge.enabled:
        raise RecipeError("the JUDGE_ variables need JUDGE_LLM=vllm, dashscope or embedded")
    return BuildOptions(recipe, out)


def _read_resolved(path: Path, values: Mapping[str, str], kind: BuildKind[RecipeT]) -> RecipeT:
    also = [name for name, value in values.items() if value and name != "OUT"]
    if also:
        raise RecipeError(f"{_RESOLVED} is a whole recipe: leave {', '.join(also)} out")
    return read_resolved(kind.model, path)


class _PlainFormatter(logging.Formatter):
    """Messages repeat names of manifests, servers and files; no terminal may obey them."""

    def format(self, record: logging.LogRecord) -> str:
        return show_invisible(super().format(record))


def run_command(action: Callable[[], None], *, kept: str = "Finished responses are kept") -> int:
    """Run a command's action; a BuildError becomes its message and exit code, no traceback.

    `kept` says what a command that was stopped leaves for the next one.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_PlainFormatter("%(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for client in ("httpx", "httpx2"):  # a line a request, with addresses that are signed: keys
        logging.getLogger(client).setLevel(logging.WARNING)
    try:
        action()
    except BuildError as error:
        logger.error("%s: %s", type(error).__name__, error)  # noqa: TRY400  # told, not debugged
        return error.exit_code
    except OSError as error:
        if error.errno not in MACHINE_FAULTS:
            raise
        logger.error(  # noqa: TRY400  # as above
            "the machine refused a file: %s. Make room or another OUT, then run the same command "
            "again. %s.",
            error,
            kept,
        )
        return BuildError.exit_code
    except KeyboardInterrupt:
        logger.error(  # noqa: TRY400  # as above
            "stopped by Ctrl-C. %s; run the same command again to go on.", kept
        )
        return 130
    return 0


def _collect_overrides(values: dict[str, str], kind: BuildKind[RecipeT]) -> dict[str, Any]:
    overrides: dict[str, Any] = {}
    for name, variable in kind.variables.items():
        if not variable.setting or not values[name]:
            continue
        *sections, setting = variable.setting.split(".")
        table = overrides
        for section in sections:
            table = table.setdefault(section, {})
        table[setting] = _read_value(name, values[name], kind.seed_fields)
    if values["JUDGE_LLM"]:
        overrides["judge"]["enabled"] = True
    return overrides


def _read_value(name: str, text: str, seed_fields: Sequence[str]) -> object:
    if name == "SEED_COLUMNS":
        return parse_seed_columns(text, seed_fields)
    if name in _SWITCHES:
        if text not in ("0", "1"):
            raise RecipeError(f"{name}={text}: it takes 0 or 1")
        return text == "1"
    return text
