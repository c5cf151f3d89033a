"""One licence out of those of several sources, or a refusal where none fits them all.

Rules: the licences' own texts, and Creative Commons' chart of what may be remixed under what
(https://wiki.creativecommons.org/wiki/Wiki/cc_license_compatibility), on the cautious side. A
dataset is taken to contain its sources: their questions, excerpts and examples stand in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from builders.licensing.errors import LicenseError
from builders.licensing.license_table import License, known_licenses

# Of several licences that only want their notice kept, the one under which the others are at home.
_OF_NOTICES = "apache-2.0"


class Combined(NamedTuple):
    """What sources ask for together. `license` is the one that meets all of it; None where they
    ask for nothing at all (`public_domain`) or for several licences side by side."""

    license: License | None
    public_domain: bool
    noncommercial: bool


def combine_licenses(licenses: Collection[License]) -> Combined:
    """What a dataset made of material under these licences may be published under.

    The order of the licences does not matter. Raises LicenseError where one forbids derivatives
    and where two ask for different things.
    """
    _refuse_no_derivatives(licenses)
    asking = {one.id: one for one in licenses if not one.public_domain}
    noncommercial = any(one.noncommercial for one in asking.values())
    shared = [one for one in asking.values() if one.share_alike]
    _refuse_conflict(shared, asking.values())
    if shared:
        return Combined(_newest(shared), public_domain=False, noncommercial=noncommercial)
    narrow = [one for one in asking.values() if one.noncommercial]
    chosen = _choose_one(narrow or asking.values())
    if narrow and chosen is None:
        raise _contradict({one.id for one in narrow}, "each non-commercial one")
    return Combined(chosen, public_domain=not asking, noncommercial=noncommercial)


def can_replace(stated: License, asked: License) -> bool:
    """Whether `stated` asks for everything that `asked` asks for."""
    if asked.share_alike:
        return stated.family == asked.family and stated.version >= asked.version
    return asked.conditions <= stated.conditions


def _refuse_no_derivatives(licenses: Iterable[License]) -> None:
    forbidding = sorted({one.id for one in licenses if one.no_derivatives})
    if forbidding:
        raise LicenseError(
            f"{', '.join(forbidding)} forbids to share what is made of a source, so no dataset can "
            "be published. Build without that source; or, if you hold another licence for it, "
            "state that: SEEDS_LICENSE=name=licence."
        )


def _refuse_conflict(shared: Collection[License], asking: Iterable[License]) -> None:
    """A share-alike licence allows no other licence and no further restriction beside it."""
    families = {one.family for one in shared}
    narrower = {
        one.id
        for one in asking
        if one.noncommercial and shared and not any(other.noncommercial for other in shared)
    }
    if len(families) <= 1 and not narrower:
        return
    raise _contradict({one.id for one in shared} | narrower, "a share-alike one")


def _contradict(names: Collection[str], which: str) -> LicenseError:
    return LicenseError(
        f"the sources are under {' and '.join(sorted(names))}, and no licence meets all: {which} "
        "wants the whole dataset under itself, without further conditions. Build a dataset of "
        "each, leave one out, or state a licence that you hold: SEEDS_LICENSE=name=licence."
    )


def _choose_one(licenses: Iterable[License]) -> License | None:
    """The one that meets all; None where several stand side by side, or none asks for anything."""
    several = {one.id: one for one in licenses}
    if len(several) > 1:
        further = {name: one for name, one in several.items() if one.family != "notice"}
        # A notice can be kept beside the terms of any other licence.
        several = further or {_OF_NOTICES: _find(_OF_NOTICES)}
    if len({one.family for one in several.values()}) != 1:
        return None
    return _newest(several.values())


def _newest(licenses: Iterable[License]) -> License:
    return max(licenses, key=lambda one: one.version)


def _find(name: str) -> License:
    found = known_licenses().find(name)
    if found is None:
        raise LicenseError(f"licenses.toml lacks {name}: put it back")
    return found
