"""What is asked of every figure: well-formed, nothing loaded, every text inside and readable."""

from __future__ import annotations

import re
from itertools import combinations
from typing import NamedTuple
from xml.etree import ElementTree as ET

from builders.figures.drawing import FONT_SIZES, WIDTH, Figure
from builders.figures.labels import measure_text

SVG = "{http://www.w3.org/2000/svg}"
_ELEMENTS = {"svg", "title", "desc", "style", "rect", "line", "text"}


class Placed(NamedTuple):
    """A text and the box that it takes."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


def parse(figure: Figure) -> ET.Element:
    return ET.fromstring(figure.svg)  # noqa: S314  # our own file


def read_texts(figure: Figure) -> list[str]:
    return [one.text or "" for one in parse(figure).iter(f"{SVG}text")]


def count_boxes(figure: Figure, role: str) -> int:
    return sum(one.get("class") == role for one in parse(figure).iter(f"{SVG}rect"))


def place_texts(figure: Figure) -> list[Placed]:
    placed = []
    for one in parse(figure).iter(f"{SVG}text"):
        text, size = one.text or "", FONT_SIZES[one.attrib["class"]]
        width, x, y = measure_text(text, size), float(one.attrib["x"]), float(one.attrib["y"])
        left = x - width * {"start": 0, "middle": 0.5, "end": 1}[one.get("text-anchor", "start")]
        placed.append(Placed(text, left, y - 0.75 * size, left + width, y + 0.2 * size))
    return placed


def check_figure(figure: Figure) -> None:
    """Assert all that holds for every figure."""
    root = parse(figure)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= _ELEMENTS
    assert root.get("role") == "img"
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert title.text
    assert description is not None
    assert description.text
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    _check_nothing_is_loaded(root)
    _check_places(figure, float(root.attrib["height"]))


def _check_nothing_is_loaded(root: ET.Element) -> None:
    names = {name for element in root.iter() for name in element.attrib}
    assert not [name for name in names if "href" in name or name.startswith("on")]
    style = root.find(f"{SVG}style")
    assert style is not None
    assert not re.search(r"url|@import|@font-face", style.text or "")


def _check_places(figure: Figure, height: float) -> None:
    placed = place_texts(figure)
    for one in placed:
        assert one.left >= 0, one
        assert one.right <= WIDTH, one
        assert one.bottom <= height, one
    for one, other in combinations(placed, 2):
        apart = one.right <= other.left or other.right <= one.left
        assert apart or one.bottom <= other.top or other.bottom <= one.top, (one, other)
    for box in parse(figure).iter(f"{SVG}rect"):
        x, y, width, tall = (float(box.attrib[name]) for name in ("x", "y", "width", "height"))
        assert width > 0, box.attrib
        assert tall > 0, box.attrib
        assert 0 <= x <= x + width <= WIDTH, box.attrib
        assert 0 <= y <= y + tall <= height, box.attrib
