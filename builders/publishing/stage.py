"""The release folder: what is sent, made of what OUT holds, without a change to `OUT/dataset`.

    OUT/.release/dataset/    data (hard links); README.md, manifest.json, LICENSE of the release
    OUT/.release/previous/   what was read of the release before
    OUT/.release/cache/      the clean cache of the load-back

It is made anew by every command and removed at its end.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from builders.any_manifest import AnyManifest, read_manifest
from builders.documents import CARD_NAME, DOCUMENT_FOLDERS, render_documents
from builders.errors import PublishError
from builders.licensing.decide import LICENSE_FILE
from builders.licensing.wording import license_file_text
from builders.manifest_parts import ConfigFacts, FileRecord, manifest_bytes
from builders.pretraining.configs import FormatFile
from builders.pretraining.manifest import PretrainingManifest
from builders.publishing.release import ReleaseFacts
from builders.publishing.remote import StagedFile, list_staged, read_staged
from builders.publishing.row_index import (
    ROW_INDEX_NAME,
    IndexedRow,
    RowIndex,
    find_row_index,
    index_rows,
    read_row_index,
    write_row_index,
)
from builders.swap import MANIFEST_NAME

RELEASE_NAME = ".release"
_BUILD_AGAIN = "Nothing was sent. Build again in this OUT (what was paid is kept)."
DOCUMENTS = (CARD_NAME, LICENSE_FILE, MANIFEST_NAME)
_BATCH_ROWS = 1_000


class Stage(NamedTuple):
    """The folders of one release."""

    root: Path

    @property
    def dataset(self) -> Path:
        """What is sent."""
        return self.root / "dataset"

    @property
    def previous(self) -> Path:
        """Files of the release before."""
        return self.root / "previous"

    @property
    def cache(self) -> Path:
        """Where the published dataset is loaded into."""
        return self.root / "cache"


class Build(NamedTuple):
    """A finished build that is to be published: its manifest names the row index.

    `data` are the files in the release folder that are not made from the manifest.
    """

    manifest: AnyManifest
    row_index: RowIndex
    data: dict[str, StagedFile]


class StagedRelease(NamedTuple):
    """The release folder as it would be sent, files by their path in the repository.

    `documents` are those that are made from the manifest.
    """

    manifest: AnyManifest
    files: dict[str, StagedFile]
    documents: frozenset[str]


@contextmanager
def open_stage(out: Path) -> Iterator[Stage]:
    """An empty `OUT/.release` that is removed in the end; hold OUT's lock meanwhile."""
    stage = Stage(out / RELEASE_NAME)
    shutil.rmtree(stage.root, ignore_errors=True)
    try:
        for folder in (stage.dataset, stage.previous, stage.cache):
            folder.mkdir(parents=True)
        yield stage
    finally:
        shutil.rmtree(stage.root, ignore_errors=True)


def stage_build(out: Path, stage: Stage) -> Build:
    """Put the data of OUT into the release folder; returns the build.

    A build from before there was a row index gets one. Raises OutputError for a manifest that
    cannot be read, PublishError for a link among the files.
    """
    manifest = read_manifest(out / MANIFEST_NAME)
    _link_files(out / "dataset", stage.dataset)
    if find_row_index(manifest.files) is None:
        manifest = _add_row_index(manifest, stage.dataset)
    index = read_row_index(stage.dataset / ROW_INDEX_NAME, _BUILD_AGAIN)
    return Build(manifest, index, list_staged(stage.dataset))


def write_release(build: Build, facts: ReleaseFacts, stage: Stage) -> StagedRelease:
    """Write card, licence and manifest of this release beside the data.

    The same build and facts give the same bytes. Raises CardError, and OutputError where the
    manifest contradicts itself.
    """
    contents = render_release(build.manifest, facts)
    documents = {}
    for name, content in contents.items():
        path = stage.dataset / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # never through a link into OUT
        path.write_bytes(content)
        documents[name] = read_staged(path, stage.dataset)
    return StagedRelease(
        read_manifest(stage.dataset / MANIFEST_NAME),
        {**build.data, **documents},
        frozenset(documents),
    )


def render_release(manifest: AnyManifest, facts: ReleaseFacts) -> dict[str, bytes]:
    """Every file of a release that is not data, by its path in the repository."""
    contents = render_documents(manifest.model_copy(update={"release": facts}))
    made = sorted(path for path in contents if path != CARD_NAME)
    listed = facts.model_copy(update={"documents": made})
    return {
        **contents,
        LICENSE_FILE: license_file_text(facts.license).encode(),
        MANIFEST_NAME: manifest_bytes(manifest.model_copy(update={"release": listed})),
    }


def list_written(manifest: AnyManifest) -> Iterator[str]:
    """Paths in the repository that a release wrote and a later one may change or delete."""
    yield from (one.path for one in manifest.files if one.folder == "dataset")
    if manifest.release is not None:
        yield from (*DOCUMENTS, *manifest.release.documents)


def _link_files(source: Path, target: Path) -> None:
    """Every file but those that are written anew; copied where a file system has no hard links."""
    for path in sorted(source.rglob("*")):
        inside = path.relative_to(source)
        if path.is_symlink():
            raise PublishError(
                f"dataset/{inside.as_posix()} is a link, and no build makes one. Move it away, or "
                "build again."
            )
        if path.is_dir():
            (target / inside).mkdir()
        elif inside.as_posix() not in DOCUMENTS and inside.parts[0] not in DOCUMENT_FOLDERS:
            _link(path, target / inside)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # other file systems say so in different ways; a copy is as good
        shutil.copyfile(source, target)


def _add_row_index(manifest: AnyManifest, dataset: Path) -> AnyManifest:
    record: FileRecord = write_row_index(_index_default(manifest, dataset), dataset)
    if isinstance(manifest, PretrainingManifest):
        record = FormatFile(**record.model_dump(), prompt_bytes=0)
    return manifest.model_copy(update={"files": [*manifest.files, record]})


def _index_default(manifest: AnyManifest, dataset: Path) -> Iterator[IndexedRow]:
    """The index of config `default`'s rows as they stand in its files."""
    (config,) = [one for one in manifest.configs if one.default]
    return chain.from_iterable(
        index_rows(split.name, _read_rows(config, split.name, dataset)) for split in config.splits
    )


def _read_rows(config: ConfigFacts, split: str, dataset: Path) -> Iterator[dict[str, object]]:
    import pyarrow.parquet as pq  # noqa: PLC0415  # 0.3 s that --help need not pay

    columns = [str(feature["name"]) for feature in config.features]
    for path in list_config_files(config, split, dataset):
        file = pq.ParquetFile(path)
        for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=columns):
            yield from batch.to_pylist()


def list_config_files(config: ConfigFacts, split: str, dataset: Path) -> list[Path]:
    """The files of one split in the order of their rows, as `load_dataset` finds them."""
    globs = config.data_files[split]
    patterns = [globs] if isinstance(globs, str) else globs
    return [path for pattern in patterns for path in sorted(dataset.glob(pattern))]
