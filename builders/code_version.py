"""Which code built a dataset: the package's version and, in a clone, the commit."""

from __future__ import annotations

import os
import subprocess
import tomllib
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def read_code_version(root: Path = _ROOT) -> str:
    """For example `0.1.0+g1a2b3c4d5e6f` or, with uncommitted changes, `….dirty`.

    `root` is the folder of `pyproject.toml`.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    version = str(project["project"]["version"])
    commit = _run_git(root, "rev-parse", "--short=12", "HEAD")
    if not commit:
        return version
    changed = _run_git(root, "status", "--porcelain", "--untracked-files=no")
    return f"{version}+g{commit}{'.dirty' if changed else ''}"


def _run_git(root: Path, *arguments: str) -> str:
    """A git command's output; "" outside of a clone or where git is not installed."""
    if not (root / ".git").exists():
        return ""
    # Inside a git hook these name another repository.
    environment = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
