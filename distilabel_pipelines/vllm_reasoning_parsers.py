"""Which of vLLM's reasoning parsers a model needs, by its name.

Sources: vLLM's documentation, "Reasoning Outputs"; the registry `vllm/reasoning/__init__.py` of
0.32; the models' own cards. A wrong parser loses answers (with `qwen3` a model that never thinks
puts its whole reply into the thought), a missing one loses nothing: the thought then stays in the
text, between its tags, and is split off later. So what is not known for certain gets none.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson

# The first expression that is found in the model's name, in small letters, decides.
_PARSERS: tuple[tuple[str, str | None], ...] = (
    (r"-base\b|[-_](embedding|reranker|reward|guard|prm)\b", None),
    # Distilled models carry the name of what they were made from as well: first of all.
    (r"deepseek-r1", "deepseek_r1"),
    (r"deepseek-v3\.[12]", "deepseek_v3"),
    (r"deepseek-v4\.1", "deepseek_v41"),
    (r"deepseek-v4", "deepseek_v4"),
    (r"qwq", "deepseek_r1"),
    # These begin in the thought: their template, not they, write the opening tag, which older
    # `qwen3` parsers miss.
    (r"qwen3.*-thinking", "deepseek_r1"),
    (r"qwen3.*-(instruct|coder|captioner|asr|tts)|qwen3-(coder|omni|vl)", None),
    (r"qwen-?3", "qwen3"),
    (r"gpt-oss", "openai_gptoss"),
    (r"glm-(4\.1v-\d+b-thinking|4\.[5-9]|[5-9])", "glm45"),
    (r"kimi-k2-thinking|kimi-k2\.\d", "kimi_k2"),
    (r"kimi-k3", "kimi_k3"),
    # Not `minimax_m2_append_think`, which leaves the thought in the text.
    (r"minimax-m2", "minimax_m2"),
    (r"minimax-m3", "minimax_m3"),
    (r"magistral", "mistral"),
    (r"nemotron-(3|v3)\b", "nemotron_v3"),
    (r"seed-oss", "seed_oss"),
    (r"granite-3\.[23]", "granite"),
    (r"granite-4\.2.*thinking", "granite_thinking_parser"),
    (r"hunyuan-a13b", "hunyuan_a13b"),
    (r"ernie-4\.5-(vl|.*thinking)", "ernie45"),
    (r"olmo-3(\.\d)?-.*think", "olmo3"),
    (r"step-?3[.p]5", "step3p5"),
    (r"step-?3\b", "step3"),
    (r"mimo-v2", "mimo"),
    (r"gemma-4-.*-it\b", "gemma4"),
    (r"holo2", "holo2"),
    (r"command-a-reasoning", "cohere_command3"),
    (r"command-a-plus", "cohere_command4"),
)
_HUB_CACHE_FOLDER = "models--"
_HYBRID_QWEN3 = ("qwen3", "qwen3_moe", "qwen3_next")


def choose_reasoning_parser(model: str) -> str | None:
    """The parser's name, or None for base models, models that do not think and unknown ones.

    `model` is a Hub id or a local folder. A folder whose name says nothing is judged by its own
    `config.json` and chat template: Qwen3's architecture with Qwen3's switch for the thought.
    """
    for name in _list_names(model):
        for pattern, parser in _PARSERS:
            if re.search(pattern, name):
                return parser
    return _read_parser(Path(model))


def _list_names(model: str) -> list[str]:
    """The name's last part; of a snapshot in the Hub's cache the repository's name."""
    path = Path(model)
    if not path.is_dir():
        return [model.rstrip("/").rpartition("/")[2].lower()]
    parts = path.resolve().parts
    cached = [part.rpartition("--")[2] for part in parts if part.startswith(_HUB_CACHE_FOLDER)]
    return [name.lower() for name in (*cached[-1:], parts[-1])]


def _read_parser(folder: Path) -> str | None:
    try:
        config: Any = orjson.loads((folder / "config.json").read_bytes())
        template = (folder / "chat_template.jinja").read_text(encoding="utf-8")
    except (OSError, ValueError):  # a Hub id, or an older layout
        return None
    hybrid = isinstance(config, dict) and config.get("model_type") in _HYBRID_QWEN3
    return "qwen3" if hybrid and "enable_thinking" in template and "<think>" in template else None
