"""The order of a mixture keeps its shares in every prefix and uses no source twice alike."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from builders.pretraining.mixture import MixtureConfig
from builders.pretraining.mixture_order import Choice, Turns, order_choices, weigh_source_formats
from builders.pretraining.mixture_weights import FORMATS_BY_KIND, SOURCES
from builders.pretraining.source import Source
from distilabel_pipelines.passages import BuiltInFormat, SourceKind
from distilabel_pipelines.pretraining_prompts import Material


def source(
    kind: SourceKind, name: str, seed_data: str = "x", formats: tuple[BuiltInFormat, ...] = ()
) -> Source:
    is_own = kind == "prompt"
    return Source(
        source_id=f"{kind}-{name}",
        material=Material(source_kind=kind, text=name),
        seed_data=seed_data,
        language="en",
        text_format="blogpost" if is_own else "",
        audience="general" if is_own else "",
        formats=formats,
    )


def several(kind: SourceKind, count: int) -> list[Source]:
    return [source(kind, str(number)) for number in range(count)]


ALL_KINDS = [
    *several("web", 900),
    *several("textbook", 100),
    *several("outline", 100),
    *several("title", 100),
    *several("story", 50),
]


def order(
    sources: list[Source], /, seed: int = 0, most: int | None = None, **mixture: object
) -> list[Choice]:
    config = MixtureConfig.model_validate(mixture)
    return list(itertools.islice(order_choices(sources, config, seed=seed), most))


@pytest.mark.parametrize("seed", [0, 7])
def test_every_prefix_keeps_the_shares_of_the_sources(seed: int) -> None:
    choices = order(ALL_KINDS, seed, most=1000)
    total = sum(weight for kind, weight in SOURCES.items() if kind != "prompt")
    counts: Counter[str] = Counter()
    for number, choice in enumerate(choices, start=1):
        counts[choice.stream] += 1
        for kind in ("web", "textbook", "outline", "title", "story"):
            assert abs(counts[kind] - number * SOURCES[kind] / total) <= 2


def test_formats_and_audiences_come_near_their_shares() -> None:
    choices = order(several("web", 600), most=600)
    formats = Counter(choice.text_format for choice in choices)
    for name, weight in FORMATS_BY_KIND["web"].items():
        assert abs(formats[name] - 6 * weight) <= 3, name
    readers = Counter(choice.audience for choice in choices if choice.text_format == "faq")
    assert abs(readers["general"] - 0.4 * formats["faq"]) <= 2


def test_the_order_is_that_of_its_seed() -> None:
    first = order(ALL_KINDS, seed=1, most=300)
    assert order(ALL_KINDS, seed=1, most=300) == first
    assert order(ALL_KINDS, seed=2, most=300) != first
    assert order(list(reversed(ALL_KINDS)), seed=1, most=300) == first


def test_no_choice_depends_on_how_many_follow() -> None:
    longer = order(ALL_KINDS, most=2000)
    assert order(ALL_KINDS, most=100) == longer[:100]


def test_all_sources_of_a_kind_are_used_before_any_is_used_again() -> None:
    choices = order(several("web", 30))
    assert len(choices) == 120
    for start in range(0, 120, 30):
        assert len({choice.source.source_id for choice in choices[start : start + 30]}) == 30


def test_each_use_of_a_source_has_another_format() -> None:
    uses = Counter(
        (choice.source.source_id, choice.text_format)
        for choice in order(several("web", 5), uses_per_source=12)
    )
    assert len(uses) == 60
    assert set(uses.values()) == {1}


def test_where_a_kind_ends_the_others_go_on() -> None:
    choices = order([*several("web", 2), *several("textbook", 20)], uses_per_source=2)
    assert Counter(choice.stream for choice in choices) == {"web": 4, "textbook": 40}


def test_a_source_with_its_own_prompt_is_used_once_as_it_is() -> None:
    choices = order([source("prompt", "Write."), source("prompt", "Tell.")])
    assert [(choice.text_format, choice.audience) for choice in choices] == [
        ("blogpost", "general")
    ] * 2


def test_a_named_source_leaves_its_kind_and_has_its_own_share() -> None:
    sources = [*several("web", 50), *(source("web", f"n{n}", "my.jsonl") for n in range(50))]
    choices = order(sources, most=40, sources={"web": 1, "my.jsonl": 3})
    assert Counter(choice.stream for choice in choices) == {"my.jsonl": 30, "web": 10}


def test_a_weight_of_0_takes_a_kind_out() -> None:
    choices = order([*several("web", 3), *several("title", 3)], sources={"web": 0})
    assert {choice.stream for choice in choices} == {"title"}


def test_a_source_keeps_to_the_formats_of_its_topic() -> None:
    mixture = MixtureConfig()
    assert weigh_source_formats(source("web", "a", formats=("faq", "table")), mixture) == {
        "faq": 12,
        "table": 8,
    }
    unweighted = weigh_source_formats(source("title", "a", formats=("table",)), mixture)
    assert list(unweighted) == ["table"]
    title = source("title", "a", formats=("paraphrase",))
    assert weigh_source_formats(title, mixture) == FORMATS_BY_KIND["title"]
    choices = order([source("web", "a", formats=("faq", "table"))])
    assert {choice.text_format for choice in choices} == {"faq", "table"}


def test_turns_are_fair_and_pass_over_those_who_cannot_play() -> None:
    turns: Turns[str] = Turns()
    taken = [turns.take({"a": 2, "b": 1, "c": 1}) for _ in range(8)]
    assert Counter(taken) == {"a": 4, "b": 2, "c": 2}
    assert [turns.take({"b": 1}) for _ in range(3)] == ["b"] * 3
