"""The manifest of a reasoning build: all it can say of itself, and the sums agree.

Written last, so its existence means that the build completed (the rule of karpathy/nanochat's
dataset scripts). The card is a pure function of it. It holds no clock, host name or machine path:
the same outcome and facts give the same bytes, and `content_digest` covers the published rows
alone, whatever they cost to make.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Literal

from pydantic import JsonValue, model_validator

from builders.card_words.catalogue import CardLanguage
from builders.columns import yaml_features
from builders.decontamination.facts import DecontaminationFacts
from builders.funnel import NO_REPLY, Funnel, count_funnel
from builders.judge_counts import JudgeRecord, count_opinions
from builders.judged import CheckedTrace, EndedBy, Outcome, RunFacts, SeedFacts, TeacherFacts
from builders.length_histograms import LengthHistogram, refuse_false_histograms
from builders.manifest_parts import (
    SCHEMA_VERSION,
    ConfigFacts,
    FileRecord,
    ManifestPart,
    RowCounts,
    ServedModel,
    choose_median,
    describe_config,
    digest_rows,
    dump_row,
    refuse_false_index,
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
from builders.reasoning_rows import (
    COLUMNS,
    CONFIGS,
    LISTS,
    count_lone_surrogates,
    published_row,
)
from builders.split_facts import DivisionFacts, describe_division, refuse_false_division
from builders.splits import Split, SplitConfig, divide_rows
from builders.text_variety import TraceVariety, describe_variety
from builders.trace_statistics import (
    TraceStatistics,
    bin_pass_rates,
    count_trace_lengths,
    count_values,
    describe_traces,
)
from distilabel_pipelines.gateway.settings import StopReason
from distilabel_pipelines.spend import Spend


class Manifest(ManifestPart):
    """The record of one build; see the module's text. Field order is the order in the file.

    `answered` and `published` describe all replies and the published ones; `sample` is the
    published row of median length; `replaced_surrogates` are characters that UTF-8 cannot hold.
    `ended_by` says why there are no more rows, `stop_reason` what stopped the run, if anything did;
    `unanswered` counts the requests before the last published row that it left without a reply: run
    to its end, the build has their rows between these, or in the place of later ones;
    `decontamination` is None in manifests from before there was any; `spend` is all that the output
    folder has paid for, None where nobody counted; `splits` is None where all rows are `train`;
    `card_language` is that of card and figures, where the release does not say otherwise; `release`
    is None where nothing was published.
    """

    schema_version: Literal[1]
    kind: Literal["reasoning"]
    complete: bool
    ended_by: EndedBy
    stop_reason: StopReason | None
    unanswered: int = 0
    rows: RowCounts
    content_digest: str
    code_version: str
    recipe_digest: str
    recipe: dict[str, JsonValue]
    seeds: SeedFacts
    teacher: TeacherFacts
    judge: JudgeRecord | None
    served_models: list[ServedModel]
    funnel: Funnel
    decontamination: DecontaminationFacts | None = None
    pass_rates: dict[str, int]
    answered: TraceStatistics
    published: TraceStatistics
    length_histograms: tuple[LengthHistogram, ...] = ()
    variety: tuple[TraceVariety, ...] = ()
    spend: Spend | None
    replaced_surrogates: int
    sample: dict[str, JsonValue]
    splits: DivisionFacts | None = None
    configs: list[ConfigFacts]
    files: list[FileRecord]
    card_language: CardLanguage = "en"
    release: ReleaseFacts | None = None

    @model_validator(mode="after")
    def _counts_agree(self) -> Manifest:
        published = {self.rows.published, self.funnel.published, self.published.traces}
        published |= {sum(split.num_examples for split in one.splits) for one in self.configs}
        if len(published) != 1:
            raise ValueError(f"published rows are counted as {sorted(published)}")
        refuse_false_index(self.files, self.rows.published)
        refuse_false_histograms(self.length_histograms, self.rows.published)
        refuse_false_division(self.splits, self.configs)
        if self.complete != (self.rows.published == self.rows.wanted):
            raise ValueError(f"complete is {self.complete} at {self.rows}")
        if self.ended_by != _tell_end(self.complete, self.stop_reason):
            raise ValueError(f"ended by {self.ended_by}, stopped by {self.stop_reason}")
        dropped = 0 if self.decontamination is None else self.decontamination.seeds_matched
        if dropped != self.funnel.contaminated:
            raise ValueError(f"{dropped} seeds matched, funnel {self.funnel.contaminated}")
        if self.unanswered and self.stop_reason is None:
            raise ValueError(f"{self.unanswered} requests are unanswered, and nothing stopped them")
        if self.answered.traces != self.funnel.answered:
            raise ValueError(f"{self.answered.traces} replies, funnel {self.funnel.answered}")
        return self


def _tell_end(complete: bool, stop_reason: StopReason | None) -> EndedBy:
    if complete:
        return "rows"
    return "seeds" if stop_reason is None else "stopped"


def build_manifest(outcome: Outcome, facts: RunFacts, files: Sequence[FileRecord]) -> Manifest:
    """The manifest of one build; pure and deterministic.

    Raises ValueError (pydantic's) where the counts of outcome, files and funnel disagree, and
    where an id occurs twice, a published row has a reason or a rejected one has none.
    """
    _refuse_contradictions(outcome)
    everything = [*outcome.published, *outcome.rejected]
    complete = len(outcome.published) == facts.rows_wanted
    return Manifest(
        schema_version=SCHEMA_VERSION,
        kind=facts.kind,
        complete=complete,
        ended_by=_tell_end(complete, facts.stop_reason),
        stop_reason=facts.stop_reason,
        unanswered=outcome.unanswered,
        rows=RowCounts(wanted=facts.rows_wanted, published=len(outcome.published)),
        content_digest=_digest_published(outcome.published, facts.splits),
        code_version=replace_lone_surrogates(facts.code_version)[0],
        recipe_digest=facts.recipe_digest,
        recipe=publishable_settings(facts.recipe),
        seeds=publishable_facts(facts.seeds, "source"),
        teacher=publishable_facts(facts.teacher, "model"),
        judge=count_opinions(outcome, facts.judge),
        served_models=_count_served_models(outcome),
        funnel=count_funnel(outcome, facts.seeds),
        decontamination=facts.decontamination,
        pass_rates=bin_pass_rates(everything),
        answered=describe_traces(_list_answered(outcome)),
        published=describe_traces(outcome.published),
        length_histograms=tuple(count_trace_lengths(outcome.published)),
        variety=tuple(describe_variety(outcome.published)),
        spend=publishable_spend(facts.spend),
        replaced_surrogates=sum(map(count_lone_surrogates, everything)),
        sample=_choose_sample(outcome),
        splits=describe_division(outcome.published, _find_question, "question", facts.splits),
        configs=_describe_configs(files),
        files=list(files),
        card_language=facts.card_language,
    )


def divide_traces(
    published: Iterable[CheckedTrace], config: SplitConfig
) -> dict[Split, list[CheckedTrace]]:
    """Split → its rows in their own order; all traces of one question stand in one split."""
    return divide_rows(published, _find_question, config)


def _digest_published(published: Iterable[CheckedTrace], config: SplitConfig) -> str:
    divided = divide_traces(published, config)
    return digest_rows(map(published_row, chain.from_iterable(divided.values())))


def _describe_configs(files: Sequence[FileRecord]) -> list[ConfigFacts]:
    return [describe_config(name, yaml_features(COLUMNS, LISTS[name]), files) for name in CONFIGS]


def _list_answered(outcome: Outcome) -> list[CheckedTrace]:
    replied = [one for one in outcome.rejected if one.reason not in NO_REPLY]
    return [*outcome.published, *replied]


def _find_question(one: CheckedTrace) -> str:
    return one.trace.seed_id


def _refuse_contradictions(outcome: Outcome) -> None:
    rows = [*outcome.published, *outcome.rejected]
    refuse_repeated_ids(one.trace.trace_id for one in rows)
    refuse_misplaced_rows(
        [(one.trace.trace_id, one.reason or one.trace.error) for one in outcome.published],
        [(one.trace.trace_id, one.reason) for one in outcome.rejected],
    )


def _count_served_models(outcome: Outcome) -> list[ServedModel]:
    answered = count_values(
        strip_machine_path(one.trace.served_model) for one in _list_answered(outcome)
    )
    published = count_values(
        strip_machine_path(one.trace.served_model) for one in outcome.published
    )
    return [
        ServedModel(name=name, answered=count, published=published.get(name, 0))
        for name, count in answered.items()
    ]


def _choose_sample(outcome: Outcome) -> dict[str, JsonValue]:
    """The published row whose thought and answer have the median length; {} without rows."""
    chosen = choose_median(
        outcome.published, lambda one: len(one.trace.reasoning_content) + len(one.trace.content)
    )
    return {} if chosen is None else dump_row(published_row(chosen))
