"""The variables of `make rebuild`: the manifest, where to build, and what no manifest holds.

A manifest holds no path, address or key, so these are given; what decides the rows is never given.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from builders import command_line
from builders.errors import RecipeError

_PREFIX = "BUILD_"
VARIABLES = {
    "MANIFEST": "a manifest.json, the folder of a dataset, or owner/name@revision on the Hub",
    "OUT": "output folder (default: where the manifest's journal is, else output/rebuild-<kind>)",
    "MODEL": "the teacher's local weights, or the name its server serves the model under",
    "BASE_URL": "the teacher's server; several: separated by commas",
    "API_KEY_ENV": "name of the variable that holds its key",
    "REGION": "DashScope's region: cn (default), intl, us or hk",
    "VLLM_ARGS": "flags for the `vllm serve` that is started",
    "CONCURRENCY": "requests in flight",
    "BATCH": "1: ask in batches (Batches API), at their discount",
    "SEEDS": "paths of the local seed files, comma-separated; each is checked by its digest",
    "BENCHMARKS": "folder of the benchmark files; each is checked by its digest",
    "JUDGE_MODEL": "the judge's local weights, or the name its server serves the model under",
    "JUDGE_BASE_URL": "the judge's server",
    "JUDGE_API_KEY_ENV": "name of the variable that holds its key",
    "BUDGET": "a hard cap: 5USD, 30CNY, 2Mtok",
    "PRICES": "a price table of your own (TOML)",
    "PACKAGE_PARTIAL": "1: package what a stopped run has",
    "CARD_LANGUAGE": "of card and figures: en or zh, in place of the build's",
}
_REFUSED = tuple(name for name in command_line.VARIABLES if name not in VARIABLES)
_SWITCHES = ("BATCH", "PACKAGE_PARTIAL")


class RebuildOptions(NamedTuple):
    """`manifest` as it was written, `out` None for the default, and the other variables that were
    given, by name."""

    manifest: str
    out: Path | None
    given: Mapping[str, str]


def read_rebuild_options(arguments: Sequence[str]) -> RebuildOptions:
    """Parse options and environment (`BUILD_<NAME>`); RecipeError for a variable that the manifest
    decides."""
    parser = argparse.ArgumentParser(
        description="Values may also come from BUILD_<NAME> in the environment.",
        allow_abbrev=False,
    )
    for name, told in VARIABLES.items():
        option = "--" + name.lower().replace("_", "-")
        parser.add_argument(option, dest=name, default="", metavar="VALUE", help=told)
    parsed = vars(parser.parse_args(arguments))
    values = {name: parsed[name] or os.environ.get(_PREFIX + name, "") for name in VARIABLES}
    if not values["MANIFEST"]:
        raise RecipeError(
            "MANIFEST is missing: make rebuild MANIFEST=output/reasoning, or "
            "MANIFEST=owner/name@v1.0.0 for a release on the Hub"
        )
    _refuse_settings()
    for name in _SWITCHES:
        if values[name] not in ("", "0", "1"):
            raise RecipeError(f"{name}={values[name]}: it takes 0 or 1")
    manifest, out = values.pop("MANIFEST"), values.pop("OUT")
    given = {name: value for name, value in values.items() if value}
    return RebuildOptions(manifest, Path(out) if out else None, given)


def _refuse_settings() -> None:
    """The build's other variables change the result, or are the manifest's to say."""
    refused = [name for name in _REFUSED if os.environ.get(_PREFIX + name)]
    if refused:
        raise RecipeError(
            f"{', '.join(refused)}: the manifest decides this, and a rebuild changes nothing of "
            "it. Leave it out; to build with other settings, use make build-<kind>, whose command "
            "stands in the dataset's card."
        )
