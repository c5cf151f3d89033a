"""The manifest of an instruction build, counted so that the sums must agree.

Written last, so its existence means that the build completed. The card is a pure function of it. It
holds no clock, host name or machine path: the same outcome and facts give the same bytes, and
`content_digest` covers the published rows alone, whatever they cost to make.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Literal, Self

from pydantic import JsonValue, model_validator

from builders.card_words.catalogue import CardLanguage
from builders.columns import yaml_features
from builders.decontamination.facts import DecontaminationFacts
from builders.instruction_funnel import NO_REPLY, InstructionFunnel, count_instruction_funnel
from builders.instruction_outcome import (
    InstructionEndedBy,
    InstructionFacts,
    InstructionOutcome,
    InstructionRow,
    InstructionTeacherFacts,
    Method,
    RequestCounts,
)
from builders.instruction_rows import (
    CONFIG_COLUMNS,
    LISTS,
    count_lone_surrogates,
    published_row,
)
from builders.instruction_statistics import (
    InstructionStatistics,
    count_instruction_lengths,
    describe_instructions,
)
from builders.judge_counts import JUDGE_VERDICTS, check_words
from builders.judged import JudgeFacts, JudgeVerdict
from builders.length_histograms import LengthHistogram, refuse_false_histograms
from builders.manifest_parts import (
    SCHEMA_VERSION,
    ConfigFacts,
    FileRecord,
    ManifestPart,
    RowCounts,
    choose_median,
    describe_config,
    digest_rows,
    dump_row,
    refuse_false_end,
    refuse_false_index,
    refuse_false_matches,
    refuse_misplaced_rows,
    refuse_repeated_ids,
)
from builders.public_text import (
    publishable_facts,
    publishable_settings,
    publishable_spend,
    replace_lone_surrogates,
    strip_machine_path,
)
from builders.publishing.release import ReleaseFacts
from builders.split_facts import DivisionFacts, describe_division, refuse_false_division
from builders.splits import Split, SplitConfig, divide_rows
from builders.task_seeds import TaskSeedFacts
from builders.trace_statistics import count_values
from distilabel_pipelines.gateway.settings import StopReason
from distilabel_pipelines.spend import Spend


class InstructionJudgeRecord(ManifestPart):
    """The judge and its words: rows looked at, and how many of them are published, by verdict."""

    facts: JudgeFacts
    rows: dict[JudgeVerdict, int]
    published: dict[JudgeVerdict, int]

    @model_validator(mode="after")
    def _counts_can_be_true(self) -> Self:
        if tuple(self.rows) != JUDGE_VERDICTS or tuple(self.published) != JUDGE_VERDICTS:
            raise ValueError(f"verdicts {list(self.rows)}: the closed list is {JUDGE_VERDICTS}")
        more = [word for word in JUDGE_VERDICTS if self.published[word] > self.rows[word]]
        if more:
            raise ValueError(f"more rows published than judged: {', '.join(more)}")
        if self.facts.accepts and self.published["incorrect"]:
            raise ValueError(f"{self.published['incorrect']} rows published that a judge refused")
        return self


class ServedRows(ManifestPart):
    """One model name that a server reported, with the rows made of its replies."""

    name: str
    rows: int
    published: int


class InstructionManifest(ManifestPart):
    """The record of one build; see the module's text. Field order is the order in the file.

    `ended_by` says why there are no more rows: `fruitless` where the last requests brought nothing
    new. `requests` counts what was asked, step by step; `statistics` are of the published rows,
    `sample` is the one of median length; `replaced_surrogates` are characters that UTF-8 cannot
    hold; `decontamination` is None in manifests from before there was any; `spend` is all that the
    output folder has paid for, None where nobody counted; `splits` is None where all rows are
    `train`; `release` is None where nothing was published.
    """

    schema_version: Literal[1]
    kind: Literal["instruction"]
    method: Method
    complete: bool
    ended_by: InstructionEndedBy
    stop_reason: StopReason | None
    rows: RowCounts
    content_digest: str
    code_version: str
    recipe_digest: str
    recipe: dict[str, JsonValue]
    seeds: TaskSeedFacts
    teacher: InstructionTeacherFacts
    judge: InstructionJudgeRecord | None
    served_models: list[ServedRows]
    rounds: int
    requests: list[RequestCounts]
    funnel: InstructionFunnel
    decontamination: DecontaminationFacts | None = None
    statistics: InstructionStatistics
    length_histograms: tuple[LengthHistogram, ...] = ()
    spend: Spend | None
    replaced_surrogates: int
    sample: dict[str, JsonValue]
    splits: DivisionFacts | None = None
    configs: list[ConfigFacts]
    files: list[FileRecord]
    card_language: CardLanguage = "en"
    release: ReleaseFacts | None = None

    @model_validator(mode="after")
    def _counts_agree(self) -> Self:
        published = {self.rows.published, self.funnel.published, self.statistics.rows}
        published |= {sum(split.num_examples for split in one.splits) for one in self.configs}
        if len(published) != 1:
            raise ValueError(f"published rows are counted as {sorted(published)}")
        refuse_false_index(self.files, self.rows.published)
        refuse_false_histograms(self.length_histograms, self.rows.published)
        refuse_false_division(self.splits, self.configs)
        refuse_false_matches(self.decontamination, self.funnel.count_contaminated())
        refuse_false_end(
            self.rows,
            complete=self.complete,
            ended_by=self.ended_by,
            stop_reason=self.stop_reason,
        )
        return self


def build_instruction_manifest(
    outcome: InstructionOutcome, facts: InstructionFacts, files: Sequence[FileRecord]
) -> InstructionManifest:
    """The manifest of one build; pure and deterministic.

    Raises ValueError (pydantic's) where the counts of outcome, files and funnel disagree, and
    where an id occurs twice, a published row has a reason or a rejected one has none.
    """
    _refuse_contradictions(outcome)
    everything = [*outcome.published, *outcome.rejected]
    return InstructionManifest(
        schema_version=SCHEMA_VERSION,
        kind=facts.kind,
        method=facts.method,
        complete=len(outcome.published) == facts.rows_wanted,
        ended_by=outcome.ended_by,
        stop_reason=facts.stop_reason,
        rows=RowCounts(wanted=facts.rows_wanted, published=len(outcome.published)),
        content_digest=_digest_published(outcome.published, facts.splits),
        code_version=replace_lone_surrogates(facts.code_version)[0],
        recipe_digest=facts.recipe_digest,
        recipe=publishable_settings(facts.recipe),
        seeds=publishable_facts(facts.seeds, "source"),
        teacher=publishable_facts(facts.teacher, "model"),
        judge=_count_opinions(outcome, facts.judge),
        served_models=_count_served_models(outcome),
        rounds=outcome.rounds,
        requests=outcome.requests,
        funnel=count_instruction_funnel(outcome, facts.seeds),
        decontamination=facts.decontamination,
        statistics=describe_instructions(outcome.published),
        length_histograms=tuple(count_instruction_lengths(outcome.published)),
        spend=publishable_spend(facts.spend),
        replaced_surrogates=sum(map(count_lone_surrogates, everything)),
        sample=_choose_sample(outcome),
        splits=describe_division(outcome.published, _find_task, "instruction", facts.splits),
        configs=_describe_configs(files),
        files=list(files),
        card_language=facts.card_language,
    )


def divide_instructions(
    published: Iterable[InstructionRow], config: SplitConfig
) -> dict[Split, list[InstructionRow]]:
    """Split → its rows in their own order; all instances of one instruction stand in one split."""
    return divide_rows(published, _find_task, config)


def _digest_published(published: Iterable[InstructionRow], config: SplitConfig) -> str:
    divided = divide_instructions(published, config)
    return digest_rows(map(published_row, chain.from_iterable(divided.values())))


def _describe_configs(files: Sequence[FileRecord]) -> list[ConfigFacts]:
    return [
        describe_config(name, yaml_features(columns, LISTS), files)
        for name, columns in CONFIG_COLUMNS.items()
    ]


def _find_task(row: InstructionRow) -> str:
    return row.task_id


def _refuse_contradictions(outcome: InstructionOutcome) -> None:
    refuse_repeated_ids(row.row_id for row in outcome.published)
    refuse_misplaced_rows(
        [(row.row_id, _why_not(row)) for row in outcome.published],
        [(row.row_id, row.reason) for row in outcome.rejected],
    )


def _why_not(row: InstructionRow) -> str | None:
    return row.reason if row.stage == "instance" else row.reason or f"a {row.stage}"


def _count_opinions(
    outcome: InstructionOutcome, facts: JudgeFacts | None
) -> InstructionJudgeRecord | None:
    """None where no judge was configured; raises ValueError where a row says otherwise."""
    everything = [*outcome.published, *outcome.rejected]
    checked = check_words(everything, facts)
    if checked is None:
        return None
    return InstructionJudgeRecord(
        facts=checked,
        rows=_count_verdicts(everything),
        published=_count_verdicts(outcome.published),
    )


def _count_verdicts(rows: Iterable[InstructionRow]) -> dict[JudgeVerdict, int]:
    counted = Counter(row.judge_verdict for row in rows)
    return {word: counted[word] for word in JUDGE_VERDICTS}


def _count_served_models(outcome: InstructionOutcome) -> list[ServedRows]:
    made = [*outcome.published, *(row for row in outcome.rejected if row.reason not in NO_REPLY)]
    rows = count_values(strip_machine_path(row.served_model) for row in made)
    published = count_values(strip_machine_path(row.served_model) for row in outcome.published)
    return [
        ServedRows(name=name, rows=count, published=published.get(name, 0))
        for name, count in rows.items()
    ]


def _choose_sample(outcome: InstructionOutcome) -> dict[str, JsonValue]:
    """The published row whose three texts have the median length; {} without rows."""
    chosen = choose_median(
        outcome.published, lambda row: len(row.instruction) + len(row.input) + len(row.output)
    )
    return {} if chosen is None else dump_row(published_row(chosen))
