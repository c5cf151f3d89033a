"""Audiences as manifest and card count them."""

from __future__ import annotations

from builders.pretraining.audiences import OTHER_AUDIENCES, name_audiences
from distilabel_pipelines.passages import AUDIENCES


def test_a_few_foreign_audiences_keep_their_names() -> None:
    names = [*AUDIENCES, "nurses", "pilots", "pilots"]
    assert name_audiences(names) == {name: name for name in {*AUDIENCES, "nurses", "pilots"}}


def test_of_many_the_most_common_keep_theirs() -> None:
    personas = [f"persona {number:04}" for number in range(3000)]
    shown = name_audiences([*personas, *personas[2950:], "general"])
    assert shown["general"] == "general"
    kept = {name for name, told in shown.items() if told == name}
    assert kept == {"general", *personas[2950:]}
    assert shown["persona 0000"] == OTHER_AUDIENCES


def test_a_name_that_utf8_cannot_hold_is_made_fit() -> None:
    assert name_audiences(["a\ud83db"])["a\ud83db"].isprintable()
