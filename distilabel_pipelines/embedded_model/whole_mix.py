"""What the reasoner learns: questions with their traces, and the prompts of instruction data.

The shares are of examples; an instruction example is about five times as long as a question. The
passages have a model of their own (`courses`).
"""

from __future__ import annotations

from .tasks.requests import REQUESTS
from .training_mix import MIX, Source

QUESTION_SHARE = 0.87  # of the examples; about 60% of the tokens
REQUEST_MIX: tuple[Source, ...] = tuple(Source(*request) for request in REQUESTS)
WHOLE_MIX: tuple[Source, ...] = (
    *(Source(s.name, QUESTION_SHARE * s.weight, s.draw) for s in MIX),
    *(Source(s.name, (1 - QUESTION_SHARE) * s.weight, s.draw) for s in REQUEST_MIX),
)
