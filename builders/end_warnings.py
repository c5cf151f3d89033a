"""What the ends of all builds say and warn of alike, in plain words."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from builders.decontamination.facts import DecontaminationFacts
from builders.manifest_parts import RowCounts
from builders.split_facts import DivisionFacts, tell_division
from distilabel_pipelines.gateway.settings import StopReason

Reason = TypeVar("Reason", bound=str)
logger = logging.getLogger("build")


def tell_shortfall(rows: RowCounts) -> str:
    """The beginning of a warning: `3 of 10 rows:`."""
    return f"{rows.published} of {rows.wanted} rows:"


def warn_of_a_stop(rows: RowCounts, stop_reason: StopReason | None) -> str:
    """A run that was stopped before it had its rows."""
    return (
        f"{tell_shortfall(rows)} the run was stopped ({stop_reason}); the lines above say what to "
        "do next."
    )


def warn_of_gaps(unanswered: int) -> str:
    """Requests before the last row that a stopped run left without a reply."""
    return (
        f"{unanswered} requests before the last row have no whole reply, since the run was "
        "stopped: run to its end, the same command puts their rows between these, or in the place "
        "of later ones."
    )


def warn_of_failures(failed: int) -> str:
    """Requests whose answer is an error; they stay in the journal as such."""
    return f"{failed} requests failed for good (see rejected/); the same command tries them again."


def warn_of_silence(silent: int) -> str:
    """Rows that a judge was asked about in vain."""
    return f"{silent} rows have no word of the judge; their judge_reason says why."


def warn_of_no_check(facts: DecontaminationFacts | None) -> list[str]:
    """That nothing was compared with benchmarks, or not with all of them, where that is so."""
    return [] if facts is None else facts.list_warnings()


def tell_reasons(rejected: Mapping[Reason, int]) -> str:
    """`; rejected: too_short 3, …` for the reasons that occur; "" where none does."""
    counted = ", ".join(f"{name} {count}" for name, count in rejected.items() if count)
    return f"; rejected: {counted}" if counted else ""


def tell_next_steps(kind: str, out: Path) -> list[str]:
    """How the dataset in OUT is loaded and published."""
    place = "" if out == Path("output", kind) else f" OUT={shlex.quote(str(out))}"
    return [
        f'load_dataset("{out / "dataset"}")',
        f"to publish it: make push-{kind} REPO=me/name VERSION=auto{place}",
    ]


def report_end(kind: str, out: Path, splits: DivisionFacts | None, warnings: Iterable[str]) -> None:
    """The last lines of a build: splits, warnings, and what can be done with the dataset."""
    for line in tell_division(splits):
        logger.info("%s", line)
    for warning in warnings:
        logger.warning("warning: %s", warning)
    for line in tell_next_steps(kind, out):
        logger.info("%s", line)
