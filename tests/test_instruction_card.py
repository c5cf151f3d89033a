"""The card of an instruction build: a function of the manifest, honest, deaf to hostile text."""

import html
import re
from pathlib import Path
from typing import Any

import pytest

from builders.card import render_card
from builders.instruction_card import REASON_MEANINGS, STEP_MEANINGS
from builders.instruction_funnel import REASONS, STEPS
from builders.instruction_manifest import InstructionManifest
from builders.instruction_outcome import (
    ContaminatedTask,
    InstructionOutcome,
    Novelty,
    SimilarInstruction,
)
from builders.manifest_parts import manifest_bytes
from builders.seed_loader import SeedConfig
from builders.task_seeds import load_task_seeds
from tests.card_checks import check_evaluation, check_structure
from tests.decontamination.outcomes import ITEM, check_facts, no_check
from tests.instruction_outcomes import (
    fallen,
    requests,
    row,
    small_alpaca,
    small_facts,
    small_self_instruct,
)
from tests.outcomes import small_spend
from tests.test_card import EVIL, HARMLESS, body_tokens, front_matter, html_blocks
from tests.test_instruction_manifest import judged_manifest, manifest_of, small_manifest

GOLDEN = Path(__file__).parent / "golden" / "instruction_card.md"


def test_the_card_of_one_row_speaks_of_one() -> None:
    one = small_manifest()
    rows = one.rows.model_copy(update={"published": 1})
    card = render_card(one.model_copy(update={"rows": rows}))
    assert "1 row, each an instruction" in card


def self_instruct_card(**changes: object) -> str:
    manifest = manifest_of(small_self_instruct(), method="self-instruct", **changes)
    return render_card(manifest)


def test_the_card_is_the_golden_one() -> None:
    assert render_card(small_manifest()) == GOLDEN.read_text(encoding="utf-8")


def test_a_manifest_read_back_from_its_file_gives_the_same_card() -> None:
    again = InstructionManifest.model_validate_json(manifest_bytes(small_manifest()))
    assert render_card(again) == render_card(small_manifest())


def test_the_front_matter_is_what_the_hub_and_datasets_expect() -> None:
    manifest = small_manifest()
    fields = front_matter(render_card(manifest))

    assert fields["license"] == "apache-2.0"
    assert fields["language"] == ["en", "zh"]
    assert fields["size_categories"] == ["n<1K"]
    assert {"synthetic", "distilabel", "datatrove", "instruction"} <= set(fields["tags"])
    assert [config.get("default") for config in fields["configs"]] == [True, None, None]
    for info, config in zip(fields["dataset_info"], manifest.configs, strict=True):
        assert info["features"] == config.features
        assert info["splits"] == [split.model_dump() for split in config.splits]


def test_the_hub_library_reads_the_card() -> None:
    from huggingface_hub import DatasetCardData  # noqa: PLC0415  # only where it is used

    data = DatasetCardData(**front_matter(render_card(small_manifest())))
    assert data.pretty_name == "Instructions by small-writer"


def test_every_reason_and_step_has_a_meaning() -> None:
    assert tuple(REASON_MEANINGS) == REASONS
    assert tuple(STEP_MEANINGS) == STEPS


def manifest_with(text: str) -> InstructionManifest:
    """The text in every place that a model, a seed file or a user can reach."""
    near = Novelty(mean=0.1, closest=(SimilarInstruction(instruction=text, score=0.5),))
    names: dict[str, Any] = {"served_model": text, "finish_reason": text, "examples": (text,)}
    published = row(f"Write a note. {text}", text, text, novelty=near, **names)
    lost = fallen("", "unparsable", raw=text, detail=text, item=1, **names)
    outcome = InstructionOutcome([published], [lost], [requests("tasks", 1, 1)], 1, "rows")
    generation = dict.fromkeys(("human_examples", "machine_examples", "tasks_listed"), text)
    return manifest_of(
        outcome,
        source=text,
        sha256=text,
        revision=text,
        license=text,
        model=text,
        settings={text: {text: text}},
        prompts={text: text},
        recipe={text: text, "generation": generation, "max_tokens": "$(reboot) `reboot` ';\"$HOME"},
        recipe_digest=text,
        code_version=text,
        rows_wanted=1,
    )


