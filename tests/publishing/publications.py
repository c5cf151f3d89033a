"""Builds to publish and the commands that publish them, run in a client process of a fake Hub."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from builders.judged import CheckedTrace, Outcome
from builders.output_folder import lock_output
from builders.package import package_dataset
from builders.publishing.hub import Hub
from builders.publishing.hub_faults import RetryPolicy
from builders.publishing.load_back import LoadOrder, LoadReport, load_back
from builders.publishing.publish import PushOptions, publish_dataset
from tests.outcomes import checked, small_facts, small_outcome

REPO = "me/sums"
QUICK = RetryPolicy(attempts=3, first_wait_s=0.01, longest_wait_s=0.05)


def sum_row(number: int, thought: str = "") -> CheckedTrace:
    """A published row, the same for the same number."""
    said = thought or f"One more than {number} is {number + 1}. " * 8
    return checked(f"What is {number} + 1?", said, f"\\boxed{{{number + 1}}}")


def make_build(out: Path, rows: int, *more: CheckedTrace, **facts: object) -> Path:
    """A finished reasoning build of so many sums and further rows, as the command leaves it."""
    published = [*map(sum_row, range(rows)), *more]
    outcome = Outcome(published=published, rejected=small_outcome().rejected)
    told: Any = {"rows_wanted": len(published), **facts}
    with lock_output(out, "reasoning") as folder:
        package_dataset(outcome, small_facts(**told), folder.staging, folder.root)
    return out


def load_here(order: LoadOrder, cache: Path) -> LoadReport:
    """`load_back` in the client process, whose home is the test's: its imports are paid once."""
    return load_back(order, str(cache))


def load_nothing(order: LoadOrder, cache: Path) -> LoadReport:  # noqa: ARG001  # the loader's form
    """A dataset that does not load."""
    return LoadReport(fault="config 'default': CastError: planted")


def load_unreachable(order: LoadOrder, cache: Path) -> LoadReport:  # noqa: ARG001  # as above
    """A Hub that does not answer."""
    return LoadReport(unreachable="ConnectError: planted")


def push(out: Path, version: str = "auto", *, loader: str = "load_here", **options: Any) -> None:  # noqa: ANN401  # fields of PushOptions
    """`make push-reasoning`, with short waits; `loader` is a function of this module."""
    wanted = PushOptions("reasoning", options.pop("repo", REPO), out, version, **options)
    load = globals()[loader] if loader else None
    publish_dataset(wanted, Hub(wanted.repo, QUICK), load)
