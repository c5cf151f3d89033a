"""Batches of the compiled engine: mixed lengths, more than one batch, every form of lane."""

from __future__ import annotations

from builders.novelty import NoveltyScreen
from builders.novelty.lanes import BATCH
from tests.novelty.reference import assert_same_verdicts, draw_from, invent_texts, judge_slowly


def test_a_batch_of_every_length_is_judged_as_by_rouge_score() -> None:
    draw = draw_from(2)
    texts = invent_texts(1, 80, range(1, 12), 400)
    for length in (13, 16, 17, 29, 33, 64, 65, 100, 129, 300):
        texts += invent_texts(length, 2, [length], 60)
    draw.shuffle(texts)
    expected = judge_slowly(texts[:20], texts[20:])
    screen = NoveltyScreen(texts[:20], compile_after_pairs=0)
    assert_same_verdicts(screen.judge(texts[20:]), expected)


def test_a_call_of_several_batches_gives_what_single_candidates_give() -> None:
    texts = invent_texts(3, BATCH * 2 + 300, range(2, 18), 40)
    packed = NoveltyScreen([]).judge(texts)
    assert NoveltyScreen([], compile_after_pairs=0).judge(texts) == packed
    assert 100 < sum(verdict.is_novel for verdict in packed) < len(texts)
