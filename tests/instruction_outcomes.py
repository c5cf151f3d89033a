"""A small, fixed outcome of an instruction build, for the tests of manifest, card and package."""

from __future__ import annotations

from typing import Any

from builders.instruction_outcome import (
    InstructionFacts,
    InstructionOutcome,
    InstructionRejectReason,
    InstructionRow,
    InstructionTeacherFacts,
    Novelty,
    RequestCounts,
    SimilarInstruction,
)
from builders.task_seeds import TaskSeedFacts
from tests.decontamination.outcomes import check_facts

NOVELTY = Novelty(
    mean=0.104166666666666671,
    closest=(
        SimilarInstruction(instruction="Sort the numbers from small to large.", score=0.6),
        SimilarInstruction(instruction="把列表中的数从小到大排列。", score=0.0),
    ),
)


def row(instruction: str, given: str = "", output: str = "Done.", **changes: object) -> Any:  # noqa: ANN401  # mypy: fields by name
    """A published row of a list; `changes` are further fields."""
    fields: dict[str, Any] = {
        "round": 0,
        "request": 0,
        "item": 0,
        "instance": 0,
        "stage": "instance",
        "language": "en",
        "examples": ("seed-1", "seed-7", "seed-2"),
        "instruction": instruction,
        "input": given,
        "output": output,
        "form": "list",
        "model": "small-writer",
        "served_model": "small-writer",
        "finish_reason": "stop",
        "novelty": NOVELTY,
    }
    return InstructionRow.model_validate(fields | changes)


def fallen(
    instruction: str, reason: InstructionRejectReason, stage: str = "task", **changes: object
) -> Any:  # noqa: ANN401  # as above
    """A rejected row: by default a task that fell before the screen."""
    screened = stage == "instance" or reason == "not_novel"
    fields: dict[str, Any] = {
        "reason": reason,
        "stage": stage,
        "novelty": NOVELTY if screened else None,
        "instance": 0 if stage == "instance" else -1,
        "item": -1 if stage == "reply" else 0,
    }
    return row(instruction, **{"output": "", **fields, **changes})


def requests(step: str, count: int, answered: int, **changes: object) -> RequestCounts:
    """The counts of one step."""
    fields: dict[str, Any] = {
        "step": step,
        "requests": count,
        "answered": answered,
        "thoughts": 0,
        "prompt_tokens": 400 * count,
        "completion_tokens": 300 * answered,
    }
    return RequestCounts.model_validate(fields | changes)


def small_alpaca() -> InstructionOutcome:
    """Four published rows of two requests; ten rejected rows, of seven reasons."""
    return InstructionOutcome(
        published=_published_rows(),
        rejected=_rejected_rows(),
        requests=[requests("tasks", 7, 6, thoughts=1)],
        rounds=2,
        ended_by="rows",
    )


def _published_rows() -> list[InstructionRow]:
    return [
        row(
            "Put the words of the list in alphabetical order.",
            "pear, apple, melon",
            "apple, melon, pear",
        ),
        row("Write a short thank-you note to a neighbour.", "", "Dear neighbour, …\nYours", item=1),
        row(
            "把下面的句子改成反问句。",
            "这朵花很美。",
            "难道这朵花不美吗？",
            language="zh",
            request=1,
        ),
        row("Name three rivers.", "", "Nile, Elbe, Amur", request=1, item=1, language="en"),
    ]


def _rejected_rows() -> list[InstructionRow]:
    return [
        fallen("", "teacher_error", "reply", request=2, detail="503 after 6 attempts"),
        fallen("", "unparsable", "reply", request=3, raw="I cannot help with that."),
        fallen("Go.", "too_short", item=2, detail="1 word, at least 3"),
        fallen("Draw a picture of a cat.", "keyword", item=3, detail="draw"),
        fallen("", "truncated", item=4, raw="7. Instruction: Wr", finish_reason="length"),
        fallen("Put the words of this list in alphabetical order.", "not_novel", request=1, item=2),
        fallen("Name a lake.", "empty_output", "instance", request=1, item=3),
        fallen(
            "Name three of the rivers.",
            "duplicate",
            "instance",
            request=4,
            round=1,
            duplicate_of="0123456789abcdef-0",
        ),
        fallen("Describe the sea.", "surplus", "instance", request=4, item=1, round=1),
        fallen("Describe a hill.", "surplus", "instance", request=4, item=2, round=1),
    ]


def small_self_instruct() -> InstructionOutcome:
    """Three published rows of two tasks, one of them a classification; five rejected rows."""
    kind: dict[str, Any] = {"form": "output_first", "is_classification": True}
    other: dict[str, Any] = {"form": "input_first", "is_classification": False, "item": 1}
    question = "Is the message a complaint or a compliment?"
    return InstructionOutcome(
        published=[
            row(question, "My soup was cold.", "complaint", **kind),
            row(question, "What a lovely room!", "compliment", **kind, instance=1),
            row("Shorten the sentence.", "It is the case that it rains.", "It rains.", **other),
        ],
        rejected=[
            fallen(question, "repeated_instance", "instance", **kind, instance=2),
            fallen("Is it late?", "unparsable", item=2, novelty=NOVELTY, raw="Perhaps."),
            fallen("Tell a joke.", "truncated", novelty=NOVELTY, **{**other, "item": 3}),
            fallen("Shorten this sentence.", "not_novel", item=4),
            fallen("?", "too_short", item=5),
        ],
        requests=[
            requests("instructions", 2, 2),
            requests("classification", 4, 4, completion_tokens=None),
            requests("output_first", 1, 1),
            requests("input_first", 2, 2),
        ],
        rounds=1,
        ended_by="fruitless",
    )


def small_facts(**changes: object) -> InstructionFacts:
    """The facts beside `small_alpaca`; `changes` replace fields of seeds, teacher or the run."""
    seeds: dict[str, Any] = {
        "source": "bundled:instruction",
        "sha256": "ab" * 32,
        "revision": None,
        "rows_read": 180,
        "equal_merged": 3,
        "without_output": 1,
        "tasks": 176,
        "languages": {"en": 90, "zh": 86},
        "classification": 40,
        "classification_unknown": 0,
        "license": "Apache-2.0",
    }
    teacher: dict[str, Any] = {
        "llm": "embedded",
        "model": "small-writer",
        "weights": "bundled",
        "started": False,
        "api": "chat",
        "settings": {"tasks": {"temperature": 1.0, "max_tokens": 3072, "stop": '["\\n20"]'}},
        "prompts": {
            "tasks.en": "Write a list of {{ count }} tasks.",
            "tasks.zh": "写{{ count }}个任务。",
        },
    }
    run: dict[str, Any] = {
        "method": "alpaca",
        "code_version": "0.1.0",
        "recipe": {
            "method": "alpaca",
            "rows": 4,
            "seeds": {"source": "bundled:instruction"},
            "generation": {
                "tasks_listed": 20,
                "human_examples": 3,
                "machine_examples": 0,
                "shown_words": 150,
            },
            "novelty": {"threshold": 0.7, "closest": 10},
        },
        "recipe_digest": "cd" * 32,
        "rows_wanted": 4,
        "decontamination": check_facts(),
        "judge": None,
        "stop_reason": None,
        "spend": None,
    }
    for part in (seeds, teacher, run):
        part |= {key: value for key, value in changes.items() if key in part}
    return InstructionFacts(
        seeds=TaskSeedFacts(**seeds), teacher=InstructionTeacherFacts(**teacher), **run
    )
