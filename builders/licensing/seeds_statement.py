"""SEEDS_LICENSE=, read: one licence for every source, or `name=licence,name2=licence` for some.

Knows no manifest, so that a build can read the statement before it reads its seeds.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from builders.licensing.errors import LicenseError
from builders.licensing.license_table import License, known_licenses
from builders.seed_columns import shorten_value

EVERY_SOURCE = ""


def parse_seeds_license(text: str) -> dict[str, License]:
    """The stated licences by the source's name; `EVERY_SOURCE` for one that holds for all.

    A comma or equals sign may stand in a name: each part ends at the last `=` before a licence.
    Raises LicenseError for a licence that is none, and for a name that is stated twice.
    """
    if "=" not in text:
        return {EVERY_SOURCE: _require_license(text, "")} if text.strip() else {}
    stated: dict[str, License] = {}
    name = ""
    for part in text.split(","):
        before, equals, after = part.rpartition("=")
        if not equals:  # a comma of the name itself
            name += f"{part},"
            continue
        name = f"{name}{before}".strip()
        if not name or name in stated:
            why = "is stated twice" if name else "has no name before the ="
            raise _misread(text, f"{shorten_value(part)} {why}")
        stated[name] = _require_license(after, name)
        name = ""
    if name:
        raise _misread(text, f"{shorten_value(name.rstrip(','))} has no licence behind it")
    return stated


def check_stated_sources(text: str | None, sources: Iterable[str]) -> None:
    """Raise LicenseError where SEEDS_LICENSE names what is none of these sources, or is misread."""
    known = sorted(set(sources))
    named = (name for name in parse_seeds_license(text or "") if name != EVERY_SOURCE)
    stranger = next((name for name in named if name not in known), None)
    if stranger is not None:
        shown = ", ".join(map(shorten_value, known[:8]))
        raise LicenseError(
            f"SEEDS_LICENSE names {shorten_value(stranger)}, which is no source of this dataset. "
            f"Its sources are {shown}: write one of these before the =."
        )


def _require_license(text: str, name: str) -> License:
    found = known_licenses().find(text)
    if found is not None:
        return found
    whose = f" for {shorten_value(name)}" if name else ""
    raise LicenseError(
        f"SEEDS_LICENSE states {shorten_value(text.strip())}{whose}, which is no licence of "
        f"builders/licensing/licenses.toml.{suggest_license(text)} Write the Hub's id, as in "
        "SEEDS_LICENSE=cc-by-4.0 or SEEDS_LICENSE=name=cc-by-4.0,name2=mit."
    )


def suggest_license(text: str) -> str:
    """` Did you mean …?` for a text that is nearly a licence's id, else nothing."""
    names = [one.id for one in known_licenses().licenses]
    near = difflib.get_close_matches(text.strip().lower()[:100], names, n=2)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def _misread(text: str, what: str) -> LicenseError:
    return LicenseError(
        f"SEEDS_LICENSE={shorten_value(text)} cannot be read: {what}. Write one licence for all "
        "sources (SEEDS_LICENSE=cc-by-4.0), or name=licence,name2=licence."
    )
