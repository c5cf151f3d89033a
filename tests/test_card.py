"""The card: a pure function of the manifest, honest, and deaf to hostile text."""

import html
import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from markdown_it import MarkdownIt

from builders.any_manifest import AnyManifest
from builders.card import STOP_MEANINGS, render_card, size_category
from builders.errors import CardError
from builders.funnel import REASONS
from builders.judged import ContaminatedQuestion, Outcome
from builders.licensing.decide import decide_license
from builders.manifest import Manifest, build_manifest
from builders.manifest_parts import manifest_bytes
from builders.reasoning_card import REASON_MEANINGS
from distilabel_pipelines.gateway.settings import StopReason
from distilabel_pipelines.rows import Question
from tests.decontamination.outcomes import ITEM, check_facts, no_check
from tests.outcomes import (
    checked,
    judge_facts,
    judged_outcome,
    rejected,
    small_facts,
    small_outcome,
    small_spend,
)
from tests.publishing.releases import released
from tests.test_manifest import file_records, small_manifest

GOLDEN = Path(__file__).parent / "golden" / "reasoning_card.md"
GOLDEN_JUDGE = GOLDEN.with_name("reasoning_card_judge.md")
EVIL = (
    "</summary></details><script>alert(1)</script>\n---\nlicense: mit\n---\n"
    "`````\n| pipe | \\| {{ 7*7 }} {% include 'x' %} \u202e\x00 ![i](https://evil.example/i.png)"
)

HARMLESS = "https://plain.example/name"  # takes the ways that EVIL takes: not our own model


def front_matter(card: str) -> dict[str, Any]:
    """The YAML part as the Hub and `datasets` cut it out."""
    match = re.match(r"---\n(.*?)\n---\n", card, re.DOTALL)
    assert match is not None
    fields: dict[str, Any] = yaml.safe_load(match[1])
    return fields


def body_tokens(card: str) -> list[Any]:
    body = card.split("\n---\n", 1)[1]
    return MarkdownIt("commonmark", {"html": True}).enable("table").parse(body)


def manifest_of(outcome: Outcome, **changes: object) -> Manifest:
    records = file_records(len(outcome.published))
    return build_manifest(outcome, small_facts(**changes), records)


def test_the_card_is_the_golden_one() -> None:
    assert render_card(small_manifest()) == GOLDEN.read_text(encoding="utf-8")


def test_a_manifest_read_back_from_its_file_gives_the_same_card() -> None:
    again = Manifest.model_validate_json(manifest_bytes(small_manifest()))
    assert render_card(again) == render_card(small_manifest())


def test_the_front_matter_is_what_the_hub_and_datasets_expect() -> None:
    manifest = small_manifest()
    fields = front_matter(render_card(manifest))

    assert fields["license"] == "apache-2.0"
    assert fields["language"] == ["en", "zh"]
    assert fields["size_categories"] == ["n<1K"]
    assert fields["task_categories"] == ["text-generation"]
    assert {"synthetic", "distilabel", "datatrove", "reasoning"} <= set(fields["tags"])
    assert [config.get("default") for config in fields["configs"]] == [True, None]
    for info, config in zip(fields["dataset_info"], manifest.configs, strict=True):
        assert info["features"] == config.features
        assert info["splits"] == [split.model_dump() for split in config.splits]
        assert info["download_size"] == config.download_size
        assert info["dataset_size"] == config.dataset_size


def test_the_hub_library_reads_the_card() -> None:
    from huggingface_hub import DatasetCardData  # noqa: PLC0415  # only where it is used

    data = DatasetCardData(**front_matter(render_card(small_manifest())))
    assert data.pretty_name == "Reasoning traces of small-reasoner"


@pytest.mark.parametrize(
    ("rows", "category"),
    [(1, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**6, "1M<n<10M"), (10**9, "1B<n<10B")],
)
def test_the_size_category_is_the_hubs(rows: int, category: str) -> None:
    assert size_category(rows) == category


def test_every_reason_has_a_meaning() -> None:
    assert tuple(REASON_MEANINGS) == REASONS


