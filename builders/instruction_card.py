"""What the card of an instruction build says beside its manifest: words for reasons and steps."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from builders.instruction_funnel import REASONS, STEPS, FunnelStep
from builders.instruction_manifest import InstructionManifest
from builders.instruction_outcome import InstructionRejectReason
from builders.instruction_rows import COLUMNS, LISTS, InstructionConfig
from builders.judge_counts import JUDGE_VERDICTS
from distilabel_pipelines.instruction_prompts import PromptName

REASON_MEANINGS: dict[InstructionRejectReason, str] = {
    "teacher_error": "the teacher failed for good",
    "refused_by_provider": "the provider refused the content",
    "truncated": "the reply was cut before the task or the instance ended",
    "unparsable": "the text has not the form that was asked for",
    "too_short": "the instruction has too few words or characters",
    "too_long": "the instruction has too many words or characters",
    "keyword": "the instruction asks for what a text model cannot see or make",
    "write_a_program": "the instruction asks for a program and does not say in which form",
    "leading_punctuation": "the instruction begins with a punctuation mark",
    "wrong_language": "the instruction left the language of its prompt",
    "looping": "the text repeats itself",
    "garbled": "a character came that nobody could decode (U+FFFD)",
    "empty_output": "there is no output",
    "input_is_output": "the output repeats the input",
    "repeated_instance": "the task has the same input and output already",
    "ambiguous_input": "the task has this input with another output",
    "not_novel": "too similar to a seed or to a task that was kept before",
    "contaminated": "it holds an item of a benchmark",
    "judged_incorrect": "the judge found the output wrong",
    "duplicate": "a near-copy of a row that was kept",
    "surplus": "good, but more than the rows that were asked for",
}
STEP_MEANINGS: dict[FunnelStep, str] = {
    "reply": "reply",
    "filtered": "task, before the screen",
    "novelty": "task, at the screen",
    "unfinished": "task, after the screen",
    "instance": "instance",
}
REQUEST_MEANINGS: dict[PromptName, str] = {
    "tasks": "a list of tasks with their inputs and outputs",
    "instructions": "a list of instructions",
    "classification": "is the task a classification?",
    "output_first": "instances of a classification, the label first",
    "input_first": "instances of any other task, the input first",
}


CONFIG_MEANINGS: dict[InstructionConfig, str] = {
    "default": "the three texts, the same as messages, novelty scores and provenance",
    "alpaca": "instruction, input and output",
    "sharegpt": "the same as conversations of human and gpt",
}
CLASSIFICATION_MEANINGS = {
    "true": "yes",
    "false": "no",
    "unknown": "the teacher was not asked",
}


def instruction_context(manifest: InstructionManifest) -> dict[str, object]:
    """The template's further names."""
    rejected = manifest.funnel.rejected
    fallen = [one for one in REASONS if any(counts[one] for counts in rejected.values())]
    settings = manifest.teacher.settings
    steps = sorted(settings, key=[*REQUEST_MEANINGS, *settings].index)  # as they are sent
    return {
        "columns": COLUMNS,
        "list_names": _name_lists(),
        "config_meanings": CONFIG_MEANINGS,
        "fallen_steps": [step for step in STEPS if any(rejected[step].values())],
        "fallen_reasons": fallen,
        "spared_reasons": [one for one in REASONS if one not in fallen],
        "step_meanings": STEP_MEANINGS,
        "reason_meanings": REASON_MEANINGS,
        "request_meanings": REQUEST_MEANINGS,
        "judge_verdicts": JUDGE_VERDICTS,
        "setting_steps": steps,
        "setting_names": list(dict.fromkeys(name for step in steps for name in settings[step])),
        "thoughts": sum(one.thoughts for one in manifest.requests),
        "classification_meanings": CLASSIFICATION_MEANINGS,
        "shown_bins": _cut_empty_end(manifest.statistics.novelty.highest),
        "setting": lambda section, name: read_setting(manifest.recipe, section, name),
    }


def _cut_empty_end(bins: Mapping[str, int]) -> dict[str, int]:
    """The bins up to the last one that holds anything."""
    held = [number for number, count in enumerate(bins.values()) if count]
    return dict(list(bins.items())[: max(held, default=-1) + 1])


def read_setting(recipe: Mapping[str, JsonValue], section: str, name: str) -> str:
    """A setting of the resolved recipe as text; ? where it is not there."""
    settings = recipe.get(section)
    value = settings.get(name) if isinstance(settings, dict) else None
    return "?" if value is None else str(value)


def _name_lists() -> dict[str, str]:
    """The types of lists in words, by the list's name: `list of (role, content)`."""
    return {
        name: f"list of {members}"
        if isinstance(members, str)
        else f"list of ({', '.join(field for field, _ in members)})"
        for name, members in LISTS.items()
    }
