"""What a teacher is sent beside a pretraining build's prompts, and how the card names it."""

from __future__ import annotations

from typing import Any

from builders.pretraining.outcome import PretrainingTeacherFacts
from builders.pretraining.recipe import PretrainingRecipe
from builders.teacher_requests import (
    flatten_fields,
    tell_revision,
    tell_weights,
    write_generation_kwargs,
)
from distilabel_pipelines.pretraining_prompts import COMPLETION_STOPS, read_templates

# A text of one to two thousand words; the embedded model writes short ones.
_TEXT_TOKENS = {"embedded": 640, "vllm": 4096, "dashscope": 4096}
# vLLM bounds thought and text together, the others' thoughts have bounds of their own.
_THOUGHT_TOKENS = {"embedded": 0, "vllm": 12288, "dashscope": 0}


def choose_text_tokens(recipe: PretrainingRecipe) -> int:
    """MAX_TOKENS, or a default long enough for a whole text (and vLLM's thought before it)."""
    llm = recipe.teacher.llm
    thought = _THOUGHT_TOKENS[llm] if recipe.sampling.thinking else 0
    return recipe.sampling.max_tokens or _TEXT_TOKENS[llm] + thought


def choose_writing_kwargs(recipe: PretrainingRecipe) -> dict[str, Any]:
    """What `TeacherLLM.agenerate` is given for a prompt."""
    sampling, stop = recipe.sampling, list(recipe.sampling.stop)
    if recipe.teacher.api == "completions":
        stop = [*COMPLETION_STOPS.values(), *stop]
    return write_generation_kwargs(
        recipe, temperature=sampling.temperature, max_tokens=choose_text_tokens(recipe), stop=stop
    )


def describe_writer(recipe: PretrainingRecipe, model: str) -> PretrainingTeacherFacts:
    """What the manifest and card say of the teacher; `model` is its name in the requests."""
    teacher, kwargs = recipe.teacher, choose_writing_kwargs(recipe)
    return PretrainingTeacherFacts(
        llm=teacher.llm,
        model=model,
        weights=tell_weights(teacher, model),
        started=teacher.starts_vllm,
        api=teacher.api,
        revision=tell_revision(teacher),
        settings=_describe_settings(recipe, kwargs["extra_body"]),
        stop=kwargs["stop"] or [],
        prompts=read_templates(),
    )


def _describe_settings(
    recipe: PretrainingRecipe, extra: dict[str, Any]
) -> dict[str, float | int | str | bool | None]:
    """The fields of the requests, those of `extra_body` included; None for one that is not sent."""
    sampling = recipe.sampling
    return {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": choose_text_tokens(recipe),
        "thinking": sampling.thinking,
        "thinking_budget": sampling.thinking_budget,
        "seed": sampling.seed if recipe.teacher.send_seed else None,
        "samples": sampling.samples,
        "continuations": sampling.continuations,
        **flatten_fields(extra),
    }
