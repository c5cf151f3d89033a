"""What a teacher is sent beside the question, in its own dialect, and how the card names it.

Sources: Qwen3's and vLLM's documentation of `chat_template_kwargs.enable_thinking`; Alibaba Cloud
Model Studio's "Deep thinking" page for `enable_thinking` and `thinking_budget`.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from builders.judged import TeacherFacts
from builders.recipe import Recipe
from builders.recipe_sections import BuildRecipe
from builders.teacher_config import TeacherConfig
from distilabel_pipelines.reasoning import (
    read_completion_prompts,
    read_completion_stops,
    read_system_prompts,
)

_MAX_TOKENS = {"embedded": 1536, "vllm": 16384, "dashscope": 16384}


def choose_max_tokens(recipe: Recipe) -> int:
    """MAX_TOKENS, or a default generous enough for the teacher's thoughts."""
    return recipe.sampling.max_tokens or _MAX_TOKENS[recipe.teacher.llm]


def choose_generation_kwargs(recipe: Recipe) -> dict[str, Any]:
    """What `TeacherLLM.agenerate` is given for a question."""
    sampling, stop = recipe.sampling, list(recipe.sampling.stop)
    if recipe.teacher.api == "completions":
        stop = [*read_completion_stops(), *stop]
    return write_generation_kwargs(
        recipe, temperature=sampling.temperature, max_tokens=choose_max_tokens(recipe), stop=stop
    )


def write_generation_kwargs(
    recipe: BuildRecipe, *, temperature: float, max_tokens: int, stop: Sequence[str]
) -> dict[str, Any]:
    """What `TeacherLLM.agenerate` is given; thinking switches in the teacher's own dialect."""
    sampling, teacher = recipe.sampling, recipe.teacher
    extra = choose_extra_body(teacher, thinking=sampling.thinking)
    plain = teacher.max_tokens_field == "max_tokens"
    if not plain:
        extra.setdefault(teacher.max_tokens_field, max_tokens)
    if sampling.thinking_budget is not None:
        extra.setdefault("thinking_budget", sampling.thinking_budget)
    return {
        "max_new_tokens": max_tokens if plain else None,
        "temperature": temperature,
        "top_p": sampling.top_p,
        "stop": list(stop) or None,
        "extra_body": extra,
    }


def choose_extra_body(teacher: TeacherConfig, *, thinking: bool) -> dict[str, Any]:
    """Further fields of every request; the recipe's own win over ours."""
    extra: dict[str, Any] = {}
    if teacher.llm == "dashscope":
        extra["enable_thinking"] = thinking
    elif teacher.api == "chat":
        extra["chat_template_kwargs"] = {"enable_thinking": thinking}
    if teacher.chat_template_kwargs:
        given = extra.get("chat_template_kwargs", {})
        extra["chat_template_kwargs"] = {**given, **teacher.chat_template_kwargs}
    return {**extra, **teacher.extra_body}


def describe_teacher(recipe: Recipe, model: str) -> TeacherFacts:
    """What the manifest and card say of the teacher; `model` is its name in the requests."""
    sampling, teacher = recipe.sampling, recipe.teacher
    chat = teacher.api == "chat"
    prompts = read_system_prompts() if chat else {}
    thinking = sampling.thinking
    return TeacherFacts(
        llm=teacher.llm,
        model=model,
        weights=tell_weights(teacher, model),
        started=teacher.starts_vllm,
        api=teacher.api,
        revision=tell_revision(teacher),
        sampling=_describe_sampling(recipe),
        stop=choose_generation_kwargs(recipe)["stop"] or [],
        system_prompts={str(language): text for language, text in prompts.items()},
        completion_prompts={} if chat else read_completion_prompts(thinking=thinking),
    )


def tell_weights(teacher: TeacherConfig, model: str) -> Literal["bundled", "local", "named"]:
    """A GGUF file, or a folder that vLLM was started from, has another name than MODEL gave."""
    if teacher.llm == "embedded":
        return "local" if teacher.model else "bundled"
    return "local" if teacher.starts_vllm and model != teacher.model else "named"


def tell_revision(teacher: TeacherConfig) -> str | None:
    """The revision that VLLM_ARGS asks for: a branch, a tag or a commit of the model's repository.

    Servers tell no revision of what they serve, so that nothing else is known.
    """
    arguments = shlex.split(teacher.vllm_args)
    for place, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--revision":
            return value or next(iter(arguments[place + 1 :]), None)
    return None


def _describe_sampling(recipe: Recipe) -> dict[str, float | int | str | bool | None]:
    """The fields of the requests, those of `extra_body` included; None for one that is not sent."""
    sampling = recipe.sampling
    extra = choose_generation_kwargs(recipe)["extra_body"]
    return {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": choose_max_tokens(recipe),
        "thinking": sampling.thinking,
        "thinking_budget": sampling.thinking_budget,
        "seed": sampling.seed if recipe.teacher.send_seed else None,
        "samples": sampling.samples,
        **flatten_fields(extra),
    }


def flatten_fields(fields: Mapping[str, Any]) -> dict[str, float | int | str | bool | None]:
    """Fields of a request for a table: objects and lists as JSON."""
    return {
        name: json.dumps(value, sort_keys=True) if isinstance(value, (dict, list)) else value
        for name, value in fields.items()
    }
