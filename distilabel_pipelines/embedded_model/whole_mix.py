"""The whole training mix: questions with their traces, and the prompts of the other two kinds.

A later kind joins by adding its `Source` here. The shares are of examples; an instruction example
is about five times as long as a question, a passage with its prompt two to five times.
"""

from __future__ import annotations

from .passages.copying import draw_copy
from .passages.requests import PASSAGES
from .tasks.requests import REQUESTS
from .training_mix import MIX, Source

# Of the examples; of the tokens about 41%, 23%, 33% and 3%.
QUESTION_SHARE, REQUEST_SHARE, PASSAGE_SHARE, COPY_SHARE = 0.70, 0.09, 0.18, 0.03
REQUEST_MIX: tuple[Source, ...] = tuple(Source(*request) for request in REQUESTS)
PASSAGE_MIX: tuple[Source, ...] = tuple(Source(*passage) for passage in PASSAGES)
WHOLE_MIX: tuple[Source, ...] = (
    *(Source(s.name, QUESTION_SHARE * s.weight, s.draw) for s in MIX),
    *(Source(s.name, REQUEST_SHARE * s.weight, s.draw) for s in REQUEST_MIX),
    *(Source(s.name, PASSAGE_SHARE * s.weight, s.draw) for s in PASSAGE_MIX),
    Source("copies", COPY_SHARE, draw_copy),
)
