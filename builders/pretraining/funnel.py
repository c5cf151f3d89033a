"""The funnel of a pretraining build: from sources and prompts to texts and rows.

A text is published or has exactly one reason of a closed list; the model refuses counts that do not
add up, so no source and no text can be lost without notice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Self, get_args

from pydantic import BaseModel, ConfigDict, model_validator

from builders.pretraining.outcome import (
    CheckedPassage,
    MixtureFacts,
    PassageReject,
    PretrainingOutcome,
    SourcesFacts,
)

REASONS: tuple[PassageReject, ...] = get_args(PassageReject)
NO_REPLY: frozenset[PassageReject] = frozenset({"teacher_error", "refused_by_provider"})
_AFTER_CHECKS: frozenset[PassageReject] = frozenset({"duplicate", "contaminated", "surplus"})


class PretrainingFunnel(BaseModel):
    """Counts from sources to published rows; raises ValueError where one is unaccounted for.

    `sources` are those kept, of which `prompts` were made; `prompts_asked` of them have at least
    one of the `responses`, `answered` of which hold a reply. `rejected` has every reason, zeroes
    included. The order of the last steps is that in which rows fall: benchmark items, copies, and
    what is more than the rows asked for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows_read: int
    equal_merged: int
    sources_dropped: int
    sources: int
    prompts: int
    prompts_asked: int
    responses: int
    answered: int
    passed_checks: int
    decontaminated: int
    deduplicated: int
    published: int
    rejected: dict[PassageReject, int]

    @model_validator(mode="after")
    def _everything_is_accounted_for(self) -> Self:
        if tuple(self.rejected) != REASONS:
            raise ValueError(f"reasons {list(self.rejected)}: the closed list is {REASONS}")
        if self.prompts_asked > min(self.prompts, self.responses):
            raise ValueError(
                f"{self.prompts_asked} prompts asked of {self.prompts} made, {self.responses} "
                "responses"
            )
        for name, expected in self._expected().items():
            if getattr(self, name) != expected:
                raise ValueError(f"{name} is {getattr(self, name)}, its reasons give {expected}")
        return self

    def _expected(self) -> dict[str, int]:
        fallen = self.rejected
        others = sum(count for one, count in fallen.items() if one not in NO_REPLY | _AFTER_CHECKS)
        return {
            "sources": self.rows_read - self.equal_merged - self.sources_dropped,
            "responses": self.published + sum(fallen.values()),
            "answered": self.responses - sum(fallen[reason] for reason in NO_REPLY),
            "passed_checks": self.answered - others,
            "decontaminated": self.passed_checks - fallen["contaminated"],
            "deduplicated": self.decontaminated - fallen["duplicate"],
            "published": self.deduplicated - fallen["surplus"],
        }


def count_pretraining_funnel(
    outcome: PretrainingOutcome, sources: SourcesFacts, mixture: MixtureFacts
) -> PretrainingFunnel:
    """The funnel of one build, counted backwards from the published rows and the reasons.

    Raises ValueError (pydantic's too) where sources, prompts and rows disagree.
    """
    _compare_sources(outcome, sources)
    counted = Counter(one.reason for one in outcome.rejected)
    rejected = {reason: counted[reason] for reason in REASONS}
    published = len(outcome.published)
    deduplicated = published + rejected["surplus"]
    decontaminated = deduplicated + rejected["duplicate"]
    responses = published + len(outcome.rejected)
    return PretrainingFunnel(
        rows_read=sources.rows_read,
        equal_merged=sources.equal_merged,
        sources_dropped=sum(sources.dropped.values()),
        sources=sources.kept,
        prompts=mixture.prompts,
        prompts_asked=len(_list_prompts([*outcome.published, *outcome.rejected])),
        responses=responses,
        answered=responses - sum(rejected[reason] for reason in NO_REPLY),
        passed_checks=decontaminated + rejected["contaminated"],
        decontaminated=decontaminated,
        deduplicated=deduplicated,
        published=published,
        rejected=rejected,
    )


def _list_prompts(rows: Iterable[CheckedPassage]) -> set[str]:
    return {one.passage.prompt.prompt_id for one in rows}


def _compare_sources(outcome: PretrainingOutcome, sources: SourcesFacts) -> None:
    """The sources as counted are those that were kept and dropped, and add up themselves."""
    dropped = Counter(one.reason for one in outcome.dropped_sources)
    counted = Counter({reason: count for reason, count in sources.dropped.items() if count})
    if dropped != counted:
        raise ValueError(
            f"sources dropped are counted as {dict(counted)}, they are {dict(dropped)}"
        )
    sums = {
        "rows of all files": (sum(one.rows_read for one in sources.files), sources.rows_read),
        "kinds of sources": (sum(sources.kinds.values()), sources.kept),
        "languages of sources": (sum(sources.languages.values()), sources.kept),
    }
    for name, (total, expected) in sums.items():
        if total != expected:
            raise ValueError(f"{name} add up to {total}, not to {expected}")
