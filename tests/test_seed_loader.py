"""From a source to the questions of a build: limits, merging, facts, and errors before any cost."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import logging
import os
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from builders.errors import RecipeError, SeedError
from builders.seed_loader import LoadedSeeds, SeedConfig, load_questions
from distilabel_pipelines.rows import question_id

SHARED_DATA = Path(os.environ.get("SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))


def write_lines(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def load(source: Path | str, limit: int | None = None, **columns: str) -> LoadedSeeds:
    return load_questions(SeedConfig(source=str(source), limit=limit, columns=columns))


def test_questions_keep_their_order_and_carry_stable_ids(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "a.jsonl",
        [
            {"question": "What is 2 + 3?", "answer": 5},
            {"question": "小明有3个苹果，又买了4个，一共有几个？", "answer": "7"},
        ],
    )
    first, second = load(path).questions
    assert (first.question, first.answer, first.language) == ("What is 2 + 3?", "5", "en")
    assert (second.answer, second.language) == ("7", "zh")
    assert first.seed_id == question_id("What is 2 + 3?")
    assert load(path) == load(path)


def test_a_stated_language_wins_over_the_detected_one(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"question": "12 + 30 = ?", "language": "zh"},
        {"question": "What is 1 + 1?", "language": "code"},
    ]
    loaded = load(write_lines(tmp_path / "a.jsonl", rows))
    assert [question.language for question in loaded.questions] == ["zh", "en"]


def test_equal_questions_are_merged_with_the_first_gold_that_any_has(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"question": "What is 12 + 34?"},
        {"question": "What is 12 - 34?", "answer": "-22"},
        {"question": "what is  12 + 34 ？", "answer": "46", "solution": "add them"},
        {"question": "What is 12 + 34?", "answer": "46"},
    ]
    loaded = load(write_lines(tmp_path / "a.jsonl", rows))
    assert [question.question for question in loaded.questions] == [
        "What is 12 + 34?",
        "What is 12 - 34?",
    ]
    assert (loaded.questions[0].answer, loaded.questions[0].solution) == ("46", "add them")
    facts = loaded.facts
    assert (facts.rows_read, facts.equal_merged, facts.questions, facts.with_gold) == (4, 2, 2, 2)


def test_questions_that_differ_only_in_numbers_or_signs_are_kept(tmp_path: Path) -> None:
    questions = ["1 + 2?", "1 - 2?", "1 + 3?", "1 * 2?", "?!", "???"]
    path = write_lines(tmp_path / "a.jsonl", [{"question": text} for text in questions])
    assert [question.question for question in load(path).questions] == questions


def test_conflicting_gold_answers_keep_the_first_and_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows: list[dict[str, object]] = [
        {"question": "Is 1 prime?", "answer": "no"},
        {"question": "Is 1 prime?", "answer": "yes"},
        {"question": "Half of 2,400?", "answer": "1,200"},
        {"question": "Half of 2,400?", "answer": "1200"},
    ]
    with caplog.at_level(logging.WARNING, logger="builders.seed_loader"):
        loaded = load(write_lines(tmp_path / "a.jsonl", rows))
    assert [question.answer for question in loaded.questions] == ["no", "1,200"]
    assert len(caplog.records) == 1
    assert "1 equal questions carry different gold" in caplog.text
    assert "'Is 1 prime?': kept 'no', not 'yes'" in caplog.text


def test_the_limit_counts_rows_before_merging_and_spares_what_follows(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"question": "a"}\n{"question": "A"}\n{"question": "b"}\nnot JSON\n')
    loaded = load(path, limit=3)
    assert [question.question for question in loaded.questions] == ["a", "b"]
    assert loaded.facts.rows_read == 3
    with pytest.raises(SeedError, match=r"a\.jsonl, row 4: not JSON"):
        load(path)
    with pytest.raises(ValidationError):
        SeedConfig(source=str(path), limit=0)


def test_the_facts_name_the_file_without_its_path_and_hash_it_as_stored(tmp_path: Path) -> None:
    content = gzip.compress(b'{"question": "a", "answer": 1}\n')
    path = tmp_path / "seeds.jsonl.gz"
    path.write_bytes(content)
    facts = load(path).facts
    assert facts.source == "seeds.jsonl.gz"
    assert facts.sha256 == hashlib.sha256(content).hexdigest()
    assert (facts.revision, facts.license) == (None, None)
    assert str(tmp_path) not in facts.model_dump_json()


def test_the_licence_recorded_is_the_sources_own_whatever_the_user_states(tmp_path: Path) -> None:
    path = tmp_path / "seeds.jsonl"
    path.write_text('{"question": "a"}\n', encoding="utf-8")
    assert load_questions(SeedConfig(source=str(path), license="mit")).facts.license is None
    bundled = SeedConfig(license="bundled:reasoning=cc-by-4.0", limit=1)
    assert load_questions(bundled).facts.license == "Apache-2.0"


def test_a_statement_of_the_licence_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"no licence of .*licenses\.toml"):
        SeedConfig(license="ask my lawyer")


def test_a_home_folder_is_expanded_and_a_local_path_wins_over_a_hub_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "owner").mkdir()
    write_lines(tmp_path / "owner" / "name", [{"question": "local"}])
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load("~/owner/name").questions[0].question == "local"
    with contextlib.chdir(tmp_path):
        loaded = load("owner/name")
    assert loaded.questions[0].question == "local"
    assert loaded.facts.source == "name"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("seedz.jsonl", ["No seed file 'seedz.jsonl'", "Did you mean seeds.jsonl?", "owner/name"]),
        ("data/missing.csv", ["No seed file 'data/missing.csv'"]),
        ("https://example.org/a.jsonl", ["Addresses are not fetched"]),
        ("seeds", ["No seed file 'seeds'"]),
        ("", ["The working folder is not a regular file", "It holds empty.jsonl, seeds.jsonl."]),
        ("folder", ["folder is not a regular file", "It holds inner.csv."]),
        ("bundled:nothing", ["bundled:reasoning", "bundled:reasoning-open"]),
        ("empty.jsonl", ["empty.jsonl: no rows"]),
    ],
)
def test_a_source_that_cannot_be_used_says_what_to_give(
    tmp_path: Path, source: str, words: list[str]
) -> None:
    write_lines(tmp_path / "seeds.jsonl", [{"question": "a"}])
    (tmp_path / "empty.jsonl").write_bytes(b"\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inner.csv").write_bytes(b"")
    with contextlib.chdir(tmp_path), pytest.raises(SeedError) as caught:
        load(source)
    for word in words:
        assert word in str(caught.value)


def test_a_mapped_column_that_no_row_has_is_an_error(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [{"query": "a", "label": "1"}, {"query": "b"}])
    assert load(path, question="query", answer="label").facts.with_gold == 1
    with pytest.raises(SeedError, match=r'answer to "labels".*Did you mean \'label\'') as caught:
        load(path, question="query", answer="labels")
    assert "they have label, query" in str(caught.value)
    with pytest.raises(SeedError, match=r"a\.jsonl, row 1.*no question in this row"):
        load(path)
    with pytest.raises(RecipeError, match="unknown field 'reply'"):
        load(path, reply="label")


# file, mapped columns: rows read, equal questions merged, questions with gold, with a solution
REAL_FILES: dict[str, tuple[dict[str, str], tuple[int, int, int, int]]] = {
    "math/gsm8k_train.jsonl.gz": ({}, (7473, 0, 7473, 7473)),
    "math/gsm8k_test.jsonl.gz": ({}, (1319, 0, 1319, 1319)),
    "math/math500.jsonl.gz": ({}, (500, 0, 500, 500)),
    "math/kaoyan_199.jsonl.gz": ({}, (199, 6, 190, 192)),
    "math/gaokao_math_qa.jsonl.gz": ({"answer": "label"}, (351, 4, 347, 0)),
    "instruct/alpaca_en_52k.jsonl.gz": ({}, (52002, 0, 0, 0)),
    "instruct/alpaca_gpt4_zh_demo_1k.jsonl.gz": ({}, (1000, 8, 0, 0)),
    "instruct/alpaca_zh_en_aligned_10k.jsonl.gz": (
        {"question": "zh_instruction", "input": "zh_input"},
        (10000, 3, 0, 0),
    ),
    "instruct/seed_tasks.jsonl": ({}, (175, 0, 0, 0)),
    "traces/rasbt_math_distill_sample.jsonl": ({"answer": "gtruth_answer"}, (10, 5, 5, 0)),
    "traces/misguided_attention_open_models.jsonl.gz": ({}, (978, 926, 0, 0)),
    "verify/gsm8k_model_solutions.jsonl.gz": ({"answer": "ground_truth"}, (1319, 0, 1319, 0)),
    "verify/nemo_math_outputs.jsonl.gz": ({"answer": "expected_answer"}, (150, 100, 50, 0)),
    "verify/qwen_math_cot_100.jsonl.gz": ({"answer": "gt"}, (100, 0, 100, 100)),
}


@pytest.mark.real_data
@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the SHARED_DATA folder is absent")
@pytest.mark.parametrize("name", sorted(REAL_FILES))
def test_real_files_load_whole(name: str) -> None:
    columns, figures = REAL_FILES[name]
    loaded = load_questions(SeedConfig(source=str(SHARED_DATA / name), columns=columns))
    facts = loaded.facts
    solutions = sum(question.solution is not None for question in loaded.questions)
    assert (facts.rows_read, facts.equal_merged, facts.with_gold, solutions) == figures
    assert len({question.seed_id for question in loaded.questions}) == facts.questions


@pytest.mark.real_data
@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the SHARED_DATA folder is absent")
def test_every_gsm8k_gold_is_a_bare_number_and_no_calculator_mark_is_left() -> None:
    for question in load(SHARED_DATA / "math" / "gsm8k_train.jsonl.gz").questions:
        assert question.answer is not None
        assert question.solution is not None
        assert re.fullmatch(r"-?[\d,]+(\.\d+)?", question.answer)
        assert "<<" not in question.solution
        assert "####" not in question.solution
