"""The decision about a dataset's licence, as manifest and card hold it.

Everything is plain text: escaping is the card's business. No clock, path or secret stands here, and
no words of a table's stranger beyond their bounds.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict

from builders.licensing.teacher_terms import Openness

DecidedBy = Literal["user", "seeds", "teacher", "default"]
StatedBy = Literal["user", "hub", "project"]


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SeedLicense(_Facts):
    """One licence of one source; a source may have several.

    `stated_by` is the user, the card of the dataset on the Hub, or this project for its own seeds.
    `instead_of` is what the source's own card says, where the user's word took its place.
    """

    source: str
    revision: str | None
    license: str
    name: str
    url: str
    stated_by: StatedBy
    instead_of: str | None = None


class TermsFacts(_Facts):
    """One entry of a table of terms: of the model's weights, or of the service that ran it.

    `source` says what was read, on the day `read_on`; `own_table` whether the entry is the user's.
    """

    about: Literal["weights", "service"]
    name: str
    license: str | None
    openness: Openness
    says: str
    notice: str
    urls: list[str]
    source: str
    read_on: dt.date
    own_table: bool


class ModelTerms(_Facts):
    """A model that wrote into the dataset; `terms` is empty where nobody knows them.

    `openness` is the strictest of them. `named_only` is True where the name is all that is known:
    some server answered under it.
    """

    role: Literal["teacher", "judge"]
    model: str
    openness: Openness
    named_only: bool
    terms: list[TermsFacts]


class Attribution(_Facts):
    """The credit that a source asks for."""

    source: str
    source_url: str | None
    license_name: str
    license_url: str
    changes: str

    @property
    def text(self) -> str:
        """One line: title, where it stands, its licence, and that changes were made."""
        place = f" ({self.source_url})" if self.source_url else ""
        return (
            f"{self.source}{place}, under {self.license_name} ({self.license_url}). {self.changes}"
        )


class LicenseDecision(_Facts):
    """What the dataset is published under, who decided it, and what its card has to say.

    `license` is an id of the Hub, `other` (with `license_name` and `license_link`, for the Hub's
    fields) or `unknown` where nothing could be decided: `unresolved` then says why and what to do.
    `open`: anyone may use it for any purpose. `paragraphs` and `notices` are English text.
    """

    license: str
    license_name: str | None = None
    license_link: str | None = None
    full_name: str
    url: str | None = None
    open: bool
    noncommercial: bool
    decided_by: DecidedBy
    seeds: list[SeedLicense] = []
    models: list[ModelTerms] = []
    attribution: list[Attribution] = []
    notices: list[str] = []
    paragraphs: list[str] = []
    unresolved: str | None = None
