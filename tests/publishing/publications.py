"""Builds to publish and the commands that publish them, run in a client process of a fake Hub."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any, Protocol

from builders.judged import CheckedTrace, Outcome
from builders.licensing.decide import decide_license
from builders.output_folder import lock_output
from builders.package import (
    package_dataset,
    package_instruction_dataset,
    package_pretraining_dataset,
)
from builders.publishing.hub import Hub
from builders.publishing.hub_faults import RetryPolicy
from builders.publishing.load_back import LoadOrder, LoadReport, load_back
from builders.publishing.publish import PushOptions, publish_dataset
from builders.publishing.release import ReleaseFacts
from builders.publishing.stage import Build, Stage, StagedRelease, stage_build, write_release
from builders.splits import SplitConfig
from tests import instruction_outcomes as instruction
from tests.fake_hub import FakeHub
from tests.outcomes import checked, small_facts, small_outcome
from tests.pretraining import outcomes as pretraining

REPO = "me/sums"
TRAIN_ONLY = SplitConfig()
QUICK = RetryPolicy(attempts=3, first_wait_s=0.01, longest_wait_s=0.05)


def sum_row(number: int, thought: str = "") -> CheckedTrace:
    """A published row, the same for the same number."""
    said = thought or f"One more than {number} is {number + 1}. " * 8
    return checked(f"What is {number} + 1?", said, f"\\boxed{{{number + 1}}}")


def make_build(
    out: Path,
    rows: int,
    *more: CheckedTrace,
    splits: SplitConfig = TRAIN_ONLY,
    **facts: object,
) -> Path:
    """A finished reasoning build of so many sums and further rows, as the command leaves it."""
    published = [*map(sum_row, range(rows)), *more]
    outcome = Outcome(published=published, rejected=small_outcome().rejected)
    told: Any = {"rows_wanted": len(published), **facts}
    with lock_output(out, "reasoning") as folder:
        run = small_facts(**told).model_copy(update={"splits": splits})
        package_dataset(outcome, run, folder.staging, folder.root)
    return out


def make_open_build(out: Path, rows: int) -> Path:
    """The same, of questions without a gold answer: no pass rate, so no picture of them either."""
    no_gold: Any = {"answer": None, "verdict": "unverifiable", "verdict_method": "no_gold"}
    no_gold |= {"accuracy_reward": None, "pass_rate": None}
    published = [
        checked(f"Why is {number} even?", "It ends so. " * 20, "It does.", **no_gold)
        for number in range(rows)
    ]
    facts = small_facts(rows_wanted=rows)
    with lock_output(out, "reasoning") as folder:
        outcome = Outcome(published=published, rejected=[])
        package_dataset(outcome, facts, folder.staging, folder.root)
    return out


def make_instruction_build(out: Path, rows: int, splits: SplitConfig = TRAIN_ONLY) -> Path:
    """A finished Alpaca build with so many rows beside its small outcome's."""
    small = instruction.small_alpaca()
    more = [
        instruction.row(f"Name {n} rivers.", output=f"{n} rivers: …", request=1, item=2 + n)
        for n in range(rows)
    ]
    outcome = small._replace(published=[*small.published, *more])
    facts = instruction.small_facts(rows_wanted=len(outcome.published))
    facts = facts.model_copy(update={"splits": splits})
    with lock_output(out, "instruction") as folder:
        package_instruction_dataset(outcome, facts, folder.staging, folder.root)
    return out


def make_pretraining_build(out: Path, rows: int, splits: SplitConfig = TRAIN_ONLY) -> Path:
    """A finished pretraining build with so many texts beside its small outcome's."""
    small = pretraining.small_outcome()
    more = [pretraining.passage(f"River number {n} is long.", 100 + n) for n in range(rows)]
    outcome = small._replace(published=[*small.published, *more])
    facts = pretraining.small_facts(rows_wanted=len(outcome.published), prompts_made=14 + rows)
    facts = facts.model_copy(update={"splits": splits})
    with lock_output(out, "pretraining") as folder:
        package_pretraining_dataset(outcome, facts, folder.staging, folder.root)
    return out


class Maker(Protocol):
    """A finished build of a kind with so many rows, beside those it has anyway."""

    def __call__(self, out: Path, rows: int, *, splits: SplitConfig = ...) -> Path: ...


MAKERS: dict[str, Maker] = {
    "reasoning": make_build,
    "instruction": make_instruction_build,
    "pretraining": make_pretraining_build,
}


def stage_first_release(out: Path, stage: Stage, repo: str = REPO) -> tuple[Build, StagedRelease]:
    """The release folder of version 1.0.0."""
    build = stage_build(out, stage)
    decision = decide_license(build.manifest)
    facts = ReleaseFacts(repo=repo, version="1.0.0", license=decision, previous=[], changes=None)
    return build, write_release(build, facts, stage)


def load_here(order: LoadOrder, cache: Path) -> LoadReport:
    """`load_back` in the client process, whose home is the test's: its imports are paid once."""
    return load_back(order, str(cache))


def load_nothing(order: LoadOrder, cache: Path) -> LoadReport:  # noqa: ARG001  # the loader's form
    """A dataset that does not load."""
    return LoadReport(fault="config 'default': CastError: planted")


def load_unreachable(order: LoadOrder, cache: Path) -> LoadReport:  # noqa: ARG001  # as above
    """A Hub that does not answer."""
    return LoadReport(unreachable="ConnectError: planted")


def push_and_listen(out: Path, version: str, **options: Any) -> list[str]:  # noqa: ANN401  # as below
    """`push`; what it said, line by line."""
    said: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    logger, listener = logging.getLogger("build"), Listener()
    logger.setLevel(logging.INFO)
    logger.addHandler(listener)
    try:
        push(out, version, **options)
    finally:
        logger.removeHandler(listener)
    return said


def push_with(variables: dict[str, str | None], out: Path, **options: Any) -> None:  # noqa: ANN401  # as below
    """`push` with other environment variables, None for one that is not set."""
    before = {name: os.environ.get(name) for name in variables}
    _set_variables(variables)
    try:
        push(out, **options)
    finally:
        _set_variables(before)


def _set_variables(variables: dict[str, str | None]) -> None:
    for name, value in variables.items():
        os.environ.pop(name, None)
        os.environ.update({} if value is None else {name: value})


def push(out: Path, version: str = "auto", *, loader: str = "load_here", **options: Any) -> None:  # noqa: ANN401  # fields of PushOptions
    """`make push-<kind>`, with short waits; `loader` is a function of this module."""
    kind, repo = options.pop("kind", "reasoning"), options.pop("repo", REPO)
    wanted = PushOptions(kind, repo, out, version, **options)
    publish_dataset(wanted, Hub(wanted.repo, QUICK), globals()[loader])


def load_splits(repo: str, revision: str) -> dict[str, list[dict[str, Any]]]:
    """Split → rows of config `default` at a revision, in the order in which they load."""
    from datasets import load_dataset  # noqa: PLC0415  # 1 s, only where it is used

    return {name: rows.to_list() for name, rows in load_dataset(repo, revision=revision).items()}


def tags_of(hub: FakeHub, repo: str) -> dict[str, str]:
    """The repository's tags with the commits they name."""
    state = hub.read_state(repo)
    refs = {} if state is None else state.refs
    return {ref: commit for ref, commit in refs.items() if ref.startswith("refs/tags/")}
