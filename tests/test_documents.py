"""Card, pictures and entries for trainers agree: what is made is shown, and nothing else named."""

import re
from itertools import pairwise

import pytest

from builders.any_manifest import AnyManifest
from builders.card import card_environment, render_card
from builders.documents import CARD_NAME, render_documents
from builders.figures.draw import draw_figures
from builders.judged import Outcome
from builders.manifest import build_manifest
from tests import test_instruction_card, test_instruction_manifest
from tests.card_checks import check_structure
from tests.outcomes import rejected, small_facts, small_spend
from tests.pretraining import test_card as test_pretraining_card
from tests.pretraining import test_manifest as test_pretraining_manifest
from tests.publishing.releases import released
from tests.test_card import EVIL, HARMLESS, body_tokens
from tests.test_card import manifest_with as reasoning_with
from tests.test_manifest import small_manifest

KINDS: dict[str, AnyManifest] = {
    "reasoning": small_manifest(),
    "instruction": test_instruction_manifest.small_manifest(),
    "pretraining": test_pretraining_manifest.small_manifest(),
}


def pictures(card: str) -> list[tuple[str, str]]:
    """Address and alternative text of every image, as Markdown reads them."""
    return [
        (child.attrs["src"], child.content)
        for token in body_tokens(card)
        for child in token.children or []
        if child.type == "image"
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("publish", [False, True])
def test_every_figure_is_shown_once_and_every_picture_is_a_figure(
    kind: str, *, publish: bool
) -> None:
    manifest = released(KINDS[kind]) if publish else KINDS[kind]
    documents = render_documents(manifest)
    drawn = [path for path in documents if path.startswith("figures/")]
    shown = [address for address, _ in pictures(documents[CARD_NAME].decode())]
    assert sorted(shown) == sorted(drawn)
    assert len(shown) >= 5 or kind == "reasoning"


@pytest.mark.parametrize("kind", KINDS)
def test_figures_stand_in_the_order_in_which_they_are_drawn(kind: str) -> None:
    card = render_card(KINDS[kind])
    places = [card.index(figure.markdown) for figure in draw_figures(KINDS[kind]).values()]
    assert all(before < after for before, after in pairwise(places))


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_has_an_alternative_text(kind: str) -> None:
    for _, words in pictures(render_card(KINDS[kind])):
        assert len(words) > 20


@pytest.mark.parametrize("kind", KINDS)
def test_every_relative_link_of_the_card_is_a_document(kind: str) -> None:
    documents = render_documents(KINDS[kind])
    card = documents[CARD_NAME].decode()
    links = [
        str(child.attrs["href"])
        for token in body_tokens(card)
        for child in token.children or []
        if child.type == "link_open"
    ]
    local = [link for link in links if "://" not in link and not link.startswith("#")]
    assert local == ["formats/README.md"]
    assert set(local) <= set(documents)
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in card.splitlines()
        if line.startswith("#")
    }
    assert {link[1:] for link in links if link.startswith("#")} <= headings


def test_a_build_without_rows_shows_what_there_is_to_see() -> None:
    outcome = Outcome(published=[], rejected=[rejected("b?", "refuted", finish_reason="no")])
    manifest = build_manifest(outcome, small_facts(), [])
    drawn = {figure.path for figure in draw_figures(manifest).values()}
    assert "figures/lengths.svg" not in drawn
    figures = {"figures": draw_figures(manifest)}
    line = '{% if "lengths" in figures %}{{ figures.lengths.markdown }}{% endif %}'
    assert card_environment().from_string(line).render(figures) == ""


def evil_pairs() -> dict[str, tuple[AnyManifest, AnyManifest]]:
    return {
        "reasoning": (reasoning_with(EVIL), reasoning_with(HARMLESS)),
        "instruction": tuple(map(test_instruction_card.manifest_with, (EVIL, HARMLESS))),  # type: ignore[dict-item]  # two
        "pretraining": tuple(map(test_pretraining_card.manifest_with, (EVIL, HARMLESS))),  # type: ignore[dict-item]  # two
    }


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_text_adds_no_picture_and_changes_no_alternative_text(kind: str) -> None:
    evil, plain = evil_pairs()[kind]
    assert pictures(render_card(evil)) == pictures(render_card(plain))


def test_hostile_names_of_models_and_revisions_change_no_structure_of_the_spending() -> None:
    def card(text: str) -> str:
        spend = small_spend()
        waited = {"waited_ms": 1_500}
        models = {text: spend.models["small-reasoner"].model_copy(update=waited)}
        paid = spend.model_copy(update={"models": models})
        manifest = small_manifest(spend=paid, llm="vllm", weights="named", started=True)
        teacher = manifest.teacher.model_copy(update={"model": text, "revision": text})
        return render_card(manifest.model_copy(update={"teacher": teacher}))

    check_structure(card(EVIL), card(HARMLESS))
