"""Child process of `FakeTeacherProcess`: a pickled script on stdin, then lines
`down`, `up` and `sync`.

Each line is answered by one JSON line on stdout. The end of stdin, so also the parent's death, is
the end of the server.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import sys

from tests.fake_teacher.server import TeacherScript, TeacherServer


async def serve(script: TeacherScript) -> None:
    """Serve until stdin ends."""
    server = TeacherServer(script, script.port)
    await server.start()
    _report({"port": script.port})
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.buffer.readline):
        match command := line.decode().strip():
            case "down":
                await server.go_down()
            case "up":
                await server.come_back()
        _report({"done": command})
    await server.stop()


def _report(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    # Our own parent wrote it to our own pipe.
    asyncio.run(serve(pickle.load(sys.stdin.buffer)))  # noqa: S301  # see above
