"""The compiled engine starts wherever it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_it_runs_where_nothing_can_be_kept_on_disk(tmp_path: Path) -> None:
    """A file in the place of the cache folder stands for a read-only install, for root too."""
    package = tmp_path / "builders"
    shutil.copytree(
        ROOT / "builders" / "novelty",
        package / "novelty",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for name in ("__init__.py", "compiled.py", "text_keys.py"):
        shutil.copy(ROOT / "builders" / name, package / name)
    (package / "novelty" / "__pycache__").touch()
    unset = {"NUMBA_CACHE_DIR", "PYTHONPATH", "XDG_CACHE_HOME"}
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        cwd=tmp_path,
        env=environment | {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null/cache"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.split(), done.stderr) == (["[True,", "False]", "0"], "")


PROGRAM = """
from builders.novelty import NoveltyScreen, kernels
verdicts = NoveltyScreen(["a b c"], compile_after_pairs=0).judge(["d e f", "a b c d"])
from builders.novelty import kernels
kept = kernels.scan_texts.stats.cache_path
print([verdict.is_novel for verdict in verdicts], 0 if kept is None else kept)
"""


def test_importing_the_screen_starts_no_compiler() -> None:
    program = (
        "import sys, builders.novelty; print([m for m in ('numba', 'nltk') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
