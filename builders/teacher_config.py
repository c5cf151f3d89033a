"""The recipe's sections about teachers and money: `[teacher]`, `[judge]` and `[budget]`.

Keys are named by environment variable (`api_key_env`) and never stand here.
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from distilabel_pipelines.wire import Api

Llm = Literal["embedded", "vllm", "dashscope"]
Region = Literal["cn", "intl", "us", "hk"]


_OWN_FIELDS = frozenset(
    {
        "model",
        "messages",
        "prompt",
        "max_tokens",
        "temperature",
        "top_p",
        "stop",
        "seed",
        "n",
        "stream",
    }
)
_FREE_OF_A_JUDGE = frozenset({"temperature", "top_p", "stop", "seed", "max_tokens"})


class TeacherConfig(BaseModel):
    """Who generates, and how to speak to it.

    An empty `model` takes the only one that the server lists. `base_url` may list several servers
    of the same model, separated by commas; without one, `llm = "vllm"` starts `vllm serve` with
    `vllm_args`. `concurrency` is the most requests in flight at each server, None the teacher's own
    default; `adaptive` finds out how many it takes below that. `opening_tag_in_prompt` is for
    servers without a reasoning parser whose chat template puts `<think>` into the prompt
    (Qwen3-2507 thinking models, DeepSeek-R1). `max_tokens_field` is the
    name under which MAX_TOKENS is sent: newer models of DashScope and OpenAI take
    `max_completion_tokens`, which bounds thought and answer together. `chat_template_kwargs` and
    `extra_body` go into every request as they are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    llm: Llm = "embedded"
    model: str = ""
    base_url: str = ""
    region: Region = "cn"
    api: Api = "chat"
    api_key_env: str = ""
    vllm_args: str = ""
    concurrency: int | None = Field(default=None, ge=1, le=10_000)
    adaptive: bool = True
    batch: bool = Field(default=False, strict=True)
    batch_fallback: Literal["live", "reject"] = "live"
    stream: bool | None = None
    opening_tag_in_prompt: bool = False
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    chat_template_kwargs: dict[str, Any] = Field(default_factory=dict)
    extra_body: dict[str, Any] = Field(default_factory=dict)
    send_seed: bool = True
    max_attempts: int = Field(default=10, ge=1)
    first_answer_wait_s: float = Field(default=60.0, ge=0, allow_inf_nan=False)
    server_start_wait_s: float = Field(default=3600.0, ge=0, allow_inf_nan=False)
    outage_wait_s: float = Field(default=1800.0, ge=0, allow_inf_nan=False)
    idle_timeout_s: float = Field(default=600.0, gt=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _settings_fit_the_teacher(self) -> Self:
        if self.llm == "embedded" and (self.base_url or self.api_key_env):
            raise ValueError(
                "BASE_URL and API_KEY_ENV belong to a server: add LLM=vllm or LLM=dashscope"
            )
        if self.vllm_args and (self.llm != "vllm" or self.base_url):
            raise ValueError(
                "VLLM_ARGS are flags of a server that is started for you: they go with LLM=vllm "
                "without BASE_URL"
            )
        if self.base_url and not self.base_urls:
            raise ValueError(f"BASE_URL={self.base_url!r} holds no address")
        if self.region != "cn" and self.llm != "dashscope":
            raise ValueError(f"REGION={self.region} is understood by LLM=dashscope only")
        own = _OWN_FIELDS if type(self) is TeacherConfig else _OWN_FIELDS - _FREE_OF_A_JUDGE
        taken = sorted(own & self.extra_body.keys())
        if taken:
            raise ValueError(
                f"extra_body may not hold {', '.join(taken)}: they have settings of their own, "
                "and n is 1 (SAMPLES asks several times)"
            )
        if self.batch and not (self.base_url or self.llm == "dashscope"):
            raise ValueError(
                "BATCH=1 needs an endpoint with a Batches API: LLM=dashscope, or LLM=vllm with the "
                "BASE_URL of one"
            )
        if self.batch and "," in self.base_url:
            raise ValueError("BATCH=1 takes one BASE_URL: a batch lives at one endpoint")
        return self

    @property
    def is_bundled(self) -> bool:
        """Whether the model of this repository answers."""
        return self.llm == "embedded" and not self.model

    @property
    def starts_vllm(self) -> bool:
        """Whether `vllm serve` is started for the user."""
        return self.llm == "vllm" and not self.base_url

    @property
    def base_urls(self) -> tuple[str, ...]:
        """The addresses given, each once."""
        given = (url.strip() for url in self.base_url.split(","))
        return tuple(dict.fromkeys(url for url in given if url))


class JudgeConfig(TeacherConfig):
    """The second teacher: a word on rows that no rule could verify, or on every instruction row.

    Off where `enabled` is False, that is, without JUDGE_LLM. Only with `accepts` does its word
    change which rows are published: `incorrect` rejects a row that passed, and in a reasoning build
    `correct` lets one pass that was refuted by rule. `max_tokens` None: 1024, or 8192 for one that
    thinks.
    """

    enabled: bool = False
    accepts: bool = Field(default=False, strict=True)
    max_tokens: int | None = Field(default=None, ge=16)
    thinking: bool = Field(default=False, strict=True)

    @model_validator(mode="after")
    def _can_judge(self) -> Self:
        if not self.enabled:
            return self
        if self.is_bundled:
            raise ValueError(
                "JUDGE_LLM=embedded: the bundled model cannot judge; name a GGUF file or Hub file "
                "with JUDGE_MODEL"
            )
        if self.batch or self.api != "chat":
            raise ValueError("the judge is asked by chat, request by request")
        return self

    @property
    def reply_tokens(self) -> int:
        """The most tokens of one of its replies."""
        return self.max_tokens or (8192 if self.thinking else 1024)


class BudgetConfig(BaseModel):
    """What may be spent: `limit` as in `5USD`, `30CNY` or `2Mtok`, "" for no cap.

    `prices` names a price table (TOML) of the user's own. `package_partial` packages what is there
    when the run is stopped in the middle, by its budget or anything else.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: str = ""
    prices: str = ""
    package_partial: bool = Field(default=False, strict=True)
