"""The reasoning parser by a model's name: the families, their base models, local folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from distilabel_pipelines.vllm_reasoning_parsers import choose_reasoning_parser

WEIGHTS = Path(__file__).resolve().parents[1] / "distilabel_pipelines/embedded_model/weights"


@pytest.mark.parametrize(
    ("model", "parser"),
    [
        ("Qwen/Qwen3-8B", "qwen3"),
        ("Qwen/Qwen3-235B-A22B-FP8", "qwen3"),
        ("Qwen/Qwen3-30B-A3B-Thinking-2507", "deepseek_r1"),
        ("Qwen/Qwen3-Next-80B-A3B-Thinking", "deepseek_r1"),
        ("Qwen/Qwen3-VL-8B-Thinking", "deepseek_r1"),
        ("Qwen/Qwen3-30B-A3B-Instruct-2507", None),
        ("Qwen/Qwen3-Coder-30B-A3B-Instruct", None),
        ("Qwen/Qwen3-8B-Base", None),
        ("Qwen/Qwen3-Embedding-8B", None),
        ("Qwen/Qwen3.5-35B-A3B", "qwen3"),
        ("Qwen/QwQ-32B", "deepseek_r1"),
        ("Qwen/Qwen2.5-7B-Instruct", None),
        ("deepseek-ai/DeepSeek-R1", "deepseek_r1"),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "deepseek_r1"),
        ("deepseek-ai/DeepSeek-R1-0528-Qwen3-8B", "deepseek_r1"),
        ("deepseek-ai/DeepSeek-V3.1", "deepseek_v3"),
        ("deepseek-ai/DeepSeek-V3-0324", None),
        ("deepseek-ai/DeepSeek-V3.1-Base", None),
        ("zai-org/GLM-4.5-Air", "glm45"),
        ("zai-org/GLM-4.6-FP8", "glm45"),
        ("zai-org/GLM-4.1V-9B-Thinking", "glm45"),
        ("zai-org/glm-4-9b-chat", None),
        ("openai/gpt-oss-20b", "openai_gptoss"),
        ("ibm-granite/granite-3.2-8b-instruct", "granite"),
        ("ibm-granite/granite-4.0-h-small", None),
        ("tencent/Hunyuan-A13B-Instruct", "hunyuan_a13b"),
        ("MiniMaxAI/MiniMax-M2", "minimax_m2"),
        ("mistralai/Magistral-Small-2509", "mistral"),
        ("mistralai/Mistral-7B-Instruct-v0.3", None),
        ("ByteDance-Seed/Seed-OSS-36B-Instruct", "seed_oss"),
        ("ByteDance-Seed/Seed-OSS-36B-Base", None),
        ("moonshotai/Kimi-K2-Thinking", "kimi_k2"),
        ("moonshotai/Kimi-K2-Instruct", None),
        ("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "nemotron_v3"),
        ("baidu/ERNIE-4.5-21B-A3B-Thinking", "ernie45"),
        ("allenai/Olmo-3-7B-Think", "olmo3"),
        ("somebody/some-model", None),
    ],
)
def test_parser_by_name(model: str, parser: str | None) -> None:
    assert choose_reasoning_parser(model) == parser


def test_a_folder_is_judged_by_its_own_name_and_not_by_those_above(tmp_path: Path) -> None:
    folder = tmp_path / "qwen3-experiments" / "Llama-3.1-8B"
    folder.mkdir(parents=True)
    assert choose_reasoning_parser(str(folder)) is None
    (tmp_path / "QwQ-32B").mkdir()
    assert choose_reasoning_parser(f"{tmp_path}/QwQ-32B/") == "deepseek_r1"


def test_a_snapshot_in_the_hubs_cache_has_its_repositorys_name(tmp_path: Path) -> None:
    folder = tmp_path / "models--openai--gpt-oss-20b" / "snapshots" / "6cee5e81"
    folder.mkdir(parents=True)
    assert choose_reasoning_parser(str(folder)) == "openai_gptoss"


def test_a_folder_whose_name_says_nothing_is_judged_by_what_is_in_it() -> None:
    assert choose_reasoning_parser(str(WEIGHTS)) == "qwen3"
