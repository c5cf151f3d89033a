"""The changelog of a release: what its manifest says otherwise than the one before it.

After https://keepachangelog.com: for readers, by what changed. Nothing in it is written by hand and
nothing comes from a clock: the same two manifests give the same text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import jinja2
from pydantic import JsonValue

from builders.any_manifest import AnyManifest, find_judge, list_seed_files
from builders.card import card_environment
from builders.errors import CardError
from builders.publishing.changes import Change, Changes, CountPair, ValuePair

TEMPLATE = "_changelog.md.jinja"
MOST_SETTINGS = 60
_MOST_CHARACTERS = 120
_PROMPTS = ("system_prompts", "completion_prompts", "prompts", "stop")
Values = Mapping[str, str]


class Release(NamedTuple):
    """One of two releases that are compared; `license` is the Hub's id that its card states."""

    version: str
    manifest: AnyManifest
    license: str | None


def list_changes(previous: Release, current: Release, change: Change) -> Changes:
    """The changelog of `current`; `change` is `tell_change` of the two. Pure and deterministic."""
    old, new = previous.manifest, current.manifest
    settings = _compare(_flatten(old.recipe), _flatten(new.recipe))
    return Changes(
        since=previous.version,
        version=current.version,
        change=change,
        rows=_pair_counts(_count_rows(old), _count_rows(new)),
        teacher=_compare(_describe_models(old), _describe_models(new)),
        prompts=_compare(_describe_prompts(old), _describe_prompts(new)),
        settings=settings[:MOST_SETTINGS],
        settings_left_out=max(0, len(settings) - MOST_SETTINGS),
        sources=_compare(_describe_sources(old), _describe_sources(new)),
        licenses=_compare(_list_licenses(previous), _list_licenses(current)),
        funnel=_pair_funnels(old, new),
        decontamination=_compare_one("decontamination", *map(_tell_check, (old, new))),
        code_version=_compare_one("code version", old.code_version, new.code_version),
    )


def render_changes(changes: Changes) -> str:
    """The changelog as Markdown, from its heading on; every name is escaped for its place.

    Raises CardError where the template asks for what `changes` lack or prints a bare string.
    """
    try:
        return card_environment().get_template(TEMPLATE).render(changes=changes)
    except jinja2.TemplateError as error:
        raise CardError(
            f"the changelog does not fit its template: {error}. "
            f"Change dataset_cards/{TEMPLATE} and builders/publishing/changes.py together."
        ) from error


def _compare(before: Values, after: Values) -> list[ValuePair]:
    """What differs, in the order of the new one; what is gone stands last."""
    names = dict.fromkeys([*after, *before])
    pairs = [(name, before.get(name), after.get(name)) for name in names]
    return [
        ValuePair(name=name, before=_shorten(old), after=_shorten(new))
        for name, old, new in pairs
        if old != new
    ]


def _compare_one(name: str, before: str, after: str) -> ValuePair | None:
    return next(iter(_compare({name: before}, {name: after})), None)


def _shorten(value: str | None) -> str | None:
    """A value that a table cell can hold: a long one by its length and a piece of its digest."""
    if value is None or len(value) <= _MOST_CHARACTERS:
        return value
    digest = hashlib.sha256(value.encode()).hexdigest()[:8]
    return f"{len(value):,} characters, SHA-256 {digest}…"


def _pair_counts(before: Mapping[str, int], after: Mapping[str, int]) -> list[CountPair]:
    names = dict.fromkeys([*after, *before])
    return [CountPair(name=name, before=before.get(name), after=after.get(name)) for name in names]


def _count_rows(manifest: AnyManifest) -> dict[str, int]:
    """Published rows in all and by split of config `default`."""
    splits = next(one.splits for one in manifest.configs if one.default)
    by_split = {f"split {split.name}": split.num_examples for split in splits}
    return {"rows": manifest.rows.published, **by_split}


def _describe_models(manifest: AnyManifest) -> dict[str, str]:
    teacher, judge = manifest.teacher, find_judge(manifest)
    described = {
        "teacher": teacher.model,
        "teacher's LLM": teacher.llm,
        "teacher's weights": teacher.weights,
        "teacher's API": teacher.api,
        "served models": ", ".join(served.name for served in manifest.served_models),
    }
    if judge is None:
        return described
    decides = "decides with the rules" if judge.accepts else "a second opinion only"
    return described | {"judge": judge.model, "judge's LLM": judge.llm, "judge's word": decides}


def _describe_prompts(manifest: AnyManifest) -> dict[str, str]:
    """Prompts, stop sequences and rubrics in full, by name."""
    facts: dict[str, JsonValue] = manifest.teacher.model_dump(mode="json")
    prompts = {name: facts[name] for name in _PROMPTS if facts.get(name)}
    judge = find_judge(manifest)
    rubrics = {} if judge is None else {"rubrics": dict[str, JsonValue](judge.rubrics)}
    return _flatten(prompts | rubrics)


def _describe_sources(manifest: AnyManifest) -> dict[str, str]:
    """Revision, digest and licence by the name of the source; those of one name are joined."""
    described: dict[str, list[str]] = {}
    for one in list_seed_files(manifest):
        known = [f"revision {one.revision}" if one.revision is not None else ""]
        known += [f"SHA-256 {one.sha256[:12]}…" if one.sha256 is not None else ""]
        known += [f"licence {one.license}" if one.license is not None else "licence unknown"]
        described.setdefault(one.source, []).append(", ".join(filter(None, known)))
    return {source: "; ".join(found) for source, found in described.items()}


def _tell_check(manifest: AnyManifest) -> str:
    facts = manifest.decontamination
    if facts is None or not facts.checked:
        return "nothing was checked"
    return f"against {', '.join(one.name for one in facts.benchmarks)}"


def _list_licenses(release: Release) -> dict[str, str]:
    return {} if release.license is None else {"licence": release.license}


def _pair_funnels(before: AnyManifest, after: AnyManifest) -> list[CountPair]:
    """Both funnels' counts, `rejected.looping` for a reason, without reasons that neither has."""
    old, new = (dict(_list_counts(one.funnel.model_dump(mode="json"))) for one in (before, after))
    pairs = _pair_counts(old, new)
    return [one for one in pairs if one.before or one.after or "rejected." not in one.name]


def _list_counts(values: Mapping[str, JsonValue], prefix: str = "") -> Iterator[tuple[str, int]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _list_counts(value, f"{prefix}{name}.")
        elif isinstance(value, int):
            yield f"{prefix}{name}", value


def _flatten(settings: Mapping[str, JsonValue]) -> dict[str, str]:
    """Settings by dotted name, texts as they are and any other value as JSON."""
    return dict(_list_leaves(settings.items(), ""))


def _list_leaves(items: Iterable[tuple[str, JsonValue]], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in items:
        if isinstance(value, Mapping) and value:
            yield from _list_leaves(value.items(), f"{prefix}{name}.")
        else:
            told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield f"{prefix}{name}", told
