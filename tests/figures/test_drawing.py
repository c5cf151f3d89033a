"""The SVG: escaped, the same bytes each time, enough contrast in light and dark."""

import re

import pytest

from builders.errors import CardError
from builders.figures import drawing as drawing_module
from builders.figures.drawing import Box, Drawing, Line, format_pixels, render_figure
from tests.figures.svg_checks import check_figure, read_texts

EVIL = "</text><script>alert(1)</script>&amp;{{ 7*7 }}\"' ]]> <!-- \x00\u202e"


def small_drawing(text: str = "plain") -> Drawing:
    drawing = Drawing(title=f"Title of {text}", description=f"{text} told", subtitle=["note"])
    drawing.boxes.append(Box(10, 70, 30, 10, "bar"))
    drawing.lines.append(Line(10, 90, 40, 90, "axis"))
    drawing.write(10, 110, text, "label", width=700)
    return drawing


def test_the_same_drawing_gives_the_same_bytes() -> None:
    first, second = (render_figure("a", "alt", small_drawing(), 140) for _ in range(2))
    assert first == second
    check_figure(first)


def test_hostile_text_stays_text() -> None:
    drawing = Drawing(title="t", description=EVIL[:20])
    drawing.write(10, 110, EVIL, "label", width=780)
    figure = render_figure("a", "alt", drawing, 140)
    check_figure(figure)
    assert read_texts(figure)[1] == EVIL.replace("\x00", "⟨U+0000⟩").replace("\u202e", "⟨U+202E⟩")


def test_a_figure_lies_in_its_folder() -> None:
    assert render_figure("funnel", "alt", small_drawing(), 140).path == "figures/funnel.svg"


@pytest.mark.parametrize(("value", "shown"), [(1, "1"), (1.04, "1"), (100.06, "100.1")])
def test_places_are_told_to_a_tenth_of_a_pixel(value: float, shown: str) -> None:
    assert format_pixels(value) == shown


def read_colours(svg: str) -> tuple[dict[str, str], dict[str, str]]:
    """Class → colour, in light and in dark; `text` is that of all texts without one."""
    style = svg.split("<style>")[1].split("</style>", maxsplit=1)[0]
    light, dark = style.split("@media (prefers-color-scheme: dark) {")

    def read(part: str) -> dict[str, str]:
        rules = re.findall(r"([^{}]+)\{[^}]*?(?:fill|stroke): (#[0-9a-f]{6})", part)
        return {
            name.strip().removeprefix("."): colour
            for names, colour in rules
            for name in names.split(",")
        }

    return read(light), read(light) | read(dark)


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def mix(colour: str, ground: str, part: float) -> str:
    pairs = [(int(colour[n : n + 2], 16), int(ground[n : n + 2], 16)) for n in (1, 3, 5)]
    return "#" + "".join(f"{round(part * a + (1 - part) * b):02x}" for a, b in pairs)


def test_texts_and_marks_stand_out_in_light_and_dark() -> None:
    svg = render_figure("a", "alt", small_drawing(), 140).svg
    opacities = [float(found) for found in re.findall(r"fill-opacity: ([\d.]+)", svg)]
    assert len(opacities) == 5
    for colours in read_colours(svg):
        ground = colours["page"]
        for text in ("text", "note"):
            assert contrast(colours[text], ground) >= 4.5, text
        for mark in ("bar", "lost", "range", "axis", "whole", "median"):
            assert contrast(colours[mark], ground) >= 3, mark
        for part in opacities:
            assert contrast(colours["text"], mix(colours["cell0"], ground, part)) >= 4.5, part


def test_light_and_dark_differ_in_every_colour_of_a_text() -> None:
    light, dark = read_colours(render_figure("a", "alt", small_drawing(), 140).svg)
    assert light.keys() == dark.keys()
    assert all(light[name] != dark[name] for name in light)


def test_a_template_that_asks_for_more_is_told_by_its_name() -> None:
    drawing = small_drawing()
    drawing.boxes.append("no box")  # type: ignore[arg-type]  # what a mistake would put there
    with pytest.raises(CardError, match="figure 'a' does not fit its template"):
        render_figure("a", "alt", drawing, 140)


def test_the_template_lies_with_those_of_the_card() -> None:
    assert drawing_module._TEMPLATES.joinpath("figure.svg.jinja").is_file()
