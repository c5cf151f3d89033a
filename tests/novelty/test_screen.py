"""The screen against rouge-score: decisions, doubles, ties, means; batches change nothing."""

from __future__ import annotations

import pytest

from builders.novelty import NoveltyScreen
from tests.novelty.conftest import StartScreen
from tests.novelty.reference import (
    assert_same_verdicts,
    draw_from,
    invent_texts,
    judge_slowly,
    perturb,
)

BORDERS = [0, 1, 2, 7, 14, 15, 16, 17, 30, 31, 32, 33, 47, 48, 49, 63, 64, 65]


@pytest.mark.parametrize(
    ("lengths", "words", "count"),
    [
        (range(12), 2, 150),
        (range(25), 6, 130),
        (BORDERS, 4, 60),
        (BORDERS, 30, 60),
        ([3, 70, 127, 128, 129, 200], 3, 18),
    ],
)
def test_random_texts_are_judged_as_by_rouge_score(
    start_screen: StartScreen, lengths: list[int], words: int, count: int
) -> None:
    seeds = invent_texts(1, count // 5, lengths, words)
    candidates = invent_texts(2, count, lengths, words)
    expected = judge_slowly(seeds, candidates)
    assert_same_verdicts(start_screen(seeds).judge(candidates), expected)


def test_perturbed_copies_are_judged_as_by_rouge_score(start_screen: StartScreen) -> None:
    draw = draw_from(3)
    seeds = invent_texts(4, 40, range(5, 20), 300)
    candidates = [perturb(text, draw) for text in seeds * 4]
    draw.shuffle(candidates)
    expected = judge_slowly(seeds, candidates)
    assert 0 < sum(verdict.is_novel for verdict in expected) < len(candidates)
    assert_same_verdicts(start_screen(seeds).judge(candidates), expected)


@pytest.mark.parametrize(("threshold", "closest"), [(0.0, 1), (0.5, 3), (1.0, 40)])
def test_threshold_and_number_of_closest_are_the_callers(
    start_screen: StartScreen, threshold: float, closest: int
) -> None:
    texts = invent_texts(6, 70, range(9), 5)
    expected = judge_slowly(texts[:5], texts[5:], threshold, closest)
    screen = start_screen(texts[:5], threshold=threshold, closest=closest)
    assert_same_verdicts(screen.judge(texts[5:]), expected)


@pytest.mark.parametrize(
    ("common", "candidate", "existing", "is_novel"),
    [(7, 10, 10, True), (7, 8, 12, False), (7, 12, 8, False), (14, 20, 20, True)],
)
def test_at_the_threshold_rouge_scores_double_decides(
    start_screen: StartScreen, common: int, candidate: int, existing: int, *, is_novel: bool
) -> None:
    """All four are 0.7 in exact arithmetic."""
    shared = [f"s{index}" for index in range(common)]
    seed = " ".join(shared + [f"e{index}" for index in range(existing - common)])
    text = " ".join(shared + [f"c{index}" for index in range(candidate - common)])
    (verdict,) = start_screen([seed]).judge([text])
    assert verdict.is_novel is is_novel
    assert_same_verdicts([verdict], judge_slowly([seed], [text]))


def test_how_candidates_are_split_into_calls_changes_nothing(start_screen: StartScreen) -> None:
    texts = invent_texts(7, 1500, range(1, 22), 12)
    whole = start_screen(texts[:20]).judge(texts[20:])
    draw = draw_from(8)
    for _ in range(2):
        screen, start, parts = start_screen(texts[:20]), 20, []
        while start < len(texts):
            size = draw.choice([0, 1, 3, 64, 65, 400])
            parts += screen.judge(texts[start : start + size])
            start += size
        assert parts == whole  # the means too, to the last bit


def test_engines_agree_to_the_last_bit_wherever_one_takes_over_from_the_other() -> None:
    texts = invent_texts(9, 300, range(40), 10)
    outcomes = []
    for pairs in (10**12, 0, 30_000):
        screen = NoveltyScreen(texts[:10], compile_after_pairs=pairs)
        parts = [screen.judge(texts[start : start + 50]) for start in range(10, 300, 50)]
        outcomes.append((parts, list(screen.texts)))
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_equal_scores_stand_earliest_first(start_screen: StartScreen) -> None:
    screen = start_screen(["a b c", "x", "c a b", "b c a", "a b c"], threshold=1.0, closest=4)
    (verdict,) = screen.judge(["a b c"])
    assert verdict.closest == [(0, 1.0), (4, 1.0), (2, 2 / 3), (3, 2 / 3)]


def test_an_empty_pool_scores_nothing(start_screen: StartScreen) -> None:
    screen = start_screen([])
    assert screen.judge([]) == []
    first, second = screen.judge(["one two", "one two"])
    assert first == (True, 0.0, 0.0, [], 0)
    assert second == (False, 1.0, 1.0, [(0, 1.0)], None)


def test_texts_without_tokens_score_zero_as_in_rouge_score(start_screen: StartScreen) -> None:
    texts = ["", "?!", "ЁЖ", "a", "...", "a"]
    assert_same_verdicts(start_screen(["—", "a b"]).judge(texts), judge_slowly(["—", "a b"], texts))


def test_chinese_is_screened(start_screen: StartScreen) -> None:
    screen = start_screen(["请写一首关于春天的诗。"])
    copy, other, mixed = screen.judge(
        ["写一首关于春天的诗", "解释牛顿第一定律", "用 Python 解释牛顿第一定律"]
    )
    assert (copy.is_novel, other.is_novel, mixed.is_novel) == (False, True, False)
    assert copy.highest == 2 * (9 / 10) * (9 / 9) / (9 / 10 + 9 / 9)


def test_kept_texts_join_the_pool_in_order_and_know_their_place(start_screen: StartScreen) -> None:
    screen = start_screen(["a b c d"])
    verdicts = screen.judge(["e f g", "e f g", "h i j k"])
    assert [verdict.place for verdict in verdicts] == [1, None, 2]
    assert list(screen.texts) == ["a b c d", "e f g", "h i j k"]
    assert len(screen) == 3


def test_compare_and_add_leave_the_rule_to_the_caller(start_screen: StartScreen) -> None:
    screen = start_screen(["a b c"])
    before = screen.compare("a b c x")
    assert (before.is_novel, before.place, len(screen)) == (False, None, 1)
    assert screen.compare("q").place is None
    screen.add("a b c")
    assert screen.compare("a b c").closest == [(0, 1.0), (1, 1.0)]
    assert list(screen.texts) == ["a b c", "a b c"]


def test_truncate_takes_the_pool_back_to_what_it_was(start_screen: StartScreen) -> None:
    texts = invent_texts(10, 400, range(30), 25)
    screen = start_screen(texts[:30])
    first = screen.judge(texts[30:200])
    between = len(screen)
    second = screen.judge(texts[200:])
    for length, rest, expected in [(between, texts[200:], second), (30, texts[30:200], first)]:
        screen.truncate(length)
        assert len(screen) == len(screen.texts) == length
        assert screen.judge(rest) == expected
    screen.truncate(0)
    assert screen.judge(texts) == start_screen([]).judge(texts)


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match=r"threshold is 70"):
        NoveltyScreen([], threshold=70)
    with pytest.raises(ValueError, match=r"closest is 0"):
        NoveltyScreen([], closest=0)
    with pytest.raises(ValueError, match=r"truncate to 3: the pool has 2"):
        NoveltyScreen(["a", "b"]).truncate(3)
