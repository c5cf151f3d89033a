"""The whole training mix: questions with their traces, and the prompts of the other two kinds.

A later kind joins by adding its `Source` here. The shares are of examples; an instruction example
is about five times as long as a question, a passage with its prompt four times.
"""

from __future__ import annotations

from .passages.requests import draw_passage
from .tasks.requests import REQUESTS
from .training_mix import MIX, Source

# Of the examples; of the tokens about 30%, 22% and 48%.
QUESTION_SHARE, REQUEST_SHARE, PASSAGE_SHARE = 0.65, 0.11, 0.24
REQUEST_MIX: tuple[Source, ...] = tuple(Source(*request) for request in REQUESTS)
PASSAGE_MIX: tuple[Source, ...] = (Source("pretraining/passages", 1.0, draw_passage),)
WHOLE_MIX: tuple[Source, ...] = (
    *(Source(s.name, QUESTION_SHARE * s.weight, s.draw) for s in MIX),
    *(Source(s.name, REQUEST_SHARE * s.weight, s.draw) for s in REQUEST_MIX),
    *(Source(s.name, PASSAGE_SHARE * s.weight, s.draw) for s in PASSAGE_MIX),
)
