"""A figure as boxes, lines and texts, and the SVG that `dataset_cards/figures/` makes of it.

Pixels are those of `WIDTH`, about the column of a card on the Hub, where an SVG stands in `<img>`:
no script, no other file and no font is loaded there, while its style sheet and
`prefers-color-scheme` work (SVG 2, secure static mode). The page of the site may be light while the
reader's system is dark, so that a figure brings its own ground. The same drawing gives the same
bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

import jinja2
from markupsafe import Markup

from builders.card_text import prose
from builders.card_words.catalogue import CardLanguage
from builders.errors import CardError
from builders.figures.labels import clean_label, cut_text

WIDTH = 800
MARGIN = 24
INNER = WIDTH - 2 * MARGIN
FONT_SIZES = {"title": 18, "heading": 15, "label": 14, "value": 14, "note": 13}
_TITLE_Y, _SUBTITLE_Y, _LINE = 36, 60, 19
_TEMPLATES = Path(__file__).parents[2] / "dataset_cards" / "figures"

TextRole = Literal["title", "heading", "label", "value", "note"]
BoxRole = Literal["bar", "lost", "track", "range", "cell0", "cell1", "cell2", "cell3", "cell4"]
LineRole = Literal["axis", "grid", "whole", "median"]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Box:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    role: BoxRole


@dataclass(frozen=True)
class Line:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    role: LineRole


@dataclass(frozen=True)
class Words:
    """A text whose base line is at `y`; `anchor` says which end of it stands at `x`."""

    x: float
    y: float
    text: str
    role: TextRole
    anchor: Anchor = "start"


@dataclass
class Drawing:
    """What is drawn, in that order: boxes, lines, texts; `description` tells it to who cannot
    see.
    """

    title: str
    description: str
    subtitle: list[str] = field(default_factory=list)
    language: CardLanguage = "en"
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)

    @property
    def top(self) -> float:
        """Where the chart's own part begins, below title and subtitle."""
        return _SUBTITLE_Y + _LINE * len(self.subtitle)

    def write(  # place, text and how it stands there
        self,
        x: float,
        y: float,
        text: str,
        role: TextRole,
        *,
        width: float,
        anchor: Anchor = "start",
    ) -> None:
        """Add a text, cut to the width it may take."""
        shown = cut_text(clean_label(text), width, FONT_SIZES[role])
        self.words.append(Words(x, y, shown, role, anchor))


@dataclass(frozen=True)
class Figure:
    """One file of `figures/`; `alt` holds words and numbers of ours alone, nothing of a row."""

    name: str
    alt: str
    svg: str

    @property
    def path(self) -> str:
        """Where it lies inside `dataset/`, as the card names it."""
        return f"figures/{self.name}.svg"

    @property
    def markdown(self) -> Markup:
        """The line of the card that shows it."""
        return Markup("![{}]({})").format(prose(self.alt), self.path)


def render_figure(name: str, alt: str, drawing: Drawing, height: float) -> Figure:
    """The figure of a drawing that is so high; raises CardError where the template does not fit."""
    head = [Words(MARGIN, _TITLE_Y, drawing.title, "title")]
    head += [
        Words(MARGIN, _SUBTITLE_Y + number * _LINE, text, "note")
        for number, text in enumerate(drawing.subtitle)
    ]
    try:
        svg = (
            _figure_environment()
            .get_template("figure.svg.jinja")
            .render(drawing=drawing, head=head, width=WIDTH, height=height, font_sizes=FONT_SIZES)
        )
    except jinja2.TemplateError as error:
        raise CardError(
            f"the figure {name!r} does not fit its template: {error}. "
            "Change dataset_cards/figures/ and builders/figures/ together."
        ) from error
    return Figure(name=name, alt=alt, svg=svg)


@cache
def _figure_environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["px"] = format_pixels
    return environment


def format_pixels(value: float) -> Markup:
    """A tenth of a pixel, without a needless zero: how libraries round does not reach the file."""
    return Markup(f"{value:.1f}".removesuffix(".0"))  # noqa: S704  # digits
