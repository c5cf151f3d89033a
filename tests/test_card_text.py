"""Escaping: hostile text stays text in YAML, tables, prose and fences."""

import pytest
import yaml
from markdown_it import MarkdownIt

from builders.card_text import (
    fence,
    inline_code,
    plain_label,
    prose,
    quote_yaml,
    show_invisible,
    wrap_lines,
)

HOSTILE = [
    "</details><script>alert(1)</script>",
    "```",
    "````\n```\n~~~",
    "a\n---\nlicense: mit\n---\n",
    "{{ 7*7 }}{% raw %}{# x #}",
    "a | b \\| c \\\\| d",
    "`|`",
    "![x](https://x.example/y.png) [y](javascript:z) <https://x.example> https://x.example @y",
    "**b** _i_ $x$ &lt; # h\n- l\n1. n\n> q",
    "\u202eabc\u2066\u200b\ufeff\x00\x1b[31m\x85\u2028",
    "<!-- x",
    "\ufffe 中文 🙂\u200d",
    " lead and trail ",
    "\\",
    "'\"",
]
SCALARS = [
    "no",
    "1.10",
    "null",
    "~",
    "0x1f",
    "2024-01-01",
    "",
    " ",
    "*a",
    "&a",
    "!t",
    "%",
    "@",
    "- a",
]


@pytest.mark.parametrize("text", [*HOSTILE, *SCALARS])
def test_a_yaml_scalar_is_one_quoted_line_that_reads_back_as_the_text(text: str) -> None:
    quoted = quote_yaml(text)
    assert quoted.startswith('"')
    assert len(quoted.splitlines()) == 1
    assert quoted.isprintable()
    assert yaml.safe_load(f"key: {quoted}\n") == {"key": text}


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("escape", [inline_code, prose])
def test_a_table_cell_stays_one_cell_of_plain_text(text: str, escape: type) -> None:
    markdown = f"| a | b |\n|---|---|\n| {escape(text)} | after |\n\nend"
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(markdown)

    cells = [tokens[n + 1] for n, token in enumerate(tokens) if token.type == "td_open"]
    assert len(cells) == 2
    assert cells[1].content == "after"
    inner = cells[0].children or []
    assert {part.type for part in inner} <= {"text", "code_inline", "html_inline", "text_special"}
    html = [part.content for part in inner if part.type == "html_inline"]
    assert html in ([], ["<code>", "</code>"])


def test_a_plain_name_is_shown_as_it_is() -> None:
    assert inline_code("Qwen/Qwen3-0.6B-GGUF:q8_0.gguf") == "`Qwen/Qwen3-0.6B-GGUF:q8_0.gguf`"
    assert inline_code("") == "*(empty)*"
    assert inline_code("a|b") == "<code>a&#124;b</code>"


def test_a_long_value_is_cut() -> None:
    assert len(inline_code("x" * 10_000)) < 300
    assert "…" in inline_code("x" * 10_000)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_fence_is_closed_by_its_own_mark_only(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(f"{fence(text)}\n\nafter")
    assert [token.type for token in tokens][:2] == ["fence", "paragraph_open"]
    assert tokens[0].content == show_invisible(text) + "\n" or "\x00" in text


def test_what_shows_nothing_or_turns_reading_is_written_out() -> None:
    assert show_invisible("a\u202eb\x00\u2028\n\t") == "a⟨U+202E⟩b⟨U+0000⟩⟨U+2028⟩\n\t"
    assert show_invisible("👩\u200d💻 中文") == "👩\u200d💻 中文"


def test_long_lines_are_broken_at_spaces_and_wide_characters_count_two() -> None:
    lines = wrap_lines("word " * 60 + "\nshort", cells=40).split("\n")
    assert max(map(len, lines)) <= 40
    assert lines[-1] == "short"
    assert [len(line) for line in wrap_lines("字" * 45, cells=40).split("\n")] == [20, 20, 5]


@pytest.mark.parametrize("text", ["", "\n\n", "x" * 250, "a  b", "字" * 3 + " " * 200])
def test_wrapping_loses_nothing_but_spaces_at_breaks(text: str) -> None:
    assert wrap_lines(text).replace("\n", "").replace(" ", "") == text.replace("\n", "").replace(
        " ", ""
    )


def test_no_wrapped_line_begins_with_a_closing_mark() -> None:
    assert wrap_lines("一二三四五，六七。", cells=10) == "一二三四\n五，六七。"
    assert wrap_lines("x" * 10 + "." * 10, cells=10) == "x" * 9 + "\nx" + "." * 9 + "\n."
    assert wrap_lines("。" * 12, cells=10) == "\n".join(["。" * 5, "。" * 5, "。" * 2])


@pytest.mark.parametrize("name", ["tasks.en", "_audience.zh", "a-1"])
def test_a_plain_name_labels_a_fold(name: str) -> None:
    assert plain_label(name) == f": {name}"


@pytest.mark.parametrize("name", ["", "a b", "</summary>", "a:b", "名", "x" * 61, "{{ 1 }}", "a\n"])
def test_a_name_that_could_be_markup_labels_nothing(name: str) -> None:
    assert plain_label(name) == ""
