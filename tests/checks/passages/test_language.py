"""The language of a passage, whatever formulas, code and tables stand in it."""

from __future__ import annotations

import pytest

from builders.checks.passages import PassageCheckConfig
from builders.checks.passages.config import FormatGroup
from builders.checks.passages.language import find_wrong_language
from distilabel_pipelines.rows import Language
from tests.checks.passages.foreign_texts import FOREIGN, MATH_DE, MATH_FR, TABLE_FR
from tests.checks.passages.texts import GOOD, PROSE_EN, PROSE_ZH, TABLE_ZH

CONFIG = PassageCheckConfig()
FRENCH = FOREIGN["French"]
CODE = "\n```python\nfor river in rivers_of_the_country:\n    print(river.length_in_km)\n```\n"


GROUPS: list[FormatGroup | None] = ["prose", "steps", "data", "mathematics", None]


def find(text: str, language: Language, group: FormatGroup | None = "prose") -> str | None:
    return find_wrong_language(text, language, CONFIG, group=group)


@pytest.mark.parametrize(("_format", "language", "text"), GOOD)
def test_passages_are_in_their_language_and_not_in_the_other(
    _format: str, language: Language, text: str
) -> None:
    other: Language = "zh" if language == "en" else "en"
    assert find(text, language) is None
    assert find(text, other) is not None


def test_formulas_code_and_tables_do_not_count() -> None:
    latex = r" $\mathrm{velocity} = \frac{\text{distance}}{\text{time}}$ " * 30
    assert find(PROSE_ZH + latex + CODE * 5, "zh") is None
    assert find(PROSE_EN + "\n\n" + TABLE_ZH.split("\n\n")[1], "en") is None


def test_names_and_quoted_words_are_no_mixing() -> None:
    assert find(PROSE_ZH + "这条河叫 Rhine River，流经 Basel 和 Rotterdam。", "zh") is None
    assert find(PROSE_EN + " The Chinese word for river is 河流.", "en") is None


def test_texts_that_change_their_language_are_found() -> None:
    assert find(PROSE_EN + PROSE_ZH, "en") is not None
    assert find(PROSE_ZH + PROSE_EN * 2, "zh") is not None


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN.keys())
def test_other_languages_are_neither_english_nor_chinese(
    text: str, group: FormatGroup | None
) -> None:
    assert find(text, "en", group) is not None
    assert find(text, "zh", group) is not None


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("text", [MATH_FR, MATH_DE])
def test_mathematics_in_another_language_is_not_english(
    text: str, group: FormatGroup | None
) -> None:
    assert find(text, "en", group) is not None


def test_a_table_beside_no_text_is_looked_at_itself() -> None:
    assert find(f"{TABLE_FR}\n\n# Planètes", "en", "data") is None  # names and numbers
    cells = "\n".join(f"| {line} | {n} |" for n, line in enumerate(FRENCH.split(". ")))
    assert find(cells, "en", "data") is not None


@pytest.mark.parametrize("text", [FRENCH, FOREIGN["German"], FOREIGN["Greek"]])
def test_a_fence_hides_no_other_language(text: str) -> None:
    assert find(f"{PROSE_EN[:150]}\n\n```\n{text}\n```", "en", "data") is not None


def test_a_text_that_is_half_french_is_found_in_every_format() -> None:
    for group in GROUPS:
        assert find(f"{PROSE_EN[:400]}\n\n{FRENCH}", "en", group) is not None


LATEX_HEAVY = r"""**Problem 1:** Simplify $\frac{\sec x}{\sin x} - \frac{\sin x}{\cos x}$.

**Solution:** We write
\begin{align*}
\frac{\sec x}{\sin x} - \frac{\sin x}{\cos x} &= \frac{1}{\cos x \sin x} - \frac{\sin x}{\cos x} \\
&= \frac{1 - \sin^2 x}{\cos x \sin x} = \frac{\cos^2 x}{\cos x \sin x} = \cot x.
\end{align*}
Check with x = pi / 4: sec x / sin x = 2, sin x / cos x = 1, 2 - 1 = 1 = cot x. Answer: cot x."""
NAMES = "# Cheeses\n\n" + "\n".join(
    f"- {name}"
    for name in (
        "Comté, Jura",
        "Brie de Meaux, Île-de-France",
        "Crottin de Chavignol, Loire",
        "Saint-Nectaire, Auvergne",
        "Queso de la Serena, Extremadura",
        "Parmigiano Reggiano, Emilia",
        "Gruyère, Fribourg",
        "Tête de Moine, Bern",
    )
)
VOCABULARY = "# Words for the market\n\n" + "\n".join(
    f"- {french}: {english}"
    for french, english in (
        ("le pain", "the bread, sold by the piece or by weight"),
        ("la pomme", "the apple, which is a feminine noun"),
        ("les œufs", "the eggs; the last two letters are silent"),
        ("avec", "with, as in: bread with cheese"),
        ("combien", "how much or how many, asked of a price"),
        ("une livre", "a pound, which is half a kilo in France"),
    )
)


@pytest.mark.parametrize(
    ("text", "group"),
    [(LATEX_HEAVY, "mathematics"), (NAMES, "data"), (VOCABULARY, "data"), (VOCABULARY, "steps")],
)
def test_formulas_names_and_vocabularies_in_english_stay(text: str, group: FormatGroup) -> None:
    assert find(text, "en", group) is None


def test_foreign_words_are_allowed_in_the_recipe() -> None:
    config = PassageCheckConfig(max_foreign_word_share=1, min_function_word_share=0)
    assert find_wrong_language(FRENCH, "en", config, group="data") is None


def test_japanese_that_is_quoted_in_chinese_stays() -> None:
    quoted = "日语里“河”读作かわ（川、河），“山”读作やま，“石头”读作いし。"
    assert find(PROSE_ZH + quoted, "zh") is None
    assert find("日本歌手：宇多田光、椎名林檎、いきものがかり。" * 2, "zh", "data") is None


def test_a_text_of_formulas_alone_is_judged_whole() -> None:
    assert find("$x = 1$\n```\nprint(1)\n```", "en") is None
