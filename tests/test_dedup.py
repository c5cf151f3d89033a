"""Deduplication: what survives, what falls, and in which order."""

from __future__ import annotations

import logging
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from builders.dedup import DedupConfig, find_duplicates
from builders.dedup.duplicates import _allowed_edits
from builders.dedup.near_copy import is_near_copy
from builders.dedup.question_tokens import split_into_tokens
from builders.errors import DedupError

STORY = (
    "A farmer from the valley has {rows} rows of young apple trees in his orchard and each of the "
    "rows holds {trees} trees, which he waters every single morning before the sun rises over the "
    "hills. He keeps {dogs} dogs as well. How many apple trees does the farmer water each morning?"
)
MEETING = (
    "Tom walks to the old market with 12 baskets of pears while Ann carries 7 baskets from the "
    "garden behind her house. On the way a boy takes 3 pears from Tom and hides them under a tree. "
    "How many baskets does Tom bring?"
)
TRAIN = (
    "一列火车从甲城开往乙城，全程共有360千米，火车每小时行驶90千米，途中停靠车站2次，"
    "请问火车一共需要多少小时才能到达乙城？"
)
OPEN = (
    "Explain in detail to a class of young pupils how the water of the sea becomes the rain that "
    "falls on the mountains of Norway in autumn, with examples from daily life."
)


def _drops(first: str, second: str, work_dir: Path, config: DedupConfig | None = None) -> bool:
    found = find_duplicates([first, second], config or DedupConfig(), work_dir)
    assert found in ({}, {1: 0})
    return bool(found)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("12 + 34", "12 - 34"),
        ("12 + 34", "13 + 34"),
        ("What is 12 + 34?", "What is 56 + 78?"),
        ("What is (3 + 4) * 2?", "What is 3 + 4 * 2?"),
        ("小明有3个苹果", "小明有5个苹果"),
        ("小明有三个苹果，又买了两个，一共有几个？", "小明有三个苹果，又买了四个，一共有几个？"),
        ("计算 12×34", "计算 12÷34"),
        (STORY.format(rows=12, trees=9, dogs=2), STORY.format(rows=12, trees=9, dogs=3)),
        (STORY.format(rows=12, trees=9, dogs=2), STORY.format(rows=9, trees=12, dogs=2)),
        (TRAIN, TRAIN.replace("360", "480")),
        ("Solve 2x + 3 = 9 for x.", "Solve 2y + 3 = 9 for y."),
        ("What is 10² + 5?", "What is 102 + 5?"),
        ("Find the derivative of \\sin x + 2", "Find the derivative of \\cos x + 2"),
    ],
)
def test_problems_that_differ_only_in_numbers_or_operators_survive(
    first: str, second: str, tmp_path: Path
) -> None:
    assert not _drops(first, second, tmp_path)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("What is 12 + 34?", "what is 12+34"),
        ("What is the capital of France?", "Please tell me, what is the capital of France?"),
        ("What's the capital of France", "What is the capital of France?"),
        ("Why is the sky blue?", "Why is sky blue ?"),
        ("Tom has three apples.", "Tom has 3 apples"),
        ("小明有 3 个苹果，又买了５个，一共有多少个？", "请问小明有3个苹果,又买了5个,总共有几个?"),
        ("12加34等于多少？", "请问12 加 34 等于几"),
        ("《红楼梦》的作者是谁？", "红楼梦作者是谁"),
        ("什么是光合作用", "什么是光合作用？"),
        ("OK", "ok!"),
    ],
)
def test_short_near_copies_fall(first: str, second: str, tmp_path: Path) -> None:
    assert _drops(first, second, tmp_path)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (MEETING, MEETING.upper()),
        (MEETING, "Please help. " + MEETING.replace(",", "").replace(".", " ;")),
        (MEETING, MEETING.replace("old market", "town market")),
        (MEETING, MEETING.replace("walks", "goes").replace("hides", "puts")),
        (MEETING, MEETING.replace("old market", "market old")),
        (MEETING, MEETING.replace("the way a boy", "the way there a naughty boy")),
        (MEETING, MEETING.replace("Ann", "Eve").replace("her house", "the house")),
        (TRAIN, TRAIN.replace("，", ",").replace("。", ".").replace("3", "３")),
        (TRAIN, TRAIN.replace("请问火车", "火车").replace("一共", "总共")),
        (TRAIN, TRAIN.replace("停靠", "停留")),
        (TRAIN, TRAIN.replace("开往", "驶向")),
        (OPEN, OPEN.replace("young ", "")),
        (OPEN, OPEN.replace("falls", "drops")),
    ],
)
def test_longer_near_copies_fall(first: str, second: str, tmp_path: Path) -> None:
    assert first != second
    assert _drops(first, second, tmp_path)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (MEETING, MEETING.replace("does Tom bring", "does Ann bring")),
        (MEETING, MEETING.replace("How many baskets", "How many pears")),
        (MEETING, MEETING.replace("a boy takes", "no boy takes")),
        (OPEN, OPEN.replace("Norway", "Chile")),
        (OPEN, OPEN.replace("autumn", "March").replace("in March", "not in autumn")),
        ("Which of the 2 boxes with 9 red and 4 blue balls has more balls of the same colour?",
         "Which of the 2 boxes with 9 red and 4 blue balls has fewer balls of the same colour?"),
        (TRAIN, TRAIN.replace("多少小时", "多少分钟")),
        (TRAIN, TRAIN.replace("停靠车站", "不停靠车站")),
        ("小红比小明多5个苹果，小明有12个苹果，请问小红有多少个苹果？",
         "小红比小明少5个苹果，小明有12个苹果，请问小红有多少个苹果？"),
        ("What is the capital of France?", "What is the capital of Spain?"),
        ("法国的首都是哪里？", "德国的首都是哪里？"),
        ("Tom is 12 years old and is taller than his friend Ann, who is 9. Who runs faster?",
         "Ann is 12 years old and is taller than his friend Tom, who is 9. Who runs faster?"),
    ],
)  # fmt: skip
def test_a_small_change_that_asks_another_question_survives(
    first: str, second: str, tmp_path: Path
) -> None:
    assert first != second
    assert not _drops(first, second, tmp_path)


