"""The funnel of an instruction build: from seeds and requests to tasks, instances and rows.

A task is screened for novelty once; what fell before and after the screen is counted apart, so
that each step is the one before it less its own reasons. The model refuses counts that do not add
up: no request, task or row can be lost without notice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, Self, get_args

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from builders.instruction_outcome import (
    InstructionOutcome,
    InstructionRejectReason,
    InstructionRow,
)
from builders.task_seeds import TaskSeedFacts

# Where a row fell: its whole reply; its task before, at or after the screen; the instance itself.
FunnelStep = Literal["reply", "filtered", "novelty", "unfinished", "instance"]
ClassificationAnswer = Literal["yes", "no", "unknown"]
ReasonCounts = dict[InstructionRejectReason, int]

REASONS: tuple[InstructionRejectReason, ...] = get_args(InstructionRejectReason)
STEPS: tuple[FunnelStep, ...] = get_args(FunnelStep)
NO_REPLY: frozenset[InstructionRejectReason] = frozenset({"teacher_error", "refused_by_provider"})
LIST_STEPS = frozenset({"tasks", "instructions"})
_AFTER_FILTERS: frozenset[InstructionRejectReason] = frozenset({"duplicate", "surplus"})
_Task = tuple[int, int]


class InstructionFunnel(BaseModel):
    """Counts from seeds to published rows; raises ValueError where something is unaccounted for.

    `contaminated_seeds` of the seed tasks hold items of benchmarks and were not shown. `requests`
    are those for lists of tasks, `unread` of them were answered or failed after the end and are in
    no row. `tasks` are the items of lists, `screened` those that came to the novelty screen,
    `instances` the rows of tasks that have any. `classification` is of novel tasks, `unknown` where
    nobody asked or the answer was neither. `rejected` has every step and reason.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seeds_read: int
    seeds_without_output: int
    seeds_equal_merged: int
    seed_tasks: int
    contaminated_seeds: int = 0
    requests: int
    unread: int
    replies: int
    replies_with_tasks: int
    tasks: int
    screened: int
    novel: int
    with_instances: int
    classification: dict[ClassificationAnswer, int]
    instances: int
    passed_filters: int
    deduplicated: int
    published: int
    rejected: dict[FunnelStep, ReasonCounts]

    @field_validator("rejected", mode="before")
    @classmethod
    def _older_lists_had_no_contamination(cls, rejected: object) -> object:
        """Manifests from before benchmarks were looked at: nothing was found."""
        if not isinstance(rejected, Mapping):
            return rejected
        return {step: _add_reason(counts) for step, counts in rejected.items()}

    @model_validator(mode="after")
    def _everything_is_accounted_for(self) -> Self:
        listed = {step: tuple(counts) for step, counts in self.rejected.items()}
        if listed != dict.fromkeys(STEPS, REASONS):
            raise ValueError(f"rejected lists {listed}: the closed lists are {STEPS} and {REASONS}")
        if not 0 <= self.contaminated_seeds <= self.seed_tasks:
            raise ValueError(f"{self.contaminated_seeds} of {self.seed_tasks} seed tasks left out")
        if self.unread < 0:
            raise ValueError(f"{self.requests} requests for lists, {-self.unread} more have rows")
        for name, expected in self._expected().items():
            if getattr(self, name) != expected:
                raise ValueError(f"{name} is {getattr(self, name)}, its reasons give {expected}")
        return self

    def count_contaminated(self) -> tuple[int, int]:
        """Seed tasks left out, and rows rejected, since they hold items of benchmarks."""
        rows = sum(counts["contaminated"] for counts in self.rejected.values())
        return self.contaminated_seeds, rows

    def _expected(self) -> dict[str, int]:
        fallen = self.rejected
        instance = fallen["instance"]
        return {
            "seed_tasks": self.seeds_read - self.seeds_without_output - self.seeds_equal_merged,
            "replies": self.requests - self.unread - _count(fallen["reply"], NO_REPLY),
            "replies_with_tasks": self.replies - _count_others(fallen["reply"], NO_REPLY),
            "screened": self.tasks - sum(fallen["filtered"].values()),
            "novel": self.screened - sum(fallen["novelty"].values()),
            "with_instances": self.novel - sum(fallen["unfinished"].values()),
            "instances": self.published + sum(instance.values()),
            "passed_filters": self.instances - _count_others(instance, _AFTER_FILTERS),
            "deduplicated": self.passed_filters - instance["duplicate"],
            "published": self.deduplicated - instance["surplus"],
        }


