"""A finished build takes the place of the old one; a kill at any moment loses neither.

Several renames cannot be atomic together, so a marker is written first and every step can be done
again: whoever finds the marker finishes the swap. The manifest moves last, hence a folder without
`manifest.json` is never taken for a finished build.

    OUT/.swap.json                       marker: names the staging folder; removed at the very end
    OUT/manifest.previous.json           the old manifest, set aside first
    OUT/dataset.previous, …              the old folders, set aside one by one
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from builders.errors import OutputError

STAGING_NAME = ".staging"
DATASET_NAME = "dataset"
FOLDERS = (DATASET_NAME, "rejected")
MANIFEST_NAME = "manifest.json"
_OLD_MANIFEST_NAME = "manifest.previous.json"
_MARKER_NAME = ".swap.json"


def swap_in(staging: Path, out: Path) -> None:
    """Move `dataset/`, `rejected/` and `manifest.json` from `staging` into `out`.

    `staging` is a folder directly inside `out` (one file system, and a later run finds it again)
    that `write_dataset` has finished. Other files in `out` are left alone. Raises OutputError
    where the staging folder is incomplete or a rename fails; then the same call, or
    `recover_swap`, goes on from there.
    """
    if staging.parent.resolve() != out.resolve():
        raise OutputError(f"staging folder {staging.name!r} must lie directly inside {out.name!r}")
    if recover_swap(out) and not staging.exists():
        return  # it was this very swap that had been cut off
    missing = [name for name in (*FOLDERS, MANIFEST_NAME) if not (staging / name).exists()]
    if missing:
        raise OutputError(
            f"{staging.name!r} lacks {', '.join(missing)}: the package stage did not end"
        )
    _write_marker(out, staging.name)
    recover_swap(out)


def show_rejected(staging: Path, out: Path) -> None:
    """Move `rejected/` alone from `staging` into `out`, for a build without a published row.

    A finished build in `out` stays as it is: its `rejected/` belongs to its manifest.
    """
    if (out / MANIFEST_NAME).exists() or not (staging / "rejected").exists():
        return
    _remove_folder(out / "rejected")
    (staging / "rejected").rename(out / "rejected")


def recover_swap(out: Path) -> bool:
    """Finish a swap that was cut off, if there is one; True where there was.

    Call it at the start of every build, under the lock of `out`. Raises OutputError where what was
    to be moved has been deleted by hand or a rename fails.
    """
    marker = out / _MARKER_NAME
    if not marker.exists():
        return False
    staging = out / _read_marker(marker)
    try:
        _finish_swap(staging, out)
    except OSError as error:
        raise OutputError(
            f"the new dataset could not be moved into {out.name!r} ({error}). "
            "Free the folder and run the same command again: it goes on from there."
        ) from error
    return True


def _write_marker(out: Path, staging_name: str) -> None:
    draft = out / f"{_MARKER_NAME}.new"
    with draft.open("w", encoding="utf-8") as file:
        json.dump({"staging": staging_name}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(out / _MARKER_NAME)


def _read_marker(marker: Path) -> str:
    try:
        name = json.loads(marker.read_text(encoding="utf-8"))["staging"]
    except (ValueError, KeyError, TypeError) as error:
        raise OutputError(f"{marker.name} is not readable ({error}): remove it by hand") from error
    if not isinstance(name, str) or Path(name).name != name:
        raise OutputError(f"{marker.name} names the staging folder {name!r}: remove it by hand")
    return name


def _finish_swap(staging: Path, out: Path) -> None:
    """Every line may have run before: each looks at what is there and does what is left."""
    if (staging / MANIFEST_NAME).exists():
        _set_aside(out / MANIFEST_NAME, out / _OLD_MANIFEST_NAME)
        for name in FOLDERS:
            _move_in(staging / name, out / name, out / f"{name}.previous")
        (staging / MANIFEST_NAME).rename(out / MANIFEST_NAME)  # from here on the new build counts
    if not (out / MANIFEST_NAME).exists():
        raise OutputError(
            f"{staging.name!r} was removed in the middle of a swap. The old build stands in "
            f"*.previous inside {out.name!r}: rename it back and remove {_MARKER_NAME}."
        )
    for name in FOLDERS:
        _remove_folder(out / f"{name}.previous")
    (out / _OLD_MANIFEST_NAME).unlink(missing_ok=True)
    _remove_folder(staging)
    (out / _MARKER_NAME).unlink()


def _set_aside(current: Path, previous: Path) -> None:
    if current.exists():
        current.rename(previous)


def _move_in(new: Path, current: Path, previous: Path) -> None:
    if not new.exists():  # moved before the cut
        return
    if current.exists():
        _remove_folder(previous)
        current.rename(previous)
    new.rename(current)


def _remove_folder(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
