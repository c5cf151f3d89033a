"""One passage in the making: its topic, its readers, and what it has already said.

Facts, terms and questions come in random order and at most once; a fact may be reworded. The
phrases around them follow the readers (`phrases.*.toml`).
"""

from __future__ import annotations

import random
import re
from functools import cache
from itertools import chain

from distilabel_pipelines.embedded_model.families.model import Language
from distilabel_pipelines.embedded_model.wording import parse

from .topics import Topic, load_inner_words, load_phrases

SLOT = re.compile(r"\{(\w+)\}")
REWORDED_SHARE, LINKED_SHARE = 0.4, 0.45
STOP_AFTER_STOP = re.compile(r"(?<=[.!?。！？])[.。]")
STOP_BEFORE_QUOTE = re.compile(r"\.\"\.|。”。")


def capitalise(text: str) -> str:
    """The first letter as a capital; the rest as it is."""
    return text[:1].upper() + text[1:]


class Writer:
    """Says things about one topic in one language to one kind of reader."""

    def __init__(self, topic: Topic, language: Language, audience: str, rng: random.Random) -> None:
        """`topic.facts` are told first, in random order, then general words on the topic."""
        self.topic, self.language, self.audience, self.rng = topic, language, audience, rng
        self.phrases = load_phrases(language)
        self.joint = " " if language == "en" else ""
        general = self.phrases["generic"]["facts"]
        self._facts = chain(
            rng.sample(topic.facts, len(topic.facts)), rng.sample(general, len(general))
        )
        self._terms = iter(rng.sample(topic.terms, len(topic.terms)))
        self.questions = rng.sample(topic.questions, len(topic.questions))
        nicks = self.phrases["names"]["nick"]
        self._nicks = iter(rng.sample(nicks, len(nicks)))
        names = rng.sample(self.phrases["names"]["first"], 2)
        self.slots = {
            "topic": topic.name, "name": names[0], "other": names[1],
            "person": rng.choice(topic.person), "place": rng.choice(topic.place),
            "problem": topic.problem, "turn": topic.turn, "lesson": topic.lesson,
        }  # fmt: skip

    def say(self, section: str, key: str, **slots: str) -> str:
        """A phrase of the file with its choices made and its slots filled."""
        template = parse(self.rng.choice(self.phrases[section][key])).expand(self.rng)
        return self.fill(template, slots)

    def fill(self, template: str, slots: dict[str, str]) -> str:
        """The template with its slots filled; `{Topic}` begins with a capital."""
        known = self.slots | slots

        def value(match: re.Match[str]) -> str:
            name = match[1]
            return known[name] if name in known else capitalise(known[name.lower()])

        text = STOP_AFTER_STOP.sub("", SLOT.sub(value, template))
        return STOP_BEFORE_QUOTE.sub(lambda match: match[0][:2], text)

    def fact(self) -> str:
        """A fact not told yet, sometimes in slightly other words."""
        text = self.fill(parse_once(next(self._facts), self.rng), {})
        return self._reword(text) if self.rng.random() < REWORDED_SHARE else text

    def facts(self, number: int) -> list[str]:
        """Some plain facts."""
        return [self.fact() for _ in range(number)]

    def told(self, number: int) -> str:
        """A run of facts, some with a phrase that links them to the one before."""
        sentences = []
        for place in range(number):
            fact = self.fact()
            linked = place > 0 and self.rng.random() < LINKED_SHARE
            sentences.append(self.link(fact) if linked else fact)
        return self.joint.join(sentences)

    def link(self, fact: str) -> str:
        """The fact with a linking phrase for these readers."""
        low = self.lower(fact)
        templates = self.phrases[self.audience]["link"]
        if self.language == "en" and low == fact:  # it begins with a name
            templates = [each for each in templates if "{low}" not in each]
        template = parse(self.rng.choice(templates)).expand(self.rng)
        return self.fill(template, {"fact": fact, "low": low})

    def lower(self, sentence: str) -> str:
        """The sentence to stand after a comma: small where it does not begin with a name."""
        first = sentence.split(" ", 1)[0]
        small = first.lower().strip(",")
        known = small in self.phrases["names"].get("small", ()) or small in load_inner_words()
        return sentence[:1].lower() + sentence[1:] if known else sentence

    def _reword(self, sentence: str) -> str:
        for old, new in load_rewrites(self.language):
            found = old.search(sentence)
            if found and self.rng.random() < 0.5:
                other = parse(new).expand(self.rng)
                other = capitalise(other) if found[0][0].isupper() else other
                return sentence[: found.start()] + other + sentence[found.end() :]
        return sentence

    def opening(self, format_name: str, **slots: str) -> str:
        """The first sentences of a passage of this format."""
        return self.say("opening", format_name, **slots)

    def close(self) -> str:
        """A last sentence for these readers."""
        return self.say(self.audience, "close")

    def define(self) -> str:
        """What a term of the topic means."""
        term, meaning = next(self._terms)
        return self.say("part", "define", term=term, meaning=meaning)

    def example(self) -> str:
        """A short case: the topic's problem, how it was solved, what it teaches."""
        return self.say(self.audience, "example", text=self.say("part", "case"))

    def nick(self) -> str:
        """Another user name."""
        return next(self._nicks)

    def sentences(self, *parts: str) -> str:
        """The parts as one paragraph."""
        return self.joint.join(part for part in parts if part)


def parse_once(template: str, rng: random.Random) -> str:
    """The template with its choices made; a fact of a text may hold brackets of its own."""
    return (
        parse(template).expand(rng) if template.count("[") == template.count("|") > 0 else template
    )


@cache
def load_rewrites(language: Language) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Words that may stand for each other: what is searched, and the choice that replaces it."""
    border = r"\b" if language == "en" else ""
    pairs = (pair.split(" = ") for pair in load_phrases(language)["rewrite"]["pairs"])
    return tuple((re.compile(f"{border}{old}{border}", re.IGNORECASE), new) for old, new in pairs)
