"""One function for both languages."""

from __future__ import annotations

from builders.verb_nouns import Root, find_root


def test_each_language_is_read_by_its_own_rules() -> None:
    assert find_root("Write a letter.", "en") == Root("write", "letter", None)
    assert find_root("写一封信。", "zh") == Root("写", "信", None)
    assert find_root("Who wrote it?", "en") == Root(None, None, "who")
