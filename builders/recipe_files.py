"""From TOML files and variables to a recipe of any kind.

Settings come from three places, later ones win: a bundled recipe of `builders/recipes/`, a file of
the user's own, and the variables of the command line. What is wrong is told in one RecipeError
that names the setting or variable and the value seen.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from builders.errors import RecipeError

_BUNDLED = Path(__file__).parent / "recipes"
RecipeModel = TypeVar("RecipeModel", bound=BaseModel)


class RecipeFile(NamedTuple):
    """A user's own recipe: its path and the variable that named it."""

    path: Path
    variable: str


class NamedRecipe(NamedTuple):
    """What RECIPE and CONFIG name: a bundled recipe, "" for none, and a file, None for none."""

    bundled: str
    own: RecipeFile | None


def find_recipe(recipe: str, config_path: str, bundled: Sequence[str]) -> NamedRecipe:
    """What RECIPE (a bundled name or a path) and CONFIG (a path) name; "" is nothing.

    `bundled` are the kind's own names. Raises RecipeError for a name that is none of them, and
    where both name a file.
    """
    config = RecipeFile(Path(config_path), "CONFIG") if config_path else None
    if not recipe or recipe in bundled:
        return NamedRecipe(recipe, config)
    path = Path(recipe)
    if path.suffix.lower() != ".toml" and "/" not in recipe and not path.exists():
        near = difflib.get_close_matches(recipe, bundled, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise RecipeError(
            f"RECIPE={recipe}: no bundled recipe of this kind has this name.{hint} There are: "
            f"{', '.join(bundled)}; or give the path of a TOML recipe."
        )
    if config is not None:
        raise RecipeError(
            f"RECIPE={recipe} and CONFIG={config_path} are two recipe files: give one of them, and "
            "put the settings of both into it"
        )
    return NamedRecipe("", RecipeFile(path, "RECIPE"))


def read_bundled(name: str) -> dict[str, Any]:
    """The settings of a bundled recipe, every one of them a default."""
    return tomllib.loads((_BUNDLED / f"{name}.toml").read_text(encoding="utf-8"))


def read_own(own: RecipeFile, example: str) -> dict[str, Any]:
    """The settings of a user's file; `example` is the bundled recipe that shows the form."""
    named = f"{own.variable}={own.path}"
    try:
        return tomllib.loads(own.path.expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(
            f"{named} cannot be read: {error.strerror}. Give the path of a TOML recipe."
        ) from error
    except RuntimeError as error:  # a ~user that is not there
        raise RecipeError(f"{named} cannot be read: {error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"{named} is no TOML: {error}. builders/recipes/{example}.toml shows the form."
        ) from error


def read_resolved(model: type[RecipeModel], path: Path) -> RecipeModel:
    """A whole recipe (JSON) that `make rebuild` wrote: no bundled recipe is merged into it, so that
    new defaults of this code change nothing that it says. Raises RecipeError."""
    try:
        settings = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise RecipeError(
            f"--resolved {path.name} cannot be read: {error}. It is written by make rebuild "
            "MANIFEST=…, which you may want."
        ) from error
    return make_recipe(model, settings, {})


def merge_settings(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`base` with the settings of `over`, table by table; the arguments stay as they are."""
    merged = dict(base)
    for name, value in over.items():
        both_tables = isinstance(value, dict) and isinstance(merged.get(name), dict)
        merged[name] = merge_settings(merged[name], value) if both_tables else value
    return merged


def make_recipe(
    model: type[RecipeModel], settings: dict[str, Any], variables: Mapping[str, str]
) -> RecipeModel:
    """The recipe that merged settings make; `variables` names those that came from a variable
    (`{"rows": "ROWS"}`). Raises RecipeError."""
    try:
        return model.model_validate(settings)
    except ValidationError as error:
        raise RecipeError(_explain(error, model, variables)) from error


def _explain(error: ValidationError, model: type[BaseModel], variables: Mapping[str, str]) -> str:
    problems = [_explain_problem(problem, model, variables) for problem in error.errors()]
    if len(problems) == 1:
        return problems[0]
    return "\n  ".join(["several settings cannot be used:", *problems])


def _explain_problem(
    problem: ErrorDetails, model: type[BaseModel], variables: Mapping[str, str]
) -> str:
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
        return f"{told}: the recipe has no such setting.{_suggest_setting(problem['loc'], model)}"
    return f"{seen}: {message}"


def _suggest_setting(place: Sequence[int | str], model: type[BaseModel]) -> str:
    """The nearest name in the section of a mistyped one, or all of them."""
    section = model
    for part in place[:-1]:
        annotation = section.model_fields[str(part)].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return ""
        section = annotation
    near = difflib.get_close_matches(str(place[-1]), section.model_fields, n=1)
    if near:
        return f" Did you mean {near[0]}?"
    return f" There are: {', '.join(section.model_fields)}."
