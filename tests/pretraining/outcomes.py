"""A small, fixed outcome of a pretraining build, for the tests of manifest, card and package."""

from __future__ import annotations

from typing import Any

from builders.decontamination.facts import BenchmarkFacts, Contamination, DecontaminationFacts
from builders.pretraining.outcome import (
    CheckedPassage,
    DroppedSource,
    MixtureFacts,
    PretrainingFacts,
    PretrainingOutcome,
    PretrainingTeacherFacts,
    SourceFileFacts,
    SourcesFacts,
)
from distilabel_pipelines.passages import Passage, TextPrompt

CONTAMINATION = Contamination(
    benchmark="gsm8k",
    item=17,
    item_text="A baker sells 12 loaves in the morning and twice as many at noon. How many?",
    matched_share=0.93,
)


def passage(text: str, number: int = 0, **changes: object) -> CheckedPassage:
    """A published row; `number` names its prompt, `changes` are fields of row, text or prompt."""
    prompt: dict[str, Any] = {
        "prompt_id": f"{number:016x}",
        "prompt": f"Write text {number}.",
        "format": "wikihow",
        "audience": "general",
        "topic": "gardening",
        "seed_data": "bundled:pretraining",
        "language": "en",
        "source_kind": "web",
        "source_id": f"{number:016x}",
    }
    words: dict[str, Any] = {
        "reasoning_content": "",
        "content": text,
        "thought_form": "none",
        "finish_reason": "stop",
        "served_model": "small-writer",
        "prompt_tokens": 200,
        "completion_tokens": 90,
        "reasoning_tokens": None,
        "attempts": 1,
        "request_id": "r",
        "sample": 0,
        "model": "small-writer",
        "continuations": 0,
        "error": None,
        "error_message": "",
    }
    row: dict[str, Any] = {
        "reason": None,
        "detail": "",
        "duplicate_of": None,
        "contamination": None,
    }
    parts = (prompt, words, row)
    unknown = changes.keys() - {name for part in parts for name in part}
    assert not unknown, unknown
    for part in parts:
        part |= {key: value for key, value in changes.items() if key in part}
    return CheckedPassage(passage=Passage(prompt=TextPrompt(**prompt), **words), **row)


def failed(number: int, reason: str) -> CheckedPassage:
    """A request without a reply."""
    unknown = dict.fromkeys(("prompt_tokens", "completion_tokens"))
    words = {"served_model": "", "finish_reason": "", "error": reason, "error_message": "HTTP 503"}
    return passage("", number, reason=reason, **words, **unknown)


def dropped(number: int, reason: str, **changes: object) -> DroppedSource:
    """A source that no prompt was made of."""
    fields: dict[str, Any] = {
        "source_id": f"{number:016x}",
        "seed_data": "bundled:pretraining",
        "kind": "web",
        "text": "Cookies help us deliver our services.",
        "reason": reason,
        "detail": "1 of 1 sentences is boilerplate",
    }
    return DroppedSource(**fields | changes)


def small_outcome() -> PretrainingOutcome:
    """Five published rows of three formats, seven rejected ones and three dropped sources."""
    story: dict[str, Any] = {"format": "story", "audience": "young_children", "topic": ""}
    chinese: dict[str, Any] = {"language": "zh", "format": "faq", "topic": "种植"}
    return PretrainingOutcome(
        published=[
            passage("# How to Grow Tomatoes\n\n1. Choose a sunny spot.\n2. Water them well.", 1),
            passage("Once upon a time a small fox lived by the sea.\n\nIt liked fish.", 2, **story),
            passage("问：什么时候播种番茄？\n\n答：春天，天气暖和以后。", 3, **chinese),
            passage("# How to Grow Beans\n\nBeans climb. Give them a pole.", 4, sample=1),
            passage(
                "Tom had a red kite. The wind took it over the hill.",
                5,
                **story,
                source_kind="story",
                seed_data="stories.jsonl",
                reasoning_content="A kite would be nice.",
                reasoning_tokens=30,
                continuations=1,
            ),
        ],
        rejected=[
            failed(6, "teacher_error"),
            passage("Sure, here is a text about beans.", 7, reason="boilerplate", detail="Sure,"),
            passage("# How to", 8, reason="truncated", finish_reason="length"),
            passage(
                "# How to Grow Tomatoes\n\n1. Choose a sunny spot.\n2. Water them.",
                9,
                reason="duplicate",
                duplicate_of=f"{1:016x}-0",
            ),
            passage(
                f"Let us count. {CONTAMINATION.item_text}",
                10,
                reason="contaminated",
                contamination=CONTAMINATION,
            ),
            passage("Peas like cool weather and a rich soil.", 11, reason="surplus"),
            passage("Leeks need a deep bed and much time.", 4, reason="surplus"),
        ],
        dropped_sources=[
            dropped(1, "boilerplate"),
            dropped(2, "boilerplate"),
            dropped(3, "contaminated", contamination=CONTAMINATION, detail=""),
        ],
        ended_by="rows",
    )


