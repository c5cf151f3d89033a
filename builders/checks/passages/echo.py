"""Texts that repeat their prompt: its instruction, or its material nearly whole.

A prompt has two parts. The material (an extract, a title, an idea) is what a text is made of, so
its names and facts come back; the instruction ("Write a blog post …") never does. The material
stands between two equal lines of `=` in our prompts, in quotation marks or fences in others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from builders.checks.passages.config import PassageCheckConfig
from builders.text_keys import CJK
from distilabel_pipelines.rows import Language

_MATERIAL_GRAM = 8
_FENCED = re.compile(
    r"^(={3,}|-{3,}|\*{3,}|`{3,}|\"{3}|'{3})[^\n]*\n(.*?)\n\1[ \t]*$|<([a-z_]{3,20})>(.*?)</\3>",
    re.DOTALL | re.MULTILINE,
)
_QUOTED = re.compile(
    '"([^"\\n]{1,4000})"|“([^”]{1,4000})”|「([^」]{1,4000})」|『([^』]{1,4000})』|《([^》]{1,200})》'
)
# "Section: The Sun" brings the source's words; a label's value that is a sentence is ours.
_LABELLED = re.compile(r"^([^\n:：]{1,80}[:：])[ \t]*([^\n]{1,300}[^\n.。])$", re.MULTILINE)
_ONE_CJK = re.compile(f"[{CJK}]")
_TOKEN = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")
_WORD = re.compile(r"[^\W_]+")  # the same where there is no CJK, in half the time


class PromptParts(NamedTuple):
    """Tokens (words in lower case, CJK characters) of what a prompt says and of what it shows."""

    instruction: tuple[str, ...]
    material: tuple[str, ...]
    instruction_words: frozenset[str]


def split_tokens(text: str) -> list[str]:
    """Words in lower case and CJK characters; no punctuation."""
    pattern = _TOKEN if _ONE_CJK.search(text) else _WORD
    return pattern.findall(text.lower())


@lru_cache(maxsize=256)  # the samples of one prompt come one after the other
def split_prompt(prompt: str) -> PromptParts:
    """The instruction and the material of a prompt of ours or of a source's own. Pure."""
    material: list[str] = []

    def take(found: re.Match[str]) -> str:
        material.append(next(group for group in found.groups()[::-1] if group))
        return "\n"

    rest = _LABELLED.sub(r"\1", _QUOTED.sub(take, _FENCED.sub(take, prompt)))
    instruction = tuple(split_tokens(rest))
    return PromptParts(
        instruction, tuple(split_tokens("\n".join(material))), frozenset(instruction)
    )


def _list_grams(tokens: Sequence[str], n: int) -> list[str]:
    return [" ".join(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def _find_runs(tokens: list[str], known: frozenset[str], length: int) -> Iterator[list[str]]:
    """Longest runs of so many tokens or more that all stand in `known`."""
    run: list[str] = []
    for token in [*tokens, ""]:
        if token in known:
            run.append(token)
        else:
            if len(run) >= length:
                yield run
            run = []


def _find_repeated_instruction(tokens: list[str], parts: PromptParts, length: int) -> str | None:
    """The first n-gram of the text that the instruction holds and the material does not."""
    # So long a run is looked for in C first; next to no text has one.
    is_known = bytes(map(parts.instruction_words.__contains__, tokens))
    if b"\x01" * length not in is_known:
        return None
    said: set[str] | None = None
    for run in _find_runs(tokens, parts.instruction_words, length):
        if said is None:
            said = set(_list_grams(parts.instruction, length))
            said -= set(_list_grams(parts.material, length))
        for gram in _list_grams(run, length):
            if gram in said:
                return gram
    return None


def find_echo(text: str, prompt: str, language: Language, config: PassageCheckConfig) -> str | None:
    """What the text repeats of its prompt, in words for the row's detail; None for nothing."""
    parts = split_prompt(prompt)
    tokens = split_tokens(text)
    length = config.echo_characters if language == "zh" else config.echo_words
    gram = _find_repeated_instruction(tokens, parts, length) if length else None
    if gram is not None:
        return f"the instruction: {gram.replace(' ', '') if language == 'zh' else gram!r}"
    if config.max_material_share >= 1 or len(parts.material) < config.min_material_words:
        return None
    return _find_copy(tokens, parts.material, config.max_material_share)


def _bound_share(tokens: Sequence[str], others: Sequence[str]) -> float:
    """At most this share of the n-grams of `tokens` stands in `others`: each one's first token
    has to."""
    known = set(others)
    return sum(token in known for token in tokens) / max(1, len(tokens) - _MATERIAL_GRAM + 1)


def _find_copy(tokens: list[str], material: tuple[str, ...], most: float) -> str | None:
    if _bound_share(material, tokens) <= most and _bound_share(tokens, material) <= most:
        return None
    shown = _list_grams(material, _MATERIAL_GRAM)
    written = _list_grams(tokens, _MATERIAL_GRAM)
    in_text, in_material = set(written), set(shown)
    repeated = sum(gram in in_text for gram in shown) / len(shown)
    if repeated > most:
        return f"{repeated:.0%} of the material"
    taken = sum(gram in in_material for gram in written) / len(written) if written else 0.0
    return f"{taken:.0%} of the text is the material" if taken > most else None
