r"""One spelling for one notation: width, signs, and LaTeX that changes nothing but the look.

NFKC alone harms mathematics (`x²` would become `x2`, `1½` would become `11⁄2`), so superscripts
and vulgar fractions are written out before it runs. Nothing here evaluates anything.
"""

from __future__ import annotations

import re
import unicodedata

_SUPERSCRIPT_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_SUPERSCRIPTS = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")
_VULGAR_FRACTION = re.compile("[¼½¾⅐-⅞]")
_SIGNS = str.maketrans(
    {
        "−": "-",
        "–": "-",
        "‐": "-",
        "‑": "-",
        "⁄": "/",
        "∕": "/",
        "×": r"\times ",
        "÷": "/",
        "π": r"\pi ",
        "∞": r"\infty ",
        "≤": r"\le ",
        "≥": r"\ge ",
        "°": r"^\circ ",
        "′": "'",
        "≈": r"\approx ",
        "\u200b": "",  # zero-width characters, as copied from web pages
        "\u2060": "",
        "\ufeff": "",
    }
)
_ROOT = re.compile(r"√\s*(\d+(?:\.\d+)?|[A-Za-z]|\([^()]*\))")

_TEXT_COMMAND = re.compile(
    r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mathit|mathsf|mbox|hbox|operatorname|bm"
    r"|boldsymbol)\s*\{([^{}]*)\}"
)
_SPACING = re.compile(
    r"\\(?:left|right|displaystyle|textstyle|limits|[bB]igg?[lr]?)(?![A-Za-z])|(?<!\\)\\!\s*|(?<!\\)\\[,;:]"
)
_WIDE_SPACE = re.compile(r"\\(?:quad|qquad)(?![A-Za-z])|(?<!\\)\\ |~")  # not the row break `\\\\ `
_FRACTION_NAME = re.compile(r"\\[dtc]frac(?![A-Za-z])")
_BARE_FRACTION = re.compile(
    r"\\frac\s*(?:\{([^{}]*)\}\s*([0-9])|([0-9])\s*\{([^{}]*)\}|([0-9])\s*([0-9]))"
)
_LOOSE_SPACE = re.compile(r"(?<!\d) | (?!\d)")  # "1 2 3" is not 123
_WEEKDAY = re.compile("(?:星期|礼拜|周)([一二三四五六日天])")
_SINGLE_IN_BRACES = re.compile(r"([_^])\s*\{\s*(\w)\s*\}")
_WRAPPERS = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**"), ("`", "`"))
_END_MARKS = ".。,，;；！:：、"  # not "!": 5! is a number


def fold_width(text: str) -> str:
    """NFKC with superscripts kept as `^{…}`, fractions kept apart, one minus sign, one slash."""
    if text.isascii():
        return text
    text = _SUPERSCRIPTS.sub(lambda m: "^{" + m[0].translate(_SUPERSCRIPT_DIGITS) + "}", text)
    text = _VULGAR_FRACTION.sub(lambda m: " " + unicodedata.normalize("NFKC", m[0]), text)
    text = unicodedata.normalize("NFKC", text).translate(_SIGNS)
    return _ROOT.sub(lambda m: r"\sqrt{" + m[1] + "}", text)


def strip_wrapping(text: str) -> str:
    r"""Take away outer white space, `$`, `\(…\)`, `**`, backquotes and end marks, to the core.

    `\$18` keeps its currency sign; `0.` loses its full stop.
    """
    for _ in range(8):  # a bound, not a depth anyone writes
        before = text
        text = text.strip().rstrip(_END_MARKS).strip()
        if text.count("**") == 1:  # bold that was cut in half
            text = text.removeprefix("**").removesuffix("**").strip()
        for opening, closing in _WRAPPERS:
            inside = text[len(opening) : -len(closing)]
            if (
                text.startswith(opening)
                and text.endswith(closing)
                and len(text) >= len(opening) + len(closing)
                and opening not in inside
                and not inside.endswith("\\")
            ):
                text = inside
        if text == before:
            break
    return text


def unwrap_text_commands(text: str) -> str:
    r"""`5\text{cm}` → `5 cm `: the words stay, set apart from the mathematics by spaces."""
    for _ in range(4):
        text, changed = _TEXT_COMMAND.subn(r" \1 ", text)
        if not changed:
            break
    return text


def simplify_latex(text: str) -> str:
    r"""Drop what only changes the look (`\left`, `\,`, `\dfrac`, `{,}`); single spaces remain."""
    text = text.replace("{,}", ",").replace(r"\$", "$").replace(r"\%", "%")
    text = _SPACING.sub("", text)
    text = _WIDE_SPACE.sub(" ", text)
    text = _FRACTION_NAME.sub(r"\\frac", text)
    text = _BARE_FRACTION.sub(
        lambda m: rf"\frac{{{m[1] or m[3] or m[5]}}}{{{m[2] or m[4] or m[6]}}}", text
    )
    return " ".join(unwrap_text_commands(text).split())


def identity_key(text: str) -> str:
    """What two spellings of the same answer share: no spaces, plain words in lower case."""
    key = simplify_latex(strip_wrapping(fold_width(text)))
    key = _SINGLE_IN_BRACES.sub(r"\1\2", strip_wrapping(key))
    weekday = _WEEKDAY.fullmatch(key)
    if weekday:
        return "星期" + weekday[1].replace("天", "日")
    if key.replace(" ", "").isalpha() and len(key) > 1:
        return " ".join(key.casefold().split())  # "New York" and "newyork" stay different
    return _LOOSE_SPACE.sub("", key)
