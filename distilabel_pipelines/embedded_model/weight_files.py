"""Where the embedded models' committed files lie."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

BundledModel = Literal["reasoner", "writer"]  # one for questions and tasks, one for passages

WEIGHTS = Path(__file__).parent / "weights"
BUNDLED_GGUFS: dict[BundledModel, Path] = {
    "reasoner": WEIGHTS / "embedded-reasoner-f16.gguf",
    "writer": WEIGHTS / "embedded-writer-q8_0.gguf",
}
