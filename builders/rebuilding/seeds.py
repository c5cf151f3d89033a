"""The seeds of a rebuild: where the local files are now, and what each source has to be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from builders.any_manifest import AnyManifest, list_seed_files
from builders.errors import RecipeError
from builders.pretraining.sources import split_sources
from builders.public_text import replace_lone_surrogates
from builders.seed_pins import SeedPin
from builders.seed_source import find_path


def pin_seeds(manifest: AnyManifest) -> list[SeedPin]:
    """Every source that the build read, in its order, as the manifest records it."""
    files = list_seed_files(manifest)
    return [SeedPin(source=one.source, sha256=one.sha256, revision=one.revision) for one in files]


def place_seeds(manifest: AnyManifest, given: str) -> str:
    """SEEDS for the build: the recorded names, local files by the paths in `given`.

    Raises RecipeError where a local file is not given, something else is, or no source is named.
    """
    pins = pin_seeds(manifest)
    if not pins:
        raise RecipeError(
            "the manifest names no source that its build read, as no build of this project "
            "records it: somebody changed it. It is not built from."
        )
    paths = _list_given(given, {pin.source for pin in pins if not _is_local(pin)})
    placed = [_place(pin, paths) for pin in pins]
    unused = [name for names in paths.values() for name in names]
    if unused:
        raise RecipeError(
            f"SEEDS={','.join(unused)}: the build read no local file of this name. It read "
            f"{', '.join(pin.source for pin in pins)}; give local files under their own names."
        )
    return ",".join(placed) + _tell_unread(manifest, pins)


def _is_local(pin: SeedPin) -> bool:
    return pin.revision is None and not pin.source.startswith("bundled:")


def _list_given(given: str, recorded: set[str]) -> dict[str, list[str]]:
    """The given paths by their file's name; names of sources that need no path may stand there."""
    paths: dict[str, list[str]] = {}
    for one in split_sources(given) if given else []:
        if one not in recorded:
            name = replace_lone_surrogates(Path(one).name)[0]
            paths.setdefault(name, []).append(one)
    return paths


def _place(pin: SeedPin, paths: Mapping[str, list[str]]) -> str:
    if not _is_local(pin):
        return pin.source
    found = paths.get(pin.source, [])
    if not found:
        raise RecipeError(
            f"SEEDS is needed: the build read the local file {pin.source} (SHA-256 {pin.sha256}), "
            f"which no manifest holds. Give its path: SEEDS=path/to/{pin.source}"
        )
    path = found.pop(0)
    if find_path(path) is None:
        raise RecipeError(f"SEEDS={path}: there is no such file. Give the path of {pin.source}.")
    return path


def _tell_unread(manifest: AnyManifest, pins: list[SeedPin]) -> str:
    """Names behind those that were read, which LIMIT never came to; they are part of the recipe."""
    seeds = manifest.recipe.get("seeds")
    source = seeds.get("source") if isinstance(seeds, Mapping) else None
    read = ",".join(pin.source for pin in pins)
    rest = source.removeprefix(read) if isinstance(source, str) else ""
    return rest if rest.startswith(",") else ""
