"""What a teacher is sent beside an instruction build's prompts, step by step.

Temperatures and stop sequences follow Self-Instruct (arXiv:2212.10560) and Stanford Alpaca (Taori
et al. 2023): lists are drawn with variety, a classification is asked at 0.
"""

from __future__ import annotations

import json
from typing import Any

from builders.instruction_outcome import InstructionTeacherFacts
from builders.instruction_recipe import InstructionRecipe
from builders.teacher_requests import (
    flatten_fields,
    tell_revision,
    tell_weights,
    write_generation_kwargs,
)
from distilabel_pipelines.instruction_prompts import (
    NEXT_TASK,
    PromptName,
    choose_list_stops,
    read_templates,
)

# Lists of up to 20 tasks; the embedded model's context holds prompt and reply together.
_LIST_TOKENS = {"embedded": 1024, "vllm": 3072, "dashscope": 3072}
_INSTANCE_TOKENS = {"embedded": 512, "vllm": 2048, "dashscope": 2048}
_CLASSIFICATION_TOKENS = 256  # the answer is a word; some models explain it
_LISTS: frozenset[PromptName] = frozenset({"tasks", "instructions"})
_BLANK_LINE = "\n\n"


def choose_step_kwargs(recipe: InstructionRecipe, step: PromptName) -> dict[str, Any]:
    """What `TeacherLLM.agenerate` is given for a request of this step."""
    return write_generation_kwargs(
        recipe,
        temperature=_choose_temperature(recipe, step),
        max_tokens=choose_step_tokens(recipe, step),
        stop=_choose_stops(recipe, step),
    )


def choose_step_tokens(recipe: InstructionRecipe, step: PromptName) -> int:
    """MAX_TOKENS, or a default by step and teacher; of a classification 256 at most."""
    given, llm = recipe.sampling.max_tokens, recipe.teacher.llm
    if step in _LISTS:
        return given or _LIST_TOKENS[llm]
    if step == "classification":
        return min(given or _LIST_TOKENS[llm], _CLASSIFICATION_TOKENS)
    return given or _INSTANCE_TOKENS[llm]


def list_step_tokens(recipe: InstructionRecipe) -> dict[PromptName, int]:
    """The resolved token limit of each step of the recipe's method."""
    return {step: choose_step_tokens(recipe, step) for step in recipe.steps}


def describe_instruction_teacher(recipe: InstructionRecipe, model: str) -> InstructionTeacherFacts:
    """What the manifest and card say of the teacher; `model` is its name in the requests."""
    teacher = recipe.teacher
    return InstructionTeacherFacts(
        llm=teacher.llm,
        model=model,
        weights=tell_weights(teacher, model),
        started=teacher.starts_vllm,
        api=teacher.api,
        revision=tell_revision(teacher),
        settings={step: _describe_step(recipe, step) for step in recipe.steps},
        prompts=read_templates(recipe.steps),
    )


def _describe_step(
    recipe: InstructionRecipe, step: PromptName
) -> dict[str, float | int | str | bool | None]:
    """The fields of the step's requests; None for a seed that is not sent."""
    kwargs = choose_step_kwargs(recipe, step)
    return {
        "temperature": kwargs["temperature"],
        "top_p": kwargs["top_p"],
        "max_tokens": choose_step_tokens(recipe, step),
        "seed": recipe.sampling.seed if recipe.teacher.send_seed else None,
        "stop": json.dumps(kwargs["stop"], ensure_ascii=False),
        **flatten_fields(kwargs["extra_body"]),
    }


def _choose_temperature(recipe: InstructionRecipe, step: PromptName) -> float:
    if step == "classification":
        return 0.0
    sampling = recipe.sampling
    return sampling.temperature if step in _LISTS else sampling.instance_temperature


def _choose_stops(recipe: InstructionRecipe, step: PromptName) -> list[str]:
    """Where the prompt's form ends, then the recipe's own; four of ours at most, OpenAI's limit.

    A base model goes on after its answer, and a blank line is where that is over. A chat model
    ends its turn itself, and one that begins with "Here are …" or a thought has its first blank
    line before the answer: it is never stopped there.
    """
    stops = [NEXT_TASK["en"], NEXT_TASK["zh"]]
    if step in _LISTS:
        stops = choose_list_stops(recipe.generation.tasks_listed)
    if step in ("instructions", "classification") and recipe.teacher.api == "completions":
        stops.append(_BLANK_LINE)
    return [*stops, *recipe.sampling.stop]
