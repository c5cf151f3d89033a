"""A manifest of any kind, and how one is read back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from builders.errors import OutputError
from builders.instruction_manifest import InstructionManifest
from builders.manifest import Manifest

AnyManifest = Manifest | InstructionManifest
_ADAPTER: TypeAdapter[AnyManifest] = TypeAdapter(
    Annotated[Manifest | InstructionManifest, Field(discriminator="kind")]
)


def read_manifest(path: Path) -> AnyManifest:
    """The manifest of a finished build; raises OutputError where it is unreadable or not ours."""
    try:
        return _ADAPTER.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise OutputError(
            f"{path.name} in {path.parent.name}/ is not a manifest of this version ({error}). "
            "Build again into another OUT, or use the code version that wrote it."
        ) from error
