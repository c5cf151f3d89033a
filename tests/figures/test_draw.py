"""The figures of each kind: numbers of the manifest, the same bytes, deaf to hostile names."""

import pytest

from builders.any_manifest import AnyManifest
from builders.figures.draw import draw_figures
from builders.instruction_outcome import InstructionOutcome
from builders.judged import Outcome
from builders.manifest import build_manifest
from tests import test_instruction_manifest, test_manifest
from tests.figures.svg_checks import check_figure, read_texts
from tests.outcomes import rejected, small_facts
from tests.pretraining import test_manifest as test_pretraining_manifest

EVIL = '</text><script>alert(1)</script>\x00\u202e "quoted" & 数据' + "很长" * 300
MANIFESTS: dict[str, AnyManifest] = {
    "reasoning": test_manifest.small_manifest(),
    "instruction": test_instruction_manifest.small_manifest(),
    "pretraining": test_pretraining_manifest.small_manifest(),
}
NAMES = {
    "reasoning": ["funnel", "rejected", "pass_rates", "lengths"],
    "instruction": ["funnel", "rejected", "novelty", "verbs", "lengths"],
    "pretraining": ["funnel", "rejected", "formats", "openings", "lengths", "lengths_by_format"],
}


@pytest.mark.parametrize("kind", MANIFESTS)
def test_every_figure_of_a_kind_is_sound(kind: str) -> None:
    figures = draw_figures(MANIFESTS[kind])
    assert list(figures) == NAMES[kind]
    for name, figure in figures.items():
        assert figure.path == f"figures/{name}.svg"
        assert figure.markdown == f"![{figure.alt}](figures/{name}.svg)"
        check_figure(figure)


@pytest.mark.parametrize("kind", MANIFESTS)
def test_the_same_manifest_gives_the_same_bytes(kind: str) -> None:
    again = type(MANIFESTS[kind]).model_validate_json(MANIFESTS[kind].model_dump_json())
    assert draw_figures(again) == draw_figures(MANIFESTS[kind])


@pytest.mark.parametrize("kind", MANIFESTS)
def test_the_funnel_ends_with_the_published_rows(kind: str) -> None:
    manifest = MANIFESTS[kind]
    texts = read_texts(draw_figures(manifest)["funnel"])
    told = texts[texts.index("published") + 1]
    assert told.startswith(f"{manifest.rows.published:,} (")


@pytest.mark.parametrize("kind", MANIFESTS)
def test_alternative_texts_hold_words_and_numbers_of_ours_alone(kind: str) -> None:
    for figure in draw_figures(MANIFESTS[kind]).values():
        assert figure.alt.endswith(".")
        assert set(figure.alt) <= set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ,.:%-"
        )


def test_a_build_without_published_rows_still_has_its_funnel() -> None:
    outcome = Outcome(published=[], rejected=[rejected("b?", "refuted", finish_reason="no")])
    figures = draw_figures(build_manifest(outcome, small_facts(), []))
    assert "funnel" in figures
    for figure in figures.values():
        check_figure(figure)


def test_nothing_at_all_is_drawn_without_a_division_by_nothing() -> None:
    reasoning = build_manifest(Outcome(published=[], rejected=[]), small_facts(), [])
    instruction = test_instruction_manifest.manifest_of(
        InstructionOutcome(published=[], rejected=[], requests=[], rounds=0, ended_by="fruitless")
    )
    for manifest in (reasoning, instruction):
        for figure in draw_figures(manifest).values():
            check_figure(figure)


def test_hostile_names_of_formats_and_audiences_stay_text() -> None:
    manifest = test_pretraining_manifest.small_manifest()
    told = manifest.diversity
    evil = told.model_copy(
        update={
            "openings": [
                one.model_copy(update={"format": EVIL, "rows": 100}) for one in told.openings
            ],
            "lengths": [
                one.model_copy(update={"format": EVIL, "audience": EVIL}) for one in told.lengths
            ],
        }
    )
    figures = draw_figures(manifest.model_copy(update={"diversity": evil}))
    for figure in figures.values():
        check_figure(figure)
        assert "<script" not in figure.svg
    assert any("<script>" in text for text in read_texts(figures["openings"]))


def test_formats_with_few_texts_have_no_share_of_openings() -> None:
    texts = read_texts(draw_figures(MANIFESTS["pretraining"])["openings"])
    assert "all formats" in texts
    assert "wikihow" not in texts