def manifest_with(text: str, api: str = "chat") -> Manifest:
    """The text in every place that a model, a seed file or a user can reach."""
    name = "system_prompts" if api == "chat" else "completion_prompts"
    prompts: dict[str, Any] = {"system_prompts": {}, "api": api} | {name: {text: text}}
    texts: dict[str, Any] = {"input": text, "answer": text, "finish_reason": text}
    published = checked("a?", text, text, served_model=text, verdict_method=text, **texts)
    return manifest_of(
        Outcome(published=[published], rejected=[rejected("b?", "refuted", finish_reason="no")]),
        source=text,
        sha256=text,
        revision=text,
        license=text,
        model=text,
        sampling={text: text},
        stop=[text],
        **prompts,
        recipe={text: text, "samples": text, "thinking": "$(reboot) `reboot` ';\"$HOME"},
        recipe_digest=text,
        code_version=text,
        rows_wanted=1,
    )


def evil_manifest(api: str = "chat") -> Manifest:
    return manifest_with(EVIL, api)


def test_hostile_text_changes_no_field_of_the_front_matter() -> None:
    evil = front_matter(render_card(evil_manifest()))
    plain = front_matter(render_card(manifest_with(HARMLESS)))
    assert evil.pop("pretty_name") == f"Reasoning traces of {EVIL}"
    assert evil.pop("source_datasets") == [EVIL.split(":", 1)[0]]
    plain.pop("pretty_name"), plain.pop("source_datasets")
    assert evil == plain


@pytest.mark.parametrize("api", ["chat", "completions"])
def test_hostile_text_has_the_structure_of_harmless_text(api: str) -> None:
    """Blocks, tables, cells, headings, links, HTML: all but the text itself is the same."""
    evil = body_tokens(render_card(evil_manifest(api)))
    plain = body_tokens(render_card(manifest_with(HARMLESS, api)))
    assert [token.type for token in evil] == [token.type for token in plain]
    assert shape_inline(evil) == shape_inline(plain)
    assert html_blocks(evil) == html_blocks(plain)
    assert "alert" in render_card(evil_manifest())


def shape_inline(tokens: list[Any]) -> list[list[str]]:
    """Kinds of inline parts of each block; code counts as text, however it is written."""
    ignored = {"text", "text_special", "code_inline", "softbreak"}
    return [
        [
            child.attrs["href"] if child.type == "link_open" else child.type
            for child in token.children or []
            if child.type not in ignored and child.content not in {"<code>", "</code>"}
        ]
        for token in tokens
    ]


def html_blocks(tokens: list[Any]) -> list[str]:
    return [re.sub("[0-9,]+", "n", t.content) for t in tokens if t.type == "html_block"]


def test_hostile_text_is_never_evaluated_and_shows_its_controls() -> None:
    card = render_card(evil_manifest())
    assert "{{ 7*7 }}" in card
    assert "49" not in card.split("## A sample")[1].split("## From seeds")[0]
    assert "\u202e" not in card
    assert "\x00" not in card
    assert "⟨U+202E⟩" in card


@pytest.mark.parametrize(
    ("changes", "license_id"),
    [
        ({}, "apache-2.0"),
        ({"license": None}, "unknown"),
        ({"license": "CC-BY-NC-4.0"}, "cc-by-nc-4.0"),
        ({"license": "ask my lawyer"}, "unknown"),
        ({"llm": "vllm", "weights": "named", "model": "Qwen/Qwen3-8B"}, "apache-2.0"),
        ({"llm": "vllm", "weights": "named", "model": "acme/secret-9b"}, "other"),
        ({"llm": "dashscope", "weights": "named", "model": "qwen-plus"}, "other"),
        ({"weights": "local", "model": "mine.gguf@0123abcd"}, "other"),
        ({"weights": "local", "model": "mine@0123abcd"}, "other"),
    ],
)
def test_the_licence_claims_no_more_than_is_known(
    changes: dict[str, object], license_id: str
) -> None:
    fields = front_matter(render_card(small_manifest(**changes)))
    assert fields["license"] == license_id
    assert ("license_name" in fields) == (license_id == "other")
    assert "license_link" not in fields  # the file is written when the dataset is published


