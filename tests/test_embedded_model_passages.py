"""Training passages: every format, language and reader, true sums, varied openings and facts."""
# ruff: noqa: S311 - random numbers make data here, no secrets

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from builders.checks.passages.config import PassageCheckConfig
from builders.checks.passages.gates import check_passage
from distilabel_pipelines.embedded_model.dialogue import MARK_START, remove_marks
from distilabel_pipelines.embedded_model.families.model import LANGUAGES
from distilabel_pipelines.embedded_model.passages import materials
from distilabel_pipelines.embedded_model.passages.formats import WRITERS
from distilabel_pipelines.embedded_model.passages.requests import (
    draw_passage,
    draw_short_request,
    write_passage,
)
from distilabel_pipelines.embedded_model.passages.sums import write_sum
from distilabel_pipelines.embedded_model.passages.topics import load_topics, make_foreign_topic
from distilabel_pipelines.embedded_model.passages.writer import Writer
from distilabel_pipelines.passages import AUDIENCES, FORMATS, BuiltInFormat, Passage, TextPrompt
from distilabel_pipelines.pretraining_prompts import render_prompt
from distilabel_pipelines.rows import Language

DRAWS = 30
EQUATION = re.compile(r"(\d+) ([+×÷-]) (\d+) = (\d+)")


def drawn(text_format: BuiltInFormat, language: Language, number: int = DRAWS) -> list[str]:
    rng = random.Random(f"{text_format}-{language}")
    topics = load_topics(language)
    return [
        WRITERS[text_format](Writer(rng.choice(topics), language, rng.choice(AUDIENCES), rng))
        for _ in range(number)
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text_format", FORMATS)
def test_passages_are_short_and_complete(text_format: BuiltInFormat, language: Language) -> None:
    least, most = (60, 180) if language == "en" else (110, 330)
    for text in drawn(text_format, language):
        assert least <= (len(text.split()) if language == "en" else len(text)) <= most
        assert "{" not in text
        assert "[" not in text
        assert text == text.strip()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text_format", FORMATS)
def test_no_opening_stands_out(text_format: BuiltInFormat, language: Language) -> None:
    texts = drawn(text_format, language, 200)
    openings = Counter(
        " ".join(text.split()[:4]) if language == "en" else text[:8] for text in texts
    )
    assert len(openings) >= 25
    assert max(openings.values()) < 0.18 * len(texts)


def test_the_same_seed_gives_the_same_example() -> None:
    assert draw_passage(random.Random(5)) == draw_passage(random.Random(5))
    assert draw_passage(random.Random(5)) != draw_passage(random.Random(6))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_calculation_is_right(language: Language) -> None:
    operations = {"+": int.__add__, "-": int.__sub__, "×": int.__mul__, "÷": int.__floordiv__}
    for text in drawn("math", language, 100):
        found = EQUATION.findall(text)
        assert len(found) >= 4
        for first, sign, second, result in found:
            assert operations[sign](int(first), int(second)) == int(result)
            assert sign != "÷" or int(first) % int(second) == 0


def test_a_sum_asks_before_it_solves() -> None:
    writer = Writer(load_topics("en")[0], "en", "general", random.Random(1))
    problems = write_sum(writer)
    assert len(problems) == 2
    assert all(asked.endswith("?") and not solved.endswith("?") for asked, solved in problems)


def test_a_fact_is_told_once() -> None:
    topic = load_topics("en")[0]
    writer = Writer(topic, "en", "general", random.Random(2))
    told = writer.facts(len(topic.facts))
    assert len(set(told)) == len(topic.facts)


def test_names_stay_capital_after_a_link() -> None:
    writer = Writer(load_topics("en")[0], "en", "general", random.Random(3))
    assert writer.lower("The queen lays eggs.") == "the queen lays eggs."
    assert writer.lower("Antarctica counts as a desert.") == "Antarctica counts as a desert."


@pytest.mark.parametrize("language", LANGUAGES)
def test_passages_pass_the_default_checks(language: Language) -> None:
    rng = random.Random(f"checks-{language}")
    config = PassageCheckConfig()
    findings = []
    for text_format in FORMATS:
        for audience in AUDIENCES:
            shown = materials.draw_material(language, rng)
            prompt = render_prompt(
                shown.material, text_format=text_format, audience=audience, language=language
            )
            text = write_passage(shown, text_format, audience, language, rng)
            passage = _passage(remove_marks(prompt), text, text_format, language)
            findings.append(check_passage(passage, config).reason)
    assert findings.count(None) >= 0.95 * len(findings)


def _passage(prompt: str, text: str, text_format: str, language: Language) -> Passage:
    asked = TextPrompt(
        prompt_id="p", prompt=prompt, format=text_format, audience="general", topic="",
        seed_data="test", language=language, source_kind="web", source_id="s",
    )  # fmt: skip
    return Passage(
        prompt=asked, sample=0, model="m", served_model="m", reasoning_content="", content=text,
        thought_form="none", finish_reason="stop", prompt_tokens=1, completion_tokens=1,
        reasoning_tokens=0, attempts=1, request_id="r",
    )  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_composed_extracts_carry_loss_and_are_never_repeated_whole(language: Language) -> None:
    rng = random.Random(f"sheet-{language}")
    extracts = 0
    for _ in range(60):
        shown = materials.draw_sheet_material(language, rng)
        if shown.material.source_kind in ("web", "textbook"):
            extracts += 1
            assert shown.material.text.startswith(MARK_START)
            assert any(fact not in shown.topic.facts for fact in _all_facts(shown, language))
    assert extracts > 20


def _all_facts(shown: materials.Shown, language: Language) -> list[str]:
    (topic,) = [t for t in load_topics(language) if t.name == shown.topic.name]
    return [fact for fact in topic.facts if fact in shown.material.text]


def test_a_foreign_sheet_tells_what_its_text_says() -> None:
    text = "The town hall was built of red brick in 1890. It is open on Sundays and Mondays. No."
    topic = make_foreign_topic("the town hall", text, "en", random.Random(1))
    assert topic.facts[:2] == tuple(
        text.removesuffix(" No.").replace("1890. ", "1890.|").split("|")
    )
    assert len(topic.steps) == 5
    assert "{" not in " ".join((*topic.facts, *topic.steps))


def test_held_out_sources_are_never_drawn() -> None:
    for language in LANGUAGES:
        kept = materials.load_sources(language, held_out=False)
        held_out = materials.load_sources(language, held_out=True)
        assert len(held_out) > 10
        assert not [row for row in kept if row in held_out]


def test_a_short_request_has_readers_topic_and_format() -> None:
    rng = random.Random(4)
    for example in (draw_short_request(rng) for _ in range(20)):
        readers, topic, last = example.user.splitlines()
        assert topic.startswith(("Topic: ", "主题："))
        assert readers.startswith(("Readers: ", "读者："))
        assert last.startswith(("Now write", "现在请"))
