"""Models of the fake DashScope: who thinks, when, how long, and which limit bounds what.

From the documentation of Alibaba Cloud Model Studio (Bailian), in our own words:

- Deep thinking, https://www.alibabacloud.com/help/en/model-studio/deep-thinking (18 June 2026):
  hybrid models think as `enable_thinking` says, commercial ones before Qwen3.5 only when asked,
  open Qwen3 and everything from Qwen3.5 on unless forbidden; thinking-only models always do. The
  open Qwen3 models think only in a stream. `thinking_budget` bounds the thought and acts only
  while the model thinks; its default and upper bound is the model's longest chain of thought (with
  Qwen3.8 the default is 131,072). The thought is billed as output.
- Chat reference, https://help.aliyun.com/zh/model-studio/qwen-api-via-openai-chat-completions (a
  copy that lists Qwen3.8, so of autumn 2026): `max_tokens` (to be retired) bounds the answer alone,
  not the thought, except with DeepSeek-V4 and GLM-5.3 (both together) and GLM-5.2 (both unless
  `thinking_budget` is given). `max_completion_tokens` bounds thought and answer together, for
  Qwen3.7-Max, Qwen3.5-Plus and Qwen3.5-Flash and later, with an error of up to ten tokens.
- Batch, https://www.alibabacloud.com/help/en/model-studio/batch-interfaces-compatible-with-openai
  (26 June 2026): which models take batches; `batch-test-model` has an address of its own.

Longest thoughts and outputs follow the model pages; tests make smaller ones of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

TEST_MODEL = "batch-test-model"


class Thinking(StrEnum):
    """When a model thinks."""

    NEVER = "never"
    IF_ASKED = "if_asked"  # enable_thinking defaults to false
    UNLESS_FORBIDDEN = "unless_forbidden"  # enable_thinking defaults to true
    ALWAYS = "always"  # enable_thinking=false is refused


@dataclass(frozen=True)
class ModelCard:
    """One model; lengths in tokens. `thinks_only_in_stream` refuses a plain request that thinks;
    `max_tokens_bounds_thought` is DeepSeek-V4's meaning of `max_tokens`.
    """

    name: str
    thinking: Thinking = Thinking.IF_ASKED
    thinks_only_in_stream: bool = False
    takes_completion_limit: bool = False
    max_tokens_bounds_thought: bool = False
    in_batch: bool = False
    max_input: int = 129_024
    max_output: int = 32_768
    max_thought: int = 81_920
    default_budget: int | None = None


QWEN_PLUS = ModelCard("qwen-plus", in_batch=True)
QWEN_MAX = ModelCard("qwen-max", Thinking.NEVER, in_batch=True, max_output=8_192)
QWEN_NEW_PLUS = ModelCard(
    "qwen3.7-plus",
    Thinking.UNLESS_FORBIDDEN,
    takes_completion_limit=True,
    in_batch=True,
    max_input=991_808,
    max_output=131_072,
    max_thought=262_144,
)
QWEN_NEW_MAX = ModelCard(
    "qwen3.8-max",
    Thinking.UNLESS_FORBIDDEN,
    takes_completion_limit=True,
    max_output=131_072,
    max_thought=262_144,
    default_budget=131_072,
)
QWEN_OPEN = ModelCard(
    "qwen3-32b", Thinking.UNLESS_FORBIDDEN, thinks_only_in_stream=True, max_thought=38_912
)
QWEN_OPEN_THINKING = ModelCard(
    "qwen3-235b-a22b-thinking-2507", Thinking.ALWAYS, thinks_only_in_stream=True
)
QWQ_PLUS = ModelCard(
    "qwq-plus", Thinking.ALWAYS, thinks_only_in_stream=True, in_batch=True, max_thought=32_768
)
DEEPSEEK_R1 = ModelCard("deepseek-r1", Thinking.ALWAYS, in_batch=True, max_thought=32_768)
DEEPSEEK_V4 = ModelCard(
    "deepseek-v4-pro",
    Thinking.UNLESS_FORBIDDEN,
    takes_completion_limit=True,
    max_tokens_bounds_thought=True,
)

CATALOGUE = (
    QWEN_PLUS,
    QWEN_MAX,
    QWEN_NEW_PLUS,
    QWEN_NEW_MAX,
    QWEN_OPEN,
    QWEN_OPEN_THINKING,
    QWQ_PLUS,
    DEEPSEEK_R1,
    DEEPSEEK_V4,
    ModelCard(TEST_MODEL, Thinking.NEVER, in_batch=True),
)
