"""What models and services say about using their output: `teacher_terms.toml`, and a user's own.

Dated and editable like the prices: each entry says which copy of the terms was read and when. A
name that no entry knows has unknown terms; nothing is guessed from a name that merely looks alike.
"""

from __future__ import annotations

import datetime as dt
import functools
import tomllib
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from builders.licensing.errors import LicenseError
from builders.licensing.license_table import Line, Url, explain_fault, known_licenses

Openness = Literal["open", "restricted", "unknown"]
Where = Literal["hub", "api", "dashscope", "bundled", "any"]
_BUNDLED = Path(__file__).parent / "teacher_terms.toml"
_STRICTEST_FIRST: tuple[Openness, ...] = ("restricted", "unknown", "open")
_FORM = "builders/licensing/teacher_terms.toml shows the form."

_Words = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00-\x1f\x7f]+$")]
# No `?` and no `[`: `*` alone means more than itself.
_Pattern = Annotated[
    str,
    Field(max_length=200, pattern=r"^[\w./:+@*-]+$"),
    AfterValidator(str.lower),
]


class _Terms(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line
    openness: Openness
    says: _Words
    notice: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    url: Url
    further_urls: tuple[Url, ...] = ()
    source: _Words = "the publisher's own table"
    read_on: dt.date


class TeacherTerms(_Terms):
    """The terms of the models that `models` match; `license` is the Hub's id of the weights'."""

    models: tuple[_Pattern, ...] = Field(min_length=1)
    where: Where = "any"
    license: str = ""

    @model_validator(mode="after")
    def _license_is_known(self) -> Self:
        found = known_licenses().find(self.license)
        if self.license and (found is None or found.id != self.license):
            raise ValueError(
                f"license {self.license!r:.80} is no id of licenses.toml: leave it out, and name "
                "the licence in `name`"
            )
        return self

    def matches(self, model: str) -> int:
        """How many characters of its best pattern are the name's own; -1 where none matches."""
        fitting = (one for one in self.models if fnmatchcase(model.lower(), one))
        return max((len(one.replace("*", "")) for one in fitting), default=-1)


class ServiceTerms(_Terms):
    """The terms of a service, for every model that it serves. `llm` is the value of LLM=."""

    llm: Literal["dashscope", "vllm"]


class TermsTable(BaseModel):
    """One table; no pattern stands in it twice for the same `where`, no service twice."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    teachers: tuple[TeacherTerms, ...] = ()
    services: tuple[ServiceTerms, ...] = ()

    @model_validator(mode="after")
    def _nothing_stands_twice(self) -> Self:
        named = [f"{name} ({one.where})" for one in self.teachers for name in one.models]
        named += [f"{one.llm} (services)" for one in self.services]
        twice = sorted(name for name, count in Counter(named).items() if count > 1)
        if twice:
            raise ValueError(f"{', '.join(twice)} stands here twice: keep one of them")
        return self

    def find_teacher(self, model: str, places: frozenset[Where]) -> TeacherTerms | None:
        """The entry whose pattern says most about the name; None where none matches.

        Raises LicenseError where two entries say equally much.
        """
        fits = [(one.matches(model), one) for one in self.teachers if one.where in places]
        best = max((fit for fit, _ in fits), default=-1)
        found = [one for fit, one in fits if fit == best and best >= 0]
        if len(found) > 1:
            raise LicenseError(
                f"the table of teachers' terms has {len(found)} entries for {model!r:.80}: "
                f"{' and '.join(one.name for one in found)}. Give the name itself as a pattern of "
                "one of them."
            )
        return found[0] if found else None

    def find_service(self, llm: str) -> ServiceTerms | None:
        """The service's own terms; None where the table has none."""
        return next((one for one in self.services if one.llm == llm), None)


class TermsTables(NamedTuple):
    """The bundled table and the user's own, which may be empty."""

    bundled: TermsTable
    own: TermsTable


def load_terms_tables(own: Path | None) -> TermsTables:
    """Both tables; raises LicenseError where the user's own (TEACHER_TERMS=) cannot be used."""
    return TermsTables(known_terms(), TermsTable() if own is None else read_terms_table(own))


def read_terms_table(path: Path) -> TermsTable:
    """A table of terms (TOML); raises LicenseError that names the entry and the value seen."""
    shown = f"TEACHER_TERMS={path.name}"
    try:
        text = path.expanduser().read_text(encoding="utf-8")
        return TermsTable.model_validate(tomllib.loads(text))
    except (OSError, RuntimeError) as error:  # RuntimeError: a ~user that is not there
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise LicenseError(
            f"{shown} cannot be read: {why}. Give the path of a table of terms (TOML)."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LicenseError(f"{shown} is no TOML: {error}. {_FORM}") from error
    except ValidationError as error:
        raise LicenseError(f"{shown}: {explain_fault(error)}. {_FORM}") from error


def choose_strictest(found: list[Openness]) -> Openness:
    """The strictest of several; unknown where there is none."""
    return min(found, key=_STRICTEST_FIRST.index, default="unknown")


@functools.cache
def known_terms() -> TermsTable:
    """The bundled table."""
    return read_terms_table(_BUNDLED)
