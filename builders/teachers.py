"""Where a recipe's teachers listen: from their settings to the gateway's.

Sources: vLLM's and DashScope's documentation of their OpenAI-compatible endpoints; Alibaba Cloud
Model Studio, "OpenAI compatible - Chat" (2026-03-02), for the address of each region.
"""

from __future__ import annotations

import logging
import os
import re
import shlex
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from builders.budget import check_budget, parse_budget
from builders.errors import RecipeError, TeacherError
from builders.model_files import find_bundled_gguf, find_gguf, name_gguf, name_model_folder
from builders.price_table import bound_thought_tokens, find_prices
from builders.recipe_sections import BuildRecipe
from builders.teacher_config import Region, TeacherConfig
from distilabel_pipelines.embedded_model.weight_files import BundledModel
from distilabel_pipelines.gateway.handle import new_access_token
from distilabel_pipelines.gateway.settings import (
    BatchSettings,
    EmbeddedSettings,
    GatewaySettings,
    TeacherSettings,
    VllmSettings,
)
from distilabel_pipelines.prices import Price

DASHSCOPE_URLS: dict[Region, str] = {
    "cn": "https://dashscope.aliyuncs.com/compatible-mode/v1",
    "intl": "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    "us": "https://dashscope-us.aliyuncs.com/compatible-mode/v1",
    "hk": "https://cn-hongkong.dashscope.aliyuncs.com/compatible-mode/v1",
}
logger = logging.getLogger("build")
_VARIABLE_NAME = re.compile(r"[A-Z_][A-Z0-9_]*")
_KEY_VARIABLES = {"dashscope": "DASHSCOPE_API_KEY", "vllm": "VLLM_API_KEY", "embedded": ""}
# A ceiling for servers whose window finds its own way below it, and the embedded server's own size.
_CONCURRENCY = {"embedded": 16, "vllm": 64, "dashscope": 64}
# Tokens of a request and its reply together; the bundled models are trained on no longer ones.
BUNDLED_CONTEXT_TOKENS = 4096
_OTHER_CONTEXT = 8192
_OTHER_PARALLEL = 4


class Use(NamedTuple):
    """What a teacher is used for: the model that is bundled for it, how it thinks, and the prefix
    of its variables in messages."""

    prefix: str
    bundled_model: BundledModel
    thinking: bool
    thinking_budget: int | None
    price_table: Path | None


def plan_gateway(
    recipe: BuildRecipe, responses: Path, *, admission_limit: int | None = 0
) -> GatewaySettings:
    """The gateway's settings; finds or fetches the embedded model's file.

    `admission_limit` is how many requests to the teacher are let go before anybody raises it; None
    lets all of them go.

    Raises RecipeError for settings that cannot work together and TeacherError where a key or a
    model file is missing.
    """
    sampling, judge = recipe.sampling, recipe.judge
    table = Path(recipe.budget.prices) if recipe.budget.prices else None
    bundled = recipe.bundled_model
    use = Use("", bundled, sampling.thinking, sampling.thinking_budget, table)
    teacher_settings = plan_teacher(recipe.teacher, use, admission_limit=admission_limit)
    judge_settings = None
    if judge.enabled:
        judge_settings = plan_teacher(judge, Use("JUDGE_", bundled, judge.thinking, None, table))
    budget = parse_budget(recipe.budget.limit) if recipe.budget.limit else None
    if budget is not None:
        check_budget(budget, teacher_settings, judge_settings)
    return GatewaySettings(
        journal_dir=str(responses.resolve()),
        access_token=new_access_token(),
        teacher=teacher_settings,
        judge=judge_settings,
        budget=budget,
    )


def plan_teacher(
    teacher: TeacherConfig, use: Use, *, admission_limit: int | None = None
) -> TeacherSettings:
    """One teacher's settings; raises as `plan_gateway` does."""
    place = _plan_place(teacher, use)
    started = teacher.starts_vllm
    return TeacherSettings(
        **place._asdict(),
        api_key_env=_choose_key_variable(teacher, use.prefix) or None,
        dialect="dashscope" if teacher.llm == "dashscope" else "openai",
        concurrency=_choose_concurrency(teacher),
        adaptive=teacher.adaptive and teacher.llm != "embedded",
        stream=_choose_stream(teacher),
        send_seed=teacher.send_seed,
        batch=BatchSettings(fallback=teacher.batch_fallback) if teacher.batch else None,
        prices=_find_prices(teacher, place.model, use),
        thought_tokens=_bound_thought(teacher, use),
        max_attempts=teacher.max_attempts,
        first_answer_wait_s=teacher.server_start_wait_s if started else teacher.first_answer_wait_s,
        outage_wait_s=teacher.outage_wait_s,
        idle_timeout_s=teacher.idle_timeout_s,
        admission_limit=admission_limit,
    )


class _Place(NamedTuple):
    """Where a teacher is or how it is started, and the model's name in requests."""

    base_urls: tuple[str, ...]
    embedded: EmbeddedSettings | None
    vllm: VllmSettings | None
    model: str


