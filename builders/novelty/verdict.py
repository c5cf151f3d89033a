"""What the screen says of one candidate, and the rule it says it by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

Closest = list[tuple[int, float]]


class NoveltyVerdict(NamedTuple):
    """One candidate against the pool as it was when its turn came.

    `highest` is 0.0 and `closest` empty where the pool was; `mean` is over the whole pool.
    `closest` holds (place in the pool, score), descending, of equal scores the earliest first.
    `place` is where a kept candidate stands in the pool now, None for any other.
    """

    is_novel: bool
    highest: float
    mean: float
    closest: Closest
    place: int | None


@dataclass(frozen=True, slots=True)
class NoveltyRule:
    """Kept at most `threshold`; the `closest` highest scores are told."""

    threshold: float
    closest: int

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            msg = f"threshold is {self.threshold}: a ROUGE-L score lies between 0 and 1"
            raise ValueError(msg)
        if self.closest < 1:
            msg = f"closest is {self.closest}: at least the highest score is told"
            raise ValueError(msg)

    def decide(self, closest: Closest, mean: float, place: int) -> NoveltyVerdict:
        """The verdict; `place` is the candidate's in the pool if it is kept."""
        highest = closest[0][1] if closest else 0.0
        is_novel = highest <= self.threshold
        return NoveltyVerdict(is_novel, highest, mean, closest, place if is_novel else None)
