"""The `decontamination` section of a recipe."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

DEFAULT_FOLDER = "benchmarks_data"


class BenchmarkPin(BaseModel):
    """A benchmark file by its name and SHA-256."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    sha256: str


class DecontaminationConfig(BaseModel):
    """What texts are held against, and when one counts as contaminated.

    `benchmarks` is a folder (BENCHMARKS=); one that was named must hold benchmarks, the default one
    may be missing: then nothing is checked, and said. A token is a word, a number or one CJK
    character. `n_grams` shared tokens in a row make an item a candidate; more than `min_share` of
    its characters must match. n-grams in more than `common_share` of a benchmark's items count for
    nothing. An item of fewer than `short_tokens` tokens matches as a row's whole question only, or
    with an option nearby: `option_tokens` tokens of both together. `pins` (of `make rebuild`) are
    the only files that count, and all of them must be there; none at all: nothing is checked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(default=True, strict=True)
    benchmarks: str = Field(default=DEFAULT_FOLDER, min_length=1)
    n_grams: int = Field(default=10, ge=5, le=50)
    min_share: float = Field(default=0.5, ge=0, lt=1)
    common_share: float = Field(default=0.01, gt=0, le=1)
    short_tokens: int = Field(default=13, ge=1, le=100)
    option_tokens: int = Field(default=8, ge=8)
    pins: tuple[BenchmarkPin, ...] | None = None

    @property
    def is_named(self) -> bool:
        """Whether the folder was named, rather than left to the default."""
        return "benchmarks" in self.model_fields_set

    @model_validator(mode="after")
    def _short_items_have_no_n_gram(self) -> Self:
        if self.short_tokens < self.n_grams:
            raise ValueError(
                f"decontamination.short_tokens = {self.short_tokens} is below n_grams = "
                f"{self.n_grams}: an item shorter than an n-gram can only be a short one"
            )
        return self
