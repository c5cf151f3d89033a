"""Training examples of the pretraining kind: its own prompts, answered by short passages.

The prompts are rendered by `pretraining_prompts`. One example in ten is raw text, as
API=completions sends it. Others have a prompt of three lines, topic, readers and format: they cost
half as much and bring the topic near to where it is needed.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from distilabel_pipelines.embedded_model.families.model import LANGUAGES
from distilabel_pipelines.embedded_model.training_mix import Example
from distilabel_pipelines.passages import AUDIENCES, FORMATS, BuiltInAudience, BuiltInFormat
from distilabel_pipelines.pretraining_prompts import Material, load_templates, render_prompt
from distilabel_pipelines.rows import Language

from .formats import WRITERS
from .materials import Shown, draw_material
from .topics import load_topics
from .writer import Writer

RAW_SHARE = 0.1
TOPIC_LINE = {"en": "Topic: {}", "zh": "主题：{}"}
READERS = {"en": "Readers: ", "zh": "读者："}  # how that line of a prompt begins


def draw_passage(rng: random.Random) -> Example:
    """Any format, audience and language."""
    language: Language = rng.choice(LANGUAGES)
    text_format, audience = rng.choice(FORMATS), rng.choice(AUDIENCES)
    shown = draw_material(language, rng)
    prompt = render_prompt(
        shown.material, text_format=text_format, audience=audience, language=language
    )
    text = write_passage(shown, text_format, audience, language, rng)
    if rng.random() < RAW_SHARE:
        raw = load_templates()[f"completion.{language}.jinja"].render(prompt=prompt)
        return Example(None, raw, None, text, raw=True)
    return Example(None, prompt, None, text)


def draw_short_request(rng: random.Random) -> Example:
    """A passage for the topic line, the readers' line and the last line of the same prompts."""
    language: Language = rng.choice(LANGUAGES)
    text_format, audience = rng.choice(FORMATS), rng.choice(AUDIENCES)
    topic = rng.choice(load_topics(language))
    prompt = render_prompt(
        Material(source_kind="title", title=topic.name),
        text_format=text_format,
        audience=audience,
        language=language,
    )
    lines = prompt.splitlines()
    readers = next(line for line in lines if line.startswith(READERS[language]))
    short = "\n".join((TOPIC_LINE[language].format(topic.name), readers, lines[-1]))
    shown = Shown(Material(source_kind="title", title=topic.name), topic)
    return Example(None, short, None, write_passage(shown, text_format, audience, language, rng))


def write_passage(
    shown: Shown,
    text_format: BuiltInFormat,
    audience: BuiltInAudience,
    language: Language,
    rng: random.Random,
) -> str:
    """A passage of this format for these readers, from the sheet behind the material."""
    return WRITERS[text_format](Writer(shown.topic, language, audience, rng))


PASSAGES: tuple[tuple[str, float, Callable[[random.Random], Example]], ...] = (
    ("pretraining/passages", 0.5, draw_passage),
    ("pretraining/short", 0.5, draw_short_request),
)
