"""The training mix: a stable, disjoint held-out split and honest dialogues."""
# ruff: noqa: S311 - random numbers make data here, no secrets

from __future__ import annotations

import json
import random
from itertools import islice
from pathlib import Path

from distilabel_pipelines.embedded_model import dialogue, generate_seed_questions, training_mix
from distilabel_pipelines.embedded_model.families.registry import FAMILIES


def test_the_split_is_the_same_on_every_machine() -> None:
    keys = [f"addition|{a}|{a + 7}" for a in range(100, 160)]
    held_out = [key for key in keys if training_mix.is_held_out(key)]
    assert held_out == ["addition|139|146"]


def test_training_never_draws_a_held_out_problem() -> None:
    rng = random.Random(1)
    for family in FAMILIES:
        train = {training_mix.draw_problem(family, "train", rng).key for _ in range(150)}
        held_out = {training_mix.draw_problem(family, "held_out", rng).key for _ in range(30)}
        assert not train & held_out
        assert not any(training_mix.is_held_out(key) for key in train)
        assert all(training_mix.is_held_out(key) for key in held_out)


def test_the_numbers_decide_whatever_the_order_and_the_language() -> None:
    rng = random.Random(2)
    (addition,) = [family for family in FAMILIES if family.name == "addition"]
    problem = addition.draw(rng)
    first, second = (int(problem.tellings["en"].slots[name]) for name in "ab")
    assert problem.key == f"addition|{min(first, second)}|{max(first, second)}"
    assert problem.tellings["zh"].slots == problem.tellings["en"].slots


def test_the_same_seed_draws_the_same_examples() -> None:
    draws = [list(islice(training_mix.examples(random.Random(3)), 50)) for _ in range(2)]
    assert draws[0] == draws[1]


def test_the_mix_has_both_modes_and_all_kinds_of_system_message() -> None:
    drawn = list(islice(training_mix.examples(random.Random(4)), 2000))
    direct = sum(example.thought is None for example in drawn) / len(drawn)
    bare = sum(example.system is None for example in drawn) / len(drawn)
    assert 0.07 < direct < 0.13
    assert 0.35 < bare < 0.6
    assert any("\\boxed" in (example.system or "") for example in drawn)
    assert all(example.content.count("\\boxed{") == 1 for example in drawn)


def test_the_content_answers_the_question() -> None:
    rng = random.Random(5)
    for family in FAMILIES:
        question = training_mix.draw_question(family, "en", "held_out", rng)
        assert question.content == f"The answer is \\boxed{{{question.answer}}}."
        assert "{" not in question.text


def test_a_completion_is_one_closed_thought_then_the_answer() -> None:
    example = training_mix.Example(None, "1+1?", "Add 1 and 1.\n1+1=2.", "The answer is 2.")
    prompt, completion = dialogue.prompt_and_completion(example)
    assert prompt.endswith("<|im_start|>assistant\n")
    assert completion.startswith("<think>\nAdd")
    assert completion.endswith("\n</think>\n\nThe answer is 2.<|im_end|>")


def test_seed_questions_are_held_out_distinct_and_reproducible(tmp_path: Path) -> None:
    rows = list(generate_seed_questions.seed_questions(100, seed=7))
    assert rows == list(generate_seed_questions.seed_questions(100, seed=7))
    assert all(training_mix.is_held_out(question.key) for question in rows)
    assert len({question.text for question in rows}) == 100
    assert [question.language for question in rows[:4]] == ["en", "zh", "en", "zh"]
    line = json.dumps(generate_seed_questions.row(3, rows[3]), ensure_ascii=False)
    (tmp_path / "seeds.jsonl").write_text(line, encoding="utf-8")
    assert json.loads(line).keys() == {"id", "question", "answer", "language", "family"}
