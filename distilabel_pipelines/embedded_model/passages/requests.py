"""Training examples of the pretraining kind: its own prompts, answered by short passages.

The prompts are rendered by `pretraining_prompts`. One example in ten is raw text, as
API=completions sends it.
"""

from __future__ import annotations

import random

from distilabel_pipelines.embedded_model.families.model import LANGUAGES
from distilabel_pipelines.embedded_model.training_mix import Example
from distilabel_pipelines.passages import AUDIENCES, FORMATS, BuiltInAudience, BuiltInFormat
from distilabel_pipelines.pretraining_prompts import load_templates, render_prompt
from distilabel_pipelines.rows import Language

from .formats import WRITERS
from .materials import Shown, draw_material
from .writer import Writer

RAW_SHARE = 0.1


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


def write_passage(
    shown: Shown,
    text_format: BuiltInFormat,
    audience: BuiltInAudience,
    language: Language,
    rng: random.Random,
) -> str:
    """A passage of this format for these readers, from the sheet behind the material."""
    return WRITERS[text_format](Writer(shown.topic, language, audience, rng))