def test_hostile_text_changes_no_field_of_the_front_matter() -> None:
    evil = front_matter(render_card(manifest_with(EVIL)))
    plain = front_matter(render_card(manifest_with(HARMLESS)))
    assert evil.pop("pretty_name") == f"Instructions by {EVIL}"
    assert evil.pop("source_datasets") == [EVIL.split(":", 1)[0]]
    plain.pop("pretty_name"), plain.pop("source_datasets")
    assert evil == plain


def test_hostile_text_has_the_structure_of_harmless_text() -> None:
    evil, plain = (render_card(manifest_with(text)) for text in (EVIL, HARMLESS))
    check_structure(evil, plain)


def test_hostile_text_is_never_evaluated_and_shows_its_controls() -> None:
    check_evaluation(render_card(manifest_with(EVIL)), "## From seeds")


def test_a_hostile_judge_changes_only_its_own_text() -> None:
    cards = [
        render_card(
            judged_manifest(accepts=True, settings={text: text}, rubrics={text: text}, model=text)
        )
        for text in (EVIL, HARMLESS)
    ]
    tokens = [body_tokens(card) for card in cards]
    assert front_matter(cards[0]) == front_matter(cards[1])
    assert [token.type for token in tokens[0]] == [token.type for token in tokens[1]]
    assert html_blocks(tokens[0]) == html_blocks(tokens[1])


@pytest.mark.parametrize(
    ("changes", "license_id"),
    [
        ({}, "apache-2.0"),
        ({"license": None}, "unknown"),
        ({"llm": "vllm", "weights": "named", "model": "Qwen/Qwen3-8B"}, "apache-2.0"),
        ({"llm": "vllm", "weights": "named", "model": "acme/secret-9b"}, "other"),
    ],
)
def test_the_licence_claims_no_more_than_is_known(
    changes: dict[str, object], license_id: str
) -> None:
    card = render_card(small_manifest(**changes))
    assert front_matter(card)["license"] == license_id
    assert ("of the seed tasks states: none." in card) == (license_id == "unknown")
    assert ("**Not ready to publish:**" in card) == (license_id == "unknown")
    assert ("output are unknown: find out" in card) == (license_id == "other")


def test_the_embedded_teacher_is_said_to_be_for_trying_the_pipeline() -> None:
    said = "For trying the pipeline, not for training a model"
    assert said in render_card(small_manifest())
    assert said not in render_card(small_manifest(llm="vllm", weights="named"))


def test_a_short_build_says_why() -> None:
    recipe = {"generation": {"fruitless_requests": 200}}
    fruitless = manifest_of(
        small_alpaca()._replace(ended_by="fruitless"), rows_wanted=1000, recipe=recipe
    )
    said = render_card(fruitless)
    assert "**Incomplete:** 1,000 rows were asked for; at 4 the teacher had nothing new" in said
    assert "its last 200 requests brought none." in said
    stopped = small_alpaca()._replace(ended_by="stopped")
    said = render_card(manifest_of(stopped, rows_wanted=1000, stop_reason="budget"))
    assert "the run was stopped at 4 because its budget left no room for one more request." in said
    assert "Incomplete" not in render_card(small_manifest())


def test_the_recipe_is_told_by_its_method() -> None:
    alpaca, own = render_card(small_manifest()), self_instruct_card(rows_wanted=30)
    assert "by the recipe of [Stanford Alpaca]" in alpaca
    assert "by the recipe of [Self-Instruct]" in own
    assert "tasks with instances" in own
    assert "Of the novel tasks 1 were called a classification, 2 were not, and 1 have no" in own
    assert "Of the novel tasks" not in alpaca


def test_the_funnel_shows_each_reason_at_its_step() -> None:
    section = render_card(small_manifest()).split("### Rejected, by reason")[1].split("## ")[0]
    assert "| `not_novel` | 0 | 0 | 1 | 0 | too similar" in section
    assert "Nothing fell for `refused_by_provider`, `too_long`" in section
    assert "| `looping` |" not in section
    clean = InstructionOutcome([row("Go on.")], [], [requests("tasks", 1, 1)], 1, "rows")
    section = render_card(manifest_of(clean, rows_wanted=1)).split("by reason")[-1]
    assert "| reason |" not in section.split("## ")[0]


