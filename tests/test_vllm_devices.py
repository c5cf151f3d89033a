"""GPUs found and laid out: copies where one GPU holds the model, pieces where it does not."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from distilabel_pipelines.vllm_devices import (
    Gpu,
    choose_layout,
    read_amd_gpus,
    read_nvidia_gpus,
    select_visible,
    weigh_model,
)

GB = 10**9
TABLE = "0, GPU-aa11, 81559\n1, GPU-bb22, 81559\n2, GPU-cc33, [N/A]\n"


@pytest.mark.parametrize(
    ("weights_gb", "gpus", "expected"),
    [
        (16, 0, (1, 1)),
        (16, 1, (1, 1)),
        (16, 8, (1, 8)),  # a copy on each
        (16, 3, (1, 3)),
        (65, 8, (2, 4)),
        (65, 7, (2, 3)),
        (470, 8, (8, 1)),  # fits nowhere: as thin as it goes, vLLM says the rest
        (48, 2, (1, 2)),  # 60% of 80 GB exactly
        (49, 2, (2, 1)),
    ],
)
def test_layout_by_weight(weights_gb: int, gpus: int, expected: tuple[int, int]) -> None:
    assert choose_layout(weights_gb * GB, [80 * GB] * gpus) == expected


def test_weights_of_unknown_size_take_the_largest_power_of_two() -> None:
    assert choose_layout(None, [80 * GB] * 6) == (4, 1)
    assert choose_layout(16 * GB, [80 * GB, 0]) == (2, 1)  # memory unknown


def test_the_smallest_gpu_counts_for_all() -> None:
    assert choose_layout(40 * GB, [80 * GB, 40 * GB]) == (2, 1)


def test_the_tables_of_both_tools() -> None:
    gpus = read_nvidia_gpus(TABLE)
    assert gpus[0] == Gpu(("0", "GPU-aa11"), 81559 * 2**20)
    assert gpus[2].memory_bytes == 0
    assert read_nvidia_gpus("No devices were found\n") == []
    cards = {"card0": {"VRAM Total Memory (B)": "68702699520"}, "system": {"Driver": "6.1"}}
    assert read_amd_gpus(orjson.dumps(cards).decode()) == [Gpu(("0",), 68702699520)]
    assert read_amd_gpus("") == []


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        (None, ["0", "1", "2"]),
        ("", []),
        ("-1", []),
        ("2,0", ["2", "0"]),
        ("1,9,0", ["1"]),  # CUDA stops at the first that is none
        ("GPU-bb", ["1"]),
        ("MIG-4f2c", ["MIG-4f2c"]),
    ],
)
def test_the_environment_chooses_among_them(visible: str | None, expected: list[str]) -> None:
    environment = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    chosen = select_visible(read_nvidia_gpus(TABLE), environment, ("CUDA_VISIBLE_DEVICES",))
    assert [gpu.names[0] for gpu in chosen] == expected


def test_a_folder_weighs_its_safetensors_once(tmp_path: Path) -> None:
    assert weigh_model(str(tmp_path)) is None
    for name, size in {"model-1.safetensors": 30, "model-2.safetensors": 12, "x.gguf": 99}.items():
        (tmp_path / name).write_bytes(b"0" * size)
    assert weigh_model(str(tmp_path)) == 42
    (tmp_path / "consolidated.safetensors").write_bytes(b"0" * 42)
    assert weigh_model(str(tmp_path)) == 42


def test_without_a_network_the_weight_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    assert weigh_model("somebody/some-model") is None
