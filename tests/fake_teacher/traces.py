"""Real reasoning traces as a teacher: shared data `traces/`, replayed question by question.

Source: cpldcpu/MisguidedAttention (CC0), outputs of open models: 978 rows over 52 prompts with
`thinking` and `output` in separate fields; 67 outputs are empty, 596 thoughts have outer white
space. Evaluation material: read from SHARED_DATA, never copied into the repository.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.fake_teacher.reply import Body, Reply, last_user_text

TRACES_FILE = "traces/misguided_attention_open_models.jsonl.gz"
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class RealTrace:
    """One real trace; `question` is the prompt made unique by a case number at its front."""

    question: str
    thinking: str
    output: str
    model: str


def shared_data() -> Path:
    """The folder of shared real data: SHARED_DATA, or ../shared/data beside the repository."""
    named = os.environ.get("SHARED_DATA")
    return Path(named) if named else REPOSITORY.parent / "shared" / "data"


def load_real_traces(folder: Path | None = None) -> list[RealTrace]:
    """All traces in file order. Raises FileNotFoundError where the shared data is absent."""
    path = (folder or shared_data()) / TRACES_FILE
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        RealTrace(f"Case {number}. {row['prompt']}", row["thinking"], row["output"], row["llm"])
        for number, row in enumerate(rows)
    ]


@dataclass(frozen=True)
class TraceReplier:
    """Answers each question with its real thought and answer, unchanged; others with 400."""

    traces: Sequence[RealTrace]
    by_question: dict[str, RealTrace] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        index = {trace.question: trace for trace in self.traces}
        object.__setattr__(self, "by_question", index)

    def __call__(self, body: Body) -> Reply:
        trace = self.by_question.get(last_user_text(body))
        if trace is None:
            return Reply(status=400, error={"error": {"message": "no such trace", "code": None}})
        return Reply(content=trace.output, reasoning=trace.thinking, served_model=trace.model)
