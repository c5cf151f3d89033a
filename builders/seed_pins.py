"""Pins of seeds: the file by its SHA-256 or the Hub dataset by its commit, as a manifest has them.

A build whose recipe pins its seeds reads exactly these, or ends before anything is paid.
"""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict

from builders.errors import SeedError

_COMMIT = re.compile(r"[0-9a-f]{40}")


class SeedPin(BaseModel):
    """One source by its public name (a bundled set, a file's name, a Hub id) and what it was.

    A file has a `sha256`, a Hub dataset a `revision`: the commit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    sha256: str | None = None
    revision: str | None = None


def check_seed_file(pin: SeedPin | None, name: str, sha256: str) -> None:
    """Raise SeedError where the file is not the pinned one; None pins nothing."""
    if pin is None or (pin.source, pin.sha256) == (name, sha256):
        return
    if pin.source != name:
        raise SeedError(
            f"{name} stands where the recipe pins {pin.source}: rows name their source. Give the "
            "sources under their own names, in their order (SEEDS=)."
        )
    if pin.source.startswith("bundled:"):
        raise SeedError(
            f"{name}: the seeds bundled with this code have SHA-256 {sha256}, and {pin.sha256} is "
            "pinned. Check out the code version that the manifest names."
        )
    raise SeedError(
        f"{name}: its SHA-256 is {sha256}, and {pin.sha256} is pinned: it is another file, or was "
        "changed since. Give the file of that digest (SEEDS=)."
    )


def check_seed_commit(pin: SeedPin, revision: str | None) -> None:
    """Raise SeedError where a Hub dataset's pin is no commit (a branch moves), or another one."""
    if pin.revision is None or _COMMIT.fullmatch(pin.revision) is None:
        raise SeedError(
            f"{pin.source}: the recipe pins revision {pin.revision!r}, which is no commit, so what "
            "was read then cannot be known. Give the seeds as a file, or build anew from the Hub."
        )
    if pin.revision != revision:
        raise SeedError(
            f"{pin.source}: commit {pin.revision} is pinned, and the Hub answers with "
            f"{revision!r}. Ask the same Hub as the build did (HF_ENDPOINT)."
        )
