"""The replies about one kept task of Self-Instruct become rows: its instances.

A task without a yes or no, or without any instance, is one rejected row; the instances of the
others are filtered one by one and among each other.
"""

from __future__ import annotations

from collections.abc import Sequence

from builders.checks.task_filters import FilterConfig, check_instances
from builders.instruction_outcome import InstructionRejectReason, InstructionRow
from distilabel_pipelines.generations import CUT_FINISH
from distilabel_pipelines.instance_replies import (
    Instance,
    Instances,
    parse_input_first,
    parse_output_first,
)
from distilabel_pipelines.instruction import StepReply
from distilabel_pipelines.instruction_replies import Fault
from distilabel_pipelines.rows import Generation


def read_instances(
    task: InstructionRow, replies: Sequence[StepReply], config: FilterConfig
) -> list[InstructionRow]:
    """The rows of one task, passing and rejected, in the order of its instances.

    `replies` are those of the classification step and of one instance step; the last one may be
    missing where the first brought no yes or no, or failed.
    """
    last = replies[-1]
    generation = last.generation
    if generation is None:
        raise ValueError("a task whose requests were never sent has no instances to read")
    if last.step == "classification":
        return [_reject_unclassified(task, generation)]
    form = "output_first" if last.step == "output_first" else "input_first"
    task = task.model_copy(
        update={
            "is_classification": form == "output_first",
            "form": form,
            "served_model": generation.served_model,
            "finish_reason": generation.finish_reason,
        }
    )
    if generation.error is not None:
        return [_reject(task, generation.error, generation.error_message)]
    return _read_written(task, generation, config)


def _read_written(
    task: InstructionRow, generation: Generation, config: FilterConfig
) -> list[InstructionRow]:
    is_cut = generation.finish_reason in CUT_FINISH
    parse = parse_output_first if task.form == "output_first" else parse_input_first
    written = parse(generation.content, is_cut=is_cut)
    if not written.instances:
        reason: InstructionRejectReason = "truncated" if is_cut else "unparsable"
        return [_reject(task, reason, "no whole instance", raw=generation.content)]
    return _check(task, written, config)


def _check(task: InstructionRow, written: Instances, config: FilterConfig) -> list[InstructionRow]:
    pairs = [(one.input, one.output) for one in written.instances]
    faults = check_instances(task.instruction, pairs, config)
    rows = [_make_row(task, one) for one in written.instances]
    checked = [
        row
        if fault is None
        else row.model_copy(update={"reason": fault.reason, "detail": fault.detail})
        for row, fault in zip(rows, faults, strict=True)
    ]
    pieces = [_reject_piece(task, fault) for fault in written.faults]
    return sorted([*checked, *pieces], key=lambda row: row.instance)


def _make_row(task: InstructionRow, one: Instance) -> InstructionRow:
    update = {
        "stage": "instance",
        "instance": one.item,
        "input": one.input,
        "output": one.output,
    }
    return task.model_copy(update=update)


def _reject_piece(task: InstructionRow, fault: Fault) -> InstructionRow:
    update = {
        "stage": "instance",
        "instance": fault.item,
        "reason": fault.kind,
        "detail": "no whole instance",
        "raw": fault.raw,
    }
    return task.model_copy(update=update)


def _reject_unclassified(task: InstructionRow, generation: Generation) -> InstructionRow:
    if generation.error is not None:
        return _reject(task, generation.error, generation.error_message)
    told = "whether it is a classification task: neither yes nor no"
    return _reject(task, "unparsable", told, raw=generation.content)


def _reject(
    task: InstructionRow, reason: InstructionRejectReason, detail: str, *, raw: str = ""
) -> InstructionRow:
    return task.model_copy(update={"reason": reason, "detail": detail, "raw": raw})
