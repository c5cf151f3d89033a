"""Where a rebuild goes: into the manifest's own OUT where the journal is, else into a new one.

Nothing is paid twice, and no dataset is replaced that the rebuild does not remake.
"""

from __future__ import annotations

from pathlib import Path

from builders.any_manifest import AnyManifest, read_manifest
from builders.errors import OutputError
from builders.output_folder import OutputFolder
from builders.rebuilding.differences import Described
from builders.rebuilding.find_manifest import FoundManifest
from builders.rebuilding.seeds import pin_seeds
from builders.swap import MANIFEST_NAME
from distilabel_pipelines.journal import JOURNAL_FILE


def choose_out(given: Path | None, found: FoundManifest, code_version: str) -> Path:
    """OUT as it was given; else the manifest's own where its journal is, else a folder of its own.

    Raises OutputError where the code is another than the manifest's and OUT would be its own: the
    rows may be others then, and nobody has said that the old ones may go.
    """
    if given is not None:
        return given
    if found.journal_out is None:
        return Path(f"output/rebuild-{found.manifest.kind}")
    if found.manifest.code_version != code_version:
        own = found.journal_out
        raise OutputError(
            f"OUT is needed: {own} holds the journal, and code version "
            f"{found.manifest.code_version} built the dataset there, which this code "
            f"({code_version}) may build otherwise. OUT={own} asks nothing twice and puts the "
            "rebuilt dataset in its place; another OUT leaves it, and asks the teacher again."
        )
    return found.journal_out


def refuse_other_dataset(out: Path, manifest: AnyManifest, described: Described) -> None:
    """Raise OutputError where OUT holds a finished dataset of another recipe or other seeds.

    Datasets of another kind, folders that are none of ours and builds that run are refused by the
    build itself.
    """
    root = find_root(out)
    if not (root / MANIFEST_NAME).is_file():
        return
    there = read_manifest(root / MANIFEST_NAME)
    if there.kind != manifest.kind:
        return
    same_recipe = there.recipe in (manifest.recipe, described.recipe)
    if same_recipe and pin_seeds(there) == pin_seeds(manifest):
        return
    raise OutputError(
        f"OUT={out} holds a finished {there.kind} dataset of {there.rows.published:,} rows from "
        f"another recipe or other seeds (recipe digest {there.recipe_digest[:12]}, the manifest's "
        f"is {manifest.recipe_digest[:12]}), and the rebuild would replace it. Choose another OUT, "
        "or move dataset, rejected and manifest.json away first."
    )


def find_root(out: Path) -> Path:
    """OUT with `~` replaced; raises OutputError for a user that is not there."""
    try:
        return out.expanduser()
    except RuntimeError as error:
        raise OutputError(f"OUT={out}: {error}. Choose another OUT.") from error


def measure_journal(out: Path) -> int:
    """Bytes of the journal in OUT, 0 without one: whatever is asked makes it longer."""
    journal = OutputFolder(find_root(out)).responses / JOURNAL_FILE
    return journal.stat().st_size if journal.is_file() else 0
