"""What a judge said of a build's rows, counted for the manifest: rule verdict by judge's verdict.

Only counts and fixed texts: the judge's tokens and cost are in what the output folder paid for, and
never mixed into the teacher's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Protocol, Self, get_args

from pydantic import BaseModel, ConfigDict, model_validator

from builders.judged import CheckedTrace, JudgeFacts, JudgeVerdict, Outcome, VerdictName
from builders.public_text import publishable_settings

JUDGE_VERDICTS: tuple[JudgeVerdict, ...] = get_args(JudgeVerdict)
LOOKED_AT: tuple[VerdictName, ...] = ("refuted", "unverifiable", "timeout")
VerdictCounts = dict[VerdictName, dict[JudgeVerdict, int]]


class JudgeRecord(BaseModel):
    """The judge and its words; raises ValueError where the counts cannot be true.

    `replies` and `published` count the rows that were looked at, zeroes included; `cleared` are
    published rows that only the judge's word let pass.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    facts: JudgeFacts
    replies: VerdictCounts
    published: VerdictCounts
    cleared: int

    @model_validator(mode="after")
    def _counts_can_be_true(self) -> Self:
        for verdict in LOOKED_AT:
            for word in JUDGE_VERDICTS:
                if self.published[verdict][word] > self.replies[verdict][word]:
                    raise ValueError(f"more rows published than judged: {verdict}, {word}")
        if self.cleared and not self.facts.accepts:
            raise ValueError(f"{self.cleared} rows cleared by a judge whose word does not count")
        return self


class _Judged(Protocol):
    """A row of any kind, as far as a judge may have spoken of it."""

    @property
    def judge_verdict(self) -> JudgeVerdict | None: ...

    @property
    def reason(self) -> str | None: ...


def check_words(rows: Iterable[_Judged], facts: JudgeFacts | None) -> JudgeFacts | None:
    """The judge's facts as the manifest may hold them; None where no judge was configured.

    Raises ValueError where a row holds a judge's word and there was no judge, and where rows were
    rejected by a judge whose word does not count.
    """
    if facts is None:
        if any(one.judge_verdict is not None for one in rows):
            raise ValueError("a row holds a judge's word, yet the build has no judge")
        return None
    refused = sum(one.reason == "judged_incorrect" for one in rows)
    if refused and not facts.accepts:
        raise ValueError(f"{refused} rows rejected by a judge whose word does not count")
    return JudgeFacts.model_validate(publishable_settings(facts.model_dump()))


def count_opinions(outcome: Outcome, facts: JudgeFacts | None) -> JudgeRecord | None:
    """The record of one build; None where no judge was configured.

    Raises ValueError as `check_words` does, and where rows were cleared by a judge whose word does
    not count.
    """
    everything = [*outcome.published, *outcome.rejected]
    checked = check_words(everything, facts)
    if checked is None:
        return None
    return JudgeRecord(
        facts=checked,
        replies=_count(everything),
        published=_count(outcome.published),
        cleared=sum(one.accepted_by_judge for one in outcome.published),
    )


def _count(traces: Iterable[CheckedTrace]) -> VerdictCounts:
    counted = Counter((one.verdict, one.judge_verdict) for one in traces)
    return {
        verdict: {word: counted[verdict, word] for word in JUDGE_VERDICTS} for verdict in LOOKED_AT
    }
