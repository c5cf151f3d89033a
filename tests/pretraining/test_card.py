"""The card of a pretraining build: a function of the manifest, honest, deaf to hostile text."""

import re
from pathlib import Path
from typing import Any

import pytest

from builders.card import render_card
from builders.decontamination.facts import BenchmarkFacts, Contamination, UnusableFile
from builders.manifest_parts import manifest_bytes
from builders.pretraining.card import REASON_MEANINGS, SOURCE_MEANINGS, list_shares
from builders.pretraining.funnel import REASONS
from builders.pretraining.manifest import PretrainingManifest, build_pretraining_manifest
from builders.pretraining.outcome import (
    MixtureFacts,
    PretrainingFacts,
    PretrainingOutcome,
    SourceFileFacts,
)
from builders.pretraining.select_sources import REASONS as SOURCE_REASONS
from builders.pretraining.select_sources import UNREADABLE
from builders.pretraining.sources import CONTAMINATED
from tests.card_checks import check_evaluation, check_structure
from tests.outcomes import small_spend
from tests.pretraining.outcomes import (
    dropped,
    passage,
    small_decontamination,
    small_facts,
    small_outcome,
)
from tests.pretraining.test_diversity import texts
from tests.pretraining.test_manifest import file_records, manifest_of, small_manifest
from tests.test_card import EVIL, HARMLESS, front_matter

GOLDEN = Path(__file__).parents[1] / "golden" / "pretraining_card.md"


def test_the_card_is_the_golden_one() -> None:
    assert render_card(small_manifest()) == GOLDEN.read_text(encoding="utf-8")


def test_a_manifest_read_back_from_its_file_gives_the_same_card() -> None:
    again = PretrainingManifest.model_validate_json(manifest_bytes(small_manifest()))
    assert render_card(again) == render_card(small_manifest())


def test_the_front_matter_is_what_the_hub_and_datasets_expect() -> None:
    manifest = small_manifest()
    fields = front_matter(render_card(manifest))

    assert fields["license"] == "apache-2.0"  # that of the model: the sources ask for nothing
    assert fields["language"] == ["en", "zh"]
    assert fields["source_datasets"] == ["original"]
    assert {"synthetic", "distilabel", "datatrove", "pretraining"} <= set(fields["tags"])
    assert [config.get("default") for config in fields["configs"]] == [True, *[None] * 4]
    for config, described in zip(fields["configs"], manifest.configs, strict=True):
        assert config["columns"] == described.columns
        (split,) = config["data_files"]
        assert split == {"split": "train", "path": described.data_files["train"]}
    for info, described in zip(fields["dataset_info"], manifest.configs, strict=True):
        assert info["features"] == described.features
        assert info["splits"] == [split.model_dump() for split in described.splits]


def test_the_hub_library_reads_the_card() -> None:
    from huggingface_hub import DatasetCardData  # noqa: PLC0415  # only where it is used

    data = DatasetCardData(**front_matter(render_card(small_manifest())))
    assert data.pretty_name == "Texts by small-writer"


def test_every_reason_has_a_meaning() -> None:
    assert tuple(REASON_MEANINGS) == REASONS
    assert tuple(SOURCE_MEANINGS) == (UNREADABLE, *SOURCE_REASONS, CONTAMINATED)


def evil_facts(text: str) -> PretrainingFacts:
    """The facts with the text in every place that a seed file, a user or a server can reach."""
    facts = small_facts(
        model=text,
        settings={text: text},
        stop=[text],
        prompts={text: text},
        recipe={text: text, "max_tokens": "$(reboot) `reboot` ';\"$HOME"},
        recipe_digest=text,
        code_version=text,
        rows_wanted=1,
        dropped={"boilerplate": 1},
        equal_merged=3,
        asked={f"web/{text}": 1.0},
        made={f"web/{text}": 1.0},
        decontamination=small_decontamination(
            benchmarks=[
                BenchmarkFacts(
                    name=text,
                    file=text,
                    sha256=text,
                    items=1,
                    items_indexed=1,
                    rows_matched=1,
                )
            ],
            unusable=[UnusableFile(file=text, sha256=text, items=1, columns=[text])],
            question_columns=[text],
        ),
    )
    file = SourceFileFacts(source=text, sha256=text, revision=text, license=text, rows_read=20)
    return facts.model_copy(update={"sources": facts.sources.model_copy(update={"files": [file]})})


