"""Where the teacher and the judge of a rebuild are: what no manifest holds, checked by name.

Local weights have a piece of their digest in the name that the manifest records, so they must be
the same ones. What a server serves under a name nobody can check.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from builders.any_manifest import AnyManifest, find_judge
from builders.errors import RecipeError
from builders.model_files import find_bundled_gguf, find_gguf, name_gguf, name_model_folder
from builders.public_text import strip_machine_path
from builders.seed_source import find_path
from distilabel_pipelines.embedded_model.weight_files import BundledModel


class Place(NamedTuple):
    """Settings of a recipe's section, the model's name in requests, and warnings."""

    settings: dict[str, object]
    model: str
    warnings: list[str]


def place_teacher(
    manifest: AnyManifest, given: Mapping[str, str], bundled_model: BundledModel
) -> Place:
    """The teacher's MODEL and address. Raises RecipeError for what is missing or other weights,
    TeacherError for a file that cannot be had."""
    teacher, model = manifest.teacher, given.get("MODEL", "")
    settings: dict[str, object] = {
        name.lower(): given[name]
        for name in ("BASE_URL", "API_KEY_ENV", "REGION", "VLLM_ARGS", "CONCURRENCY")
        if name in given
    }
    settings["batch"] = given.get("BATCH") == "1"
    if teacher.weights == "bundled":
        _check_bundled(teacher.model, model, bundled_model)
        return Place({**settings, "model": ""}, teacher.model, [])
    if teacher.llm == "embedded":
        name = _check_gguf("MODEL", model, teacher.model)
        return Place({**settings, "model": model}, name, [])
    if teacher.llm == "dashscope":
        _check_named("MODEL", model, teacher.model)
        return Place({**settings, "model": teacher.model}, teacher.model, [])
    reached = "BASE_URL" in given
    if not reached and not model and (teacher.weights == "local" or not teacher.started):
        raise RecipeError(_tell_server("", teacher.model, is_local=teacher.weights == "local"))
    placed = _place_served("MODEL", model or teacher.model, teacher.model, reached=reached)
    return placed._replace(settings={**settings, **placed.settings})


def place_judge(manifest: AnyManifest, given: Mapping[str, str]) -> Place | None:
    """The judge's model and address, None where there was none; raises as `place_teacher` does."""
    judge, named = find_judge(manifest), given.get("JUDGE_MODEL", "")
    settings: dict[str, object] = {
        name.removeprefix("JUDGE_").lower(): given[name]
        for name in ("JUDGE_BASE_URL", "JUDGE_API_KEY_ENV")
        if name in given
    }
    if judge is None:
        if settings or named:
            raise RecipeError("the build had no judge: leave the JUDGE_ variables out")
        return None
    settings["enabled"] = True
    if judge.llm == "embedded":
        name = _check_gguf("JUDGE_MODEL", named, judge.model)
        return Place({**settings, "model": named}, name, [])
    if judge.llm == "dashscope":
        _check_named("JUDGE_MODEL", named, judge.model)
        return Place({**settings, "model": judge.model}, judge.model, [])
    reached = "base_url" in settings
    if not reached and not named:
        raise RecipeError(_tell_server("JUDGE_", judge.model, is_local=False))
    placed = _place_served("JUDGE_MODEL", named or judge.model, judge.model, reached=reached)
    return placed._replace(settings={**settings, **placed.settings})


def _check_bundled(recorded: str, given: str, bundled_model: BundledModel) -> None:
    if given:
        raise RecipeError(
            f"MODEL={given}: the bundled model answered ({recorded}); leave MODEL out"
        )
    here = name_gguf(find_bundled_gguf(bundled_model))
    if here != recorded:
        raise RecipeError(
            f"the bundled model of this code is {here}, and {recorded} answered the build: its "
            "replies cannot be had again from other weights. Check out the code version that the "
            "manifest names."
        )


def _check_gguf(variable: str, given: str, recorded: str) -> str:
    if not given:
        raise RecipeError(
            f"{variable} is needed: {recorded} answered, a file's name with a piece of its "
            f"SHA-256. Give the path of that GGUF file, or its Hub name: {variable}=path/to/"
            f"{recorded.rpartition('@')[0]}"
        )
    name = name_gguf(find_gguf(given))
    if name != recorded:
        raise RecipeError(_tell_other(variable, given, name, recorded))
    return name


def _check_named(variable: str, given: str, recorded: str) -> None:
    if given not in ("", recorded):
        raise RecipeError(
            f"{variable}={given}: {recorded} answered the build, and another model is another "
            f"dataset. Leave {variable} out."
        )


def _place_served(variable: str, model: str, recorded: str, *, reached: bool) -> Place:
    """A model of vLLM: at an address, or a folder or Hub id that a server is started with."""
    if model.startswith("-"):  # it would be read as a flag of `vllm serve`
        raise RecipeError(f"{variable}={model}: a model's name does not begin with -")
    folder = None if reached else find_path(model)
    is_folder = folder is not None and folder.is_dir()
    name = name_model_folder(Path(model).expanduser()) if is_folder else model
    if is_folder and name != recorded and name.rpartition("@")[0] == recorded.rpartition("@")[0]:
        raise RecipeError(_tell_other(variable, model, name, recorded))
    warnings = []
    if strip_machine_path(name) != recorded:
        warnings.append(
            f"{variable}: requests name the model {strip_machine_path(name)}, and those of the "
            f"manifest named it {recorded}. Nobody can check that it is the same one, and no reply "
            "in a journal of the other name is used."
        )
    return Place({"model": model}, name, warnings)


def _tell_other(variable: str, given: str, name: str, recorded: str) -> str:
    return (
        f"{variable}={given} is {name}, and {recorded} answered the build (a name with a piece of "
        "a digest): other weights, or another name. Give the same file or folder under its name."
    )


def _tell_server(prefix: str, model: str, *, is_local: bool) -> str:
    start = "its folder" if is_local else "its folder or Hub id"
    return (
        f"{prefix}BASE_URL is needed: {model} answered at a server, whose address no manifest "
        f"holds. Give {prefix}BASE_URL=http://host:8000 (with the name it serves the model under "
        f"as {prefix}MODEL=, where that is another), or {start} as {prefix}MODEL= to have vllm "
        "serve started."
    )
