"""Escaping for the card: text of models, seeds and users, made safe for the place where it stands.

One filter a place: YAML scalar, inline code, prose, fenced block. Each returns `Markup`, and the
card's template engine refuses any string that is none, so no value reaches the card unescaped.
Rules: CommonMark 0.31 and GitHub's tables (https://github.github.com/gfm), YAML 1.2 double-quoted
scalars. Characters that show nothing or turn the direction of reading (Trojan Source,
CVE-2021-42574) are written out as ⟨U+202E⟩ everywhere.
"""

from __future__ import annotations

import json
import re
import unicodedata

from markupsafe import Markup

WRAP_CELLS = 100
EMPTY = "(empty)"
_PLAIN_NAME = re.compile(r"[\w.:/+@=,()%-]+(?: [\w.:/+@=,()%-]+)*")
_PLAIN_LABEL = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_PROSE_MARKS = re.compile(r"[\\`*_\[\]<>&|#~$!{}]")
_CLOSING_MARKS = frozenset("，。；：、！？）》】」』”’…,.;:!?)")
_MOST_MARKS = 3
_JOINERS = "\u200c\u200d"  # shape letters and emoji: part of the text


def quote_yaml(text: str) -> Markup:
    """A double-quoted YAML scalar on one line: never a boolean, a number or a document mark."""
    quoted = json.dumps(text, ensure_ascii=False)
    return Markup("".join(map(_yaml_character, quoted)))  # noqa: S704  # YAML, not HTML


def _yaml_character(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def show_invisible(text: str) -> str:
    """Controls, direction marks and the like as ⟨U+…⟩; line feeds and tabs stay."""
    return "".join(map(_show, text))


def _show(character: str) -> str:
    if character in "\n\t" or character in _JOINERS:
        return character
    hidden = unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return f"⟨U+{ord(character):04X}⟩" if hidden else character


def inline_code(text: str, limit: int = 200, *, empty: str = EMPTY) -> Markup:
    """A name or short value as inline code, also inside a table cell; cut after `limit`.

    Plain names get back-ticks; anything else becomes `<code>` with every ASCII mark as a character
    reference, which no Markdown rule (pipes, links, tags, fences) can see.
    """
    if text == "":
        return Markup("*{}*").format(empty)
    shown = show_invisible(text[:limit]).replace("\n", "⏎").replace("\t", "⇥")
    shown += "…" if len(text) > limit else ""
    if _PLAIN_NAME.fullmatch(shown):
        return Markup(f"`{shown}`")  # noqa: S704  # matched: no mark that means anything in code
    return Markup(f"<code>{''.join(map(_reference, shown))}</code>")  # noqa: S704  # all references


def _reference(character: str) -> str:
    plain = character.isalnum() or character == " " or not character.isascii()
    return character if plain else f"&#{ord(character)};"


def plain_label(text: str, colon: str = ": ") -> Markup:
    """A name behind a colon, for the summary of a fold; nothing for one that could be markup."""
    return Markup(f"{colon}{text}" if _PLAIN_LABEL.fullmatch(text) else "")  # noqa: S704  # matched


def prose(text: str) -> Markup:
    """Running text on one line, in a paragraph or a table cell; marks become references."""
    shown = show_invisible(" ".join(text.split()))
    return Markup(_PROSE_MARKS.sub(lambda mark: f"&#{ord(mark[0])};", shown))  # noqa: S704


def fence(text: str, language: str = "text") -> Markup:
    """A fenced block that holds the text as it is; the fence is longer than any run inside."""
    shown = show_invisible(text.replace("\r\n", "\n").replace("\r", "\n"))
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    mark = "`" * max(3, longest + 1)
    return Markup(f"{mark}{language}\n{shown}\n{mark}")  # noqa: S704  # closed by its own mark only


def wrap_lines(text: str, cells: int = WRAP_CELLS) -> str:
    """Long lines broken for reading, at spaces where there are some; wide characters count two."""
    return "\n".join(piece for line in text.split("\n") for piece in _wrap_line(line, cells))


def _wrap_line(line: str, cells: int) -> list[str]:
    pieces: list[str] = []
    while (end := _fitting(line, cells)) < len(line):
        space = line.rfind(" ", 1, end + 1)
        cut = space if space > end // 2 else _before_mark(line, end)
        pieces.append(line[:cut])
        line = line[cut:].removeprefix(" ")
    return [*pieces, line]


def _before_mark(line: str, end: int) -> int:
    """Where to break at the latest: no line begins with a mark that closes the one before.

    A run of such marks is broken where it is.
    """
    ends = range(end, max(1, end - _MOST_MARKS) - 1, -1)
    return next((cut for cut in ends if line[cut] not in _CLOSING_MARKS), end)


def _fitting(line: str, cells: int) -> int:
    """How many characters of the line fit into that many cells; at least one."""
    used = 0
    for index, character in enumerate(line):
        used += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if used > cells:
            return max(1, index)
    return len(line)
