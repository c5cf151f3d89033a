"""The prompts of the instruction kind, rendered from `prompts/instruction/`.

Two recipes: a list of whole tasks in one reply (Alpaca, Taori et al. 2023), and the four steps of
Self-Instruct (arXiv:2212.10560): new instructions, classification or not, output-first and
input-first instances. One text serves chat and base models: it ends where the reply goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import jinja2
from pydantic import BaseModel, ConfigDict

from distilabel_pipelines.rows import Language

_PROMPTS = Path(__file__).parent / "prompts" / "instruction"
PromptName = Literal["tasks", "instructions", "classification", "output_first", "input_first"]
NEXT_TASK: dict[Language, str] = {"en": "\nTask:", "zh": "\n任务："}


class ExampleTask(BaseModel):
    """A task as a prompt shows it; `input` is "" where it has none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    instruction: str
    input: str
    output: str


def read_templates(names: Iterable[PromptName]) -> dict[str, str]:
    """The templates as they are written, by name and language (`tasks.en`), for the card."""
    languages: tuple[Language, ...] = get_args(Language)
    return {
        f"{name}.{language}": _read_text(name, language) for name in names for language in languages
    }


def _read_text(name: PromptName, language: Language) -> str:
    return (_PROMPTS / f"{name}.{language}.jinja").read_text(encoding="utf-8")


@cache
def _read_template(name: PromptName, language: Language) -> jinja2.Template:
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701  # a prompt is no HTML
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.from_string(_read_text(name, language))


def _render(name: PromptName, language: Language, **values: object) -> str:
    return _read_template(name, language).render(**values).rstrip("\n")


def flatten_instruction(instruction: str) -> str:
    """The instruction in one line, without the colon that would point at what follows."""
    return " ".join(instruction.split()).rstrip(":：").rstrip()


def render_task_list_prompt(
    examples: Sequence[ExampleTask], *, language: Language, count: int
) -> str:
    """Alpaca's request: the examples numbered from 1, and an open number for the next task."""
    shown = [
        ExampleTask(
            instruction=flatten_instruction(one.instruction),
            input=one.input.strip(),
            output=one.output.strip(),
        )
        for one in examples
    ]
    return _render("tasks", language, examples=shown, count=count)


def render_instructions_prompt(
    instructions: Sequence[str], *, language: Language, count: int
) -> str:
    """Self-Instruct's first step: instructions numbered from 1, and an open number."""
    shown = [flatten_instruction(instruction) for instruction in instructions]
    return _render("instructions", language, examples=shown, count=count)


def render_classification_prompt(instruction: str, *, language: Language) -> str:
    """Self-Instruct's second step; the reply is Yes or No (是 or 否)."""
    return _render("classification", language, instruction=flatten_instruction(instruction))


def render_output_first_prompt(instruction: str, *, language: Language) -> str:
    """The instances of a classification task: each label, then an input that gets it."""
    return _render("output_first", language, instruction=flatten_instruction(instruction))


def render_input_first_prompt(instruction: str, *, language: Language, count: int) -> str:
    """The instances of any other task: up to `count` inputs, each with its output."""
    shown = flatten_instruction(instruction)
    return _render("input_first", language, instruction=shown, count=count)


def choose_list_stops(count: int) -> list[str]:
    """Where a list of `count` tasks ends.

    The line break matters: Alpaca's own bare "20." cut every reply that holds 2020.
    """
    return [f"\n{count}", f"\n{count}."]
