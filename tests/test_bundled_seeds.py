"""The bundled seeds: enough of them, both languages, no two alike, gold that a rule can check.

The gold answers of the hand-written questions were each computed by a program of their own (brute
force or sympy) before they were committed; those of the families come from their generators and
were recomputed from the text.
"""

from __future__ import annotations

import gzip
import itertools
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.checks.answers import AnswerVerifier
from builders.checks.language import detect_language
from builders.dedup import DedupConfig, find_duplicates
from builders.seed_loader import LoadedSeeds, SeedConfig, load_questions
from builders.text_keys import normalise_text

SHARED_DATA = Path(os.environ.get("SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
SEEDS = Path(__file__).parents[1] / "builders" / "seeds"
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] + [
    f"星期{day}" for day in "一二三四五六日"
]
N_GRAM = 13


def read_rows(name: str) -> list[dict[str, str]]:
    lines = (SEEDS / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


GOLD = read_rows("reasoning_gold.jsonl")
OPEN = read_rows("reasoning_open.jsonl")


@pytest.fixture(scope="module")
def gold_set() -> LoadedSeeds:
    return load_questions(SeedConfig())


def test_the_default_seeds_are_the_bundled_gold_questions(gold_set: LoadedSeeds) -> None:
    facts = gold_set.facts
    assert facts.source == "bundled:reasoning"
    assert facts.license == "Apache-2.0"
    assert facts.rows_read == facts.questions == facts.with_gold == len(GOLD) >= 340
    assert len(facts.sha256 or "") == 64


def test_the_open_questions_have_no_gold() -> None:
    facts = load_questions(SeedConfig(source="bundled:reasoning-open")).facts
    assert facts.rows_read == facts.questions == len(OPEN) >= 64
    assert facts.with_gold == 0


@pytest.mark.parametrize("rows", [GOLD, OPEN], ids=["gold", "open"])
def test_each_language_has_its_half_all_along_the_file(rows: list[dict[str, str]]) -> None:
    for start in range(0, len(rows) - 40, 20):
        shares = Counter(row["language"] for row in rows[start : start + 40])
        assert min(shares["en"], shares["zh"]) >= 0.45 * 40
    assert {row["language"] for row in rows} == {"en", "zh"}
    assert all(detect_language(row["question"]) == row["language"] for row in rows)


def test_no_two_questions_are_equal_or_near_copies(tmp_path: Path) -> None:
    rows = GOLD + OPEN
    questions = [row["question"] for row in rows]
    assert len({row["id"] for row in rows}) == len(rows)
    assert len({normalise_text(question) for question in questions}) == len(rows)
    assert find_duplicates(questions, DedupConfig(), tmp_path) == {}


def test_hand_written_questions_differ_in_more_than_their_numbers() -> None:
    shapes = Counter(
        re.sub(r"[\d.,/]+", "0", normalise_text(row["question"]))
        for row in GOLD
        if row["id"].startswith("hand-")
    )
    assert shapes.total() >= 90
    assert shapes.total() == len(shapes)


def test_the_first_rows_are_mostly_for_the_embedded_model() -> None:
    for first in (100, 160):
        easy = sum(row["id"].startswith("families-") for row in GOLD[:first])
        assert easy >= 0.75 * first
    assert {row["language"] for row in GOLD[:160] if row["id"].startswith("hand-")} == {"en", "zh"}


def test_every_gold_answer_is_a_number_a_fraction_a_letter_or_a_weekday() -> None:
    for row in GOLD:
        gold = row["answer"]
        assert re.fullmatch(r"-?\d+(\.\d+|/[1-9]\d*)?|[A-E]", gold) or gold in WEEKDAYS, row
        if re.fullmatch("[A-E]", gold):
            assert re.search(rf"\b{gold}\b", row["question"], re.ASCII), row


def test_the_verifier_accepts_each_gold_answer_and_no_other_one() -> None:
    with AnswerVerifier(workers=1) as verifier:
        for row in GOLD:
            gold = row["answer"]
            told = {"en": f"So the answer is {gold}.", "zh": f"所以答案是{gold}。"}[row["language"]]
            for reply in (f"$$\\boxed{{{gold}}}$$", told):
                assert verifier.verify(reply, gold).verdict == "verified", row
            other = {"A": "B", "Monday": "Sunday", "星期一": "星期日"}.get(gold, "A")
            wrong = f"{gold}1" if gold[-1].isdigit() else other
            assert verifier.verify(f"\\boxed{{{wrong}}}", gold).verdict == "refuted", row
        assert verifier.workers_started == 0  # plain answers never cost a process


def test_texts_are_clean() -> None:
    for row in GOLD + OPEN:
        question = row["question"]
        assert question == question.strip()
        assert not re.search(r"  |\t|\r|\ufffd|[\u200b-\u200f\ufeff]", question), row
        if row["language"] == "en":
            assert not re.search("[\u4e00-\u9fff]", question), row


def tokenise(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[\u4e00-\u9fff]|[^\W_\u4e00-\u9fff]+", text.casefold()))


def cut_grams(tokens: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return zip(*(itertools.islice(tokens, start, None) for start in range(N_GRAM)), strict=False)


def read_evaluation_texts() -> Iterator[tuple[str, str]]:
    for folder in ("benchmarks", "math", "verify"):
        for path in sorted((SHARED_DATA / folder).glob("*.jsonl.gz")):
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                for line in lines:
                    row = json.loads(line)
                    for column in (
                        "question",
                        "Question",
                        "problem",
                        "prompt",
                        "text",
                        "instruction",
                    ):
                        if isinstance(row.get(column), str):
                            yield path.name, row[column]


@pytest.mark.real_data
@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the SHARED_DATA folder is absent")
def test_no_question_stands_in_a_benchmark() -> None:
    ours = [tokenise(row["question"]) for row in GOLD + OPEN]
    whole, grams = set(ours), {gram for tokens in ours for gram in cut_grams(tokens)}
    texts = 0
    for name, text in read_evaluation_texts():
        texts += 1
        tokens = tokenise(text)
        assert tokens not in whole, (name, text)
        shared = next((gram for gram in cut_grams(tokens) if gram in grams), None)
        assert shared is None, (name, text, shared)
    assert texts > 50_000