def manifest_with(text: str) -> PretrainingManifest:
    """The same text in every place of the rows too."""
    names: dict[str, Any] = {"served_model": text, "finish_reason": text, "seed_data": text}
    found = Contamination(benchmark=text, item=0, item_text=text, matched_share=1.0)
    published = passage(text, 1, format=text, audience=text, topic=text, prompt=text, **names)
    lost = passage(text, 2, reason="contaminated", detail=text, contamination=found, **names)
    outcome = PretrainingOutcome(
        [published], [lost], [dropped(1, "boilerplate", text=text, detail=text)], "rows"
    )
    return build_pretraining_manifest(outcome, evil_facts(text), file_records(outcome))


def test_hostile_text_changes_no_field_of_the_front_matter() -> None:
    evil = front_matter(render_card(manifest_with(EVIL)))
    plain = front_matter(render_card(manifest_with(HARMLESS)))
    assert evil.pop("pretty_name") == f"Texts by {EVIL}"
    assert evil.pop("source_datasets") == [EVIL.split(":", 1)[0]]
    for fields in (evil, plain):
        own = fields["configs"][2]["config_name"]
        assert fields["configs"][2]["data_files"][0]["path"] == [f"data/{own}/train-*.parquet"]
        assert fields["dataset_info"][2]["config_name"] == own
        del fields["configs"], fields["dataset_info"][2]["config_name"]
    plain.pop("pretty_name"), plain.pop("source_datasets")
    for one in (*evil["dataset_info"], *plain["dataset_info"]):
        del one["splits"], one["dataset_size"]
    assert evil == plain


def test_hostile_text_has_the_structure_of_harmless_text() -> None:
    evil, plain = (render_card(manifest_with(text)) for text in (EVIL, HARMLESS))
    check_structure(evil, plain)


def test_hostile_text_is_never_evaluated_and_shows_its_controls() -> None:
    check_evaluation(render_card(manifest_with(EVIL)), "## From sources")


def licensed(*licenses: str | None, **changes: object) -> PretrainingManifest:
    """The manifest of a build of as many files as licences."""
    files = [
        SourceFileFacts(source=f"{n}.jsonl", sha256=None, revision=None, license=one, rows_read=0)
        for n, one in enumerate(licenses)
    ]
    files[0] = files[0].model_copy(update={"rows_read": 20})
    facts = small_facts(**changes)
    sources = facts.sources.model_copy(update={"files": files})
    facts = facts.model_copy(update={"sources": sources})
    outcome = small_outcome()
    return build_pretraining_manifest(outcome, facts, file_records(outcome))


@pytest.mark.parametrize(
    ("licenses", "expected"),
    [
        (["CC0-1.0"], ("apache-2.0", None)),
        (["CC0-1.0", "cc-by-4.0"], ("cc-by-4.0", None)),
        (["cc-by-4.0", "CC-BY-4.0"], ("cc-by-4.0", None)),
        (["cc-by-4.0", "odc-by"], ("other", "several-licenses-see-card")),
        (["cc0-1.0", "ask my lawyer"], ("unknown", None)),
        (["cc0-1.0", None], ("unknown", None)),
    ],
)
def test_the_licence_of_several_files_is_the_one_that_allows_least(
    licenses: list[str | None], expected: tuple[str, str | None]
) -> None:
    card = render_card(licensed(*licenses))
    fields = front_matter(card)
    assert (fields["license"], fields.get("license_name")) == expected
    assert ("rows read, no licence stated." in card) == (None in licenses)
    assert ("**Not ready to publish:**" in card) == (expected[0] == "unknown")


