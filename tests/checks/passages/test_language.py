"""The language of a passage, whatever formulas, code and tables stand in it."""

from __future__ import annotations

import pytest

from builders.checks.passages import PassageCheckConfig
from builders.checks.passages.language import find_wrong_language
from distilabel_pipelines.rows import Language
from tests.checks.passages.texts import GOOD, PROSE_EN, PROSE_ZH, TABLE_ZH

CONFIG = PassageCheckConfig()
FRENCH = (
    "Une rivière ne transporte pas seulement de l'eau vers la mer. Elle emporte des pierres, "
    "du sable et de la boue, et elle transforme la terre peu à peu. Là-haut, la pente est forte "
    "et le courant rapide, si bien que même les gros rochers roulent pendant une crue."
)
CODE = "\n```python\nfor river in rivers_of_the_country:\n    print(river.length_in_km)\n```\n"


def find(text: str, language: Language, *, is_prose: bool = True) -> str | None:
    return find_wrong_language(text, language, CONFIG, is_prose=is_prose)


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


def test_french_prose_is_not_english() -> None:
    assert find(FRENCH, "en") is not None
    assert find(FRENCH, "en", is_prose=False) is None


def test_a_text_of_formulas_alone_is_judged_whole() -> None:
    assert find("$x = 1$\n```\nprint(1)\n```", "en") is None
