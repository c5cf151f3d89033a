"""A manifest of any kind: how one is read back, and what is asked of all of them alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from builders.card_words.catalogue import CardWords, words_of
from builders.errors import OutputError
from builders.instruction_manifest import InstructionManifest
from builders.judged import JudgeFacts, SeedFacts
from builders.manifest import Manifest
from builders.pretraining.manifest import PretrainingManifest
from builders.pretraining.outcome import SourceFileFacts
from builders.task_seeds import TaskSeedFacts

AnyManifest = Manifest | InstructionManifest | PretrainingManifest
_MOST_CHARACTERS = 200
_ADAPTER: TypeAdapter[AnyManifest] = TypeAdapter(
    Annotated[AnyManifest, Field(discriminator="kind")]
)


def list_seed_files(manifest: AnyManifest) -> Sequence[SeedFacts | TaskSeedFacts | SourceFileFacts]:
    """The files and Hub datasets that the build read, each with source, revision and licence."""
    if isinstance(manifest, PretrainingManifest):
        return manifest.sources.files
    return [manifest.seeds]


def find_judge(manifest: AnyManifest) -> JudgeFacts | None:
    """The judge of the build; None where it had none, as every pretraining build."""
    if isinstance(manifest, PretrainingManifest) or manifest.judge is None:
        return None
    return manifest.judge.facts


def parse_manifest(content: bytes) -> AnyManifest:
    """The manifest that the bytes are; raises pydantic's ValidationError."""
    return _ADAPTER.validate_json(content)


def tell_problem(error: ValidationError) -> str:
    """The first problem of a manifest, in one short line without the values around it."""
    problem = error.errors()[0]
    place = ".".join(map(str, problem["loc"]))
    return " ".join(f"{place} {problem['msg']}".split())[:_MOST_CHARACTERS]


def find_words(manifest: AnyManifest) -> CardWords:
    """The words of its card and figures: in the language of the release, else of the build."""
    release = manifest.release
    stated = None if release is None else release.card_language
    return words_of(stated or manifest.card_language)


def read_manifest(path: Path) -> AnyManifest:
    """The manifest of a finished build; raises OutputError where it is unreadable or not ours."""
    try:
        return parse_manifest(path.read_bytes())
    except (OSError, ValidationError) as error:
        why = tell_problem(error) if isinstance(error, ValidationError) else error.strerror
        raise OutputError(
            f"{path.name} in {path.parent.name}/ is not a manifest of this version ({why}). "
            "Build again into another OUT, or use the code version that wrote it."
        ) from error
