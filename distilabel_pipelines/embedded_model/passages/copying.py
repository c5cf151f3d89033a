"""Examples that are nothing but copying: what a small model needs before a passage keeps its topic.

Random words that are said again are learnt by looking back (Olsson et al. 2022,
"In-context learning and induction heads"); the question after the topic of a short request by
looking where the topic stands.
"""

from __future__ import annotations

import random
import re
from functools import cache

from distilabel_pipelines.embedded_model.families.model import LANGUAGES, Language
from distilabel_pipelines.embedded_model.tasks.grammar import load_words
from distilabel_pipelines.embedded_model.training_mix import Example

from .topics import load_topics

ASKED_SHARE = 0.35
LISTS = ("topic", "hobby", "food", "animal", "tool", "place", "thing")
JOINTS = (" ", ", ", "\n", " | ")
TOPIC_LINE = {"en": "Topic: {}", "zh": "主题：{}"}
QUESTIONS = {
    "en": ("What is the topic?", "Name the topic.", "Which topic is it?"),
    "zh": ("主题是什么？", "请说出主题。", "是哪个主题？"),
}


def draw_copy(rng: random.Random) -> Example:
    """A list said again, or the topic of some lines."""
    language: Language = rng.choice(LANGUAGES)
    if rng.random() < ASKED_SHARE:
        return _draw_question(language, rng)
    joint = rng.choice(JOINTS)
    if rng.random() < 0.8:  # no word follows from the one before it, only from the first saying
        words = _list_words(language)
        text = joint.join(rng.choice(words) for _ in range(rng.randrange(12, 36)))
    else:
        text = joint.join(_draw_item(language, rng) for _ in range(rng.randrange(3, 6)))
    return Example(None, f"{text}\n\n", None, text, raw=True)


@cache
def _list_words(language: Language) -> tuple[str, ...]:
    """Single words of the sheets, in Chinese pairs of characters."""
    texts = [text for sheet in load_topics(language) for text in (sheet.name, *sheet.facts)]
    pattern = re.compile("[a-z]+" if language == "en" else "[一-鿿]{2}")
    return tuple(sorted({word for text in texts for word in pattern.findall(text)}))


def _draw_question(language: Language, rng: random.Random) -> Example:
    name = _draw_name(language, rng)
    lines = [_draw_item(language, rng) for _ in range(rng.randrange(4))]
    lines.insert(rng.randrange(len(lines) + 1), TOPIC_LINE[language].format(name))
    user = "\n".join((*lines, rng.choice(QUESTIONS[language])))
    return Example(None, user, None, name)


def _draw_name(language: Language, rng: random.Random) -> str:
    if rng.random() < 0.6:
        return rng.choice(load_topics(language)).name
    return rng.choice(load_words(language)[rng.choice(LISTS)])[0]


def _draw_item(language: Language, rng: random.Random) -> str:
    """A name, a term, or a sentence of a sheet."""
    roll = rng.random()
    if roll < 0.5:
        return _draw_name(language, rng)
    sheet = rng.choice(load_topics(language))
    return rng.choice(sheet.terms)[0] if roll < 0.75 else rng.choice(sheet.facts)
