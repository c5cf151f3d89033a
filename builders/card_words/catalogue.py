"""Our own sentences in the language of the card: the English text is the key (as in GNU gettext).

`zh*.toml` hold two tables. `[words]` are texts that the code says, whole or with `{placeholders}`
in them. `[stored]` are the forms of sentences that stand in a manifest already put together, where
nobody can say them anew: such a sentence is taken apart by its form, and what stands at the
placeholders (names of models, sources, ids) goes into the translation as it is. Words of models,
seeds and users are never translated.

    "{count} row[s] added"   [s] may be missing; {count} is digits, {low} and {high} are decimal
                             numbers, any other placeholder is any text
    {name}                   in the translation: the text as it is
    {name:words}             its translation where there is one, else as it is
    {name:list}              the same for each of its parts between commas
    {name:original}          its translation, else in quotation marks as the English original
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, get_args

from builders.errors import CardError

CardLanguage = Literal["en", "zh"]
CARD_LANGUAGES: tuple[CardLanguage, ...] = get_args(CardLanguage)
_FOLDER = Path(__file__).parent
_NUMBERS = {"count": "[0-9,]+", "low": "[0-9.]+", "high": "[0-9.]+"}
_PART = re.compile(r"\{(\w+)\}|\[(\w+)\]")


class CardWords(Protocol):
    """What says our sentences in one language."""

    @property
    def language(self) -> CardLanguage:
        """The language."""

    def say(self, text: str, /, **values: object) -> str:
        """Our own English text, with its placeholders filled (`str.format`), in the language.

        Raises CardError for a text that the catalogue lacks.
        """

    def retell(self, sentence: str) -> str:
        """A sentence of a manifest; one of unknown form stands as the original, marked so."""

    def translate(self, text: str) -> str:
        """A text that may be ours; any other as it is."""


class _English:
    language: CardLanguage = "en"

    def say(self, text: str, /, **values: object) -> str:
        return text.format(**values) if values else text

    def retell(self, sentence: str) -> str:
        return sentence

    def translate(self, text: str) -> str:
        return text


class _Form(NamedTuple):
    """One form of stored sentences: how it is taken apart, and what is made of the parts."""

    pattern: re.Pattern[str]
    translation: str


class Catalogue:
    """The words of one language other than English; see the module's text."""

    def __init__(
        self, language: CardLanguage, words: Mapping[str, str], stored: Mapping[str, str]
    ) -> None:
        self.language = language
        self.words = words
        self.stored = stored
        self._forms = [_Form(_compile(key), told) for key, told in stored.items() if "{" in key]

    def say(self, text: str, /, **values: object) -> str:
        """As in `CardWords`."""
        if text not in self.words:
            raise CardError(
                f"the card's words lack {text!r} in {self.language!r}. Add it to the table [words] "
                f"of builders/card_words/{self.language}.toml."
            )
        return self.words[text].format(**values) if values else self.words[text]

    def retell(self, sentence: str) -> str:
        """As in `CardWords`."""
        found = self._find(sentence)
        return self._mark_original(sentence) if found is None else found

    def translate(self, text: str) -> str:
        """As in `CardWords`."""
        found = self._find(text)
        return text if found is None else found

    def _find(self, text: str) -> str | None:
        if text in self.words:
            return self.words[text]
        if text in self.stored:
            return self.stored[text]
        for form in self._forms:
            match = form.pattern.fullmatch(text)
            if match is not None:
                pieces = {name: _Piece(piece, self) for name, piece in match.groupdict().items()}
                return form.translation.format(**pieces)
        return None

    def _mark_original(self, sentence: str) -> str:
        return self.say("“{text}” (the English original)", text=sentence)

    def fill(self, piece: str, spec: str) -> str:
        """What a placeholder with that word behind its colon becomes."""
        match spec:
            case "":
                return piece
            case "words":
                return self.translate(piece)
            case "list":
                return self.say(", ").join(map(self.translate, piece.split(", ")))
            case "original":
                return self.retell(piece)
        raise CardError(f"{{…:{spec}}} in {self.language}.toml: write words, list or original")


class _Piece:
    """What stood at a placeholder, for `str.format`."""

    def __init__(self, text: str, catalogue: Catalogue) -> None:
        self._text = text
        self._catalogue = catalogue

    def __format__(self, spec: str) -> str:
        return self._catalogue.fill(self._text, spec)


def _compile(key: str) -> re.Pattern[str]:
    """A placeholder ends where what follows it comes first, for good (`(?>…)`): no text, however
    made, is tried in more than one way.
    """
    parts = [*_list_parts(key), r"\Z"]
    starts = [number for number, part in enumerate(parts) if part.startswith("(?P<")]
    groups = [f"(?>{''.join(parts[start:end])})" for start, end in pairwise([*starts, len(parts)])]
    return re.compile("".join([*parts[: starts[0]], *groups]), re.DOTALL)


def _list_parts(key: str) -> Iterator[str]:
    """The parts of a key as patterns: texts, endings that may be missing, placeholders."""
    end = 0
    for found in _PART.finditer(key):
        yield re.escape(key[end : found.start()])
        name, ending = found.groups()
        if name is None:
            yield f"(?:{re.escape(ending)})?"
        else:
            yield f"(?P<{name}>{_NUMBERS.get(name, '.+?')})"
        end = found.end()
    yield re.escape(key[end:])


ENGLISH: CardWords = _English()


def words_of(language: CardLanguage) -> CardWords:
    """The words of a card in that language; raises CardError for a catalogue that is unusable."""
    return ENGLISH if language == "en" else read_catalogue(language)


@cache
def read_catalogue(language: CardLanguage) -> Catalogue:
    """The catalogue of all files of that language; a key stands in one of them only."""
    tables: dict[str, dict[str, str]] = {"words": {}, "stored": {}}
    for path in sorted(_FOLDER.glob(f"{language}*.toml")):
        for name, entries in tomllib.loads(path.read_text(encoding="utf-8")).items():
            twice = tables[name].keys() & entries.keys()
            if twice:
                raise CardError(f"{path.name} has {min(twice)!r} again: keep one of them")
            tables[name] |= entries
    return Catalogue(language, tables["words"], tables["stored"])
