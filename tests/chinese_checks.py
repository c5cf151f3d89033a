"""What every Chinese card and figure must bear: no English sentence of ours is left in it."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from builders.any_manifest import AnyManifest
from builders.figures.drawing import Figure

# Front matter, code, addresses, names of terms, and what a manifest holds in English and the card
# marks as such.
_NOT_OURS = re.compile(
    r"\A---\n.*?\n---\n|```.*?\n```|`[^`\n]*`|<code>.*?</code>|\]\([^)]*\)|https?://[!-~]+"
    r"|“[^”]*”（英文原文）|依据：“[^”]*”|(?:权重|服务)：[^。]*。",
    re.DOTALL,
)
_ENGLISH = re.compile(r"[A-Za-z][A-Za-z'-]*(?:[ ,;:]+[A-Za-z][A-Za-z'-]*){3,}")


def in_chinese(manifest: AnyManifest) -> AnyManifest:
    """The same build, whose card and figures are Chinese."""
    return manifest.model_copy(update={"card_language": "zh"})


def find_english(card: str) -> list[str]:
    """Runs of four English words and more that stand in the card's own text."""
    return _ENGLISH.findall(_NOT_OURS.sub(" ⟨⟩ ", card))


def find_english_in(figure: Figure) -> list[str]:
    """Runs of two English words and more, labels of two reasons or names apart."""
    texts = [one.text or "" for one in ET.fromstring(figure.svg).iter() if one.tag[-5:] != "style"]  # noqa: S314  # our own file
    return [text for text in [*texts, figure.alt] if re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", text)]


def list_code(card: str) -> list[str]:
    """The Python and BibTeX of a card, without comments, which have the card's language."""
    blocks = re.findall(r"```(?:python|bibtex)\n(.*?)\n```", card, re.DOTALL)
    return [re.sub(r"  # .*", "", block) for block in blocks]


def list_links(card: str) -> list[str]:
    """Where the links and pictures of a card lead, those within the page apart; sorted."""
    return sorted(re.findall(r"\]\(([^#)][^)]*)\)", card))
