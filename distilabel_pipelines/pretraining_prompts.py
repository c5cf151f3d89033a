"""The prompts of the pretraining kind, rendered from `prompts/pretraining/`.

One file for each format and language, after Cosmopedia's textbooks, blog posts and stories (Ben
Allal et al. 2024) and the structured rephrasings of later work (frequently asked questions, tables,
mathematics, tutorials, lists of knowledge). Files that begin with `_` are parts that all formats
include: the introduction of the material by kind of source, the words for the readers, the rules.
Every template uses exactly the variables of `VARIABLES`, which is checked when they are loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import get_args

import jinja2
import jinja2.meta
from pydantic import BaseModel, ConfigDict

from distilabel_pipelines.passages import (
    FORMATS,
    BuiltInAudience,
    BuiltInFormat,
    SourceKind,
    TextPrompt,
)
from distilabel_pipelines.rows import Language

PROMPTS_FOLDER = Path(__file__).parent / "prompts" / "pretraining"
VARIABLES = frozenset(
    ["source_kind", "work", "unit", "title", "text", "topic", "fence", "audience"]
)
COMPLETION_STOPS: dict[Language, str] = {"en": "\n### Writing task", "zh": "\n### 写作任务"}
_LANGUAGES: tuple[Language, ...] = get_args(Language)


class TemplateError(ValueError):
    """A template of a prompt that is missing, cannot be parsed, or has the wrong variables."""


class Material(BaseModel):
    """What a prompt shows of a source; a field is "" where the source has none.

    | kind     | work   | unit | title   | text                    |
    |----------|--------|------|---------|-------------------------|
    | outline  | course | unit | section |                         |
    | textbook | book   |      | section | the section's beginning |
    | web      |        |      |         | the extract             |
    | title    |        |      | title   |                         |
    | story    |        |      |         | the seed                |
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source_kind: SourceKind
    work: str = ""
    unit: str = ""
    title: str = ""
    text: str = ""
    topic: str = ""


def read_templates(folder: Path = PROMPTS_FOLDER) -> dict[str, str]:
    """The templates as they are written, parts included, by name and language (`faq.en`)."""
    return {
        path.name.removesuffix(".jinja"): path.read_text(encoding="utf-8")
        for path in sorted(folder.glob("*.jinja"))
    }


@cache
def load_templates(folder: Path = PROMPTS_FOLDER) -> Mapping[str, jinja2.Template]:
    """The template of each format and language and of completions, by name (`faq.en.jinja`).

    Raises TemplateError for a template that is missing or cannot be parsed, that uses a variable
    which does not exist, or that leaves one out; parts that it includes count as its own.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701  # a prompt is no HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    loaded: dict[str, jinja2.Template] = {}
    for language in _LANGUAGES:
        for stem in (*FORMATS, "completion"):
            name = f"{stem}.{language}.jinja"
            allowed = VARIABLES if stem in FORMATS else frozenset(["prompt"])
            _check_variables(environment, name, allowed)
            loaded[name] = environment.get_template(name)
    return loaded


def _check_variables(environment: jinja2.Environment, name: str, allowed: frozenset[str]) -> None:
    used = _find_variables(environment, name)
    if unknown := sorted(used - allowed):
        raise TemplateError(
            f"{name}: unknown variable {', '.join(unknown)}. A template can use "
            f"{', '.join(sorted(allowed))}."
        )
    if missing := sorted(allowed - used):
        raise TemplateError(
            f"{name}: the variable {', '.join(missing)} is not used, so every prompt would leave "
            "it out. Use it, or include the part that does."
        )


def _find_variables(environment: jinja2.Environment, name: str) -> set[str]:
    """The variables that a template and all parts it includes expect from outside."""
    try:
        loader = environment.loader
        assert loader is not None  # noqa: S101  # set above, for the type checker
        tree = environment.parse(loader.get_source(environment, name)[0])
    except jinja2.TemplateNotFound as error:
        raise TemplateError(f"{name}: no such template. Restore the file.") from error
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(
            f"{name}, line {error.lineno}: {error.message}. Mend the template."
        ) from error
    used = jinja2.meta.find_undeclared_variables(tree)
    for part in jinja2.meta.find_referenced_templates(tree):
        if part is None:
            raise TemplateError(f"{name}: includes a part by a variable name. Write its name.")
        used |= _find_variables(environment, part)
    return used


def render_prompt(
    material: Material,
    *,
    text_format: BuiltInFormat,
    audience: BuiltInAudience,
    language: Language,
) -> str:
    """The prompt that asks for a text of this format for these readers, made of this material.

    Pure: equal arguments give equal text. Whatever the material holds (braces, tags, a line of
    equals signs) stands in the prompt as it is, between two fences that it does not hold itself.
    """
    template = load_templates()[f"{text_format}.{language}.jinja"]
    return template.render(
        **material.model_dump(), audience=audience, fence=_choose_fence(material.text)
    ).rstrip("\n")


def _choose_fence(text: str) -> str:
    fence = "==="
    while fence in text:
        fence += "="
    return fence


def render_completion_prompt(prompt: TextPrompt) -> str:
    """The prompt as a base model continues it: a task, then the heading of its finished text."""
    template = load_templates()[f"completion.{prompt.language}.jinja"]
    return template.render(prompt=prompt.prompt)
