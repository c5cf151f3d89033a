"""Start a module of this repository as a child process that cannot outlive its parent.

The child gets a pipe as its standard input (see `supervision`), a log file as its standard error,
and a session of its own, so that Ctrl-C in the terminal reaches the build alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from distilabel_pipelines.supervision import PARENT_VARIABLE

_REPOSITORY = Path(__file__).resolve().parents[1]


def start_module(module: str, log_path: Path) -> subprocess.Popen[bytes]:
    """Run `python -m module` with pipes on standard input and output; errors go to `log_path`."""
    log_path.parent.mkdir(parents=True, exist_ok=True)
    paths = [str(_REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])]
    with log_path.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(paths),
                PARENT_VARIABLE: str(os.getpid()),
            },
        )


def read_last_lines(log_path: Path, count: int) -> str:
    """The end of a log, for the message that says why a child died."""
    if not log_path.exists():
        return ""
    return "\n".join(log_path.read_text(errors="replace").splitlines()[-count:])