def test_the_statistics_of_the_rows_are_shown() -> None:
    card = render_card(small_manifest())
    section = card.split("## Novelty")[1].split("## The teacher")[0]
    assert "was at most 0.7." in section
    assert "| 0.5 to 0.6 | 4 |" in section
    assert "0.6 to 0.7" not in section
    assert "Instructions in `en` with a verb and its object: 3 of 3." in section
    assert "| write | 1 | note 1 |" in section
    assert "| language `zh` | 1 |" in section
    assert "| classification: the teacher was not asked | 4 |" in section
    assert "| output, words | 3 | 3 | 4 | 4 | 4 |" in section
    own = self_instruct_card(rows_wanted=30)
    assert "| classification: yes | 2 |" in own


def test_nothing_is_said_of_inputs_where_no_row_has_one() -> None:
    bare = InstructionOutcome([row("Go on.")], [], [requests("tasks", 1, 1)], 1, "rows")
    card = render_card(manifest_of(bare, rows_wanted=1))
    assert "input where there is one" not in card
    assert "Output (the task needs no input):" in card


def test_thoughts_that_came_unasked_are_told() -> None:
    assert "one came in 1 reply. It was paid for and stands in no row" in render_card(
        small_manifest()
    )
    assert "No thought was asked for" not in self_instruct_card(rows_wanted=30)


def test_tokens_that_no_server_reported_are_unknown() -> None:
    assert "| is the task a classification? | 4 | 4 | 1,600 | unknown | 0 |" in self_instruct_card(
        rows_wanted=30
    )


def test_the_judge_is_told_with_what_its_word_did() -> None:
    accepting = render_card(judged_manifest(accepts=True))
    assert "**What it found incorrect is not published**" in accepting
    assert "| `incorrect` | 1 | 0 |" in accepting
    assert "For tasks in `en`:" in accepting
    silent = render_card(judged_manifest(accepts=False))
    assert "changed nothing about which rows are published" in silent
    assert "JUDGE_ACCEPTS" not in silent
    assert "Second opinion" not in render_card(small_manifest()).split("## The teacher")[1]


def test_what_was_paid_is_shown_and_an_unknown_cost_is_not_nothing() -> None:
    card = render_card(small_manifest(spend=small_spend()))
    assert "| `large-judge` | 6 | 4,200 | 310 | 0.01234 USD |" in card
    assert "| **counted as spent** | | 9,020 in all | | unknown |" in card
    assert "Nobody counted" not in card
    assert "Nobody counted" in render_card(small_manifest())


def test_prompts_settings_and_recipe_stand_in_full() -> None:
    card = render_card(small_manifest())
    for text in small_facts().teacher.prompts.values():
        assert f"```text\n{text}\n```" in card
    assert '"\\n20"' in html.unescape(card)
    assert '"tasks_listed": 20' in card


def test_the_whole_sample_is_readable_in_the_card() -> None:
    manifest = small_manifest()
    section = render_card(manifest).split("## A sample")[1].split("## From seeds")[0]
    for key in ("instruction", "input", "output"):
        assert str(manifest.sample[key]) in section
    assert "a ROUGE-L F of 0.600" in section


def test_the_command_builds_the_same_kind_by_the_same_method() -> None:
    assert "make build-instruction RECIPE=alpaca LLM=embedded SEEDS=bundled:instruction ROWS=4" in (
        render_card(small_manifest())
    )
    own = self_instruct_card(rows_wanted=30, recipe={"sampling": {"temperature": 0.9}})
    assert re.search("RECIPE=self-instruct .* ROWS=30 TEMPERATURE=0.9\n", own)


def test_decontamination_is_told_by_benchmark_or_in_plain_words_that_there_was_none() -> None:
    outcome = small_alpaca()
    where: dict[str, Any] = {"stage": "task", "item": 9, "instance": -1, "novelty": None}
    lost = fallen("How many bulbs?", "contaminated", contamination=ITEM, **where)
    seeds = [
        ContaminatedTask(load_task_seeds(SeedConfig(source="bundled:instruction")).tasks[0], ITEM)
    ]
    outcome = outcome._replace(rejected=[*outcome.rejected, lost], contaminated=seeds)
    card = render_card(manifest_of(outcome, decontamination=check_facts(seeds=1, rows=1)))
    assert "| `sums` | `sums.jsonl.gz` | 30 | 29 | 1 | 1 |" in card
    assert "| seed tasks shown | 175 | 1 that hold an item of a benchmark |" in card
    none = render_card(small_manifest(decontamination=no_check()))
    assert "**Nothing was checked.** No benchmark files were there" in none
    assert "- **No decontamination was done**: the rows were not compared" in none