def test_the_terms_of_a_teacher_that_is_not_ours_are_not_claimed() -> None:
    manifest = licensed("cc0-1.0", llm="vllm", weights="named", model="acme/secret-9b")
    card = render_card(manifest)
    assert front_matter(card)["license_name"] == "unknown-teacher-terms"
    assert "output are unknown: find out" in card


def test_the_embedded_teacher_is_said_to_be_for_trying_the_pipeline() -> None:
    said = "For trying the pipeline, not for training a model"
    assert said in render_card(small_manifest())
    assert said not in render_card(small_manifest(llm="vllm", weights="named"))


def test_a_short_build_says_why() -> None:
    short = manifest_of(small_outcome()._replace(ended_by="prompts"), rows_wanted=1000)
    assert "1,000 rows were asked for; the prompts ended at 5." in render_card(short)
    stopped = small_outcome()._replace(ended_by="stopped")
    said = render_card(manifest_of(stopped, rows_wanted=1000, stop_reason="budget"))
    assert "the run was stopped at 5 because its budget left no room for one more request." in said
    assert "Incomplete" not in render_card(small_manifest())


def collapsed_manifest() -> PretrainingManifest:
    """Twenty texts, of which twelve begin alike."""
    outcome = small_outcome()
    rows = [one.model_copy() for one in texts(20, 12)]
    contaminated = passage("a", 99, reason="contaminated")
    return manifest_of(
        outcome._replace(published=rows, rejected=[contaminated]), rows_wanted=20, prompts_made=21
    )


def test_an_opening_that_dominates_is_said_at_the_top_and_in_its_row() -> None:
    card = render_card(collapsed_manifest())
    assert "**One opening dominates.**" in card.split("## Load it")[0]
    assert "template: 60.0% of all texts in `en`, 60.0% of the format `wikihow` in `en`." in card
    assert "| `wikihow` | `en` | 20 | `in this chapter we` | **60.0%** |" in card
    assert "**In 2 of these lines one opening dominates**" in card


def test_a_stop_that_left_gaps_before_the_last_row_is_told_though_the_rows_are_complete() -> None:
    stopped = small_outcome()._replace(unanswered=2)
    card = render_card(manifest_of(stopped, stop_reason="budget"))
    why = "its budget left no room for one more request"
    told = f"the run was stopped because {why}, and 2\nrequests before the last row"
    assert f"**Not the first rows of its prompts:** {told} had no whole reply" in card
    assert "without a reply when the run was stopped |" in card
    assert "not needed |" not in card
    assert "Not the first rows" not in render_card(small_manifest())


def test_no_collapse_is_said_with_its_rule() -> None:
    card = render_card(small_manifest())
    assert "**One opening dominates.**" not in card
    assert "in no line of at least 20 rows does one begin more than 20.0% of the texts" in card


def test_the_funnel_shows_each_reason_that_occurs() -> None:
    card = render_card(small_manifest())
    section = card.split("## From sources to rows")[1].split("## Mixture")[0]
    assert "| sources | 16 | 1 equal to an earlier one, 3 by the reasons below |" in section
    assert "| `boilerplate` | 2 | mostly menus" in section
    assert "| `language` |" not in section
    assert "| `duplicate` | 1 | a copy or near-copy" in section
    assert "Nothing fell for `refused_by_provider`" in section


def unchecked_manifest(**changes: object) -> PretrainingManifest:
    """The small build without benchmarks, so without what they would have found."""
    outcome = small_outcome()
    rejected = [one for one in outcome.rejected if one.contamination is None]
    sources = [one for one in outcome.dropped_sources if one.contamination is None]
    return manifest_of(
        outcome._replace(rejected=rejected, dropped_sources=sources),
        decontamination=small_decontamination(checked=False, benchmarks=[], **changes),
        dropped={"boilerplate": 2, "contaminated": 0},
        equal_merged=2,
    )


def test_a_build_without_benchmarks_says_that_nothing_was_checked() -> None:
    card = render_card(unchecked_manifest())
    assert "| without a benchmark's item | 8 | nothing was checked |" in card
    assert "**No decontamination was done**" in card
    assert "**Nothing was checked.** No benchmark files were there" in card
    assert "**No decontamination was done**" not in render_card(small_manifest())