def licence_section(manifest: AnyManifest) -> str:
    return render_card(manifest).split("## Sources and licences")[1].split("\n## ")[0]


def test_an_unknown_seed_licence_is_said_plainly_and_what_to_do() -> None:
    section = licence_section(small_manifest(license=None))
    assert "- Licence that the source of the questions states: none." in section
    assert "has not been decided yet" in section
    assert "**Not ready to publish:** the licence of 1 of the sources is not known" in section
    assert "Not ready" not in licence_section(small_manifest())


def test_a_licence_that_the_build_was_told_is_said_to_be_the_publishers_word() -> None:
    recipe = {"seeds": {"source": "mine.jsonl", "license": "cc-by-4.0"}}
    section = licence_section(small_manifest(source="mine.jsonl", license=None, recipe=recipe))
    assert "Licences of sources that the publisher of this dataset stated: mine.jsonl:" in section
    assert "Credit:\n\n- mine.jsonl, under Creative Commons Attribution 4.0" in section


def test_the_terms_of_the_teacher_are_told_with_their_source_and_day() -> None:
    qwen = licence_section(small_manifest(llm="vllm", weights="named", model="Qwen/Qwen3-8B"))
    assert re.search(r"- Qwen/Qwen3-8B wrote text of this dataset\.", qwen)
    assert re.search(r"\(read 20[0-9]{2}-[0-9]{2}-[0-9]{2}; ", qwen)
    unknown = licence_section(small_manifest(llm="vllm", weights="named", model="acme/secret-9b"))
    assert "terms for the use of its output are unknown" in unknown


def test_the_licence_of_a_release_is_the_one_that_was_decided_with_it() -> None:
    manifest = small_manifest(license="cc0-1.0")
    decided = decide_license(manifest, stated="cc-by-sa-4.0")
    fields = front_matter(render_card(released(manifest, license=decided)))
    assert fields["license"] == "cc-by-sa-4.0"
    other = small_manifest(llm="vllm", weights="named", model="acme/secret-9b")
    fields = front_matter(render_card(released(other)))
    assert (fields["license"], fields["license_link"]) == ("other", "LICENSE")
    assert "The file `LICENSE` beside this card" in licence_section(released(other))


def test_the_embedded_teacher_is_said_to_be_for_trying_the_pipeline() -> None:
    said = "For trying the pipeline, not for training a model"
    assert said in render_card(small_manifest())
    assert said not in render_card(small_manifest(llm="vllm", weights="named"))
    own = small_manifest(model="mine.gguf@0123abcd", weights="local")
    assert "a few million parameters" not in render_card(own)


def test_tokens_that_no_server_reported_are_unknown() -> None:
    silent: dict[str, Any] = {"prompt_tokens": None, "completion_tokens": None}
    one = checked("a?", "t", "r", **silent)
    card = render_card(manifest_of(Outcome(published=[one], rejected=[]), rows_wanted=1))
    assert "| prompt | unknown | unknown |" in card
    assert "| thought, tokens | unknown |" in card


def test_an_incomplete_build_says_so() -> None:
    assert "**Incomplete:** 1,000 rows were asked for" in render_card(
        small_manifest(rows_wanted=1000)
    )
    assert "Incomplete" not in render_card(small_manifest())


def test_a_stop_that_left_gaps_before_the_last_row_is_told_though_the_rows_are_complete() -> None:
    manifest = small_manifest(stop_reason="unreachable").model_copy(update={"unanswered": 1})
    told = "because the teacher could not be reached any more, and 1\nrequest before the last row"
    card = render_card(manifest)
    assert f"**Not the first rows of its questions:** the run was stopped {told} had" in card
    assert "Not the first rows" not in render_card(small_manifest())


def test_a_build_that_was_stopped_does_not_blame_the_seeds() -> None:
    card = render_card(small_manifest(rows_wanted=1000, stop_reason="budget"))
    assert "the run was stopped at 4 because its budget left no room for one more request" in card
    assert "the seeds ended" not in card
    assert "the seeds ended at 4" in render_card(small_manifest(rows_wanted=1000))


