"""The HTTP side: two origins (the Hub and its object storage), records and faults around routes."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.fake_hub.faults import EFFECT_FIRST, FROZEN_STATUS, Fault, FaultBoard, FaultKind
from tests.fake_hub.record import UNKNOWN, RequestLog, Slot
from tests.fake_hub.repositories import STALE
from tests.fake_hub.routes import Route, find_route
from tests.fake_hub.state import HubState
from tests.fake_hub.wire import Call, HubError, Reply, reply_error

HOST = "127.0.0.1"
POLL_S = 0.02
MESSAGES = {
    409: "Another conflicting operation is in progress",
    412: STALE,
    429: "We had to rate limit you",
    500: "Internal Error - We're working hard to fix this as soon as possible!",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


@dataclass(frozen=True)
class Sending:
    """What goes back: no reply closes the connection, `cut` sends half of the body."""

    reply: Reply | None
    cut: bool = False


FROZEN = Sending(
    reply_error(HubError(FROZEN_STATUS, "The test Hub is frozen: this request had no effect"))
)


@dataclass(frozen=True)
class Origin:
    """What one of the two listeners serves; `run_act` runs a fault's `act`."""

    state: HubState
    routes: tuple[Route, ...]
    board: FaultBoard
    log: RequestLog
    run_act: Callable[[Fault], object]

    def answer(self, call: Call) -> Sending:
        """Find the route, let a fault strike, note what became of it."""
        found = find_route(self.routes, call.method, call.path)
        name = found[0].name if found else UNKNOWN
        slot = self.log.arrive(name, call)
        if self.board.is_frozen:
            slot.note(faulted=FaultKind.FREEZE_BEFORE, status=FROZEN_STATUS)
            return FROZEN
        fault = self.board.meet(name)
        if fault is None:
            sending = self._run(found, call, slot)
        else:
            slot.note(faulted=fault.kind)
            strike = self._strike_after if fault.kind in EFFECT_FIRST else self._strike_before
            sending = strike(fault, slot, lambda: self._run(found, call, slot))
        if sending.reply is not None:
            slot.note(status=sending.reply.status)
        return sending

    def _strike_before(self, fault: Fault, slot: Slot, run: Callable[[], Sending]) -> Sending:
        """Faults that come before the effect, or instead of it."""
        match fault.kind:
            case FaultKind.STATUS:
                return _fail(fault)
            case FaultKind.DELAY:
                time.sleep(fault.delay_s)
                return run()
            case FaultKind.MEANWHILE:
                self.run_act(fault)
                return run()
            case FaultKind.FREEZE_BEFORE:
                self.board.freeze()
                return FROZEN
            case FaultKind.HOLD_REQUEST:
                self.board.hold(slot.record)
        return Sending(None)

    def _strike_after(self, fault: Fault, slot: Slot, run: Callable[[], Sending]) -> Sending:
        """Faults that come when the effect has taken place."""
        if fault.kind is FaultKind.FREEZE_AFTER:
            self.board.freeze()  # first, so that no request beside this one has an effect
        sending = run()
        match fault.kind:
            case FaultKind.LATE_STATUS:
                return _fail(fault)
            case FaultKind.CUT_BODY:
                return replace(sending, cut=True)
            case FaultKind.GARBLE if sending.reply is not None:
                garbled = bytes(byte ^ 0xFF for byte in sending.reply.body)
                return Sending(replace(sending.reply, body=garbled))
            case FaultKind.FREEZE_AFTER:
                return FROZEN
            case FaultKind.HOLD_REPLY:
                self.board.hold(slot.record)
        return Sending(None)

    def _run(self, found: tuple[Route, dict[str, str]] | None, call: Call, slot: Slot) -> Sending:
        """The effect."""
        if found is None:
            told = f"The test Hub has no route for {call.method} {call.path}"
            return Sending(reply_error(HubError(501, told)))
        route, groups = found
        slot.note(took_effect=True)
        try:
            return Sending(route.handler(self.state, replace(call, groups=groups)))
        except HubError as error:
            return Sending(reply_error(error))


def _fail(fault: Fault) -> Sending:
    """The error that a fault names; a 429 has the headers of the Hub's page "Rate limits" too."""
    wait_s = fault.retry_after_s
    headers = {} if wait_s is None else {"Retry-After": str(wait_s)}
    if fault.status == 429 and wait_s is not None:
        headers["RateLimit"] = f'"api";r=0;t={wait_s}'
        headers["RateLimit-Policy"] = '"fixed window";"api";q=1000;w=300'
    message = MESSAGES.get(fault.status, f"Fault {fault.status}")
    return Sending(reply_error(HubError(fault.status, message, headers=headers)))


class OriginServer(ThreadingHTTPServer):
    """A listener on a free port; `crashes` are errors that no route should raise."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((HOST, 0), Exchange)
        self.origin: Origin | None = None
        self.crashes: list[BaseException] = []
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(
            target=self.serve_forever, args=(POLL_S,), name="fake-hub", daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}"

    def start(self, origin: Origin) -> None:
        """Serve from now on."""
        self.origin = origin
        self._thread.start()

    def stop(self) -> None:
        """Close the port and every connection."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        for connection in list(self._open):
            _hang_up(connection)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  # socketserver's types
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401  # socketserver's type
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002  # socketserver's types
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError):
            self.crashes.append(error)


class Exchange(BaseHTTPRequestHandler):
    """One connection with its requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: OriginServer

    def serve(self) -> None:
        """Read a request wholly, answer it."""
        path, _, query = self.path.partition("?")
        headers = {name.title(): value for name, value in self.headers.items()}
        call = Call(self.command, path, query, headers, self._read_body())
        if self.server.origin is None:
            raise RuntimeError("the fake Hub has not been started")
        sending = self.server.origin.answer(call)
        if sending.reply is None:
            self._close_now()
        else:
            self._send(sending.reply, cut=sending.cut)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = serve  # noqa: N815  # http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        """Say nothing: the records do."""

    def _read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def _send(self, reply: Reply, *, cut: bool) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body[: len(reply.body) // 2] if cut else reply.body)
        self.wfile.flush()
        if cut:
            self._close_now()

    def _close_now(self) -> None:
        self.close_connection = True
        _hang_up(self.connection)


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was first
