"""What every card must bear: hostile text that changes no structure and is never evaluated."""

from __future__ import annotations

from tests.test_card import body_tokens, html_blocks, shape_inline


def check_structure(evil: str, plain: str) -> None:
    """Blocks, tables, cells, headings, links, HTML: all but the text itself is the same."""
    hostile, harmless = body_tokens(evil), body_tokens(plain)
    assert [token.type for token in hostile] == [token.type for token in harmless]
    assert shape_inline(hostile) == shape_inline(harmless)
    assert html_blocks(hostile) == html_blocks(harmless)
    assert "alert" in evil


def check_evaluation(evil: str, after_sample: str) -> None:
    """Template marks stand as they are, controls are shown; `after_sample` is a heading."""
    assert "{{ 7*7 }}" in evil
    assert "49" not in evil.split("## A sample")[1].split(after_sample, maxsplit=1)[0]
    assert "\u202e" not in evil
    assert "\x00" not in evil
    assert "⟨U+202E⟩" in evil
