"""Rows of the shared real data sets; a test that asks for an absent one is skipped."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

_DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "data"


def read_rows(name: str) -> list[dict[str, Any]]:
    path = Path(os.environ.get("SHARED_DATA", _DEFAULT)) / name
    if not path.is_file():
        pytest.skip(f"no {name}: set SHARED_DATA to the folder of the shared data")
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
