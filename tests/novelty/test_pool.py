"""The texts as flat arrays."""

from __future__ import annotations

from builders.novelty.pool import TokenPool


def test_texts_read_back_as_they_came_however_many() -> None:
    pool = TokenPool()
    texts = [pool.encode(f"write {index} words " * (index % 7)) for index in range(500)]
    pool.extend(texts[:3])
    pool.extend([])
    pool.extend(texts[3:])
    assert [pool.read(place) for place in range(len(pool))] == texts
    assert pool.lengths.tolist() == [len(text) for text in texts]


def test_the_same_token_has_the_same_number_and_what_is_forgotten_is_written_over() -> None:
    pool = TokenPool()
    first, second = pool.encode("a b a"), pool.encode("b c")
    assert (first, second) == ([0, 1, 0], [1, 2])
    pool.extend([first, second])
    pool.truncate(1)
    pool.extend([[2, 2, 2]])
    assert [pool.read(place) for place in range(len(pool))] == [first, [2, 2, 2]]
