"""The terms of the models that wrote a dataset: its teacher, and a judge whose words stand in it.

What holds for a model's output is its weights' licence and, where a service ran it, the service's
terms; the strictest counts. A model that sat in a local file has no name that proves anything: only
the user's own table speaks of it.
"""

from __future__ import annotations

import re
from typing import Literal

from builders.any_manifest import AnyManifest, find_judge
from builders.judged import JudgeFacts, TeacherIdentity
from builders.licensing.facts import ModelTerms, TermsFacts
from builders.licensing.teacher_terms import (
    ServiceTerms,
    TeacherTerms,
    TermsTables,
    Where,
    choose_strictest,
)

Place = Literal["bundled", "local", "dashscope", "vllm", "embedded"]
_NAME_WITH_DIGEST = re.compile(r"(?P<name>.+)@[0-9a-f]{8}", re.DOTALL)
_BUNDLED_ENTRIES: dict[Place, frozenset[Where]] = {
    "bundled": frozenset({"bundled"}),
    "local": frozenset(),
    "dashscope": frozenset({"dashscope"}),
    "vllm": frozenset({"hub", "api"}),  # a server of anybody's: weights, or a provider's own name
    "embedded": frozenset({"hub"}),
}
_SHOWN_CHARACTERS = 200


def list_model_terms(manifest: AnyManifest, tables: TermsTables) -> list[ModelTerms]:
    """The teacher, other models that its server named and whose terms are restricted, the judge.

    A judge counts as an author: its reasons are a column of the rows. Raises LicenseError where a
    table says two things of one name.
    """
    teacher = manifest.teacher
    place = _place_teacher(teacher)
    named_only = place == "vllm" and not teacher.started
    found = [_describe("teacher", teacher.model, place, tables, named_only=named_only)]
    for name in dict.fromkeys(one.name for one in manifest.served_models):
        served = _describe("teacher", name, place, tables, named_only=True)
        found += [served] if _adds_to(served, found[0]) else []
    judge = find_judge(manifest)
    if judge is not None:
        place = _place_judge(judge)
        found.append(_describe("judge", judge.model, place, tables, named_only=place == "vllm"))
    return found


def _place_teacher(teacher: TeacherIdentity) -> Place:
    return teacher.llm if teacher.weights == "named" else teacher.weights


def _place_judge(judge: JudgeFacts) -> Place:
    """Like a teacher's: a file or folder has a piece of its digest in its name."""
    if judge.llm != "dashscope" and _NAME_WITH_DIGEST.fullmatch(judge.model):
        return "local"
    return judge.llm


def _adds_to(served: ModelTerms, asked: ModelTerms) -> bool:
    """Whether a server's own name for its model brings restrictions that the asked one lacks."""
    new = [one for one in served.terms if one not in asked.terms]
    return any(one.openness == "restricted" for one in new)


def _describe(
    role: Literal["teacher", "judge"],
    model: str,
    place: Place,
    tables: TermsTables,
    *,
    named_only: bool,
) -> ModelTerms:
    weights = _find_weights(model, place, tables)
    service = _find_service(place, tables)
    terms = [one for one in (weights, service) if one is not None]
    known = [one.openness for one in terms]
    return ModelTerms(
        role=role,
        model=model if len(model) <= _SHOWN_CHARACTERS else f"{model[:_SHOWN_CHARACTERS]}…",
        openness=choose_strictest(known if weights is not None else [*known, "unknown"]),
        named_only=named_only,
        terms=terms,
    )


def _find_weights(model: str, place: Place, tables: TermsTables) -> TermsFacts | None:
    match = _NAME_WITH_DIGEST.fullmatch(model) if place == "local" else None
    name = model if match is None else match["name"]
    entries = _BUNDLED_ENTRIES[place]
    own = tables.own.find_teacher(name, entries | {"any"})
    if own is not None:
        return _state("weights", own, own.license or None, own_table=True)
    found = tables.bundled.find_teacher(name, entries)
    if found is None:
        return None
    about: Literal["weights", "service"] = "service" if found.where == "api" else "weights"
    return _state(about, found, found.license or None, own_table=False)


def _find_service(place: Place, tables: TermsTables) -> TermsFacts | None:
    for table in (tables.own, tables.bundled):
        found = table.find_service(place)
        if found is not None:
            return _state("service", found, None, own_table=table is not tables.bundled)
    return None


def _state(
    about: Literal["weights", "service"],
    entry: TeacherTerms | ServiceTerms,
    license_id: str | None,
    *,
    own_table: bool,
) -> TermsFacts:
    return TermsFacts(
        about=about,
        name=entry.name,
        license=license_id,
        openness=entry.openness,
        says=entry.says,
        notice=entry.notice,
        urls=[entry.url, *entry.further_urls],
        source=entry.source,
        read_on=entry.read_on,
        own_table=own_table,
    )