def test_every_stop_has_a_meaning() -> None:
    assert set(STOP_MEANINGS) == set(get_args(StopReason))


def judged_card(*, accepts: bool = True, **changes: object) -> str:
    outcome = judged_outcome()
    if not accepts:
        outcome = Outcome(published=outcome.published[1:], rejected=outcome.rejected[::2])
    facts = judge_facts(accepts=accepts, **changes)
    return render_card(manifest_of(outcome, judge=facts, rows_wanted=len(outcome.published)))


def test_the_card_of_one_row_speaks_of_one() -> None:
    card = render_card(
        manifest_of(Outcome(published=[checked("1+1?", "t", "2")], rejected=[]), rows_wanted=1)
    )
    assert "1 row, each a question" in card
    plural = r"\b1 (?:(?:published |selected )?rows|questions|responses|texts)"
    assert re.findall(plural, card) == []


def test_the_card_never_says_that_all_verified_rows_are_published() -> None:
    card = render_card(small_manifest())
    assert "is published only when it is\nverified" in card
    assert "Every row has to pass the other gates too." in card


def test_the_second_opinion_is_the_golden_one() -> None:
    section = judged_card().split("## Second opinion")[1].split("## Languages")[0]
    assert section == GOLDEN_JUDGE.read_text(encoding="utf-8")


def test_the_card_says_whether_the_judge_changed_what_is_published() -> None:
    accepting, silent = judged_card(), judged_card(accepts=False)
    assert "rows that owe their place to it: 1 of 3." in accepting
    owed = "that rest on its word alone, as their `verdict` is not `verified`: 1."
    assert f"Published rows with a gold answer {owed}" in accepting
    assert "verified or when the judge below finds it correct" in accepting
    assert "changed nothing about which rows are published" in silent
    assert "JUDGE_ACCEPTS" not in silent
    assert "or when the judge" not in silent
    assert (
        "Second opinion" not in render_card(small_manifest()).split("## Fields")[1].split("##")[1]
    )


def test_a_hostile_judge_changes_only_its_own_text() -> None:
    texts: dict[str, Any] = {"settings": {EVIL: EVIL}, "rubrics": {EVIL: EVIL}, "model": EVIL}
    plain: dict[str, Any] = {
        "settings": {HARMLESS: HARMLESS},
        "rubrics": {HARMLESS: HARMLESS},
        "model": HARMLESS,
    }
    evil, harmless = judged_card(**texts), judged_card(**plain)
    assert front_matter(evil) == front_matter(harmless)
    tokens = body_tokens(evil), body_tokens(harmless)
    assert [token.type for token in tokens[0]] == [token.type for token in tokens[1]]
    assert html_blocks(tokens[0]) == html_blocks(tokens[1])


def test_an_unknown_cost_is_said_to_be_unknown_and_never_nothing() -> None:
    card = render_card(small_manifest(spend=small_spend()))
    assert "| `large-judge` | 6 | 4,200 | 310 | 0.01234 USD |" in card
    assert "| `small-reasoner` | 11 | 4,200 | 310 | unknown |" in card
    assert "| **counted as spent** | | 9,020 in all | | unknown |" in card
    assert "| interrupted and asked again, at most | 2 | 600 | 3,072 | 0.00001000 USD |" in card
    assert "broken-off" not in card
    assert "has paid for" not in render_card(small_manifest())


def test_the_time_of_the_replies_is_told_where_it_was_counted() -> None:
    told = "Time from sending a request"
    spend = small_spend()
    assert told not in render_card(small_manifest(spend=spend))
    for waited_ms, words in ((0, "0.0 s"), (59_940, "59.9 s"), (65_000, "1 min 5 s")):
        counted = {"small-reasoner": spend.models["small-reasoner"]}
        counted["small-reasoner"] = counted["small-reasoner"].model_copy(
            update={"waited_ms": waited_ms}
        )
        card = render_card(small_manifest(spend=spend.model_copy(update={"models": counted})))
        assert f"build takes less: {words} for `small-reasoner`.\n\nPrices" in card