def small_decontamination(**changes: object) -> DecontaminationFacts:
    """One benchmark that was checked against, with an item found in a source and one in a row."""
    benchmark = BenchmarkFacts(
        name="gsm8k",
        file="gsm8k_test.jsonl.gz",
        sha256="01" * 32,
        items=1_319,
        items_indexed=1_319,
        seeds_matched=1,
        rows_matched=1,
    )
    facts: dict[str, Any] = {
        "enabled": True,
        "checked": True,
        "n_grams": 10,
        "min_share": 0.5,
        "common_share": 0.01,
        "short_tokens": 13,
        "option_tokens": 8,
        "benchmarks": [benchmark],
    }
    return DecontaminationFacts(**facts | changes)


def small_facts(**changes: object) -> PretrainingFacts:
    """The facts beside `small_outcome`; `changes` replace fields of file, sources, teacher, run.

    `prompts` are the teacher's templates, `prompts_made` the mixture's count.
    """
    bundled: dict[str, Any] = {
        "source": "bundled:pretraining",
        "sha256": "ab" * 32,
        "revision": None,
        "license": "CC0-1.0",
        "rows_read": 18,
    }
    own = {**bundled, "source": "stories.jsonl", "sha256": "ba" * 32, "rows_read": 2}
    sources: dict[str, Any] = {
        "rows_read": 20,
        "equal_merged": 1,
        "dropped": {"language": 0, "boilerplate": 2, "contaminated": 1},
        "kept": 16,
        "kinds": {"web": 14, "story": 2},
        "languages": {"en": 12, "zh": 4},
    }
    mixture: dict[str, Any] = {
        "prompts": changes.pop("prompts_made", 14),
        "asked": {"web": 0.9, "web/wikihow": 0.6, "web/faq": 0.3, "story": 0.1, "story/story": 0.1},
        "made": {"web": 0.92, "web/wikihow": 0.6, "web/faq": 0.32, "story": 0.08},
    }
    teacher: dict[str, Any] = {
        "llm": "embedded",
        "model": "small-writer",
        "weights": "bundled",
        "started": False,
        "api": "chat",
        "settings": {"temperature": 0.8, "max_tokens": 640, "seed": 0, "thinking_budget": None},
        "stop": [],
        "prompts": {"wikihow.en": "Write {{ topic }}.", "wikihow.zh": "写{{ topic }}。"},
    }
    run: dict[str, Any] = {
        "code_version": "0.1.0",
        "recipe": {
            "rows": 5,
            "seeds": {"source": "bundled:pretraining,stories.jsonl", "columns": {}, "kind": ""},
            "mixture": {"weights": {"web": 0.9, "story": 0.1}, "limit": 3},
            "sampling": {"samples": 2, "max_tokens": 640, "temperature": 0.8},
        },
        "recipe_digest": "cd" * 32,
        "rows_wanted": 5,
        "stop_reason": None,
        "spend": None,
        "decontamination": small_decontamination(),
    }
    own |= {key: value for key, value in changes.items() if key in {"license", "revision"}}
    mixture |= {key: value for key, value in changes.items() if key in {"asked", "made"}}
    for part in (bundled, sources, teacher, run):
        part |= {key: value for key, value in changes.items() if key in part.keys() - {"rows_read"}}
    files = [SourceFileFacts(**bundled), SourceFileFacts(**own)]
    return PretrainingFacts(
        sources=SourcesFacts(files=files, **sources),
        mixture=MixtureFacts(**mixture),
        teacher=PretrainingTeacherFacts(**teacher),
        **run,
    )
