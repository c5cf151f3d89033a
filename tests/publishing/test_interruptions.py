"""A sample of the interruption matrix; the whole of it is a trial (tests/trials)."""

from __future__ import annotations

import itertools
from pathlib import Path

from tests.fake_hub import FakeHub
from tests.fake_hub.client import ClientProcess
from tests.fake_hub.sessions import needs_git
from tests.publishing.interruptions import (
    KINDS,
    WRITES,
    Scenario,
    record_requests,
    render_matrix,
    run_cell,
)
from tests.publishing.publications import make_build, push

pytestmark = needs_git
NUMBERS = itertools.count(1)
CELLS = 22


def first_release(client: ClientProcess, out: Path) -> Scenario:
    """Version 1.0.0 into a repository that does not exist."""
    repo = f"me/first-{next(NUMBERS)}"
    return Scenario(
        repo, lambda: None, lambda: client.call(push, out, "1.0.0", repo=repo), tag="v1.0.0"
    )


def test_a_first_release_cut_off_anywhere_is_finished_by_the_same_command(
    hub: FakeHub, client: ClientProcess, tmp_path: Path
) -> None:
    out = make_build(tmp_path / "out", 4)
    requests = record_requests(hub, first_release(client, out))
    cells = [(one, kind) for one in requests for kind in KINDS]
    # Every request that writes, after its effect, and the others spread over the whole release.
    chosen = [(one, kind) for one, kind in cells if one.name in WRITES and kind is KINDS[1]]
    others = [cell for cell in cells if cell not in chosen]
    step = max(1, len(others) // max(1, CELLS - len(chosen)))
    chosen += others[::step]
    assert len(chosen) >= 20
    results = [run_cell(hub, first_release(client, out), one, kind) for one, kind in chosen]
    print(render_matrix(results))  # noqa: T201  # pytest shows it where the test fails, or with -s
    assert {one.left for one in results} == {"old", "new, untagged", "new, tagged"}
