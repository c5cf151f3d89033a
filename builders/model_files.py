"""The embedded teacher's weights: bundled, a local GGUF file, or one from the Hugging Face Hub."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from builders.errors import TeacherError
from distilabel_pipelines.embedded_model.weight_files import BUNDLED_GGUFS, BundledModel

_READ_BYTES = 1 << 20
_SAMPLE_BYTES = 1 << 16


def find_bundled_gguf(model: BundledModel) -> Path:
    """The weights in this repository; raises TeacherError where a clone lacks them."""
    path = BUNDLED_GGUFS[model]
    if not path.is_file():
        raise TeacherError(
            f"{path.name} is missing from embedded_model/weights: clone again, or name a GGUF file "
            "with MODEL"
        )
    return path


def find_gguf(model: str) -> Path:
    """A local GGUF file, or one fetched from the Hub for `owner/name:file.gguf`.

    `owner/name` alone takes the repository's only GGUF file. Raises TeacherError.
    """
    path = Path(model if model[:1] != "~" else os.path.expanduser(model))  # noqa: PTH111  # never raises
    if path.is_file():
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise TeacherError(f"MODEL={model} is no GGUF file: it does not begin with GGUF")
        return path
    repository, _, file_name = model.partition(":")
    if repository.count("/") != 1 or repository.startswith((".", "/", "~")):
        raise TeacherError(
            f"MODEL={model} is neither a file here nor a Hub file (owner/name:file.gguf). "
            "Give a GGUF file's path, or leave MODEL empty for the bundled model."
        )
    return _fetch_gguf(repository, file_name)


def _fetch_gguf(repository: str, file_name: str) -> Path:
    from huggingface_hub import hf_hub_download, list_repo_files  # noqa: PLC0415  # slow import
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # noqa: PLC0415

    try:
        if not file_name:
            names = [name for name in list_repo_files(repository) if name.endswith(".gguf")]
            if len(names) != 1:
                raise TeacherError(
                    f"{repository} has {len(names)} GGUF files ({', '.join(names[:8])}); "
                    f"name one: MODEL={repository}:file.gguf"
                )
            file_name = names[0]
        return Path(hf_hub_download(repository, file_name))
    except (OSError, ValueError, httpx.HTTPError) as error:  # httpx's derive from no OSError
        raise TeacherError(
            f"MODEL={repository}:{file_name} could not be fetched from the Hub: {error}. "
            "Without a network give a local GGUF file, or leave MODEL empty for the bundled model."
        ) from error


def name_gguf(path: Path) -> str:
    """The model's name with a piece of its file's SHA-256: other weights, other journal keys."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    bundled = {file: f"embedded-{model}" for model, file in BUNDLED_GGUFS.items()}
    return f"{bundled.get(path, path.name)}@{digest.hexdigest()[:8]}"


def name_model_folder(folder: Path) -> str:
    """A local model's name for vLLM: the folder's, with a piece of a digest of what is in it.

    Of each file the name, the size and its first and last 64 KiB: enough to tell one training's
    weights from another's without reading all of them.
    """
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        size = path.stat().st_size
        digest.update(f"{path.name}:{size}:".encode())
        with path.open("rb") as file:
            digest.update(file.read(_SAMPLE_BYTES))
            file.seek(max(0, size - _SAMPLE_BYTES))
            digest.update(file.read(_SAMPLE_BYTES))
    return f"{folder.resolve().name}@{digest.hexdigest()[:8]}"
