"""How a model is laid over the GPUs of this machine: copies of it, or one in pieces.

A model whose weights leave room for the key-value cache on one GPU runs fastest as a copy on each
(data parallel: nothing is exchanged between them). A larger one is cut over as few GPUs as hold it
(tensor parallel), in a power of two, since the number of attention heads must divide by it.
Sources: vLLM's documentation, "Parallelism and Scaling"; `nvidia-smi --help-query-gpu`; the CUDA
C++ Programming Guide on `CUDA_VISIBLE_DEVICES`; `rocm-smi --help`.
"""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

_WEIGHTS_SHARE = 0.6  # of a GPU's memory; the rest is for the key-value cache and activations
_QUERY_TIMEOUT_S = 20.0
_HUB_TIMEOUT_S = 10.0
_MIB = 2**20
_NVIDIA_QUERY = (
    "nvidia-smi",
    "--query-gpu=index,uuid,memory.total",
    "--format=csv,noheader,nounits",
)
_AMD_QUERY = ("rocm-smi", "--showmeminfo", "vram", "--json")
_AMD_MEMORY = "VRAM Total Memory (B)"
_AMD_VARIABLES = ("HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES")
logger = logging.getLogger(__name__)


class Gpu(NamedTuple):
    """One GPU: what `CUDA_VISIBLE_DEVICES` may call it, and its memory (0 where unknown)."""

    names: tuple[str, ...]
    memory_bytes: int


class Layout(NamedTuple):
    """GPUs a copy is cut over, and the number of copies."""

    tensor_parallel: int
    data_parallel: int


def choose_layout(weights_bytes: int | None, memories_bytes: Sequence[int]) -> Layout:
    """The layout for these GPUs; with one GPU or none always (1, 1).

    Weights of unknown size are cut over the largest power of two of GPUs. The smallest of the
    GPUs counts for all.
    """
    count = len(memories_bytes)
    if count < 2:
        return Layout(1, 1)
    most = 1 << (count.bit_length() - 1)
    room = min(memories_bytes) * _WEIGHTS_SHARE
    if weights_bytes is None or not room:
        return Layout(most, 1)
    pieces = 1
    while pieces < most and weights_bytes / pieces > room:
        pieces *= 2
    return Layout(pieces, count // pieces)


def find_gpus() -> list[Gpu]:
    """The GPUs that vLLM may use: NVIDIA's, else AMD's; empty where there is neither tool."""
    nvidia = _run_query(_NVIDIA_QUERY)
    if nvidia:
        return select_visible(read_nvidia_gpus(nvidia), os.environ, ("CUDA_VISIBLE_DEVICES",))
    return select_visible(read_amd_gpus(_run_query(_AMD_QUERY)), os.environ, _AMD_VARIABLES)


def _run_query(command: Sequence[str]) -> str:
    """The tool's output, empty where it is not there or fails: a machine without its driver."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_QUERY_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        logger.info("no GPUs by %s: %s", command[0], error)
        return ""
    return done.stdout if done.returncode == 0 else ""


def read_nvidia_gpus(table: str) -> list[Gpu]:
    """Lines of `index, uuid, MiB` from nvidia-smi; memory that it cannot tell becomes 0."""
    rows = [[cell.strip() for cell in line.split(",")] for line in table.splitlines()]
    return [
        Gpu((index, uuid), int(memory) * _MIB if memory.isdigit() else 0)
        for index, uuid, memory in (row for row in rows if len(row) == 3)
    ]


def read_amd_gpus(text: str) -> list[Gpu]:
    """The cards of rocm-smi's JSON, in its order."""
    try:
        cards: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        return []
    found = [card for card in cards.values() if isinstance(card, dict) and _AMD_MEMORY in card]
    return [Gpu((str(n),), int(card[_AMD_MEMORY])) for n, card in enumerate(found)]


def select_visible(
    gpus: Sequence[Gpu], environment: Mapping[str, str], variables: Sequence[str]
) -> list[Gpu]:
    """The GPUs that the first set variable lists, in its order, up to the first unknown name.

    A UUID may be cut short. A MIG slice is a GPU of unknown memory.
    """
    listed = next((environment[name] for name in variables if name in environment), None)
    if listed is None:
        return list(gpus)
    visible: list[Gpu] = []
    for name in listed.split(","):
        gpu = _find_gpu(gpus, name.strip())
        if gpu is None:
            break
        visible.append(gpu)
    return visible


def _find_gpu(gpus: Sequence[Gpu], name: str) -> Gpu | None:
    if name.startswith("MIG-"):
        return Gpu((name,), 0)
    for gpu in gpus:
        by_uuid = name.startswith("GPU-") and any(known.startswith(name) for known in gpu.names)
        if name in gpu.names or by_uuid:
            return gpu
    return None


def weigh_model(model: str) -> int | None:
    """The size of the weights in bytes: of a local folder, else as the Hub tells it.

    None where neither knows: another layout of files, no network, no access.
    """
    folder = Path(model)
    if folder.is_dir():
        return _sum_weights({path.name: path.stat().st_size for path in folder.iterdir()})
    from huggingface_hub import HfApi  # noqa: PLC0415  # slow import
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # noqa: PLC0415

    try:
        files = HfApi().model_info(model, files_metadata=True, timeout=_HUB_TIMEOUT_S).siblings
    except (OSError, ValueError, httpx.HTTPError) as error:  # httpx's derive from no OSError
        logger.info("the size of %s is not known: %s", model, error)
        return None
    return _sum_weights({file.rfilename: file.size or 0 for file in files or ()})


def _sum_weights(sizes: Mapping[str, int]) -> int | None:
    """The safetensors of the folder itself; `consolidated` ones hold the same weights again."""
    weights = {
        name: size
        for name, size in sizes.items()
        if name.endswith(".safetensors") and "/" not in name
    }
    once = {name: size for name, size in weights.items() if not name.startswith("consolidated")}
    return sum((once or weights).values()) or None
