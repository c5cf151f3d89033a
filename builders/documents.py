"""Every file of a dataset that is made from its manifest: card, pictures, entries for trainers.

They depend on the manifest and on nothing else, so a release renders them again with its version
in them, and anybody can check a published card against the manifest beside it.
"""

from __future__ import annotations

from builders.any_manifest import AnyManifest
from builders.card import render_card
from builders.figures.draw import draw_figures
from builders.trainer_formats.entries import PublishedAt
from builders.trainer_formats.render import render_trainer_formats

CARD_NAME = "README.md"
# Their names depend on what a dataset holds; a release lists those that it has.
DOCUMENT_FOLDERS = ("figures", "formats")


def render_documents(manifest: AnyManifest) -> dict[str, bytes]:
    """Path inside `dataset/` → content; the same manifest gives the same bytes.

    Raises CardError where a template does not fit the manifest.
    """
    release = manifest.release
    published = None if release is None else PublishedAt(release.repo, release.tag)
    texts = {
        CARD_NAME: render_card(manifest),
        **{figure.path: figure.svg for figure in draw_figures(manifest).values()},
        **render_trainer_formats(manifest, published),
    }
    return {path: text.encode() for path, text in texts.items()}
