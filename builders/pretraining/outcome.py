"""The rows of a pretraining build after its checks, and what the manifest needs beside them.

Every reply ends in one row of exactly one fate: published, or rejected with a reason. The columns
follow Cosmopedia (huggingface.co/datasets/HuggingFaceTB/cosmopedia).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from builders.card_words.catalogue import CardLanguage
from builders.decontamination.facts import Contamination, DecontaminationFacts
from builders.judged import TeacherIdentity
from builders.splits import SplitConfig
from distilabel_pipelines.gateway.settings import StopReason
from distilabel_pipelines.passages import Passage, SourceKind
from distilabel_pipelines.spend import Spend

PassageReject = Literal[
    "teacher_error",
    "refused_by_provider",
    "truncated",
    "garbled",
    "refusal",
    "boilerplate",
    "prompt_echo",
    "too_short",
    "headings_only",
    "looping",
    "wrong_language",
    "low_quality",
    "duplicate",
    "contaminated",
    "surplus",
]


EndedBy = Literal["rows", "prompts", "stopped"]


class CheckedPassage(BaseModel):
    """A passage after the checks; `reason` is None for one that passed so far.

    `detail` says more about the reason (the filter that spoke, the phrase that was found).
    `duplicate_of` is the id of the earliest row of its group of near-duplicates.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    passage: Passage
    reason: PassageReject | None = None
    detail: str = ""
    duplicate_of: str | None = None
    contamination: Contamination | None = None


class DroppedSource(BaseModel):
    """A source that no prompt was made of; `reason` is the selection's or `contaminated`.

    `source_id` is stable for equal sources; `text` the beginning of the material. Where it holds a
    benchmark's item, `contamination` says which.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source_id: str
    seed_data: str
    kind: SourceKind
    text: str
    reason: str
    detail: str = ""
    contamination: Contamination | None = None


class SourceFileFacts(BaseModel):
    """One file or Hub dataset of `SEEDS`. `source` is its name, never a path."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    sha256: str | None
    revision: str | None
    license: str | None
    rows_read: int


class SourcesFacts(BaseModel):
    """What was read and what became of it: `rows_read` = `equal_merged` + `dropped` + `kept`.

    `dropped` counts by reason, in the order of the selection's rules, then `contaminated`; `kinds`
    and `languages` count what is kept.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: list[SourceFileFacts]
    rows_read: int
    equal_merged: int
    dropped: dict[str, int]
    kept: int
    kinds: dict[str, int]
    languages: dict[str, int]


class MixtureFacts(BaseModel):
    """The mixture that was asked for and the one that the prompts of this build have.

    `asked` and `made` map source kind, format and audience (`web`, `web/faq`, `web/faq/general`)
    to shares from 0 to 1; `prompts` counts the prompts made, and `prompts_sha256` is the digest of
    their file, `prompts.jsonl`; None in manifests from before it was kept.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompts: int
    asked: dict[str, float]
    made: dict[str, float]
    prompts_sha256: str | None = None


class PretrainingOutcome(NamedTuple):
    """The end of a build: rows in the order of their prompts and samples.

    `dropped_sources` never became prompts; `ended_by` is `prompts` where the prompts ran out before
    the rows that were wanted. `unanswered` counts requests before the last published row that a
    stopped run left without a reply.
    """

    published: list[CheckedPassage]
    rejected: list[CheckedPassage]
    dropped_sources: list[DroppedSource]
    ended_by: EndedBy
    unanswered: int = 0


class PretrainingTeacherFacts(TeacherIdentity):
    """Who wrote and how: `settings` are the fields of the requests beside the prompt, `stop` the
    stop sequences, `prompts` the templates in full by name (`wikihow.en`)."""

    settings: dict[str, float | int | str | bool | None]
    stop: list[str]
    prompts: dict[str, str]


class PretrainingFacts(BaseModel):
    """What the manifest needs besides the rows; `recipe` is resolved and holds no secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["pretraining"] = "pretraining"
    code_version: str
    recipe: dict[str, object]
    recipe_digest: str
    rows_wanted: int
    splits: SplitConfig = SplitConfig()
    sources: SourcesFacts
    mixture: MixtureFacts
    decontamination: DecontaminationFacts
    teacher: PretrainingTeacherFacts
    stop_reason: StopReason | None = None
    spend: Spend | None = None
    card_language: CardLanguage = "en"
