"""The Chinese card and figures of reasoning builds, and of releases; who says in which language."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.any_manifest import AnyManifest, find_words
from builders.card import render_card
from builders.documents import render_documents
from builders.figures.draw import draw_figures
from builders.judged import Outcome
from builders.manifest import Manifest
from builders.manifest_parts import manifest_bytes
from builders.rebuild import rebuild_command
from tests.card_checks import check_structure
from tests.chinese_checks import find_english, find_english_in, in_chinese
from tests.decontamination.outcomes import check_facts, no_check
from tests.figures.svg_checks import check_figure
from tests.outcomes import checked, judge_facts, judged_outcome, small_spend
from tests.publishing.releases import release_facts, released
from tests.test_card import EVIL, HARMLESS, evil_manifest, front_matter, manifest_of, manifest_with
from tests.test_manifest import small_manifest
from tests.test_release_card import second_release

GOLDEN = Path(__file__).parent / "golden"
LOCAL = {"model": "weights@1d45c24f", "weights": "local"}


def list_builds() -> Iterator[AnyManifest]:
    """Builds that show, together, nearly every sentence of the template."""
    yield small_manifest(spend=small_spend()).model_copy(update={"replaced_surrogates": 2})
    yield small_manifest(rows_wanted=1000, stop_reason="budget")
    yield small_manifest(rows_wanted=1000, decontamination=no_check(), license=None)
    yield small_manifest(llm="vllm", started=True, stop=["END"], **LOCAL)
    yield small_manifest(**LOCAL)
    yield small_manifest(system_prompts={}, sampling={"seed": 7, "top_p": None})
    yield small_manifest(api="completions", completion_prompts={"en": "Q: {question}"})
    for accepts in (True, False):
        outcome = judged_outcome()
        if not accepts:
            outcome = Outcome(published=outcome.published[1:], rejected=outcome.rejected[::2])
        facts = judge_facts(accepts=accepts)
        yield manifest_of(outcome, judge=facts, rows_wanted=len(outcome.published))
    silent = Outcome(published=[checked("One?", "", "1")], rejected=[])
    yield manifest_of(silent, rows_wanted=1)
    some = Outcome(published=[checked("One?", "<think>", "1"), checked("2?", "", "2")], rejected=[])
    recipe = {"gates": {"require_thought": False}}
    yield manifest_of(some, rows_wanted=2, recipe=recipe)
    off = check_facts().model_copy(update={"enabled": False, "checked": False, "benchmarks": []})
    yield small_manifest(decontamination=off)


BUILDS = list(list_builds())


def test_the_chinese_card_is_the_golden_one() -> None:
    golden = (GOLDEN / "reasoning_card.zh.md").read_text(encoding="utf-8")
    assert render_card(in_chinese(small_manifest())) == golden


def test_the_chinese_card_of_a_release_is_the_golden_one(tmp_path: Path) -> None:
    golden = (GOLDEN / "reasoning_card_release.zh.md").read_text(encoding="utf-8")
    assert render_card(in_chinese(second_release(tmp_path))) == golden


@pytest.mark.parametrize("manifest", BUILDS)
def test_no_english_sentence_is_left_in_a_chinese_card(manifest: AnyManifest) -> None:
    assert find_english(render_card(in_chinese(manifest))) == []


def test_no_english_sentence_is_left_in_the_card_of_a_release(tmp_path: Path) -> None:
    card = render_card(in_chinese(second_release(tmp_path)))
    assert find_english(card) == []
    assert "次版本：新增 1 行。" in card


def test_what_an_earlier_release_said_of_itself_in_other_words_is_quoted(tmp_path: Path) -> None:
    card = render_card(in_chinese(second_release(tmp_path, told="It began.")))
    assert "“It began.”（英文原文）" in card


@pytest.mark.parametrize("manifest", BUILDS)
def test_figures_of_a_chinese_card_are_chinese_and_well_formed(manifest: AnyManifest) -> None:
    for figure in draw_figures(in_chinese(manifest)).values():
        check_figure(figure)
        assert find_english_in(figure) == [], figure.name
        assert 'xml:lang="zh-Hans"' in figure.svg


@pytest.mark.parametrize("manifest", BUILDS)
def test_a_chinese_card_says_the_same_to_the_hub_and_has_the_same_tables(
    manifest: AnyManifest,
) -> None:
    cards = render_card(manifest), render_card(in_chinese(manifest))
    english, chinese = map(front_matter, cards)
    assert english.pop("pretty_name") != chinese.pop("pretty_name")
    assert english == chinese
    tables = [[line.count("|") for line in card.split("\n") if line[:1] == "|"] for card in cards]
    assert tables[0] == tables[1]


@pytest.mark.parametrize("api", ["chat", "completions"])
def test_hostile_text_has_the_structure_of_harmless_text(api: str) -> None:
    evil, plain = (
        render_card(in_chinese(one)) for one in (evil_manifest(api), manifest_with(HARMLESS, api))
    )
    check_structure(evil, plain)
    assert "{{ 7*7 }}" in evil
    assert "\u202e" not in evil


def test_hostile_names_in_stored_sentences_have_the_structure_of_harmless_ones(
    tmp_path: Path,
) -> None:
    evil, plain = (
        render_card(in_chinese(second_release(tmp_path / name, told=text)))
        for name, text in (("evil", EVIL), ("plain", HARMLESS))
    )
    check_structure(evil, plain)


def test_a_manifest_from_before_there_were_languages_has_an_english_card() -> None:
    fields = small_manifest().model_dump(mode="json")
    del fields["card_language"]
    old = Manifest.model_validate(fields)
    assert render_card(old) == render_card(small_manifest())


def test_a_manifest_read_back_from_its_file_gives_the_same_documents() -> None:
    manifest = in_chinese(small_manifest())
    again = Manifest.model_validate_json(manifest_bytes(manifest))
    assert render_documents(again) == render_documents(manifest)


def test_a_release_may_speak_another_language_than_its_build() -> None:
    manifest, chinese = small_manifest(), in_chinese(small_manifest())
    assert find_words(released(manifest)).language == "en"
    assert find_words(released(chinese)).language == "zh"
    said = released(manifest, card_language="zh")
    assert "## 版本历史" in render_card(said)
    assert "## Version history" in render_card(released(chinese, card_language="en"))
    assert release_facts(manifest).card_language is None


def test_the_command_that_builds_again_names_the_language() -> None:
    assert "CARD_LANGUAGE=zh" in rebuild_command(in_chinese(small_manifest()))
    assert "CARD_LANGUAGE" not in rebuild_command(small_manifest())
