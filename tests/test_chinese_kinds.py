"""The Chinese cards and figures of instruction and pretraining builds, beside the English ones."""

from pathlib import Path

import pytest

from builders.any_manifest import AnyManifest
from builders.card import render_card
from builders.figures.draw import draw_figures
from tests.card_checks import check_structure
from tests.chinese_checks import (
    find_english,
    find_english_in,
    in_chinese,
    list_code,
    list_links,
)
from tests.decontamination.outcomes import no_check
from tests.figures.svg_checks import check_figure
from tests.instruction_outcomes import small_self_instruct
from tests.outcomes import small_spend
from tests.pretraining import test_card as pretraining
from tests.pretraining.outcomes import small_outcome
from tests.pretraining.test_manifest import manifest_of as pretraining_manifest_of
from tests.pretraining.test_manifest import small_manifest as small_pretraining
from tests.publishing.releases import released
from tests.test_card import EVIL, HARMLESS, front_matter
from tests.test_instruction_card import manifest_with as instruction_with
from tests.test_instruction_manifest import judged_manifest, manifest_of
from tests.test_instruction_manifest import small_manifest as small_instruction

GOLDEN = Path(__file__).parent / "golden"


def instruction_builds() -> list[AnyManifest]:
    """Builds that show, together, nearly every sentence of the template."""
    own = small_self_instruct()
    return [
        small_instruction(spend=small_spend()).model_copy(update={"replaced_surrogates": 2}),
        manifest_of(own, method="self-instruct", rows_wanted=30, api="completions"),
        manifest_of(own._replace(ended_by="stopped"), rows_wanted=30, stop_reason="budget"),
        judged_manifest(accepts=True),
        judged_manifest(accepts=False),
        small_instruction(decontamination=no_check(), license=None),
    ]


def pretraining_builds() -> list[AnyManifest]:
    """Builds that show, together, nearly every sentence of the template."""
    stopped = small_outcome()._replace(ended_by="stopped", unanswered=2)
    short = small_outcome()._replace(ended_by="prompts")
    return [
        small_pretraining(spend=small_spend()).model_copy(update={"replaced_surrogates": 2}),
        pretraining_manifest_of(stopped, rows_wanted=1000, stop_reason="budget"),
        pretraining_manifest_of(short, rows_wanted=1000, api="completions", stop=["\n\n"]),
        pretraining.collapsed_manifest(),
        pretraining.unchecked_manifest(),
        pretraining.licensed("cc0-1.0", "cc-by-4.0", None),
        small_pretraining(llm="vllm", weights="local", model="own-8b@0123abcd"),
        small_pretraining(llm="vllm", weights="named", model="Qwen/Qwen3-8B", started=True),
        small_pretraining(llm="vllm", weights="named", model="acme/secret-9b"),
        small_pretraining(llm="dashscope", weights="named", model="qwen-plus"),
    ]


BUILDS = [*instruction_builds(), *pretraining_builds()]
SMALL: dict[str, AnyManifest] = {
    "instruction": small_instruction(),
    "pretraining": small_pretraining(),
}
RELEASED = [released(one, version="1.0.0") for one in SMALL.values()]


@pytest.mark.parametrize("kind", list(SMALL))
def test_the_chinese_card_is_the_golden_one(kind: str) -> None:
    golden = (GOLDEN / f"{kind}_card.zh.md").read_text(encoding="utf-8")
    assert render_card(in_chinese(SMALL[kind])) == golden


@pytest.mark.parametrize("manifest", [*BUILDS, *RELEASED])
def test_no_english_sentence_is_left_in_a_chinese_card(manifest: AnyManifest) -> None:
    assert find_english(render_card(in_chinese(manifest))) == []


@pytest.mark.parametrize("manifest", BUILDS)
def test_figures_of_a_chinese_card_are_chinese_and_well_formed(manifest: AnyManifest) -> None:
    for figure in draw_figures(in_chinese(manifest)).values():
        check_figure(figure)
        assert find_english_in(figure) == [], figure.name


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


@pytest.mark.parametrize("manifest", [*BUILDS, *RELEASED])
def test_code_and_links_are_those_of_the_english_card(manifest: AnyManifest) -> None:
    english, chinese = render_card(manifest), render_card(in_chinese(manifest))
    assert list_code(chinese) == list_code(english)
    assert list_links(chinese) == list_links(english)


@pytest.mark.parametrize("build", [instruction_with, pretraining.manifest_with])
def test_hostile_text_has_the_structure_of_harmless_text(build: object) -> None:
    assert callable(build)
    evil, plain = (render_card(in_chinese(build(text))) for text in (EVIL, HARMLESS))
    check_structure(evil, plain)
    assert "{{ 7*7 }}" in evil
    assert "\u202e" not in evil
