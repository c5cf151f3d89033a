"""The licence a card states: one that claims no more than is known of seeds and teacher."""

from __future__ import annotations

from typing import NamedTuple

from builders.any_manifest import AnyManifest, list_seed_files

_HUB_LICENSES = frozenset(  # a list of words reads better so
    [
        "apache-2.0",
        "mit",
        "bsd-2-clause",
        "bsd-3-clause",
        "cc0-1.0",
        "cc-by-2.0",
        "cc-by-3.0",
        "cc-by-4.0",
        "cc-by-sa-3.0",
        "cc-by-sa-4.0",
        "cc-by-nc-2.0",
        "cc-by-nc-3.0",
        "cc-by-nc-4.0",
        "cc-by-nc-sa-3.0",
        "cc-by-nc-sa-4.0",
        "cc-by-nd-4.0",
        "cc-by-nc-nd-4.0",
        "odc-by",
        "odbl",
        "pddl",
        "gfdl",
        "unlicense",
    ]
)
_PUBLIC_DOMAIN = frozenset({"cc0-1.0", "pddl", "unlicense"})


class License(NamedTuple):
    """`id` is the Hub's; `name` accompanies `other`."""

    id: str
    name: str | None


def choose_license(manifest: AnyManifest) -> License:
    """A licence that claims no more than is known: of the seeds and of the teacher's output.

    `unknown` where one of the seed files states none; `other` where the teacher is not ours, a
    stated licence is not one of the Hub's ids, or two ask for different things; else the licence of
    the seeds. Files in the public domain ask for nothing.
    """
    stated = {one.license for one in list_seed_files(manifest)}
    if None in stated:
        return License("unknown", None)
    if not has_bundled_teacher(manifest):
        return License("other", "teacher-terms-not-recorded")
    ids = {one.lower() for one in stated if one is not None}
    if not ids <= _HUB_LICENSES:
        return License("other", "seed-licence-as-stated-in-card")
    binding = (ids - _PUBLIC_DOMAIN) or ids
    if len(binding) != 1:
        return License("other", "several-licences-as-stated-in-card")
    return License(binding.pop(), None)


def has_bundled_teacher(manifest: AnyManifest) -> bool:
    """Whether our own small model was the teacher."""
    return manifest.teacher.weights == "bundled"
