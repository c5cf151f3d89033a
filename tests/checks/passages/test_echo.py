"""Repeated instructions and copied material are found, reused facts are not."""

from __future__ import annotations

import re

import pytest

from builders.checks.passages import PassageCheckConfig
from builders.checks.passages.echo import find_echo, split_prompt
from distilabel_pipelines.passages import AUDIENCES, FORMATS
from distilabel_pipelines.pretraining_prompts import Material, render_prompt
from distilabel_pipelines.rows import Language
from tests.checks.passages.texts import FAQ_EN, PROSE_EN, PROSE_ZH

CONFIG = PassageCheckConfig()
LONG_TITLE = "Why do cats purr when they are happy and also when they are afraid at the vet?"
LONG_TITLE_ZH = "为什么猫在高兴的时候会发出呼噜声，而在害怕的时候也会发出同样的声音呢？"


def make_prompt(text: str, language: Language, title: str = "") -> str:
    material = Material(source_kind="title" if title else "web", text=text, title=title)
    return render_prompt(material, text_format="blogpost", audience="general", language=language)


@pytest.mark.parametrize(("language", "text"), [("en", PROSE_EN), ("zh", PROSE_ZH)])
def test_material_that_is_copied_whole_is_found(language: Language, text: str) -> None:
    prompt = make_prompt(text, language)
    echo = find_echo(text, prompt, language, CONFIG) or ""
    assert re.fullmatch("(?:9.|100)% of the material", echo)  # the rules may quote a word
    assert find_echo(text + "\n\n" + FAQ_EN, prompt, language, CONFIG) == echo
    part = text[: int(0.4 * len(text))]
    assert find_echo(part, prompt, language, CONFIG) == "100% of the text is the material"


@pytest.mark.parametrize(("language", "text"), [("en", PROSE_EN), ("zh", PROSE_ZH)])
def test_material_may_be_quoted(language: Language, text: str) -> None:
    prompt = make_prompt(text, language)
    own = FAQ_EN if language == "en" else "树叶在秋天变黄，是因为白天变短了。" * 8
    assert find_echo(text[: len(text) // 3] + own, prompt, language, CONFIG) is None


@pytest.mark.parametrize(("language", "title"), [("en", LONG_TITLE), ("zh", LONG_TITLE_ZH)])
@pytest.mark.parametrize("text_format", FORMATS)
def test_our_instructions_are_found_and_titles_are_free(
    language: Language, title: str, text_format: str
) -> None:
    material = Material(source_kind="title", title=title)
    for audience in AUDIENCES:
        prompt = render_prompt(
            material,
            text_format=text_format,  # type: ignore[arg-type]  # one of FORMATS
            audience=audience,
            language=language,
        )
        assert find_echo(f"# {title}\n\nCats purr.", prompt, language, CONFIG) is None
        said = max(prompt.split("\n"), key=len)
        echo = find_echo(f"Cats purr.\n\n{said}", prompt, language, CONFIG)
        assert echo is not None
        assert echo.startswith("the instruction: ")


def test_a_prompt_in_quotation_marks_has_material_too() -> None:
    prompt = f'Write a paraphrase of this extract: "{" ".join(PROSE_EN.split())}" Use simple words.'
    parts = split_prompt(prompt)
    assert len(parts.material) > 100
    assert "paraphrase" in parts.instruction
    assert "boulders" not in parts.instruction


def test_short_material_may_be_repeated() -> None:
    prompt = "Write a story.\n===\nA girl finds an old key at the bottom of a lake.\n==="
    text = "A girl finds an old key at the bottom of a lake. She dives again."
    assert find_echo(text, prompt, "en", CONFIG) is None


def test_echoes_are_turned_off_by_zero_and_one() -> None:
    prompt = make_prompt(PROSE_EN, "en")
    off = PassageCheckConfig(echo_words=0, max_material_share=1)
    assert find_echo(prompt, prompt, "en", off) is None