def _add_reason(counts: object) -> object:
    if not isinstance(counts, Mapping) or {*counts, "contaminated"} != set(REASONS):
        return counts  # whole, or none of ours: it is told by the model
    return {reason: counts.get(reason, 0) for reason in REASONS}


def _count(counts: ReasonCounts, reasons: Iterable[InstructionRejectReason]) -> int:
    return sum(counts[reason] for reason in reasons)


def _count_others(counts: ReasonCounts, left_out: frozenset[InstructionRejectReason]) -> int:
    return sum(count for reason, count in counts.items() if reason not in left_out)


def count_instruction_funnel(
    outcome: InstructionOutcome, seeds: TaskSeedFacts
) -> InstructionFunnel:
    """The funnel of one build; raises ValueError (pydantic's) where rows and requests disagree."""
    everything = [*outcome.published, *outcome.rejected]
    reached = _find_reached(everything)
    rejected = _count_rejected(outcome.rejected, reached.screened)
    requests = sum(one.requests for one in outcome.requests if one.step in LIST_STEPS)
    unread = requests - len({row.request for row in everything})
    published, instance = len(outcome.published), rejected["instance"]
    passed = published + _count(instance, _AFTER_FILTERS)
    return InstructionFunnel(
        seeds_read=seeds.rows_read,
        seeds_without_output=seeds.without_output,
        seeds_equal_merged=seeds.equal_merged,
        seed_tasks=seeds.tasks,
        contaminated_seeds=len(outcome.contaminated),
        requests=requests,
        unread=unread,
        replies=requests - unread - _count(rejected["reply"], NO_REPLY),
        replies_with_tasks=len({request for request, _ in reached.tasks}),
        tasks=len(reached.tasks),
        screened=len(reached.screened),
        novel=len(reached.novel),
        with_instances=len(reached.with_instances),
        classification=_count_classification(everything, reached.novel),
        instances=published + sum(instance.values()),
        passed_filters=passed,
        deduplicated=passed - instance["duplicate"],
        published=published,
        rejected=rejected,
    )


class _Reached(NamedTuple):
    """The tasks that came as far as each step, by request and item."""

    tasks: set[_Task]
    screened: set[_Task]
    novel: set[_Task]
    with_instances: set[_Task]


def _find_reached(rows: Sequence[InstructionRow]) -> _Reached:
    listed = [row for row in rows if row.stage != "reply"]
    screened = {_task(row) for row in listed if _is_screened(row)}
    novel = screened - {_task(row) for row in listed if row.reason == "not_novel"}
    instances = {_task(row) for row in listed if row.stage == "instance"}
    return _Reached(set(map(_task, listed)), screened, novel, novel & instances)


def _task(row: InstructionRow) -> _Task:
    return row.request, row.item


def _is_screened(row: InstructionRow) -> bool:
    return row.novelty is not None or row.reason == "not_novel"


def _count_rejected(
    rejected: Iterable[InstructionRow], screened: set[_Task]
) -> dict[FunnelStep, ReasonCounts]:
    counted = Counter((_find_step(row, screened), row.reason) for row in rejected)
    return {step: {reason: counted[step, reason] for reason in REASONS} for step in STEPS}


def _find_step(row: InstructionRow, screened: set[_Task]) -> FunnelStep:
    if row.stage == "reply":
        return "reply"
    if _task(row) not in screened:
        return "filtered"
    if row.reason == "not_novel":
        return "novelty"
    return "unfinished" if row.stage == "task" else "instance"


def _count_classification(
    rows: Iterable[InstructionRow], novel: set[_Task]
) -> dict[ClassificationAnswer, int]:
    answers = {_task(row): row.is_classification for row in rows if _task(row) in novel}
    yes = sum(answer is True for answer in answers.values())
    no = sum(answer is False for answer in answers.values())
    return {"yes": yes, "no": no, "unknown": len(novel) - yes - no}
