"""A trace after the checks: verdict, rewards, a judge's word and, if not published, the reason.

Rewards as in DeepSeek-R1 (arXiv:2501.12948, section 2.2.2): accuracy, format and language
consistency, recorded for each row and never mixed into one number.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from builders.card_words.catalogue import CardLanguage
from builders.decontamination.facts import Contamination, DecontaminationFacts
from builders.splits import SplitConfig
from distilabel_pipelines.gateway.settings import StopReason
from distilabel_pipelines.rows import Question, Trace
from distilabel_pipelines.spend import Spend
from distilabel_pipelines.wire import Api

VerdictName = Literal["verified", "refuted", "unverifiable", "timeout"]
JudgeVerdict = Literal["correct", "incorrect", "undecided", "not_judged"]
EndedBy = Literal["rows", "seeds", "stopped"]

RejectReason = Literal[
    "truncated",
    "empty_thought",
    "empty_answer",
    "no_final_answer",
    "looping",
    "mixed_language",
    "leaked_answer",
    "refuted",
    "timeout",
    "judged_incorrect",
    "duplicate",
    "not_selected",
    "surplus",
    "teacher_error",
    "refused_by_provider",
]


class Verdict(BaseModel):
    """What the answer check says of one reply.

    `method` names the layer that decided (`identical`, `rational`, `choice`, `math_verify`, …, or
    `no_gold`); `final_answer` is what was taken as the reply's last final answer, None where
    there is none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    verdict: VerdictName
    method: str
    final_answer: str | None = None
    detail: str = ""


class CheckedTrace(BaseModel):
    """One trace with everything the checks found; `reason` is None for a row that passed.

    `accuracy_reward` is 1 (verified), 0 (refuted) or None (no verdict); `format_reward` is 1 for
    one closed thought followed by an answer in the form that was asked for; `language_consistency`
    is the share of the thought's and answer's letters in the question's language, 0 to 1.
    `pass_rate` is the share of the question's samples that were verified, None without a gold
    answer; it is filled in at selection, when all samples of a question are known.
    `judge_verdict` and `judge_reason` are None where no judge looked at the row; they change
    neither verdict, rewards nor pass rate. `final_answer` is what was found in the reply.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trace: Trace
    verdict: VerdictName
    verdict_method: str
    format_reward: int
    accuracy_reward: int | None
    language_consistency: float
    pass_rate: float | None = None
    reason: RejectReason | None = None
    detail: str = ""
    duplicate_of: str | None = None
    final_answer: str | None = None
    judge_verdict: JudgeVerdict | None = None
    judge_reason: str | None = None

    @property
    def accepted_by_judge(self) -> bool:
        """Whether it passes on the judge's word alone: by rule, a gold answer needs `verified`."""
        by_rule = self.trace.answer is None or self.verdict == "verified"
        return self.reason is None and not by_rule and self.judge_verdict == "correct"


class ContaminatedQuestion(BaseModel):
    """A question that was never asked: it holds an item of a benchmark."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: Question
    contamination: Contamination


class Outcome(BaseModel):
    """The end of a build: every response is in exactly one of the first two lists, in seed order.

    `contaminated` are the questions that were dropped before anything was asked; `unanswered`
    counts requests before the last published row that a stopped run left without a reply.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    published: list[CheckedTrace]
    rejected: list[CheckedTrace]
    contaminated: list[ContaminatedQuestion] = []
    unanswered: int = 0


class SeedFacts(BaseModel):
    """Where the questions came from. `source` is a file's name or a Hub id, never a path."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    sha256: str | None
    revision: str | None
    rows_read: int
    equal_merged: int
    questions: int
    with_gold: int
    license: str | None


class TeacherIdentity(BaseModel):
    """Who generated. No URL, key or machine path: a public dataset names models.

    `weights` says what `model` is: `bundled`, this project's own small model; `local`, the name of
    a file or folder with a piece of its digest; `named`, a name that a server or the Hub knows.
    `started` is whether the build started the vLLM server itself, `revision` what its flag
    `--revision` named; None where nobody said which of a model's revisions answered.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    llm: Literal["embedded", "vllm", "dashscope"]
    model: str
    weights: Literal["bundled", "local", "named"]
    started: bool
    api: Api
    revision: str | None = None


class TeacherFacts(TeacherIdentity):
    """Who generated and how.

    `sampling` and `stop` are what requests hold beside the prompt. `system_prompts`, by language,
    went with questions that have a gold answer; `completion_prompts`, by use, hold `{question}` for
    the question and replace them where `api` is `completions`.
    """

    sampling: dict[str, float | int | str | bool | None]
    stop: list[str]
    system_prompts: dict[str, str]
    completion_prompts: dict[str, str]


class JudgeFacts(BaseModel):
    """The second opinion: which model, asked how; `accepts` where it may change the selection.

    `rubrics` are the fixed instructions by language, in full; `settings` those of its requests.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    llm: Literal["embedded", "vllm", "dashscope"]
    model: str
    accepts: bool
    settings: dict[str, float | int | str | bool | None]
    rubrics: dict[str, str]


class RunFacts(BaseModel):
    """What the manifest needs besides the rows; `recipe` is resolved and holds no secret.

    `stop_reason` says what stopped a run whose rows are packaged all the same; None where it went
    to its end.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["reasoning"]
    code_version: str
    recipe: dict[str, object]
    recipe_digest: str
    rows_wanted: int
    splits: SplitConfig = SplitConfig()
    seeds: SeedFacts
    teacher: TeacherFacts
    decontamination: DecontaminationFacts
    judge: JudgeFacts | None = None
    stop_reason: StopReason | None = None
    spend: Spend | None = None
    card_language: CardLanguage = "en"
