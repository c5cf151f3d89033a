"""Prompts from sources and a mixture: prefixes, ids, facts, and the file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from builders.errors import RecipeError, SeedError
from builders.pretraining.mixture import MixtureConfig
from builders.pretraining.prompts import BuiltPrompts, build_prompts, write_prompts
from builders.pretraining.selection import RoutingConfig, SelectionConfig
from builders.pretraining.source import Source, identify_source
from distilabel_pipelines.passages import AUDIENCES, FORMATS
from distilabel_pipelines.pretraining_prompts import Material
from distilabel_pipelines.rows import question_id


def make(material: Material, **more: object) -> Source:
    settings = {
        "source_id": identify_source(material),
        "material": material,
        "seed_data": "x",
        "language": "en",
    }
    return Source.model_validate(settings | more)


def pages(count: int) -> list[Source]:
    return [
        make(Material(source_kind="web", text=f"Bee {n} dances. It turns.", topic="Bees"))
        for n in range(count)
    ]


def own(prompt: str, text_format: str = "custom") -> Source:
    material = Material(source_kind="prompt", text=prompt)
    return make(material, text_format=text_format, audience="general")


SOURCES = [
    *pages(20),
    make(Material(source_kind="title", title="怎样挑西瓜"), language="zh", seed_data="titles"),
    make(Material(source_kind="outline", work="Physics", unit="Heat", title="Ice")),
]


def build(
    sources: list[Source],
    /,
    most: int = 1000,
    selection: SelectionConfig | None = None,
    **mixture: object,
) -> BuiltPrompts:
    config = MixtureConfig.model_validate(mixture)
    return build_prompts(sources, config, selection or SelectionConfig(), seed=3, most=most)


def test_the_prompts_of_a_smaller_build_are_the_first_of_a_larger_one() -> None:
    larger = build(SOURCES).prompts
    assert len(larger) == len(SOURCES) * 4
    assert build(SOURCES, most=30).prompts == larger[:30]


def test_a_prompt_carries_what_its_source_says() -> None:
    prompts = build(SOURCES).prompts
    chinese = [prompt for prompt in prompts if prompt.language == "zh"]
    assert {prompt.seed_data for prompt in chinese} == {"titles"}
    assert all(
        "怎样挑西瓜" in prompt.prompt and prompt.source_kind == "title" for prompt in chinese
    )
    for prompt in prompts:
        assert prompt.prompt_id == question_id(prompt.prompt)
        assert prompt.format in FORMATS
        assert prompt.audience in AUDIENCES
        assert prompt.topic == ("Bees" if prompt.source_kind == "web" else "")
    assert len({prompt.prompt_id for prompt in prompts}) == len(prompts)


def test_own_prompts_are_sent_as_they_are_and_equal_ones_once() -> None:
    twice = make(
        Material(source_kind="prompt", text="Write."),
        text_format="other",
        audience="general",
        source_id="f" * 16,
    )
    prompts = build([own("Write.", "story_reddit"), twice, own("Tell\n me.")]).prompts
    assert sorted(prompt.prompt for prompt in prompts) == ["Tell\n me.", "Write."]


def test_the_facts_show_the_asked_shares_and_those_that_were_made() -> None:
    facts = build(SOURCES).facts
    assert facts.prompts == 88
    assert facts.asked["web"] == pytest.approx(0.83)
    assert facts.asked["web/faq"] == pytest.approx(0.83 * 0.12)
    assert facts.asked["web/faq/general"] == pytest.approx(0.83 * 0.12 * 0.4)
    assert facts.asked["textbook"] == pytest.approx(0.07)
    assert "prompt" not in facts.asked
    assert facts.made["web"] == pytest.approx(80 / 88)
    assert "textbook" not in facts.made
    for shares in (facts.asked, facts.made):
        for depth in range(3):
            level = [share for name, share in shares.items() if name.count("/") == depth]
            assert sum(level) == pytest.approx(1)


def test_routed_sources_are_asked_for_other_formats_only() -> None:
    selection = SelectionConfig(routing=RoutingConfig(enabled=True, min_score=3))
    poor = [page.model_copy(update={"educational_score": 1.0}) for page in pages(5)]
    built = build(poor, selection=selection)
    assert {prompt.format for prompt in built.prompts} == {"paraphrase"}
    assert built.facts.asked["web/paraphrase"] == pytest.approx(0.83)


def test_a_name_that_no_source_has_is_refused_with_those_there_are() -> None:
    with pytest.raises(RecipeError, match=r"seed_data 'wbe'.*titles, x"):
        build(SOURCES, sources={"wbe": 5})
    with pytest.raises(RecipeError, match="seed_data 'c4'"):
        build(SOURCES, formats={"c4": {"faq": 1}})


def test_nothing_to_prompt_with_is_an_error() -> None:
    with pytest.raises(SeedError, match="no source is left"):
        build([])
    with pytest.raises(RecipeError, match="the mixture leaves no prompt"):
        build(pages(2), sources={"web": 0})


def test_the_file_has_exactly_the_columns_of_a_prompt(tmp_path: Path) -> None:
    prompts = build(SOURCES, most=5).prompts
    path = write_prompts(prompts, tmp_path)
    assert path == tmp_path / "prompts.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    columns = ["id", "prompt", "format", "audience", "topic", "seed_data", "language"]
    assert [list(row) for row in rows] == [columns] * 5
    assert [row["id"] for row in rows] == [prompt.prompt_id for prompt in prompts]
    assert [file.name for file in tmp_path.iterdir()] == ["prompts.jsonl"]


def test_the_facts_hold_the_digest_of_the_file(tmp_path: Path) -> None:
    few, more = build(SOURCES, most=5), build(SOURCES, most=6)
    content = write_prompts(few.prompts, tmp_path).read_bytes()
    assert few.facts.prompts_sha256 == hashlib.sha256(content).hexdigest()
    assert few.facts.prompts_sha256 != more.facts.prompts_sha256
