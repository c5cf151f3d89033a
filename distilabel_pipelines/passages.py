"""Rows that travel through a pretraining build, and their stable ids.

The columns follow Cosmopedia (huggingface.co/datasets/HuggingFaceTB/cosmopedia): a prompt made of a
source text, a format and an audience, and the long text that a teacher wrote for it. Importing this
module costs nothing: no distilabel, no datasets.
"""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from distilabel_pipelines.rows import Generation, Language

SourceKind = Literal["prompt", "outline", "textbook", "web", "title", "story"]
BuiltInFormat = Literal[
    "wikihow",
    "textbook_narrative",
    "textbook_academic",
    "blogpost",
    "story",
    "forum",
    "faq",
    "table",
    "math",
    "tutorial",
    "knowledge_list",
    "paraphrase",
]
BuiltInAudience = Literal[
    "young_children", "middle_school_students", "general", "college_students", "professionals"
]
SOURCE_KINDS: tuple[SourceKind, ...] = get_args(SourceKind)
FORMATS: tuple[BuiltInFormat, ...] = get_args(BuiltInFormat)
AUDIENCES: tuple[BuiltInAudience, ...] = get_args(BuiltInAudience)
# What a source that brings its own prompt gets where it does not say.
CUSTOM_FORMAT = "custom"
CUSTOM_AUDIENCE = "general"


class TextPrompt(BaseModel):
    """One prompt, as it is sent; a row of `prompts.jsonl` without what says more of its source.

    `format` and `audience` are ours (`FORMATS`, `AUDIENCES`) or, for a source that brings its own
    prompt, what stood beside it. `topic` is "" where the source names none. `seed_data` is the
    source's name, as in Cosmopedia; `source_id` is that of the one text that the prompt shows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt_id: str
    prompt: str
    format: str
    audience: str
    topic: str
    seed_data: str
    language: Language
    source_kind: SourceKind
    source_id: str


class Passage(Generation):
    """One text that the teacher wrote for one prompt; `sample` counts from 0 within a prompt.

    `content` is the text as the teacher wrote it, thought and outer white space left out. Where a
    text that was cut by its length was continued, it is the parts joined (`continuations`), the
    token counts are their sums, and `continuations` says how many parts came after the first;
    `finish_reason` is the last part's.
    """

    prompt: TextPrompt
    sample: int
    model: str
    continuations: int = 0

    @property
    def passage_id(self) -> str:
        """The row's `id` in the published dataset: stable across runs, windows and refills."""
        return f"{self.prompt.prompt_id}-{self.sample}"

    @property
    def text_token_length(self) -> int | None:
        """Completion tokens without those of a thought, over all parts; None where not known.

        Many servers count a thought among the completion tokens and do not say how much it was.
        """
        if self.completion_tokens is None:
            return None
        if self.reasoning_tokens is None and self.thought_form != "none":
            return None
        return self.completion_tokens - (self.reasoning_tokens or 0)