def test_replies_of_batches_have_no_time() -> None:
    spend = small_spend()
    all_batched = spend.models["small-reasoner"].model_copy(update={"batched": 11, "waited_ms": 0})
    half = spend.models["/home/bob/large-judge"].model_copy(
        update={"batched": 3, "waited_ms": 3_600_000 * 26 + 60_000}
    )
    models = {"a": all_batched, "b": half}
    card = render_card(small_manifest(spend=spend.model_copy(update={"models": models})))
    assert "added up outside batches; requests run side by side" in card
    assert "26 h 1 min for `b`.\n\nPrices" in card
    assert "for `a`" not in card


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "begin the\nfile's SHA-256"),
        ({"weights": "local"}, "from a GGUF file"),
        ({"llm": "vllm", "weights": "local"}, "begin a digest of its files"),
        ({"llm": "vllm", "weights": "named", "started": True}, "which revision of the weights"),
        ({"llm": "vllm", "weights": "named"}, "names no revision of its weights"),
        ({"llm": "dashscope", "weights": "named"}, "DashScope names no revision"),
    ],
)
def test_what_is_known_of_the_weights_is_told(changes: dict[str, object], told: str) -> None:
    paragraph = render_card(small_manifest(**changes)).split("## The teacher")[1].split("\n|")[0]
    assert told in paragraph
    assert paragraph.count("\n\n") == 1


def test_the_revision_that_was_asked_for_is_told() -> None:
    manifest = small_manifest(llm="vllm", weights="named", started=True)
    teacher = manifest.teacher.model_copy(update={"revision": "v1.2"})
    card = render_card(manifest.model_copy(update={"teacher": teacher}))
    assert "vLLM was started with the revision `v1.2` of it." in card
    assert "was not recorded" not in card


def test_a_build_without_prompts_or_gold_answers_renders() -> None:
    one = checked("a?", "t", "r", answer=None, pass_rate=None, verdict="unverifiable")
    outcome = Outcome(published=[one], rejected=[])
    card = render_card(manifest_of(outcome, system_prompts={}, sampling={}, rows_wanted=1))
    assert "No system prompt was sent." in card
    assert "pass rate | questions" not in card


def test_a_template_that_prints_unescaped_text_is_refused() -> None:
    from builders.card import card_environment  # noqa: PLC0415  # the guard itself

    environment = card_environment()
    with pytest.raises(CardError, match="without a filter"):
        environment.from_string("{{ name }}").render(name="x")
    assert environment.from_string("{{ name | code }}").render(name="x") == "`x`"


def test_the_whole_sample_is_readable_in_the_card() -> None:
    manifest = small_manifest()
    card = render_card(manifest)
    sample = json.loads(json.dumps(manifest.sample))
    for key in ("input", "reasoning_content", "content"):
        assert sample[key] in card


def base_model_card(**changes: object) -> str:
    prompts = {
        "open questions, en": "Answer.\n\nQuestion: {question}\n<think>",
        "b": "B {question}",
    }
    facts = {
        "llm": "vllm",
        "weights": "named",
        "api": "completions",
        "stop": ["\nQuestion:", "END"],
        "system_prompts": {},
        "completion_prompts": prompts,
    }
    return render_card(small_manifest(**facts | changes))


def test_a_base_models_card_shows_its_prompts_and_speaks_of_no_chat_turn() -> None:
    card = base_model_card()
    section = card.split("## The teacher")[1].split("## Verification")[0]
    assert "no chat turn and no system prompt were" in section
    assert "user turn" not in card
    assert "System prompt" not in card
    assert "<summary>Completion prompt 1 of 2 (" in section
    assert "Used for `open questions, en`:" in section
    assert "Answer.\n\nQuestion: {question}\n<think>\n```" in section


def test_the_stop_sequences_that_were_sent_are_shown_with_their_white_space() -> None:
    shown = html.unescape(base_model_card().split("Stop sequences")[1].split("\n\n")[0])
    assert shown.endswith('<code>"\\nQuestion:"</code>, <code>"END"</code>.')
    assert "Stop sequences" in render_card(small_manifest(stop=["END"]))
    assert "Stop sequences" not in render_card(small_manifest())


