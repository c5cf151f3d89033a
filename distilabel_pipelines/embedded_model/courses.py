"""The two models' trainings: what each one reads, and the tokenizer it begins with.

The reasoner answers questions and writes instruction data, the writer writes passages. One model
of this size for all three wrote passages in form, and of every topic at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from .passages.requests import PASSAGE_MIX
from .training_mix import MIX, Source
from .weight_files import BundledModel
from .whole_mix import WHOLE_MIX


@dataclass(frozen=True)
class Course:
    """`tokenizer_mix` is the text a new tokenizer is learnt from.

    `longest_token` in bytes keeps the merges from learning whole sentences of the topic sheets; a
    Chinese character has three. `whole_characters` gives every Chinese character of the answers a
    token: what is written in pieces of characters may come out broken.
    """

    mix: tuple[Source, ...]
    tokenizer_mix: tuple[Source, ...]
    vocabulary_size: int
    longest_token: int | None = None
    whole_characters: bool = False
    tokenizer_examples: int = 30_000


COURSES: dict[BundledModel, Course] = {
    "reasoner": Course(WHOLE_MIX, tokenizer_mix=MIX, vocabulary_size=1536),
    "writer": Course(
        PASSAGE_MIX,
        tokenizer_mix=PASSAGE_MIX,
        vocabulary_size=6144,
        longest_token=12,
        whole_characters=True,
    ),
}