def test_numbers_can_be_ignored_for_long_documents(tmp_path: Path) -> None:
    first, second = (STORY.format(rows=12, trees=9, dogs=dogs) for dogs in (2, 3))
    config = DedupConfig(n_grams=2, keep_numbers=False, max_changed_share=None)
    assert _drops(first, second, tmp_path, config)


@pytest.mark.parametrize("precision", [32, 64])
def test_both_hash_widths_find_a_near_copy(precision: int, tmp_path: Path) -> None:
    config = DedupConfig.model_validate({"precision": precision})
    assert _drops(MEETING, MEETING.replace("walks", "goes"), tmp_path, config)


def test_a_copy_of_a_dropped_text_names_the_kept_one(tmp_path: Path) -> None:
    near = MEETING.replace("walks", "goes")
    found = find_duplicates([MEETING, near, near + "!", near.upper()], DedupConfig(), tmp_path)
    assert found == {1: 0, 2: 0, 3: 0}


def test_a_bridge_does_not_drop_what_resembles_no_kept_text(tmp_path: Path) -> None:
    """A~B and B~C but not A~C: B falls, C stays (datatrove's union-find would drop it)."""
    swaps = [("walks", "goes"), ("hides", "puts"), ("garden", "field"), ("behind", "beside")]
    swaps += [("boy", "monkey"), ("under", "near")]
    middle, far = MEETING, MEETING
    for old, new in swaps[:3]:
        middle = middle.replace(old, new)
    for old, new in swaps:
        far = far.replace(old, new)
    assert find_duplicates([MEETING, middle], DedupConfig(), tmp_path) == {1: 0}
    assert find_duplicates([middle, far], DedupConfig(), tmp_path) == {1: 0}
    assert find_duplicates([MEETING, middle, far], DedupConfig(), tmp_path) == {1: 0}


