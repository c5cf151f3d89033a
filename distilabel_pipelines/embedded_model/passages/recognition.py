"""Which topic sheets a passage was written from, told by the word groups it shares with them.

A passage that passes every check of form may still string together sentences of many topics. Groups
of words that stand in the sheet of one topic alone give that away; the phrases around the facts and
words that two sheets share say nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import chain

from distilabel_pipelines.embedded_model.families.model import Language

from .topics import Topic, load_topics

GROUP = {"en": 3, "zh": 4}  # words, Chinese characters
WORD = {"en": re.compile(r"[a-z0-9']+"), "zh": re.compile(r"[一-鿿0-9a-z]")}
CHANCE_GROUPS, FOREIGN_SHARE = 4, 0.2  # of other sheets, in a text that keeps to its topic


def find_topics(text: str, language: Language) -> Counter[str]:
    """How many word groups of each topic's sheet stand in the text, by the topic's name."""
    owners = load_owners(language)
    return Counter(owners[group] for group in split_groups(text, language) if group in owners)


def keeps_to_topic(text: str, topic: str, language: Language) -> bool:
    """Whether the text names its topic, and hardly a sentence is from the sheet of another one."""
    found = find_topics(text, language)
    foreign = found.total() - found[topic]
    kept = foreign <= max(CHANCE_GROUPS, FOREIGN_SHARE * found.total())
    return kept and topic.casefold() in text.casefold()


def split_groups(text: str, language: Language) -> Iterable[str]:
    """The groups of neighbouring words or characters."""
    words = WORD[language].findall(text.lower())
    size = GROUP[language]
    return (" ".join(words[start : start + size]) for start in range(len(words) - size + 1))


@cache
def load_owners(language: Language) -> dict[str, str]:
    """The groups that stand in the sheet of one topic alone, with its name."""
    owners: dict[str, str] = {}
    shared: set[str] = set()
    for sheet in load_topics(language):
        groups = {group for text in tell_sheet(sheet) for group in split_groups(text, language)}
        shared |= groups & owners.keys()
        owners |= dict.fromkeys(groups, sheet.name)
    return {group: name for group, name in owners.items() if group not in shared}


def tell_sheet(sheet: Topic) -> Iterable[str]:
    """All that a sheet says of its topic."""
    return chain(
        sheet.facts, sheet.steps, *sheet.questions, (meaning for _, meaning in sheet.terms)
    )
