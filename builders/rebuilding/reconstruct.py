"""From a manifest to the whole recipe of its rebuild.

A manifest may come from anybody. It decides what its own builds record and nothing else: no
address that a key is sent to, no path that is read, no flag of a server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from builders.any_manifest import AnyManifest
from builders.command_line import INSTRUCTION, PRETRAINING, REASONING
from builders.errors import RecipeError
from builders.rebuilding.places import Place, place_judge, place_teacher
from builders.rebuilding.seeds import pin_seeds, place_seeds
from builders.recipe_files import make_recipe
from builders.recipe_sections import (
    JUDGE_DECIDES,
    TEACHER_DECIDES,
    BuildRecipe,
    fit_judge_region,
)

RECIPES: dict[str, type[BuildRecipe]] = {
    kind.name: kind.model for kind in (REASONING, INSTRUCTION, PRETRAINING)
}
# What a recipe may hold and a manifest never does, by section.
_NEVER_RECORDED = {"decontamination": ("benchmarks", "pins"), "seeds": ("pins",)}
_RECORDED = {"teacher": TEACHER_DECIDES | {"model"}, "judge": JUDGE_DECIDES}


class Rebuild(NamedTuple):
    """The recipe, the settings that it was made of, and the model's name in requests."""

    recipe: BuildRecipe
    settings: dict[str, Any]
    model: str
    warnings: list[str]


def reconstruct(manifest: AnyManifest, given: Mapping[str, str]) -> Rebuild:
    """The recipe of the manifest with seeds and benchmarks pinned, completed by `given` variables.

    Raises RecipeError for a recipe that does not fit this code, and for what is missing in `given`;
    TeacherError for weights that cannot be had.
    """
    settings = _copy(manifest.recipe)
    _refuse_foreign(settings, manifest)
    model = RECIPES[manifest.kind]
    teacher = place_teacher(manifest, given, model.bundled_model)
    judge = place_judge(manifest, given)
    _section(settings, "teacher").update(teacher.settings)
    if judge is not None:
        _section(settings, "judge").update(judge.settings)
    _section(settings, "sampling").pop("max_tokens_by_step", None)  # follows from the others
    _section(settings, "seeds").update(
        source=place_seeds(manifest, given.get("SEEDS", "")),
        pins=[pin.model_dump() for pin in pin_seeds(manifest)],
    )
    _section(settings, "decontamination").update(_place_benchmarks(manifest, given))
    settings["budget"] = {
        "limit": given.get("BUDGET", ""),
        "prices": given.get("PRICES", ""),
        "package_partial": given.get("PACKAGE_PARTIAL") == "1",
    }
    settings["card"] = {"language": given.get("CARD_LANGUAGE", manifest.card_language)}
    fit_judge_region(settings)
    return Rebuild(
        _validate(model, settings, manifest),
        settings,
        teacher.model,
        _list_warnings(teacher, judge),
    )


def _list_warnings(teacher: Place, judge: Place | None) -> list[str]:
    return [*teacher.warnings, *(judge.warnings if judge is not None else [])]


def _copy(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _copy(value) if isinstance(value, Mapping) else value
        for name, value in settings.items()
    }


def _section(settings: dict[str, Any], name: str) -> dict[str, Any]:
    section: dict[str, Any] = settings.setdefault(name, {})
    return section


def _refuse_foreign(settings: Mapping[str, Any], manifest: AnyManifest) -> None:
    """Raise RecipeError for sections and settings that no build of ours records."""
    foreign = [name for name in ("budget", "card") if name in settings]
    for name, value in settings.items():
        if not isinstance(value, Mapping):
            if name in {*_RECORDED, *_NEVER_RECORDED, "sampling"}:
                foreign.append(name)
            continue
        recorded = _RECORDED.get(name, value.keys())
        never = _NEVER_RECORDED.get(name, ())
        foreign += [f"{name}.{key}" for key in value if key not in recorded or key in never]
    teacher = settings.get("teacher", {})
    if isinstance(teacher, Mapping) and teacher.get("llm") != manifest.teacher.llm:
        foreign.append("teacher.llm")
    if foreign:
        raise RecipeError(
            f"the manifest's recipe says {', '.join(foreign)}, as no build of this project records "
            "it: somebody changed the manifest. It is not built from."
        )


def _place_benchmarks(manifest: AnyManifest, given: Mapping[str, str]) -> dict[str, Any]:
    """The files that rows were held against, pinned; none where the build had none."""
    told = manifest.decontamination
    pins = [] if told is None else [{"file": f.file, "sha256": f.sha256} for f in told.benchmarks]
    folder = {"benchmarks": given["BENCHMARKS"]} if "BENCHMARKS" in given else {}
    return {"pins": pins, **folder}


def _validate(
    model: type[BuildRecipe], settings: dict[str, Any], manifest: AnyManifest
) -> BuildRecipe:
    variables = {
        "teacher.base_url": "BASE_URL",
        "teacher.region": "REGION",
        "teacher.vllm_args": "VLLM_ARGS",
        "teacher.concurrency": "CONCURRENCY",
        "card.language": "CARD_LANGUAGE",
    }
    try:
        return make_recipe(model, settings, variables)
    except RecipeError as error:
        raise RecipeError(
            f"the manifest's recipe with your variables does not fit this code: {error}. If no "
            f"variable is at fault, check out code version {manifest.code_version}."
        ) from error