def _vary(rng: random.Random, count: int) -> list[str]:
    """Texts of few families, so that copies, near-copies and chains of them are common."""
    swaps = [("walks", "goes"), ("hides", "puts"), ("old", "new"), ("house", "barn"), ("12", "13")]
    swaps += [("behind", "beside"), ("boy", "girl"), ("Ann", "Eve"), ("with", "and"), ("7", "8")]
    texts = []
    for _ in range(count):
        text = rng.choice([MEETING, STORY.format(rows=12, trees=9, dogs=2), TRAIN, OPEN])
        for old, new in rng.sample(swaps, rng.randint(0, 5)):
            text = text.replace(old, new)
        texts.append(text if rng.random() < 0.8 else text.upper())
    return texts


@pytest.mark.parametrize("seed", range(4))
def test_decisions_never_change_when_texts_are_added(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)  # noqa: S311  # reproducible texts
    texts = _vary(rng, 80)
    whole = find_duplicates(texts, DedupConfig(), tmp_path)
    assert 10 < len(whole) < 80
    for length in rng.sample(range(1, 80), 8):
        prefix = {later: earlier for later, earlier in whole.items() if later < length}
        assert find_duplicates(texts[:length], DedupConfig(), tmp_path) == prefix


def _find_by_brute_force(texts: list[str], config: DedupConfig) -> dict[int, int]:
    """Every pair, no signatures: a text falls when it equals or nearly copies a kept one."""
    questions = [split_into_tokens(text) for text in texts]
    allowed = [_allowed_edits(question, config) for question in questions]
    kept: list[int] = []
    found: dict[int, int] = {}
    for later, question in enumerate(questions):
        for earlier in kept:
            same = questions[earlier].tokens == question.tokens
            bound = min(allowed[earlier], allowed[later])
            if same or (
                bound >= 1
                and questions[earlier].critical == question.critical
                and is_near_copy(questions[earlier], question, bound)
            ):
                found[later] = earlier
                break
        else:
            kept.append(later)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_a_small_input_is_decided_as_by_brute_force(seed: int, tmp_path: Path) -> None:
    """With signatures of one hash no near-copy is missed, so the two must drop the same rows."""
    texts = _vary(random.Random(seed), 40)  # noqa: S311  # reproducible texts
    config = DedupConfig(hashes_per_bucket=1)
    found = find_duplicates(texts, config, tmp_path)
    assert found.keys() == _find_by_brute_force(texts, config).keys()
    assert all(earlier < later and earlier not in found for later, earlier in found.items())


def test_a_family_of_ten_thousand_templated_questions_is_kept_in_seconds(tmp_path: Path) -> None:
    texts = [STORY.format(rows=i % 100, trees=i // 100, dogs=2) for i in range(10_000)]
    began = time.monotonic()
    assert find_duplicates(texts, DedupConfig(), tmp_path) == {}
    assert time.monotonic() - began < 30  # 2 s on a quiet core; quadratic would be minutes


def test_nothing_stays_in_the_work_folder_and_nothing_is_logged(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    work_dir = tmp_path / "odd :: name #1 [a] *" / "work"
    with caplog.at_level(logging.INFO):
        assert find_duplicates([MEETING, MEETING.replace("walks", "goes")], DedupConfig(), work_dir)
    assert list(work_dir.iterdir()) == []
    assert capfd.readouterr() == ("", "")
    assert caplog.text == ""


def test_a_work_folder_that_cannot_be_made_is_a_dedup_error(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("not a folder")
    texts = [MEETING, MEETING.replace("walks", "goes")]
    with pytest.raises(DedupError, match="2 texts"):
        find_duplicates(texts, DedupConfig(), occupied)


def test_no_texts_and_empty_texts(tmp_path: Path) -> None:
    assert find_duplicates([], DedupConfig(), tmp_path) == {}
    assert find_duplicates(["", "?", "", "!?", "🙂", "🙃"], DedupConfig(), tmp_path) == {2: 0}


def test_broken_unicode_is_a_text_like_any_other(tmp_path: Path) -> None:
    broken = MEETING + " \ud800"
    texts = [broken, broken.replace("walks", "goes")]
    assert find_duplicates(texts, DedupConfig(), tmp_path) == {1: 0}


def test_importing_dedup_does_not_import_datatrove() -> None:
    code = "import sys, builders.dedup; sys.exit('datatrove' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
