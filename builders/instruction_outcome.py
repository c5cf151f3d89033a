"""The rows of an instruction build after its checks, and what the manifest needs beside them.

Every reply ends in rows of exactly one fate each: published, or rejected with a reason and at the
stage where it fell. The columns follow Self-Instruct (arXiv:2212.10560) and Alpaca.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from builders.card_words.catalogue import CardLanguage
from builders.decontamination.facts import Contamination, DecontaminationFacts
from builders.judged import JudgeFacts, JudgeVerdict, TeacherIdentity
from builders.public_text import replace_lone_surrogates
from builders.splits import SplitConfig
from builders.task_seeds import SeedTask, TaskSeedFacts
from distilabel_pipelines.gateway.settings import StopReason
from distilabel_pipelines.rows import Language, question_id
from distilabel_pipelines.spend import Spend

Method = Literal["alpaca", "self-instruct"]
InstanceForm = Literal["list", "output_first", "input_first"]
Stage = Literal["reply", "task", "instance"]
InstructionEndedBy = Literal["rows", "fruitless", "stopped"]

InstructionRejectReason = Literal[
    "teacher_error",
    "refused_by_provider",
    "truncated",
    "unparsable",
    "too_short",
    "too_long",
    "keyword",
    "write_a_program",
    "leading_punctuation",
    "wrong_language",
    "looping",
    "garbled",
    "empty_output",
    "input_is_output",
    "repeated_instance",
    "ambiguous_input",
    "not_novel",
    "contaminated",
    "judged_incorrect",
    "duplicate",
    "surplus",
]


class SimilarInstruction(NamedTuple):
    """A seed's or kept task's instruction and its ROUGE-L F with a row's own."""

    instruction: str
    score: float


class Novelty(BaseModel):
    """What the novelty screen said of an instruction, over the seeds and the tasks kept before it.

    `closest` are the 10 highest scores, descending, ties earliest first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: float
    closest: tuple[SimilarInstruction, ...]


class InstructionRow(BaseModel):
    """One row: an instance of a task that passed, or whatever was rejected, at its `stage`.

    `request` is the place in the build of the request that proposed the task, `item` the task's
    place in its reply (-1 for a whole reply), `instance` the row's place within its task (-1 where
    none was made). `examples` are ids of the tasks that the prompt showed. `is_classification` is
    None where nobody asked (recipe `alpaca`, and tasks dropped before the question). `raw` is the
    text that could not be read, or that was cut, "" where the columns hold it. `novelty` is None
    for what never reached the screen.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    round: int
    request: int
    item: int
    instance: int
    stage: Stage
    language: Language
    examples: tuple[str, ...]
    instruction: str
    input: str = ""
    output: str = ""
    is_classification: bool | None = None
    form: InstanceForm = "list"
    model: str
    served_model: str = ""
    finish_reason: str = ""
    novelty: Novelty | None = None
    raw: str = ""
    reason: InstructionRejectReason | None = None
    detail: str = ""
    duplicate_of: str | None = None
    judge_verdict: JudgeVerdict | None = None
    judge_reason: str | None = None
    contamination: Contamination | None = None

    @property
    def task_id(self) -> str:
        """16 hex digits of the SHA-256 of the instruction (of `raw`, where there is none)."""
        return question_id(replace_lone_surrogates(self.instruction or self.raw)[0])

    @property
    def row_id(self) -> str:
        """The row's `id`: task and number of the instance; unique among published rows, which
        never share an instruction between tasks, and stable across runs, windows and ROWS."""
        return f"{self.task_id}-{max(0, self.instance)}"


class RequestCounts(BaseModel):
    """Requests by step that were answered or failed for good, and the server's token counts.

    `thoughts` are replies in which a thought came although none was wanted; it is in the journal
    and in no row. Tokens are None where a server sent no counts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: Literal["tasks", "instructions", "classification", "output_first", "input_first"]
    requests: int
    answered: int
    thoughts: int
    prompt_tokens: int | None
    completion_tokens: int | None


class ContaminatedTask(NamedTuple):
    """A seed task that was neither shown nor compared with: it holds an item of a benchmark."""

    task: SeedTask
    contamination: Contamination


class InstructionOutcome(NamedTuple):
    """The end of a build: rows in the order of their requests, tasks and instances.

    `requests` counts what was asked, step by step; `rounds` the rounds that were begun;
    `contaminated` are the seed tasks that were dropped before anything was asked.
    """

    published: list[InstructionRow]
    rejected: list[InstructionRow]
    requests: list[RequestCounts]
    rounds: int
    ended_by: InstructionEndedBy
    contaminated: Sequence[ContaminatedTask] = ()


class InstructionTeacherFacts(TeacherIdentity):
    """Who generated and how.

    `prompts` are the templates in full by name (`tasks.en`), `settings` the fields of the requests
    by step, beside the prompt.
    """

    settings: dict[str, dict[str, float | int | str | bool | None]]
    prompts: dict[str, str]


class InstructionFacts(BaseModel):
    """What the manifest needs besides the rows; `recipe` is resolved and holds no secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["instruction"] = "instruction"
    method: Method
    code_version: str
    recipe: dict[str, object]
    recipe_digest: str
    rows_wanted: int
    splits: SplitConfig = SplitConfig()
    seeds: TaskSeedFacts
    teacher: InstructionTeacherFacts
    decontamination: DecontaminationFacts
    judge: JudgeFacts | None = None
    stop_reason: StopReason | None = None
    spend: Spend | None = None
    card_language: CardLanguage = "en"
