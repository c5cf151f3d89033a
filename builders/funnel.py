"""The funnel: where every response of a build went, from seeds to published rows.

A response is published or has exactly one reason of a closed list; the model refuses counts that
do not add up, so no row can be lost without notice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from pydantic import BaseModel, ConfigDict, model_validator

from builders.judged import Outcome, RejectReason, SeedFacts
from builders.trace_statistics import count_values

REASONS: tuple[RejectReason, ...] = get_args(RejectReason)
NO_REPLY: frozenset[RejectReason] = frozenset({"teacher_error", "refused_by_provider"})
_UNFINISHED: frozenset[RejectReason] = frozenset({"truncated", "empty_thought", "empty_answer"})
_AFTER_GATES: frozenset[RejectReason] = frozenset({"not_selected", "duplicate", "surplus"})


class Funnel(BaseModel):
    """Counts from seeds to published rows; raises ValueError where a response is unaccounted for.

    `contaminated` questions hold items of benchmarks and were never asked; `answered` are the
    responses that hold a reply; `rejected` has every reason, zeroes included.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seeds_read: int
    equal_merged: int
    questions: int
    contaminated: int = 0
    questions_asked: int
    responses: int
    answered: int
    passed_gates: int
    selected: int
    deduplicated: int
    published: int
    rejected: dict[RejectReason, int]

    @property
    def whole(self) -> int:
        """Replies with all the parts that were wanted; the gates look at this first."""
        return self.answered - sum(self.rejected[reason] for reason in _UNFINISHED)

    @model_validator(mode="after")
    def _every_response_is_accounted_for(self) -> Funnel:
        if set(self.rejected) != set(REASONS):
            raise ValueError(f"reasons {sorted(self.rejected)}: the closed list is {REASONS}")
        if self.contaminated and self.questions_asked > self.questions - self.contaminated:
            raise ValueError(
                f"{self.questions_asked} questions asked, of {self.questions} with "
                f"{self.contaminated} contaminated"
            )
        total = self.published + sum(self.rejected.values())
        if self.responses != total:
            raise ValueError(f"{self.responses} responses, but {total} published and rejected")
        gated = _without(self.rejected, NO_REPLY | _AFTER_GATES)
        steps = {
            "answered": self.responses - sum(self.rejected[reason] for reason in NO_REPLY),
            "passed_gates": self.answered - gated,
            "selected": self.passed_gates - self.rejected["not_selected"],
            "deduplicated": self.selected - self.rejected["duplicate"],
            "published": self.deduplicated - self.rejected["surplus"],
        }
        for name, expected in steps.items():
            if getattr(self, name) != expected:
                raise ValueError(f"{name} is {getattr(self, name)}, its reasons give {expected}")
        return self


def _without(rejected: Mapping[RejectReason, int], left_out: frozenset[RejectReason]) -> int:
    return sum(count for reason, count in rejected.items() if reason not in left_out)


def count_funnel(outcome: Outcome, seeds: SeedFacts) -> Funnel:
    """The funnel of one build, counted backwards from the published rows and the reasons."""
    counted = count_values(one.reason for one in outcome.rejected if one.reason is not None)
    rejected = {reason: counted.get(reason, 0) for reason in REASONS}
    published = len(outcome.published)
    deduplicated = published + rejected["surplus"]
    selected = deduplicated + rejected["duplicate"]
    passed_gates = selected + rejected["not_selected"]
    responses = published + len(outcome.rejected)
    asked = {one.trace.seed_id for one in [*outcome.published, *outcome.rejected]}
    return Funnel(
        seeds_read=seeds.rows_read,
        equal_merged=seeds.equal_merged,
        questions=seeds.questions,
        contaminated=len(outcome.contaminated),
        questions_asked=len(asked),
        responses=responses,
        answered=responses - sum(rejected[reason] for reason in NO_REPLY),
        passed_gates=passed_gates,
        selected=selected,
        deduplicated=deduplicated,
        published=published,
        rejected=rejected,
    )
