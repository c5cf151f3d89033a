"""Training examples of the pretraining kind: its own prompts, answered by short passages.

The prompts are rendered by `pretraining_prompts`. One example in ten is raw text, as
API=completions sends it. Others have a prompt of three lines, readers, topic and format: they cost
half as much, so that more passages are read in the same time.
"""

from __future__ import annotations

import random

from distilabel_pipelines.embedded_model.families.model import LANGUAGES
from distilabel_pipelines.embedded_model.training_mix import Example, Source
from distilabel_pipelines.passages import AUDIENCES, FORMATS, BuiltInAudience, BuiltInFormat
from distilabel_pipelines.pretraining_prompts import Material, load_templates, render_prompt
from distilabel_pipelines.rows import Language

from .formats import WRITERS
from .materials import Shown, draw_foreign_topic, draw_material
from .topics import load_topics
from .writer import Writer

RAW_SHARE = 0.1
FOREIGN_SHARE = 0.15  # of the short requests
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
    """As `draw_short_request_in`, in either language."""
    return draw_short_request_in(rng.choice(LANGUAGES), rng)


def draw_short_request_in(language: Language, rng: random.Random) -> Example:
    """A passage for the readers' line and the last lines of the same prompts, which name the topic.

    A few topics are things that no sheet is about: their names can only be copied.
    """
    text_format, audience = rng.choice(FORMATS), rng.choice(AUDIENCES)
    foreign = rng.random() < FOREIGN_SHARE
    topic = draw_foreign_topic(language, rng) if foreign else rng.choice(load_topics(language))
    material = Material(source_kind="title", title=topic.name, topic=topic.name)
    prompt = render_prompt(material, text_format=text_format, audience=audience, language=language)
    lines = prompt.splitlines()
    readers = next(line for line in lines if line.startswith(READERS[language]))
    text = write_passage(Shown(material, topic), text_format, audience, language, rng)
    return Example(None, "\n".join((readers, *lines[-2:])), None, text)


def write_passage(
    shown: Shown,
    text_format: BuiltInFormat,
    audience: BuiltInAudience,
    language: Language,
    rng: random.Random,
) -> str:
    """A passage of this format for these readers, from the sheet behind the material."""
    return WRITERS[text_format](Writer(shown.topic, language, audience, rng))


PASSAGE_MIX: tuple[Source, ...] = (
    Source("passages", 0.3, draw_passage),
    Source("passages_for_short_requests", 0.7, draw_short_request),
)
