"""Where a long text is cut: after a whole sentence, in English and Chinese.

Cosmopedia (Ben Allal et al. 2024) shows its teacher about the first 1,000 characters of a web page;
cut in the middle of a sentence, a teacher tends to go on with it instead of writing its own text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from builders.text_keys import CJK

_LEAST_SHARE = 0.6  # a cut earlier than this share of the length asked for looks for a worse place
_MOST_SHARE = 1.1
# A full stop ends an English sentence before white space, or where two sentences were glued
# together ("of others.Humans lived"); not after a title or an initial ("Dr. Wu", "J. Smith").
_SENTENCE_END = re.compile(
    r"(?<!\b[A-Z])(?<!\b(?:Mr|Ms|Dr|St|Mt|Sr|Jr|Co|No|vs|cf|al))"
    r"(?<!\b(?:Mrs|Fig|Vol|Inc|Ltd|Ave|Rev|Gen|Sen|Gov|e\.g|i\.e))(?<!\b(?:Prof|Capt|Corp))"
    r"[.!?…]+[\"')\]”’*]*(?=\s|$)"
    r"|(?<=[a-z]{2})\.(?=[A-Z][a-z])"
    r"|[。！？；…]+[”’」』）】]*"
    r"|\n"
)
_CLAUSE_END = re.compile(r"[，、：]|[,;:](?=\s)")
_WORD_END = re.compile(rf"(?=\s)|(?<=[{CJK}])")


def cut_at_sentence(text: str, characters: int) -> str:
    """The beginning of the text, ended by the sentence end nearest to `characters`.

    A text of up to 1.1 times `characters` stays whole. Where no sentence ends between 0.6 and 1.1
    times `characters`, the cut is after a clause, else between two words; a single endless word is
    kept up to its end. Pure; the result is a prefix of the text without outer white space.
    """
    text = text.strip()
    most = int(characters * _MOST_SHARE)
    if len(text) <= most:
        return text
    least = int(characters * _LEAST_SHARE)
    for ends in (_SENTENCE_END, _CLAUSE_END, _WORD_END):
        places = (match.end() for match in ends.finditer(text, least, most + 1))
        place = _choose_nearest((place for place in places if least < place <= most), characters)
        if place is not None:
            return text[:place].rstrip()
    following = _WORD_END.search(text, most)
    return (text[: following.start()] if following else text).rstrip()


def _choose_nearest(places: Iterable[int], wanted: int) -> int | None:
    return min(places, key=lambda place: abs(place - wanted), default=None)
