"""The evaluation of the embedded model's passages: its prompts, its judgement, its figures."""
# ruff: noqa: S311 - random numbers make data here, no secrets

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest

from builders import evaluate_passages as evaluation
from builders.evaluate_passages import Asked, Outcome
from distilabel_pipelines.embedded_model.families.model import LANGUAGES
from distilabel_pipelines.embedded_model.passages.formats import WRITERS
from distilabel_pipelines.embedded_model.passages.recognition import keeps_to_topic
from distilabel_pipelines.embedded_model.passages.topics import (
    Topic,
    load_topics,
    make_foreign_topic,
)
from distilabel_pipelines.embedded_model.passages.writer import Writer
from distilabel_pipelines.embedded_model.weight_files import BUNDLED_GGUFS
from distilabel_pipelines.passages import FORMATS, Passage
from distilabel_pipelines.rows import Language


@pytest.fixture(scope="module")
def asked() -> list[Asked]:
    return list(evaluation.make_prompts(2, seed=0))


def write(asked: Asked, seed: int, topic: str = "") -> Passage:
    """A passage of the training grammar as the reply, on the topic asked for or another one."""
    prompt, rng = asked.prompt, random.Random(seed)
    (text_format,) = [name for name in FORMATS if name == prompt.format]
    sheet = find_sheet(topic or prompt.topic, prompt.language, rng)
    text = WRITERS[text_format](Writer(sheet, prompt.language, prompt.audience, rng))
    return Passage(
        prompt=prompt, sample=0, model="m", served_model="m", reasoning_content="", content=text,
        thought_form="none", finish_reason="stop", prompt_tokens=None, completion_tokens=None,
        reasoning_tokens=None, attempts=1, request_id="",
    )  # fmt: skip


def find_sheet(topic: str, language: Language, rng: random.Random) -> Topic:
    for sheet in load_topics(language):
        if sheet.name == topic:
            return sheet
    return make_foreign_topic(topic, "", language, rng)


def test_the_two_parts_share_no_source() -> None:
    parts = evaluation.split_sources()
    seen, held_out = ({source.source_id for source in parts[name]} for name in evaluation.PARTS)
    assert len(seen) > 2 * len(held_out) > 60
    assert not seen & held_out


def test_every_cell_gets_its_prompts_and_the_seed_decides_them(asked: list[Asked]) -> None:
    cells = Counter((one.part, one.prompt.format, one.prompt.language) for one in asked)
    assert set(cells.values()) == {2}
    assert len(cells) == 2 * len(FORMATS) * len(LANGUAGES)
    assert asked == list(evaluation.make_prompts(2, seed=0))
    assert asked != list(evaluation.make_prompts(2, seed=1))


def test_good_passages_pass_and_copies_are_found(asked: list[Asked]) -> None:
    passages = [write(one, seed) for seed, one in enumerate(asked)]
    passages.append(passages[0])
    outcomes = evaluation.judge([*asked, asked[0]], passages)
    assert outcomes[-1].reason == "duplicate"
    figures = evaluation.measure(outcomes[:-1])
    assert all(value > 0.9 for value in figures.values())
    assert not [fault for fault in evaluation.tell_faults(outcomes[:-1]) if "opening" not in fault]
    assert "MISSED" not in evaluation.table(outcomes[:-1])


def test_passages_on_another_topic_are_a_fault(asked: list[Asked]) -> None:
    named = {"en": "bridges", "zh": "桥梁"}
    strayed = [write(one, seed, named[one.prompt.language]) for seed, one in enumerate(asked)]
    outcomes = evaluation.judge(asked, strayed)
    figures = evaluation.measure(outcomes)
    assert all(value < 0.1 for (name, *_), value in figures.items() if "topic" in name)
    assert any("keep to their topic" in fault for fault in evaluation.tell_faults(outcomes))


def test_bad_replies_and_one_opening_for_all_are_faults(asked: list[Asked]) -> None:
    passages = [write(one, seed) for seed, one in enumerate(asked)]
    broken = [passage.model_copy(update={"content": "No."}) for passage in passages]
    assert all(outcome.reason == "too_short" for outcome in evaluation.judge(asked, broken))
    outcome = Outcome(
        "seen", "story", "general", "en", "rain", "p", "Once upon a time it rained.", "", ""
    )
    same = [replace(outcome, prompt=str(number)) for number in range(20)]
    assert evaluation.find_common_openings(same)["story", "en"] == (1, 20)
    fault = "one opening in 100% of story en"
    assert any(fault in told for told in evaluation.tell_faults(same))
    assert not any(fault in told for told in evaluation.tell_faults(same[1:]))  # chance decides


def test_the_committed_writer_writes_coherent_passages() -> None:
    """A short run of the whole evaluation, whose own figures stand in the model's card."""
    outcomes = evaluation.run(BUNDLED_GGUFS["writer"], 1, seed=1)
    assert len(outcomes) == 2 * len(FORMATS) * len(LANGUAGES)
    passed = [outcome for outcome in outcomes if not outcome.reason]
    kept = [one for one in passed if keeps_to_topic(one.text, one.topic, one.language)]
    assert len(passed) >= 0.7 * len(outcomes)
    assert len(kept) >= 0.7 * len(passed)
