"""Audiences as manifest and card count them: ours by name, foreign ones only while they are few.

A source that brings its own prompt may name any audience (a persona of its own, even); a table with
a line for each of thousands says nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from builders.public_text import replace_lone_surrogates
from distilabel_pipelines.passages import AUDIENCES

OTHER_AUDIENCES = "other audiences"
_MOST_NAMED = 50


def name_audiences(audiences: Iterable[str]) -> dict[str, str]:
    """Each audience → the name it is counted under; of foreign ones the 50 most common keep theirs.

    Deterministic: equally common ones by name.
    """
    counts = Counter(audiences)
    foreign = sorted(counts.keys() - set(AUDIENCES), key=lambda name: (-counts[name], name))
    folded = set(foreign[_MOST_NAMED:])
    return {
        name: OTHER_AUDIENCES if name in folded else replace_lone_surrogates(name)[0]
        for name in counts
    }
