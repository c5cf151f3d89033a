"""From `MANIFEST=` to a manifest: a file, the folder of a dataset, or a revision on the Hub.

A manifest from the Hub was written by somebody: it is read as data, and what it may say is decided
in `reconstruct`.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from builders.any_manifest import AnyManifest, list_seed_files, parse_manifest, tell_problem
from builders.errors import OutputError, PublishError, RecipeError
from builders.publishing.hub import Hub
from builders.publishing.release import check_repo
from builders.seed_source import find_path
from builders.swap import DATASET_NAME, MANIFEST_NAME
from distilabel_pipelines.journal import JOURNAL_FILE

_MOST_CHARACTERS = 200
_logger = logging.getLogger("build")


class FoundManifest(NamedTuple):
    """A manifest and how to name it; `journal_out` is the OUT whose journal lies beside it."""

    manifest: AnyManifest
    named: str
    journal_out: Path | None


def find_manifest(text: str) -> FoundManifest:
    """Read what MANIFEST names; a local path wins over a name on the Hub.

    Raises RecipeError where nothing is there, OutputError for what is no manifest of this version,
    PublishError where the Hub does not give it.
    """
    path = find_path(text)
    if path is not None:
        return _read_local(path, text)
    if "@" not in text:
        raise RecipeError(_tell_nothing(text))
    repo, revision = text.split("@", 1)
    try:
        check_repo(repo)
    except ValueError as error:
        raise RecipeError(f"MANIFEST={text}: no such file, and {error}") from error
    if not revision.strip() or revision != revision.strip():
        raise RecipeError(f"MANIFEST={text}: name a tag, commit or branch behind the @")
    return _read_remote(repo, revision)


def _tell_nothing(text: str) -> str:
    told = f"MANIFEST={text}: there is no such file or folder."
    try:
        check_repo(text)
    except ValueError:
        return f"{told} Give a manifest.json, the folder of a dataset, or owner/name@revision."
    return (
        f"{told} For a dataset on the Hub name a revision, since a branch moves: "
        f"MANIFEST={text}@v1.0.0 (or a commit, or @main)."
    )


def _read_local(path: Path, text: str) -> FoundManifest:
    places = [path]
    if path.is_dir():
        places = [path / MANIFEST_NAME, path.resolve().parent / MANIFEST_NAME]
        places = places[: 2 if path.resolve().name == DATASET_NAME else 1]
    file = next((one for one in places if one.is_file()), None)
    if file is None:
        raise RecipeError(
            f"MANIFEST={text}: the folder holds no {MANIFEST_NAME}, so no build has ended in it. "
            "Give the folder of a finished build or of a downloaded release."
        )
    try:
        content = file.read_bytes()
    except OSError as error:
        raise RecipeError(f"MANIFEST={text} cannot be read: {error.strerror}.") from error
    return FoundManifest(_parse(content, text), text, _find_journal_out(file, content))


def _find_journal_out(file: Path, content: bytes) -> Path | None:
    """The OUT that the manifest lies in, or its dataset/ where it is OUT's own manifest."""
    out = file.parent
    around = out.parent / MANIFEST_NAME
    if out.name == DATASET_NAME and around.is_file() and around.read_bytes() == content:
        out = out.parent
    return out if (out / "responses" / JOURNAL_FILE).exists() else None


def _read_remote(repo: str, revision: str) -> FoundManifest:
    hub, named = Hub(repo, only_read=True), f"{repo}@{revision}"
    try:
        commit = hub.read_head(revision)
        content = hub.read_file(MANIFEST_NAME, commit)
    except PublishError as error:
        raise PublishError(f"MANIFEST={named}: {error}") from error
    _logger.info("%s is commit %s", named, commit)
    return FoundManifest(_parse(content, named), named, None)


def _parse(content: bytes, named: str) -> AnyManifest:
    try:
        manifest = parse_manifest(content)
    except ValidationError as error:
        raise OutputError(
            f"MANIFEST={named} is no manifest that this code can read ({tell_problem(error)}). "
            f"{_tell_writer(content)}"
        ) from error

    _refuse_control_characters(manifest, named)
    return manifest


def _refuse_control_characters(manifest: AnyManifest, named: str) -> None:
    """Names are shown in a terminal, which obeys some characters; none of ours has them."""
    names = [manifest.code_version, manifest.teacher.model]
    names += [one.source for one in list_seed_files(manifest)]
    odd = [name for name in names if not name.isprintable()]
    if odd:
        raise OutputError(
            f"MANIFEST={named} holds control characters in a name ({odd[0][:60]!r}): no build of "
            "this project writes them. It is not built from."
        )


def _tell_writer(content: bytes) -> str:
    try:
        fields = json.loads(content)
    except ValueError:
        return "Give the manifest.json that a build of this project wrote."
    writer = fields.get("code_version") if isinstance(fields, dict) else None
    if not isinstance(writer, str):
        return "Give the manifest.json that a build of this project wrote."
    return f"Code version {writer[:_MOST_CHARACTERS]} wrote it: check that out."
