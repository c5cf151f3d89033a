"""What differs between the build of a manifest and a rebuild of it, told before anything is asked.

Inputs with a digest (seeds, benchmark files, local weights) never differ: the rebuild ends there.
Here is what only another checkout of the code could mend, and what nobody can.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pydantic import BaseModel, JsonValue

from builders.any_manifest import AnyManifest
from builders.code_version import read_code_version
from builders.instruction_recipe import InstructionRecipe
from builders.instruction_requests import describe_instruction_teacher, list_step_tokens
from builders.pretraining.recipe import PretrainingRecipe
from builders.pretraining.requests import choose_text_tokens, describe_writer
from builders.public_text import publishable_facts, publishable_settings
from builders.rebuilding.reconstruct import Rebuild
from builders.recipe import Recipe
from builders.recipe_sections import digest_recipe
from builders.seed_columns import shorten_value
from builders.teacher_requests import choose_max_tokens, describe_teacher

_MOST_TOLD = 8
_COMMIT = re.compile(r"\+g(?P<commit>[0-9a-f]{7,40})")
_PLACE = frozenset({"model", "weights", "started"})  # told where it is placed
_ABSENT = object()


class Described(NamedTuple):
    """What the rebuild's own manifest will say of its recipe and teacher."""

    recipe: dict[str, JsonValue]
    digest: str
    teacher: dict[str, object]


def describe_rebuild(rebuild: Rebuild) -> Described:
    """The recipe as a manifest has it, its digest, and the teacher's requests."""
    settings, teacher = _describe(rebuild)
    told = publishable_facts(teacher, "model").model_dump(mode="json")
    return Described(publishable_settings(settings), digest_recipe(settings), told)


def _describe(rebuild: Rebuild) -> tuple[dict[str, object], BaseModel]:
    recipe, model = rebuild.recipe, rebuild.model
    if isinstance(recipe, InstructionRecipe):
        steps = list_step_tokens(recipe)
        return recipe.describe(model, steps), describe_instruction_teacher(recipe, model)
    if isinstance(recipe, PretrainingRecipe):
        tokens = choose_text_tokens(recipe)
        return recipe.describe(model, tokens), describe_writer(recipe, model)
    if not isinstance(recipe, Recipe):
        raise TypeError(f"no kind of build has a recipe of {type(recipe).__name__}")
    tokens = choose_max_tokens(recipe)
    return recipe.describe(model, tokens), describe_teacher(recipe, model)


def list_differences(
    manifest: AnyManifest, described: Described, code_version: str | None = None
) -> list[str]:
    """Sentences, none where nothing is known to differ; `code_version` None is this code's."""
    here = read_code_version() if code_version is None else code_version
    return [
        *_tell_code(manifest.code_version, here),
        *(_tell_settings(manifest.recipe, described.recipe) or _tell_digest(manifest, described)),
        *_tell_requests(manifest.teacher.model_dump(mode="json"), described.teacher),
        *_tell_end(manifest),
        *_tell_errors(manifest),
    ]


def _tell_code(there: str, here: str) -> Iterator[str]:
    if there != here:
        commit = _COMMIT.search(there)
        checkout = f" For the same code: git checkout {commit['commit']}." if commit else ""
        yield (
            f"the manifest's code version is {there}, this is {here}: checks and prompts may "
            f"differ, and the rows with them.{checkout}"
        )
    elif there.endswith(".dirty"):
        yield f"code version {there} had changes that no commit holds: they may be others now."


def _tell_settings(there: Mapping[str, object], here: Mapping[str, object]) -> list[str]:
    old, new = dict(_list_leaves(there)), dict(_list_leaves(here))
    told, added = [], [name for name in new if name not in old]
    if added:
        told.append(
            f"this code has settings that the manifest does not know, here at their defaults: "
            f"{_join([f'{name} = {shorten_value(new[name])}' for name in added])}."
        )
    changed = [
        f"{name} = {_show(new.get(name, _ABSENT))}, there {shorten_value(old[name])}"
        for name in old
        if old[name] != new.get(name, _ABSENT)
    ]
    if changed:
        told.append(f"the recipe is not the manifest's: {_join(changed)}.")
    return told


def _tell_digest(manifest: AnyManifest, described: Described) -> list[str]:
    """Every setting that the manifest shows is the same: of one it may show less than there was."""
    if described.digest == manifest.recipe_digest:
        return []
    told = (
        f"the recipe's digest is {described.digest}, the manifest's {manifest.recipe_digest}, "
        "though no setting differs: one held the path of a file, which no manifest shows, or the "
        "manifest was changed."
    )
    return [told]


def _tell_requests(there: Mapping[str, object], here: Mapping[str, object]) -> Iterator[str]:
    old, new = (dict(_list_leaves(_leave_out_place(one))) for one in (there, here))
    names = [n for n in dict.fromkeys([*old, *new]) if old.get(n, _ABSENT) != new.get(n, _ABSENT)]
    if names:
        yield (
            f"requests are not the manifest's ({_join(names)}): the teacher is asked other things, "
            "and no reply in its journal is an answer to them."
        )


def _leave_out_place(facts: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in facts.items() if name not in _PLACE}


def _tell_end(manifest: AnyManifest) -> Iterator[str]:
    if manifest.stop_reason is not None:
        yield (
            f"the build was stopped ({manifest.stop_reason}) and packaged "
            f"{manifest.rows.published:,} of {manifest.rows.wanted:,} rows; the rebuild goes on to "
            "its end and may have more, or others."
        )


def _tell_errors(manifest: AnyManifest) -> Iterator[str]:
    """Only answers are journalled, the word of a moderation among them."""
    rejected = dict(_list_leaves(manifest.funnel.model_dump()["rejected"]))
    failed = sum(int(str(n)) for name, n in rejected.items() if name.endswith("teacher_error"))
    if failed:
        yield (
            f"{failed:,} requests of the build ended in errors of the teacher, which no journal "
            "keeps: they are asked again, and where they are answered now the rows may be others."
        )


def _list_leaves(settings: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Settings by their dotted names; lists are values, an empty table is one too."""
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _list_leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _show(value: object) -> str:
    return "not a setting" if value is _ABSENT else shorten_value(value)


def _join(told: list[str]) -> str:
    more = len(told) - _MOST_TOLD
    return "; ".join([*told[:_MOST_TOLD], *([f"{more} more"] if more > 0 else [])])
