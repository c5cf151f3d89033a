"""What a card says of its release beside the manifest's own words: how to cite it.

BibTeX knows no version of a data set and wants a year, which no manifest has: a card is the same
whenever it is rendered, and the tag in the address says more.
"""

from __future__ import annotations

from builders.any_manifest import AnyManifest
from builders.publishing.release import ReleaseFacts
from builders.publishing.row_index import find_row_index


def release_context(manifest: AnyManifest) -> dict[str, object]:
    """The templates' further names: `citation` is None for a build that was not published."""
    release = manifest.release
    return {
        "citation": None if release is None else cite_release(release),
        "has_row_index": find_row_index(manifest.files) is not None,
    }


def cite_release(release: ReleaseFacts) -> str:
    """The BibTeX entry of a release, without a newline at its end.

    Of the characters of a repository's name only `_` means anything to TeX.
    """
    owner, name = release.repo.replace("_", r"\_").split("/")
    fields = {
        "title": name,
        "author": f"{{{owner}}}",  # one name: nothing to turn around or shorten
        "note": f"Version {release.version}",
        "howpublished": "Hugging Face Hub",
        "url": f"https://huggingface.co/datasets/{release.repo}/tree/{release.tag}",
    }
    key = f"{release.repo.replace('/', '-')}-{release.version}"
    lines = ",\n".join(f"  {field:<12} = {{{value}}}" for field, value in fields.items())
    return f"@misc{{{key},\n{lines}\n}}"
