"""Which code built a dataset: the package's version and, in a clone, the commit."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def read_code_version() -> str:
    """For example `0.1.0+g1a2b3c4d5e6f` or, with uncommitted changes, `….dirty`."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    version = str(project["project"]["version"])
    commit = _run_git("rev-parse", "--short=12", "HEAD")
    if not commit:
        return version
    changed = _run_git("status", "--porcelain", "--untracked-files=no")
    return f"{version}+g{commit}{'.dirty' if changed else ''}"


def _run_git(*arguments: str) -> str:
    """A git command's output; "" outside of a clone or where git is not installed."""
    if not (_ROOT / ".git").exists():
        return ""
    try:
        done = subprocess.run(
            ["git", "-C", str(_ROOT), *arguments], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
