"""The licences that the Hub knows, and what each asks for: `licenses.toml`.

Ids are those of https://huggingface.co/docs/hub/repositories-licenses. Ids that leave open which
licence is meant (`cc`, `other`, …) are not in the table.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from builders.licensing.errors import LicenseError

_BUNDLED = Path(__file__).parent / "licenses.toml"
_LONGEST_ID = 100

Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Url = Annotated[str, Field(max_length=400, pattern=r"^https?://[^\s\"'<>`\\]+$")]
_Id = Annotated[str, Field(max_length=_LONGEST_ID, pattern=r"^[a-z0-9][a-z0-9.+-]*$")]


class License(BaseModel):
    """One licence. `family` and `version` say which one may stand in for another: a later version
    of the same family. `open`: anyone may use, change and share for any purpose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: _Id
    name: Line
    url: Url
    aliases: tuple[_Id, ...] = ()
    family: _Id
    version: float = 0.0
    attribution: bool = False
    noncommercial: bool = False
    share_alike: bool = False
    no_derivatives: bool = False
    public_domain: bool = False
    open: bool = False

    @model_validator(mode="after")
    def _flags_can_be_true_together(self) -> Self:
        if self.public_domain and self.conditions:
            raise ValueError(f"{self.id} is public domain and asks for {sorted(self.conditions)}")
        if self.open and (self.noncommercial or self.no_derivatives):
            raise ValueError(f"{self.id} is open and forbids commercial use or derivatives")
        return self

    @property
    def conditions(self) -> frozenset[str]:
        """The names of the flags that ask something of whoever shares the material."""
        asked = {
            "attribution": self.attribution,
            "noncommercial": self.noncommercial,
            "share_alike": self.share_alike,
            "no_derivatives": self.no_derivatives,
        }
        return frozenset(name for name, is_asked in asked.items() if is_asked)


class LicenseTable(BaseModel):
    """All known licences; no id or alias stands for two. `read_on` is the day they were read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    read_on: dt.date
    licenses: tuple[License, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = Counter(name for one in self.licenses for name in (one.id, *one.aliases))
        twice = sorted(name for name, count in names.items() if count > 1)
        if twice:
            raise ValueError(f"{', '.join(twice)} stands for two licences: keep one of them")
        return self

    def find(self, text: str | None) -> License | None:
        """The licence of this id or alias; None for no text, and for any that the table lacks.

        Upper and lower case are the same, and so are spaces, underscores and hyphens.
        """
        if text is None or len(text) > _LONGEST_ID:
            return None
        written = re.sub(r"[\s_]+", "-", text.strip().lower())
        return next((one for one in self.licenses if written in (one.id, *one.aliases)), None)


def read_license_table(path: Path) -> LicenseTable:
    """A table of licences (TOML); raises LicenseError that names the entry and what is wrong."""
    try:
        return LicenseTable.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LicenseError(f"{path.name} cannot be read as TOML: {error}") from error
    except ValidationError as error:
        raise LicenseError(f"{path.name}: {explain_fault(error)}") from error


@functools.cache
def known_licenses() -> LicenseTable:
    """The bundled table."""
    return read_license_table(_BUNDLED)


def explain_fault(error: ValidationError) -> str:
    """The first fault of a table: the entry's place, the message and the value seen."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"]) or "table"
    message = first["msg"].removeprefix("Value error, ")
    seen = first["input"]
    shown = "" if isinstance(seen, dict) else f" (seen: {repr(seen)[:80]})"
    return f"{place}: {message}{shown}"
