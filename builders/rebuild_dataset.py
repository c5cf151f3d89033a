"""Build a dataset again from its manifest: find it → reconstruct → tell → build → compare.

    make rebuild MANIFEST=output/reasoning|manifest.json|owner/name@v1.0.0 [OUT=dir]
    python -m builders.rebuild_dataset --manifest owner/name@v1.0.0

Seeds and benchmark files are pinned by digest or commit. With the journal in OUT nothing is asked
again. What no manifest holds (paths, addresses, keys) is given as for `make build-<kind>`.
"""

from __future__ import annotations

import logging
import sys

from builders.any_manifest import read_manifest
from builders.code_version import read_code_version
from builders.command_line import run_command
from builders.rebuilding.compare import report_rebuild
from builders.rebuilding.differences import describe_rebuild, list_differences
from builders.rebuilding.find_manifest import find_manifest
from builders.rebuilding.options import RebuildOptions, read_rebuild_options
from builders.rebuilding.output import (
    choose_out,
    find_root,
    measure_journal,
    refuse_other_dataset,
)
from builders.rebuilding.reconstruct import reconstruct
from builders.rebuilding.run_build import run_build
from builders.swap import MANIFEST_NAME

_logger = logging.getLogger("build")


def rebuild_dataset(options: RebuildOptions) -> None:
    """The whole of it, top to bottom. Ends with SystemExit where the build itself does."""
    found, code_version = find_manifest(options.manifest), read_code_version()
    manifest = found.manifest
    rebuild = reconstruct(manifest, options.given)
    described = describe_rebuild(rebuild)
    out = choose_out(options.out, found, code_version)
    refuse_other_dataset(out, manifest, described)
    differences = [*list_differences(manifest, described, code_version), *rebuild.warnings]
    for one in differences:
        _logger.warning("warning: %s", one)
    _logger.info(
        "rebuilding %d %s rows of %s into %s, by %s",
        *(rebuild.recipe.rows, manifest.kind, found.named, out, described.teacher["model"]),
    )
    before = measure_journal(out)
    if not before:
        _logger.info(
            "%s holds no journal: every request is asked again (BUDGET= caps what that may cost)",
            out,
        )
    run_build(manifest.kind, rebuild.settings, out)
    rebuilt = read_manifest(find_root(out) / MANIFEST_NAME)
    asked = measure_journal(out) != before
    report_rebuild(manifest, rebuilt, out, asked=asked, differences=differences)


def main() -> int:
    """The command; returns its exit code."""
    return run_command(lambda: rebuild_dataset(read_rebuild_options(sys.argv[1:])))


if __name__ == "__main__":
    sys.exit(main())
