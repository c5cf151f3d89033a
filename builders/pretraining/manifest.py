"""The manifest of a pretraining build, counted so that the sums must agree.

Written last, so its existence means that the build completed. The card is a pure function of it. It
holds no clock, host name or machine path: the same outcome and facts give the same bytes, and
`content_digest` covers the published rows alone, in the order in which config `default` has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import JsonValue, model_validator

from builders.card_words.catalogue import CardLanguage
from builders.decontamination.facts import DecontaminationFacts
from builders.length_histograms import LengthHistogram, refuse_false_histograms
from builders.manifest_parts import (
    SCHEMA_VERSION,
    ManifestPart,
    RowCounts,
    ServedModel,
    choose_median,
    digest_rows,
    dump_row,
    refuse_false_end,
    refuse_false_index,
    refuse_false_matches,
    refuse_misplaced_rows,
    refuse_repeated_ids,
)
from builders.pretraining.configs import FormatFile, ViewFacts, describe_configs, name_configs
from builders.pretraining.diversity import Diversity, describe_diversity
from builders.pretraining.funnel import NO_REPLY, PretrainingFunnel, count_pretraining_funnel
from builders.pretraining.outcome import (
    CheckedPassage,
    EndedBy,
    MixtureFacts,
    PretrainingFacts,
    PretrainingOutcome,
    PretrainingTeacherFacts,
    SourcesFacts,
)
from builders.pretraining.rows import (
    count_lone_surrogates,
    published_row,
    read_format,
    stored_row,
)
from builders.pretraining.statistics import (
    PassageStatistics,
    count_passage_lengths,
    describe_passages,
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
from builders.trace_statistics import count_values
from distilabel_pipelines.gateway.settings import StopReason
from distilabel_pipelines.spend import Spend

SAMPLE_CHARACTERS = 600


class FormatSample(ManifestPart):
    """The beginning of a published text, that of median length in its format."""

    id: str
    format: str
    text: str
    characters: int


class PretrainingManifest(ManifestPart):
    """The record of one build; see the module's text. Field order is the order in the file.

    `ended_by` says why there are no more rows: `prompts` where they ran out. `unanswered` counts
    the requests before the last published row that a stopped run left without a whole reply: run
    to its end, the build has their rows between these, or in the place of later ones. `answered`
    and `published` describe all replies and the published ones. `sample` is the published row of
    median length with its prompt, `samples` the beginning of one text a format;
    `replaced_surrogates` are characters that UTF-8 cannot hold; `spend` is all that the output
    folder has paid for, None where nobody counted; `splits` is None where all rows are `train`;
    `release` is None where nothing was published.
    """

    schema_version: Literal[1]
    kind: Literal["pretraining"]
    complete: bool
    ended_by: EndedBy
    stop_reason: StopReason | None
    unanswered: int = 0
    rows: RowCounts
    content_digest: str
    code_version: str
    recipe_digest: str
    recipe: dict[str, JsonValue]
    sources: SourcesFacts
    mixture: MixtureFacts
    decontamination: DecontaminationFacts
    teacher: PretrainingTeacherFacts
    served_models: list[ServedModel]
    funnel: PretrainingFunnel
    answered: PassageStatistics
    published: PassageStatistics
    diversity: Diversity
    length_histograms: tuple[LengthHistogram, ...] = ()
    spend: Spend | None
    replaced_surrogates: int
    sample: dict[str, JsonValue]
    samples: list[FormatSample]
    splits: DivisionFacts | None = None
    configs: list[ViewFacts]
    files: list[FormatFile]
    card_language: CardLanguage = "en"
    release: ReleaseFacts | None = None

    @model_validator(mode="after")
    def _counts_agree(self) -> Self:
        counted = [self.rows.published, self.funnel.published, self.published.rows]
        everything = [one for one in self.configs if one.name in ("default", "with_prompt")]
        counted += [sum(split.num_examples for split in one.splits) for one in everything]
        views = [one for one in self.configs if one not in everything]
        counted.append(sum(split.num_examples for one in views for split in one.splits))
        if len(set(counted)) != 1:
            raise ValueError(f"published rows are counted as {counted}")
        refuse_false_index(self.files, self.rows.published)
        refuse_false_histograms(self.length_histograms, self.rows.published)
        refuse_false_division(self.splits, self.configs)
        if self.answered.rows != self.funnel.answered:
            raise ValueError(f"{self.answered.rows} replies, funnel {self.funnel.answered}")
        contaminated = self.sources.dropped.get("contaminated", 0)
        refuse_false_matches(
            self.decontamination, (contaminated, self.funnel.rejected["contaminated"])
        )
        refuse_false_end(
            self.rows,
            complete=self.complete,
            ended_by=self.ended_by,
            stop_reason=self.stop_reason,
        )
        if self.unanswered and self.stop_reason is None:
            raise ValueError(f"{self.unanswered} requests are unanswered, and nothing stopped them")
        return self


def build_pretraining_manifest(
    outcome: PretrainingOutcome, facts: PretrainingFacts, files: Sequence[FormatFile]
) -> PretrainingManifest:
    """The manifest of one build; pure and deterministic.

    Raises ValueError (also pydantic's) where counts disagree, ids repeat or a reason is misplaced.
    """
    _refuse_contradictions(outcome)
    ordered = _order_passages(outcome.published, facts.splits)
    return PretrainingManifest(
        schema_version=SCHEMA_VERSION,
        kind=facts.kind,
        complete=len(ordered) == facts.rows_wanted,
        ended_by=outcome.ended_by,
        stop_reason=facts.stop_reason,
        unanswered=outcome.unanswered,
        rows=RowCounts(wanted=facts.rows_wanted, published=len(ordered)),
        content_digest=digest_rows(published_row(stored_row(one)) for one in ordered),
        code_version=replace_lone_surrogates(facts.code_version)[0],
        recipe_digest=facts.recipe_digest,
        recipe=publishable_settings(facts.recipe),
        sources=_publish_sources(facts.sources),
        mixture=MixtureFacts.model_validate(publishable_settings(facts.mixture.model_dump())),
        decontamination=facts.decontamination,
        teacher=publishable_facts(facts.teacher, "model"),
        served_models=_count_served_models(outcome),
        funnel=(funnel := count_pretraining_funnel(outcome, facts.sources, facts.mixture)),
        answered=describe_passages(_list_answered(outcome)),
        published=describe_passages(ordered),
        diversity=describe_diversity(ordered, funnel),
        length_histograms=tuple(count_passage_lengths(ordered)),
        spend=publishable_spend(facts.spend),
        replaced_surrogates=_count_lost_characters(outcome),
        sample=_choose_sample(ordered),
        samples=_choose_format_samples(ordered),
        splits=describe_division(ordered, _find_source, "source", facts.splits),
        configs=describe_configs(name_configs(map(read_format, ordered)), files),
        files=list(files),
        card_language=facts.card_language,
    )


def list_places(
    published: Sequence[CheckedPassage], config: SplitConfig
) -> dict[tuple[Split, str], list[CheckedPassage]]:
    """Split and folder → its rows in their own order; in the order of `default`, none empty.

    All texts of one source stand in one split.
    """
    names = name_configs(map(read_format, published))
    folders = dict.fromkeys(names.values())
    divided = divide_rows(published, _find_source, config)
    places = {(split, folder): list[CheckedPassage]() for split in divided for folder in folders}
    for split, rows in divided.items():
        for one in rows:
            places[split, names[read_format(one)]].append(one)
    return {place: rows for place, rows in places.items() if rows}


def _order_passages(
    published: Sequence[CheckedPassage], config: SplitConfig
) -> list[CheckedPassage]:
    """The rows as config `default` has them."""
    return [one for rows in list_places(published, config).values() for one in rows]


def _find_source(one: CheckedPassage) -> str:
    return one.passage.prompt.source_id


def _refuse_contradictions(outcome: PretrainingOutcome) -> None:
    rows = [*outcome.published, *outcome.rejected]
    refuse_repeated_ids(one.passage.passage_id for one in rows)
    refuse_misplaced_rows(
        [(one.passage.passage_id, one.reason or one.passage.error) for one in outcome.published],
        [(one.passage.passage_id, one.reason) for one in outcome.rejected],
    )


def _count_lost_characters(outcome: PretrainingOutcome) -> int:
    return sum(map(count_lone_surrogates, [*outcome.published, *outcome.rejected]))


def _publish_sources(sources: SourcesFacts) -> SourcesFacts:
    files = [publishable_facts(one, "source") for one in sources.files]
    return sources.model_copy(update={"files": files})


def _list_answered(outcome: PretrainingOutcome) -> list[CheckedPassage]:
    replied = [one for one in outcome.rejected if one.reason not in NO_REPLY]
    return [*outcome.published, *replied]


def _count_served_models(outcome: PretrainingOutcome) -> list[ServedModel]:
    def count(rows: Sequence[CheckedPassage]) -> dict[str, int]:
        return count_values(strip_machine_path(one.passage.served_model) for one in rows)

    published = count(outcome.published)
    return [
        ServedModel(name=name, answered=answered, published=published.get(name, 0))
        for name, answered in count(_list_answered(outcome)).items()
    ]


def _choose_sample(ordered: Sequence[CheckedPassage]) -> dict[str, JsonValue]:
    """The published row whose text has the median length, with its prompt; {} without rows."""
    chosen = choose_median(ordered, lambda one: len(one.passage.content))
    return {} if chosen is None else dump_row(stored_row(chosen))


def _choose_format_samples(ordered: Sequence[CheckedPassage]) -> list[FormatSample]:
    """One text a format that has a config of its own, in the order of the configs."""
    names = name_configs(map(read_format, ordered))
    own = [name for name in names if list(names.values()).count(names[name]) == 1]
    return [_cut_sample([one for one in ordered if read_format(one) == name], name) for name in own]


def _cut_sample(rows: Sequence[CheckedPassage], text_format: str) -> FormatSample:
    chosen = choose_median(rows, lambda one: len(one.passage.content)) or rows[0]
    text = replace_lone_surrogates(chosen.passage.content)[0]
    return FormatSample(
        id=chosen.passage.passage_id,
        format=text_format,
        text=text[:SAMPLE_CHARACTERS],
        characters=len(text),
    )
