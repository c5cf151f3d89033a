"""The peak memory of a process and all its descendants, read from Linux's /proc."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Self

_EVERY_S = 0.5


class PeakMemory:
    """Samples the proportional set size (shared pages are split among their users)."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self.peak_bytes = 0

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stop.set()
        self._thread.join()

    def tell(self) -> None:
        """Print the peak on standard error."""
        print(f"peak memory of all processes: {self.peak_bytes / 1e6:.0f} MB", file=sys.stderr)

    def _watch(self) -> None:
        while not self._stop.wait(_EVERY_S):
            used = sum(read_pss_bytes(pid) for pid in list_family(os.getpid()))
            self.peak_bytes = max(self.peak_bytes, used)


def list_family(root: int) -> list[int]:
    """The process and all its living descendants."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            parents[int(entry.name)] = _read_parent(entry)
    family = {root}
    grown = True
    while grown:
        children = {pid for pid, parent in parents.items() if parent in family}
        grown = not children <= family
        family |= children
    return sorted(family)


def _read_parent(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it ended meanwhile
        return -1


def read_pss_bytes(pid: int) -> int:
    """One process's proportional set size; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
