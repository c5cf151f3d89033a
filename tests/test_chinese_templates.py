"""The Chinese templates say what the English ones say: no more, no less, on the same conditions."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

from tests.template_shapes import compare_templates, has_chinese

FOLDER = Path(__file__).parent.parent / "dataset_cards"
# Code and data, the same in every language.
WITHOUT_PROSE = {"_front_matter.md.jinja", "_load.md.jinja", "_tools.bib.jinja"}
NAMES = sorted(path.name for path in FOLDER.glob("*.jinja"))
_ENVIRONMENT = jinja2.Environment(autoescape=True)


def parse(text: str) -> jinja2.nodes.Template:
    return _ENVIRONMENT.parse(text)


def test_every_template_with_prose_has_a_chinese_one_and_no_other_has() -> None:
    chinese = {path.name for path in (FOLDER / "zh").iterdir()}
    assert chinese == set(NAMES) - WITHOUT_PROSE
    assert set(NAMES) >= WITHOUT_PROSE


@pytest.mark.parametrize("name", sorted(set(NAMES) - WITHOUT_PROSE))
def test_both_templates_print_the_same_on_the_same_conditions(name: str) -> None:
    english, chinese = ((FOLDER / part / name).read_text("utf-8") for part in ("", "zh"))
    assert compare_templates(parse(english), parse(chinese)) == []
    assert has_chinese(chinese)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("{{ a | number }} rows", "行"),
        ("{{ a | number }} rows", "{{ b | number }} 行"),
        ("{{ a | number }} rows", "{{ a | prose }} 行"),
        ("rows", "{{ a }} 行"),
        ("{% if a %}{{ b }}{% endif %}", "{{ b }}"),
        ("{% if a %}{{ b }}{% endif %}", "{% if not a %}{{ b }}{% endif %}"),
        (
            "{% if a %}{{ b }}{% else %}{{ c }}{% endif %}",
            "{% if a %}{{ c }}{% else %}{{ b }}{% endif %}",
        ),
        ("{% if a == 'x' %}{{ b }}{% endif %}", "{% if a == 'y' %}{{ b }}{% endif %}"),
        ("{% for a in b %}{{ a }}{% endfor %}", "{% for a in c %}{{ a }}{% endfor %}"),
        ("{% include 'a' %}", "{% include 'b' %}"),
        ("{% include 'a' %}", ""),
        ("{{ a }} of {{ a }}", "{{ a }}"),
        ("{% if a != 1 %}{{ a }}{% endif %}", ""),
        ("{% if a != 1 %}all of them{% endif %}", ""),
        ("{{ row('x', a, b) }}", "{{ row('行', b, a) }}"),
        ("{{ 'x' ~ a }}", "{{ '行' ~ b }}"),
    ],
)
def test_a_template_that_drifted_is_told(english: str, chinese: str) -> None:
    assert compare_templates(parse(english), parse(chinese))


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("{{ a | number }} of {{ b }} rows", "{{ b }} 行中的 {{ a | number }} 行"),
        ("{{ a }} row{% if a != 1 %}s{% endif %}", "{{ a }} 行"),
        ("{{ a }} repl{% if a == 1 %}y{% else %}ies{% endif %}", "{{ a }} 条回复"),
        ("{{ meanings[a] | prose }}", "{{ meanings[a] | words | prose }}"),
        ("{{ row('rows', a) }}", "{{ row('行', a) }}"),
        ("{{ 'length, ' ~ a }}", "{{ '长度（' ~ a ~ '）' }}"),
        ("{% set a = 'rows' %}", "{% set a = '行' %}"),
    ],
)
def test_word_order_plurals_and_translated_words_are_free(english: str, chinese: str) -> None:
    assert compare_templates(parse(english), parse(chinese)) == []
