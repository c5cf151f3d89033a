"""The licence of each source of a build: as its manifest records it, or as the user states it.

What the user states is SEEDS_LICENSE= (`seeds_statement`). A build may have been told it already:
then the manifest's recipe has it in `seeds.license`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from builders.any_manifest import AnyManifest, list_seed_files
from builders.judged import SeedFacts
from builders.licensing.errors import LicenseError
from builders.licensing.facts import SeedLicense, StatedBy
from builders.licensing.license_table import License, known_licenses
from builders.licensing.seeds_statement import (
    EVERY_SOURCE,
    check_stated_sources,
    parse_seeds_license,
)
from builders.pretraining.outcome import SourceFileFacts
from builders.seed_columns import shorten_value
from builders.task_seeds import TaskSeedFacts

_SourceFacts = SeedFacts | TaskSeedFacts | SourceFileFacts


def resolve_seed_licenses(manifest: AnyManifest, stated_text: str) -> list[SeedLicense]:
    """The licences of all sources, in their order, each once; "" states nothing.

    Raises LicenseError where one has none that is known, where the statement names no source of
    this build, and where it would take back what the source's own card asks for.
    """
    at_build = _read_recipe(manifest)
    text = stated_text.strip() or at_build
    stated = parse_seeds_license(text)
    files = list_seed_files(manifest)
    check_stated_sources(text, (one.source for one in files))
    found: list[SeedLicense] = []
    unknown: dict[str, str] = {}
    for one in files:
        word = stated.get(one.source, stated.get(EVERY_SOURCE))
        recorded = _read_recorded(one.license)
        author = _tell_author(one)
        if word is not None:
            found.append(_take_statement(one, word, recorded, author))
        elif recorded:
            found += [_describe(one, each, author) for each in recorded]
        else:
            unknown[one.source] = "none" if one.license is None else shorten_value(one.license)
    if unknown:
        raise _unknown_licenses(unknown)
    return list(dict.fromkeys(found))


def licenses_of(seeds: Sequence[SeedLicense]) -> list[License]:
    """The table's entries for these, each once."""
    known = known_licenses()
    found = [known.find(one.license) for one in seeds]
    return list({one.id: one for one in found if one is not None}.values())


def _read_recorded(text: str | None) -> list[License]:
    """The licences of a card (`mit, cc-by-4.0`); none at all where one of them is not known."""
    known = known_licenses()
    found = {part: known.find(part) for part in (text or "").split(",")}
    return [] if None in found.values() else [one for one in found.values() if one is not None]


def _take_statement(
    one: _SourceFacts, word: License, recorded: list[License], author: StatedBy
) -> SeedLicense:
    """What the user says of a source; it may choose among its card's licences or ask for more."""
    if author == "user" or not recorded:
        no_card = one.license is None or author == "user"
        said = None if no_card else shorten_value(one.license)
        return _describe(one, word, "user").model_copy(update={"instead_of": said})
    if word.id in {each.id for each in recorded}:
        kept = author if len(recorded) == 1 else "user"
        return _describe(one, word, kept)
    asked = frozenset[str]().union(*(each.conditions for each in recorded))
    missing = sorted(asked - word.conditions)
    if missing:
        own = ", ".join(each.id for each in recorded)
        raise LicenseError(
            f"SEEDS_LICENSE={word.id}: {one.source} states {own} itself, which asks for more "
            f"({', '.join(missing).replace('_', ' ')}). Leave this source out of SEEDS_LICENSE, "
            "naming the others as name=licence. If its author gave you another licence, build from "
            "a local copy of the file and state that licence."
        )
    said = ", ".join(each.id for each in recorded)
    return _describe(one, word, "user").model_copy(update={"instead_of": said})


def _describe(one: _SourceFacts, license_: License, author: StatedBy) -> SeedLicense:
    return SeedLicense(
        source=one.source,
        revision=one.revision,
        license=license_.id,
        name=license_.name,
        url=license_.url,
        stated_by=author,
    )


def _tell_author(one: _SourceFacts) -> StatedBy:
    if one.source.startswith("bundled:"):
        return "project"
    return "hub" if one.revision is not None else "user"


def _read_recipe(manifest: AnyManifest) -> str:
    """What the build was told, "" for nothing."""
    seeds = manifest.recipe.get("seeds")
    stated = seeds.get("license") if isinstance(seeds, Mapping) else None
    return stated.strip() if isinstance(stated, str) else ""


def _unknown_licenses(unknown: Mapping[str, str]) -> LicenseError:
    shown = "; ".join(
        f"{shorten_value(source)} (stated: {value})" for source, value in list(unknown.items())[:5]
    )
    more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
    only = next(iter(unknown))
    example = only if len(only) <= 60 and only.isprintable() else "name"
    return LicenseError(
        f"the licence of {len(unknown)} of the sources is not known: {shown}{more}. A dataset made "
        "of them is not published until it is. Look it up where the source comes from and state "
        f"it: SEEDS_LICENSE=cc-by-4.0 for all of them, or SEEDS_LICENSE={example}=cc-by-4.0."
    )
