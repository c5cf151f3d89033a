"""A `vllm` that starts the processes that the real one starts, and serves `/health` alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent / "serve.py"


def put_on_path(folder: Path) -> str:
    """Make `folder/vllm` run the script; returns a PATH that begins with the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    command = folder / "vllm"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{SCRIPT}" "$@"\n')
    command.chmod(0o755)
    return os.pathsep.join([str(folder), os.environ.get("PATH", "")])
