"""The gateway's process: settings and commands on standard input, events on standard output.

The build holds the other end of standard input. When that end closes, because the build is done or
because it was killed, this process leaves at once, and with it all spending; the embedded server
holds the same kind of pipe to this process and leaves too.
"""

from __future__ import annotations

import asyncio
import io
import logging
import os
import queue
import sys
import threading

from pydantic import TypeAdapter

from distilabel_pipelines.gateway.health import RunMustStopError
from distilabel_pipelines.gateway.service import Gateway
from distilabel_pipelines.gateway.settings import Command, Event, GatewaySettings, Stopped
from distilabel_pipelines.supervision import (
    follow_parent,
    raise_open_files_limit,
    take_parent_pipe,
)

_LAST_EVENTS_S = 5.0


class EventPipe:
    """Standard output, written by a thread: a build that is slow to read holds no request up."""

    def __init__(self) -> None:
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="events", daemon=True)
        self._thread.start()

    def emit(self, event: Event) -> None:
        """Hand one event over; the build reads them all, in order."""
        self._lines.put(event.model_dump_json().encode() + b"\n")

    def close(self) -> None:
        """Write what is left."""
        self._lines.put(b"")
        self._thread.join(_LAST_EVENTS_S)

    def _write(self) -> None:
        while line := self._lines.get():
            try:
                sys.stdout.buffer.write(line)
                sys.stdout.buffer.flush()
            except BrokenPipeError:
                os._exit(1)  # the build is gone


def _follow_commands(pipe: io.FileIO, gateway: Gateway, loop: asyncio.AbstractEventLoop) -> None:
    """Read commands for as long as the build lives; its end is ours, as is any trouble here."""
    adapter: TypeAdapter[Command] = TypeAdapter(Command)
    try:
        for line in follow_parent(pipe):
            loop.call_soon_threadsafe(gateway.obey, adapter.validate_json(line))
    finally:
        os._exit(1)


async def main(events: EventPipe) -> int:
    """Run one gateway; the exit code is 0 after a stop that was asked for."""
    pipe = take_parent_pipe()
    settings = GatewaySettings.model_validate_json(pipe.readline())
    gateway = Gateway(settings, events.emit)
    loop = asyncio.get_running_loop()
    threading.Thread(target=_follow_commands, args=(pipe, gateway, loop), daemon=True).start()
    running = asyncio.create_task(gateway.run())
    await asyncio.wait({running})
    if running.cancelled():  # stopped before it had begun
        return 0
    try:
        running.result()
    except RunMustStopError as error:
        events.emit(Stopped(reason=error.reason, message=error.message))
        return 1
    return 0


if __name__ == "__main__":
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    raise_open_files_limit()
    event_pipe = EventPipe()
    code = asyncio.run(main(event_pipe))
    event_pipe.close()
    os._exit(code)  # the thread on standard input cannot be joined
