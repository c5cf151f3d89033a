"""The endpoints of one teacher: the least busy healthy one is next, a dead one is left out.

Each endpoint has a window of its own (`pacing`). One that does not listen, or fails one request
after the other while another works, takes nothing until it answers a probe; then its window begins
anew. Sources: "join the shortest queue" (Winston, 1977); circuit breakers (Nygard, Release It!).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from distilabel_pipelines.gateway.faults import TeacherFaultError
from distilabel_pipelines.gateway.health import Health, RunMustStopError, choose_wait_s
from distilabel_pipelines.gateway.pacing import AdaptiveLimit
from distilabel_pipelines.gateway.upstream import Attempt, Upstream

_FAILURES_THAT_OPEN = 5
_FIRST_REST_S = 10.0
_LONGEST_REST_S = 300.0


class Endpoint:
    """One server of a teacher and what is known of it."""

    def __init__(self, upstream: Upstream, limit: AdaptiveLimit) -> None:
        self.upstream = upstream
        self.limit = limit
        self.in_flight = 0
        self.is_up = True
        self.failures_in_a_row = 0
        self.rests = 0

    @property
    def has_room(self) -> bool:
        """Whether one more request may be sent to it now."""
        return self.is_up and self.in_flight < self.limit.limit

    @property
    def load(self) -> float:
        """The share of its window that is in use."""
        return self.in_flight / max(1, self.limit.limit)

    def enter(self) -> None:
        """One more request is about to be sent to it."""
        self.in_flight += 1
        self.limit.note_sent(self.in_flight)

    def leave(self) -> None:
        """A request has ended, however."""
        self.in_flight -= 1


class EndpointPool:
    """All endpoints of one teacher.

    `on_room` is called when one may take requests again; `tell` is given who is left out.
    """

    def __init__(
        self, endpoints: Sequence[Endpoint], health: Health, tell: Callable[[str], None]
    ) -> None:
        self._endpoints = list(endpoints)
        self._tell = tell
        self._health = health
        self._probes: set[asyncio.Task[None]] = set()
        self._look: asyncio.TimerHandle | None = None
        self.on_room: Callable[[], None] = lambda: None
        self.on_end: Callable[[RunMustStopError], None] = lambda _error: None

    def find_free(self, avoid: Endpoint | None = None) -> Endpoint | None:
        """The least busy endpoint with room, None where there is none just now.

        `avoid` is where the request has just failed: taken only where nobody else has room.
        """
        free = [endpoint for endpoint in self._endpoints if endpoint.has_room]
        if not free:
            self._look_again_at_next_rise()
            return None
        return min(free, key=lambda endpoint: (endpoint is avoid, endpoint.load))

    def _look_again_at_next_rise(self) -> None:
        """A window that opens with time has no event of its own."""
        rises = [
            rise
            for endpoint in self._endpoints
            if endpoint.is_up and (rise := endpoint.limit.seconds_to_next_rise()) is not None
        ]
        if not rises:
            return
        loop = asyncio.get_running_loop()
        if self._look is not None:
            if self._look.when() <= loop.time() + min(rises):
                return
            self._look.cancel()
        self._look = loop.call_later(min(rises), self._look_now)

    def _look_now(self) -> None:
        self._look = None
        self.on_room()

    @property
    def down(self) -> list[str]:
        """The addresses of the endpoints that are left out just now."""
        return [one.upstream.shown_root for one in self._endpoints if not one.is_up]

    @property
    def streamed_pieces(self) -> int:
        """Pieces that came in, over all endpoints."""
        return sum(endpoint.upstream.streamed_pieces for endpoint in self._endpoints)

    def note_success(self, endpoint: Endpoint, attempt: Attempt) -> None:
        """A whole reply came from it."""
        endpoint.failures_in_a_row = endpoint.rests = 0
        endpoint.limit.note_success(sent_at=attempt.sent_at, first_piece_s=attempt.first_piece_s)

    def note_fault(self, endpoint: Endpoint, fault: TeacherFaultError, attempt: Attempt) -> None:
        """An attempt at it failed. Raises RunMustStopError when the patience with all is over."""
        others_in_flight = endpoint.in_flight - 1
        if fault.kind == "throttled":
            endpoint.limit.note_refusal(
                sent_at=attempt.sent_at,
                in_flight=others_in_flight,
                retry_after_s=fault.retry_after_s,
            )
        elif fault.timed_out:
            endpoint.limit.note_time_out(sent_at=attempt.sent_at, in_flight=others_in_flight)
        if fault.kind == "unreachable":
            self._take_down(endpoint, fault, rest_s=0.0)
        elif fault.kind == "account" and self._others_work(endpoint):
            fault.kind = "unreachable"  # this server's key or model; the others go on
            self._rest(endpoint, fault)
        elif fault.kind == "transient":
            self._count_failure(endpoint, fault)

    def _others_work(self, endpoint: Endpoint) -> bool:
        return any(one.is_up and one is not endpoint for one in self._endpoints)

    def _count_failure(self, endpoint: Endpoint, fault: TeacherFaultError) -> None:
        """A server that fails at once is always the least busy: it would draw every request."""
        endpoint.failures_in_a_row += 1
        if endpoint.failures_in_a_row >= _FAILURES_THAT_OPEN and self._others_work(endpoint):
            self._rest(endpoint, fault)

    def _rest(self, endpoint: Endpoint, fault: TeacherFaultError) -> None:
        """Leave it out for a while, longer each time."""
        rest_s = min(_LONGEST_REST_S, _FIRST_REST_S * 2**endpoint.rests)
        endpoint.rests += 1
        self._take_down(endpoint, fault, rest_s=rest_s)

    def _take_down(self, endpoint: Endpoint, fault: TeacherFaultError, *, rest_s: float) -> None:
        if not self._others_work(endpoint):
            self._health.note_wait(fault)
        if not endpoint.is_up:
            return
        if len(self._endpoints) > 1:  # the outage of the only one is told by its health
            self._tell(f"{endpoint.upstream.shown_root} is left out: {fault.message}")
        endpoint.is_up = False
        probe = asyncio.create_task(self._probe(endpoint, fault, rest_s))
        self._probes.add(probe)
        probe.add_done_callback(self._probes.discard)

    async def _probe(self, endpoint: Endpoint, fault: TeacherFaultError, rest_s: float) -> None:
        """Ask the endpoint until it answers, then take it back."""
        await asyncio.sleep(rest_s)
        try:
            await self._wait_for_answer(endpoint, fault)
        except RunMustStopError as error:
            self.on_end(error)
            return
        if len(self._endpoints) > 1:
            self._tell(f"{endpoint.upstream.shown_root} answers again")
        endpoint.is_up = True
        endpoint.failures_in_a_row = 0
        endpoint.limit.restart()
        self.on_room()

    async def _wait_for_answer(self, endpoint: Endpoint, fault: TeacherFaultError) -> None:
        failures = 1
        while True:
            await asyncio.sleep(choose_wait_s(fault, failures))
            try:
                await endpoint.upstream.list_models()
            except TeacherFaultError as again:
                if again.kind == "account":  # it answers; the next request says what is wrong
                    return
                fault, failures = again, failures + 1
                if not any(one.is_up for one in self._endpoints):
                    self._health.note_wait(fault)
            else:
                return

    async def close(self) -> None:
        """End the probes."""
        if self._look is not None:
            self._look.cancel()
        for probe in list(self._probes):
            probe.cancel()
        await asyncio.gather(*self._probes, return_exceptions=True)