def test_system_prompts_are_said_to_go_with_gold_answers_only() -> None:
    card = render_card(small_manifest())
    assert "Used for questions with a gold answer in `en`:" in card
    assert "one without has none" in card


def thoughtless_card(*thoughts: str) -> str:
    rows = [
        checked(f"What is {index}?", thought, "\\boxed{1}", format_reward=0)
        for index, thought in enumerate(thoughts)
    ]
    recipe = {"gates": {"require_thought": False}, "sampling": {"thinking": False}}
    outcome = Outcome(published=rows, rejected=[])
    return render_card(manifest_of(outcome, recipe=recipe, rows_wanted=len(rows)))


def test_answers_without_thoughts_are_not_called_traces() -> None:
    card = thoughtless_card("", "")
    assert front_matter(card)["pretty_name"] == "Answers of small-reasoner"
    assert "# Answers of `small-reasoner`" in card
    assert "each a question with the answer of a language model" in card
    assert "; answers are\nmachine-generated" in card
    assert not re.search("thoughts and answers", card, re.IGNORECASE)
    assert "Answer, without a thought:" in card
    assert "<summary>Thought" not in card
    assert "`reasoning_content` is empty |" in card
    assert "with nothing between them |" in card
    assert "No row has a thought" in card
    assert "| LLaMA-Factory |" not in card


def test_rows_of_which_some_have_a_thought_are_told_so() -> None:
    card = thoughtless_card("", "Let me see.", "Hm.")
    assert "with the answer, and the thought where there is one, of a language model" in card
    assert "beside `content`; empty where there is none |" in card
    assert "with nothing between them where there is none |" in card
    assert "| LLaMA-Factory |" in card


def test_what_batches_caches_and_moderation_changed_is_in_the_spending() -> None:
    spend = small_spend()
    plain = spend.models["small-reasoner"]
    assert "price of a batch" not in render_card(small_manifest(spend=spend))
    for field, row in (
        ("batched", "| 7 | 0 | 0 |"),
        ("cached_tokens", "| 0 | 7 | 0 |"),
        ("refused", "| 0 | 0 | 7 |"),
    ):
        models = {**spend.models, "small-reasoner": plain.model_copy(update={field: 7})}
        told = spend.model_copy(update={"models": models})
        table = render_card(small_manifest(spend=told)).split("Of these and beside them:")[1]
        assert f"| `small-reasoner` {row}\n\nPrices" in table


def test_a_path_that_the_reader_puts_in_is_explained_below_the_command() -> None:
    card = render_card(small_manifest(llm="vllm", model="weights@1d45c24f", weights="local"))
    command, below = card.split("By variables:")[1].split("\n```\n", 1)
    assert "MODEL=path/to/weights " in command
    assert "`weights@1d45c24f` is its name with a piece of a digest" in below


def test_decontamination_is_told_by_benchmark_or_in_plain_words_that_there_was_none() -> None:
    question = Question(seed_id="ab", question="How many bulbs?", language="en")
    lost = ContaminatedQuestion(question=question, contamination=ITEM)
    outcome = small_outcome().model_copy(update={"contaminated": [lost]})
    card = render_card(manifest_of(outcome, decontamination=check_facts(seeds=1)))
    assert "| `sums` | `sums.jsonl.gz` | 30 | 29 | 1 |" in card
    assert "| questions asked | 10 | 1 that hold an item of a benchmark |" in card
    assert "No decontamination was done" not in card
    none = render_card(small_manifest(decontamination=no_check()))
    assert "**Nothing was checked.** No benchmark files were there" in none
    assert "- **No decontamination was done**: the questions were not compared" in none
    off = no_check().model_copy(update={"enabled": False})
    assert "had decontamination switched off" in render_card(small_manifest(decontamination=off))


def test_a_manifest_from_before_decontamination_says_that_there_was_none() -> None:
    fields = json.loads(manifest_bytes(small_manifest()))
    del fields["decontamination"], fields["funnel"]["contaminated"]
    card = render_card(Manifest.model_validate(fields))
    assert "**Nothing was checked.** This build knows of no decontamination." in card
