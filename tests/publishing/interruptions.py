"""The interruption matrix: a release is cut off at a request, and the same command is run again.

A cell is a request of the undisturbed release and whether it still had its effect. From there on
the server answers nothing but errors, as if the client were dead; what stands in the repository
must be the old version or the new one, and the second run must bring the new one, sending no object
twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import NamedTuple

from tests.fake_hub import EVERY, FakeHub, Fault, FaultKind, RequestRecord
from tests.fake_hub.client import ClientError

KINDS = (FaultKind.FREEZE_BEFORE, FaultKind.FREEZE_AFTER)
WRITES = frozenset(
    {"repo_create", "lfs_batch", "lfs_put", "lfs_verify", "commit", "tag_create"}
    | {"discussion_create", "discussion_status", "discussion_merge"}
)


class Scenario(NamedTuple):
    """A release to interrupt: `prepare` makes what is there before, `run` is the command.

    `tag` is the release's, `old_tags` those before it.
    """

    repo: str
    prepare: Callable[[], None]
    run: Callable[[], None]
    tag: str
    old_tags: frozenset[str] = frozenset()


class CellResult(NamedTuple):
    """What a cut left, and what the second run sent."""

    request: RequestRecord
    kind: FaultKind
    left: str
    sent_again: tuple[str, ...]


def record_requests(hub: FakeHub, scenario: Scenario) -> list[RequestRecord]:
    """The requests of the undisturbed release."""
    scenario.prepare()
    hub.forget_requests()
    scenario.run()
    return hub.requests


def run_cell(
    hub: FakeHub, scenario: Scenario, request: RequestRecord, kind: FaultKind
) -> CellResult:
    """Cut the release off at this request, see what is there, run it again; asserts the rest."""
    scenario.prepare()
    before = _read_data(hub, scenario.repo)
    hub.forget_requests()
    hub.inject(Fault(EVERY, kind, nth=request.number))
    try:
        scenario.run()
        ended = True  # the last reply was lost, and nothing else
    except ClientError:
        ended = False
    struck = next(one for one in hub.requests if one.number == request.number)
    assert struck.faulted is kind
    left = _describe(hub, scenario, before)
    assert not ended or left == "new, tagged", (request, kind, left)
    hub.heal()
    first = len(hub.requests)
    scenario.run()
    assert _describe(hub, scenario, before) == "new, tagged"
    put = [one for one in hub.requests if one.name == "lfs_put" and one.took_effect]
    assert max(Counter(one.path for one in put).values(), default=0) <= 1, (request, kind)
    again = tuple(one.name for one in hub.requests[first:] if one.name in WRITES)
    return CellResult(request, kind, left, again)


def _read_data(hub: FakeHub, repo: str) -> Mapping[str, bytes]:
    return {} if hub.read_state(repo) is None else hub.read_files(repo)


def _describe(hub: FakeHub, scenario: Scenario, before: Mapping[str, bytes]) -> str:
    """`old`, `new, untagged` or `new, tagged`; raises AssertionError for anything else."""
    state = hub.read_state(scenario.repo)
    if state is None:
        return "old"
    tags = {ref.removeprefix("refs/tags/") for ref in state.refs if ref.startswith("refs/tags/")}
    assert tags - {scenario.tag} == scenario.old_tags
    files = dict(hub.read_files(scenario.repo))
    untouched = {".gitattributes": files[".gitattributes"]} if not before else dict(before)
    if files == untouched:
        assert scenario.tag not in tags
        return "old"
    assert f'"version": "{scenario.tag[1:]}"'.encode() in files["manifest.json"]
    if scenario.tag not in tags:
        return "new, untagged"
    assert hub.read_files(scenario.repo, scenario.tag) == files
    return "new, tagged"


def render_matrix(results: list[CellResult]) -> str:
    """The table: request × cut before or after its effect → what was left, what the rerun wrote."""
    lines = [
        "| request | cut before it | cut after it | written by the rerun |",
        "|---|---|---|---|",
    ]
    by_request: dict[int, list[CellResult]] = {}
    for one in results:
        by_request.setdefault(one.request.number, []).append(one)
    for number, cells in sorted(by_request.items()):
        left = {cell.kind: cell.left for cell in cells}
        again = {cell.kind: _count_words(cell.sent_again) or "nothing" for cell in cells}
        told = " / ".join(dict.fromkeys(again.values()))
        shown = [left.get(kind, "–") for kind in KINDS]
        lines.append(f"| {number} {cells[0].request.name} | {' | '.join(shown)} | {told} |")
    return "\n".join(lines)


def _count_words(names: tuple[str, ...]) -> str:
    """`lfs_batch, lfs_put ×3, commit`."""
    counted = Counter(names).items()
    return ", ".join(f"{name} ×{count}" if count > 1 else name for name, count in counted)
