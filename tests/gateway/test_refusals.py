"""What a refusal says: a first one, one of many, a row, or chance."""

from __future__ import annotations

import random

from distilabel_pipelines.gateway.refusals import Pattern, RefusalPattern


class Endpoint:
    """Sends one request a tick; the refusal of one comes before the next is sent."""

    def __init__(self) -> None:
        self.pattern = RefusalPattern()
        self.now = 0.0
        self.level = 64.0

    def take(self, count: int) -> None:
        for _ in range(count):
            self.now += 1.0
            self.pattern.note_sent(self.now, 1)

    def refuse(self) -> Pattern:
        self.take(1)
        pattern, level = self.pattern.judge(self.now, self.level, False)
        self.level = level if pattern in ("first", "chance") else 0.9 * level
        return pattern


def test_the_very_first_refusal_is_a_new_event() -> None:
    assert Endpoint().refuse() == "first"


def test_a_refusal_soon_after_another_is_one_of_many() -> None:
    endpoint = Endpoint()
    endpoint.refuse()
    endpoint.take(10)
    assert endpoint.refuse() == "more"
    endpoint.take(30)
    assert endpoint.refuse() == "first"


def test_an_unbroken_row_is_told() -> None:
    endpoint = Endpoint()
    patterns = [endpoint.refuse() for _ in range(4)]
    assert patterns == ["first", "more", "more", "row"]
    endpoint.pattern.forget_row()
    assert endpoint.refuse() == "first"


def test_a_trial_does_not_go_on_over_a_rest() -> None:
    endpoint = Endpoint()
    endpoint.refuse()
    endpoint.pattern.forget_row()
    endpoint.level = 16.0  # what is taken now: far less than before
    patterns = []
    for _ in range(6):
        endpoint.take(10)
        patterns.append(endpoint.pattern.judge(endpoint.now, 16.0, False)[0])
    assert "chance" not in patterns


def test_refused_probes_are_no_row() -> None:
    endpoint = Endpoint()
    for _ in range(10):
        endpoint.take(1)
        assert endpoint.pattern.judge(endpoint.now, 4.0, True)[0] in ("first", "more")


def test_what_was_sent_during_a_refusals_way_counts_for_the_next() -> None:
    endpoint = Endpoint()
    endpoint.take(5)
    endpoint.pattern.judge(1.0, 64.0, False)  # the first of five
    for _ in range(4):
        endpoint.pattern.note_old()  # and so were the others
    endpoint.take(25)
    assert endpoint.refuse() == "first"


def test_refusals_that_do_not_depend_on_the_load_come_by_chance() -> None:
    endpoint, chance = Endpoint(), random.Random(0)  # noqa: S311  # repeats itself, guards nothing
    patterns = []
    for _ in range(600):
        if chance.random() < 0.1:
            patterns.append(endpoint.refuse())
        else:
            endpoint.take(1)
    assert patterns[-30:].count("chance") >= 25
    assert endpoint.level > 50


def test_refusals_that_end_with_less_load_do_not() -> None:
    endpoint, due = Endpoint(), 0.0
    patterns = []
    for _ in range(2000):
        due += max(0.0, 1 - 20 / endpoint.level)  # 20 is what the endpoint can take
        if due >= 1:
            due -= 1
            patterns.append(endpoint.refuse())
        else:
            endpoint.take(1)
    assert endpoint.level <= 22
    assert "chance" not in patterns
