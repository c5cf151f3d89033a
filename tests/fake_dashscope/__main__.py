"""Child process of `FakeDashScopeProcess`: a pickled script on stdin, then a command a line.

`down`, `up` and `sync` are answered by what was done, `counts` by what was counted. The end of
stdin, so also the parent's death, is the end of the server.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import sys

from tests.fake_dashscope.script import DashScopeScript
from tests.fake_dashscope.server import DashScopeServer


async def serve(script: DashScopeScript) -> None:
    """Serve until stdin ends."""
    server = DashScopeServer(script, script.port)
    await server.start()
    _report({"port": script.port})
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.buffer.readline):
        _report(await _obey(server, line.decode().strip()))
    await server.stop()


async def _obey(server: DashScopeServer, command: str) -> object:
    match command:
        case "counts":
            return server.counts()
        case "down":
            await server.go_down()
        case "up":
            await server.come_back()
    return {"done": command}


def _report(message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    # Our own parent wrote it to our own pipe.
    asyncio.run(serve(pickle.load(sys.stdin.buffer)))  # noqa: S301  # see above
