"""Ways in which a Hub fails, and which request they meet.

A fault counts the requests that it could meet by their route's name (routes.py) and strikes at the
`nth`, for `times` of them. The first fault that strikes wins; the others count all the same.
"""

from __future__ import annotations

import fnmatch
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fake_hub.hub import FakeHub
    from tests.fake_hub.record import RequestRecord

EVERY = "*"
FROZEN_STATUS = 400  # no client repeats it


class FaultKind(StrEnum):
    """What is done to a request. "Effect" is what its route does to the server."""

    STATUS = "status"  # an error instead of the effect
    LATE_STATUS = "late_status"  # the effect, then an error: "commits time out but still land"
    DROP_REQUEST = "drop_request"  # the connection closes before the effect
    DROP_REPLY = "drop_reply"  # the effect, then the connection closes without a byte
    CUT_BODY = "cut_body"  # the effect, then half of the announced body
    GARBLE = "garble"  # the effect, then a body of the same size with other bytes
    DELAY = "delay"  # `delay_s`, then all is well
    MEANWHILE = "meanwhile"  # `act` runs (somebody else commits), then all is well
    HOLD_REQUEST = "hold_request"  # waits for `FakeHub.release` before the effect, then drops
    HOLD_REPLY = "hold_reply"  # the effect, then waits for `FakeHub.release`, then drops
    FREEZE_BEFORE = "freeze_before"  # from here on nothing has an effect: the client is as if dead
    FREEZE_AFTER = "freeze_after"  # the effect, its reply is lost, then the same


EFFECT_FIRST = frozenset(
    {
        FaultKind.LATE_STATUS,
        FaultKind.DROP_REPLY,
        FaultKind.CUT_BODY,
        FaultKind.GARBLE,
        FaultKind.HOLD_REPLY,
        FaultKind.FREEZE_AFTER,
    }
)


@dataclass(frozen=True)
class Fault:
    """One failure. `name` is a route's name or a pattern (`lfs_*`, `*` for every request)."""

    name: str
    kind: FaultKind
    nth: int = 1
    times: int = 1
    status: int = 503
    retry_after_s: int | None = None
    delay_s: float = 0.0
    act: Callable[[FakeHub], object] | None = None

    def __post_init__(self) -> None:
        if (self.kind is FaultKind.MEANWHILE) != (self.act is not None):
            raise ValueError(f"`act` belongs to {FaultKind.MEANWHILE} alone: {self}")


class FaultBoard:
    """The faults of one server and how far each has counted."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._change = threading.Condition()
        self._faults = list(faults)
        self._seen: Counter[int] = Counter()
        self._is_frozen = False
        self._held: list[RequestRecord] = []
        self._releases = 0

    def add(self, *faults: Fault) -> None:
        """More faults; they count from the next request."""
        with self._change:
            self._faults.extend(faults)

    def heal(self) -> None:
        """Forget all faults, thaw, let go of what is held."""
        with self._change:
            self._faults.clear()
            self._seen.clear()
            self._is_frozen = False
        self.release()

    def meet(self, name: str) -> Fault | None:
        """The fault that strikes this request."""
        struck: Fault | None = None
        with self._change:
            for place, fault in enumerate(self._faults):
                if not fnmatch.fnmatchcase(name, fault.name):
                    continue
                self._seen[place] += 1
                if struck is None and 0 <= self._seen[place] - fault.nth < fault.times:
                    struck = fault
        return struck

    @property
    def is_frozen(self) -> bool:
        return self._is_frozen

    def freeze(self) -> None:
        """From here on no request has an effect."""
        with self._change:
            self._is_frozen = True

    def hold(self, request: RequestRecord) -> None:
        """Keep a request waiting until `release`."""
        with self._change:
            self._held.append(request)
            self._change.notify_all()
            before = self._releases
            self._change.wait_for(lambda: self._releases > before)

    def wait_until_held(self, timeout_s: float) -> RequestRecord:
        """A request that is being held."""
        with self._change:
            if not self._change.wait_for(lambda: bool(self._held), timeout_s):
                raise TimeoutError(f"no request was held within {timeout_s} s")
            return self._held[0]

    def release(self) -> None:
        """Let go of held requests; the next ones are held again."""
        with self._change:
            self._held.clear()
            self._releases += 1
            self._change.notify_all()