def test_the_benchmarks_are_told_with_what_was_found_of_them() -> None:
    section = render_card(small_manifest()).split("## Decontamination")[1].split("\n## ")[0]
    assert "| `gsm8k` | `gsm8k_test.jsonl.gz` | 1,319 | 1,319 | 1 | 1 |" in section


def test_the_mixture_is_told_as_asked_and_as_made() -> None:
    card = render_card(small_manifest())
    assert "| `web` | 90.0% | 92.0% |" in card
    assert "| `story/story` | 10.0% | 0.0% |" in card
    shares = list_shares(MixtureFacts(prompts=2, asked={"web": 1.0}, made={"prompt": 1.0}))
    assert [tuple(one) for one in shares] == [("prompt", 0, None, 1.0), ("web", 0, 1.0, 0.0)]
    asked = {"a/b": 1.0, "a/b/faq": 1.0, "a/b/faq/general": 1.0}
    shares = list_shares(MixtureFacts(prompts=2, asked=asked, made=asked))
    assert [(one.name, one.depth) for one in shares] == [*zip(asked, range(3), strict=True)]


def test_a_format_whose_name_cannot_be_a_config_is_named_beside_it() -> None:
    outcome = small_outcome()._replace(rejected=small_outcome().rejected[4:5])
    rows = [passage("a", 1, format="Story"), passage("b", 2, format="story")]
    card = render_card(manifest_of(outcome._replace(published=rows), rows_wanted=2))
    assert "| `story` | 1 | 4.0 KB | the rows of format `story`, without their prompts |" in card
    assert re.search(r"\| `story-[0-9a-f]{8}` \| 1 \| 4.0 KB \| the rows of format `Story`,", card)


def test_tokens_that_no_server_reported_are_unknown() -> None:
    rows = [passage("A text.", 1, completion_tokens=None, prompt_tokens=None)]
    card = render_card(
        manifest_of(
            small_outcome()._replace(published=rows, rejected=small_outcome().rejected[4:5]),
            rows_wanted=1,
        )
    )
    assert "| of prompts | 200 (1 not reported) | unknown |" in card
    assert "| 2 | 2 | 2 | 2 | unknown | unknown | unknown | unknown |" in card


def test_nothing_is_said_of_thoughts_continuations_and_topics_where_there_are_none() -> None:
    rows = [passage("A text.", 1, topic="")]
    card = render_card(
        manifest_of(
            small_outcome()._replace(published=rows, rejected=small_outcome().rejected[4:5]),
            rows_wanted=1,
        )
    )
    assert "No source names a topic." in card
    assert "Replies with a thought" not in card
    assert "cut by their length and continued" not in card
    assert "How a text of median length begins" not in card
    assert "Replies with a thought, which stands in no row: 1." in render_card(small_manifest())


def test_what_was_paid_is_told() -> None:
    assert "0.01234" in render_card(small_manifest(spend=small_spend()))
    assert "Nobody counted" in render_card(small_manifest())


def test_the_card_names_benchmark_files_that_nothing_was_compared_with() -> None:
    file = UnusableFile(file="odd.jsonl", sha256="0" * 64, items=3, columns=["query", "id"])
    names: dict[str, Any] = {"unusable": [file], "question_columns": ["question", "prompt"]}
    told = "`odd.jsonl` (has only `query`, `id`). Questions are read from"
    partly = small_facts(decontamination=small_decontamination(**names))
    outcome = small_outcome()
    card = render_card(build_pretraining_manifest(outcome, partly, file_records(outcome)))
    assert f"Not compared with, since no question was found in them: {told}" in card
    assert "columns `question`, `prompt`.\n\n##" in card
    card = render_card(unchecked_manifest(**names))
    assert (
        f"**Nothing was checked.** The benchmark files that were read hold no question: {told}"
        in card
    )
    assert "No benchmark files were there" not in card