def _plan_place(teacher: TeacherConfig, use: Use) -> _Place:
    if teacher.llm == "embedded":
        embedded = _plan_embedded(teacher, use.bundled_model)
        return _Place((), embedded, None, name_gguf(Path(embedded.model_path)))
    if teacher.starts_vllm:
        vllm = _plan_vllm(teacher, use.prefix)
        return _Place((), None, vllm, _name_vllm(teacher.model))
    return _Place(_choose_urls(teacher, use.prefix), None, None, teacher.model)


def _find_prices(teacher: TeacherConfig, model: str, use: Use) -> tuple[Price, ...]:
    """The bundled table is DashScope's; a user's own holds for any teacher."""
    found = find_prices(
        model,
        region=teacher.region,
        thinking=bool(teacher.extra_body.get("enable_thinking", use.thinking)),
        extra_table=use.price_table,
        bundled=teacher.llm == "dashscope",
    )
    if use.price_table is not None and not found:
        named = f"{use.prefix}MODEL={model}" if model else f"an empty {use.prefix}MODEL: name it"
        logger.warning("warning: PRICES has no price for %s; its cost is unknown", named)
    return found


def _choose_stream(teacher: TeacherConfig) -> bool:
    """A stream shows life; some models of DashScope refuse to think without one."""
    return True if teacher.stream is None else teacher.stream


def _bound_thought(teacher: TeacherConfig, use: Use) -> int:
    """What may come beyond `max_tokens`, which bounds the answer alone at DashScope."""
    if teacher.llm != "dashscope" or teacher.max_tokens_field == "max_completion_tokens":
        return 0
    thinks = bool(teacher.extra_body.get("enable_thinking", use.thinking))
    budget = teacher.extra_body.get("thinking_budget", use.thinking_budget)
    return bound_thought_tokens(teacher.model, thinking=thinks, thinking_budget=budget)


def _choose_urls(teacher: TeacherConfig, prefix: str) -> tuple[str, ...]:
    for url in teacher.base_urls:
        if "@" in urlsplit(url).netloc:
            # The value is not repeated: it holds a password.
            raise RecipeError(
                f"{prefix}BASE_URL holds a login; give the key in a variable that "
                f"{prefix}API_KEY_ENV names instead"
            )
        if not url.lower().startswith(("http://", "https://")):
            raise RecipeError(
                f"{prefix}BASE_URL={url} must begin with http:// or https://, as in "
                "http://127.0.0.1:8000"
            )
    return teacher.base_urls or (DASHSCOPE_URLS[teacher.region],)


def _plan_vllm(teacher: TeacherConfig, prefix: str) -> VllmSettings:
    if not teacher.model:
        raise RecipeError(
            f"{prefix}LLM=vllm needs {prefix}MODEL=, a model to start `vllm serve` with, as in "
            f"{prefix}MODEL=Qwen/Qwen3-8B, or {prefix}BASE_URL=, the address of a running server"
        )
    try:
        arguments = shlex.split(teacher.vllm_args)
    except ValueError as error:
        raise RecipeError(f"VLLM_ARGS={teacher.vllm_args} is no list of flags: {error}") from error
    folder = Path(teacher.model).expanduser()
    model = str(folder.resolve()) if folder.is_dir() else teacher.model
    return VllmSettings(model=model, arguments=tuple(arguments))


def _name_vllm(model: str) -> str:
    """The served name: a Hub id as it is; of a local folder no path, but its name and digest."""
    folder = Path(model).expanduser()
    return name_model_folder(folder) if folder.is_dir() else model


def _choose_key_variable(teacher: TeacherConfig, prefix: str) -> str:
    """The variable that holds the key; a named one must be set, and DashScope's own too."""
    if teacher.api_key_env and not teacher.api_key_env.isidentifier():
        # The value is not repeated: somebody may have put the key itself here.
        raise RecipeError(
            f"{prefix}API_KEY_ENV takes the name of the variable that holds the key, not the key "
            "itself"
        )
    name = teacher.api_key_env or _KEY_VARIABLES[teacher.llm]
    required = bool(teacher.api_key_env) or (teacher.llm == "dashscope" and not teacher.base_url)
    key = os.environ.get(name, "").strip()
    if not key.isprintable():
        raise TeacherError(f"the key in {name} holds a line break or control character")
    if required and not key:
        shown = name if _VARIABLE_NAME.fullmatch(name) else f"that {prefix}API_KEY_ENV names"
        raise TeacherError(f"the environment variable {shown} is not set; it must hold the API key")
    return name


def _choose_concurrency(teacher: TeacherConfig) -> int:
    if teacher.concurrency is not None:
        return teacher.concurrency
    if teacher.llm == "embedded" and teacher.model:
        return _OTHER_PARALLEL
    return _CONCURRENCY[teacher.llm]


def _plan_embedded(teacher: TeacherConfig, bundled_model: BundledModel) -> EmbeddedSettings:
    """A bundled model on one thread (two were slower), any other GGUF on all cores."""
    bundled = teacher.is_bundled
    path = find_bundled_gguf(bundled_model) if bundled else find_gguf(teacher.model)
    return EmbeddedSettings(
        model_path=str(path.resolve()),
        parallel=_choose_concurrency(teacher),
        context_tokens=BUNDLED_CONTEXT_TOKENS if bundled else _OTHER_CONTEXT,
        threads=1 if bundled else os.cpu_count() or 1,
    )
